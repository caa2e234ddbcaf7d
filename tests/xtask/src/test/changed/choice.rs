//! Which jobs a change can have broken. May call `files`, `packages`, `place` and `job`.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use super::files;
use super::packages::Packages;
use super::place::{self, Place};
use crate::project::Project;
use crate::test::job::{Job, Kind, Subject};

/// What was chosen, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// The packages of the workspace that the change can have broken.
    packages: BTreeSet<String>,
    /// The firmware projects.
    firmware: BTreeSet<String>,
    /// Packages of the firmware projects.
    parts: BTreeSet<String>,
    /// The firmware projects in which something has changed.
    changed: BTreeSet<String>,
    /// Why everything can be broken, if it can.
    everything: Option<String>,
    /// What each file belongs to.
    places: BTreeMap<String, String>,
}

/// Chooses by what has changed since a revision.
pub fn choose(project: &Project, base: &str) -> Result<Choice> {
    Ok(Choice::of(files::since(project.root(), base)?, &Packages::of(project)?))
}

impl Choice {
    fn of(files: BTreeSet<String>, packages: &Packages) -> Choice {
        let mut choice = Choice::default();
        for file in files {
            let place = place::of(&file, packages);
            let told = choice.take(&file, place, packages);
            for reader in place::readers(&file, packages) {
                choice.packages.extend(users(&packages.workspace, &reader));
            }
            choice.places.insert(file, told);
        }
        choice
    }

    /// Adds what a file can break; says what that is.
    fn take(&mut self, file: &str, place: Place, packages: &Packages) -> String {
        match place {
            Place::Everything(reason) => {
                self.everything.get_or_insert_with(|| format!("{file}: {reason}"));
                format!("everything: {reason}")
            }
            Place::Text => "text".to_owned(),
            Place::Package(directory) => {
                self.packages.extend(users(&packages.workspace, &directory));
                self.firmware.extend(users(&packages.firmware, &directory));
                self.parts.extend(users(&packages.parts, &directory));
                directory
            }
            Place::Firmware(directory) => {
                self.firmware.insert(directory.clone());
                self.changed.insert(directory.clone());
                directory
            }
        }
    }

    /// Whether a job tests something that the change can have broken.
    pub fn takes(&self, job: &Job) -> bool {
        if self.places.is_empty() {
            return false;
        }
        let is_about_everything = job.subjects.is_empty() && job.kind == Kind::Run;
        self.everything.is_some() || is_about_everything || job.subjects.iter().any(|subject| self.has(subject))
    }

    fn has(&self, subject: &Subject) -> bool {
        match subject {
            Subject::Sources => true,
            Subject::Workspace => !self.packages.is_empty(),
            Subject::Package(directory) => self.packages.contains(*directory),
            Subject::Project(directory) => self.changed.contains(directory),
            Subject::Part { firmware, package } => self.changed.contains(*firmware) || self.parts.contains(*package),
            Subject::AllFirmware => !self.firmware.is_empty(),
            Subject::Firmware(directory) => self.firmware.contains(directory),
            Subject::Texts => self.places.values().any(|place| place == "text"),
        }
    }

    /// Directories of the workspace's packages that the change can have broken, unless that is everything.
    pub fn packages(&self) -> Option<&BTreeSet<String>> {
        self.everything.is_none().then_some(&self.packages)
    }

    /// Whether nothing has changed.
    pub fn is_nothing(&self) -> bool {
        self.places.is_empty()
    }

    /// What was chosen, for people.
    pub fn text(&self) -> String {
        let list = |names: &BTreeSet<String>| names.iter().cloned().collect::<Vec<_>>().join(", ");
        let mut text = format!("{} files have changed\n", self.places.len());
        for (file, place) in &self.places {
            text += &format!("  {file}: {place}\n");
        }
        if let Some(reason) = &self.everything {
            return text + &format!("everything is tested, because of {reason}\n");
        }
        text + &format!("packages that this can break: {}\nfirmware: {}\n", list(&self.packages), list(&self.firmware))
    }
}

/// Those that depend on a directory.
fn users<'a>(all: &'a BTreeMap<String, BTreeSet<String>>, directory: &'a str) -> impl Iterator<Item = String> + 'a {
    all.iter().filter(move |(_, used)| used.contains(directory)).map(|(name, _)| name.clone())
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::Choice;
    use crate::project::Project;
    use crate::test::changed::packages::Packages;
    use crate::test::part::{Options, Scope, jobs};

    /// A repository of which a few packages are known.
    fn packages() -> Packages {
        let uses = |list: &[(&str, &[&str])]| -> BTreeMap<String, BTreeSet<String>> {
            let all = |used: &[&str]| used.iter().map(|name| (*name).to_owned()).collect();
            list.iter().map(|(name, used)| ((*name).to_owned(), all(used))).collect()
        };
        Packages {
            workspace: uses(&[
                ("l4k-sys", &["l4k-sys"]),
                ("l4k-sys/drivers", &["l4k-sys/drivers", "l4k-sys"]),
                ("l4k", &["l4k", "l4k-sys"]),
                ("tests/model", &["tests/model", "l4k", "l4k-sys"]),
                ("tests/house", &["tests/house"]),
                ("tests/bench/tool", &["tests/bench/tool", "l4k-sys"]),
            ]),
            firmware: uses(&[
                ("examples/hello", &["examples/hello", "l4k", "l4k-sys", "l4k-sys/drivers"]),
                ("examples/restart", &["examples/restart", "l4k", "l4k-sys"]),
                ("tests/suite", &["tests/suite", "l4k", "l4k-sys"]),
                ("tests/bench", &["tests/bench", "tests/bench/programs/lead", "l4k", "l4k-sys"]),
            ]),
            parts: uses(&[
                ("examples/hello", &["examples/hello", "l4k", "l4k-sys"]),
                ("tests/bench", &["tests/bench", "l4k", "l4k-sys"]),
                ("tests/bench/programs/lead", &["tests/bench/programs/lead", "l4k-sys"]),
            ]),
        }
    }

    fn choice(files: &[&str]) -> Choice {
        Choice::of(files.iter().map(|file| (*file).to_owned()).collect(), &packages())
    }

    /// Names of the chosen jobs.
    fn chosen(files: &[&str]) -> Vec<String> {
        chosen_with(files, &packages())
    }

    fn chosen_with(files: &[&str], packages: &Packages) -> Vec<String> {
        let options = Options::of(Scope::Usual);
        let all = jobs(&Project::find().expect("the project"), &options).expect("jobs");
        let choice = Choice::of(files.iter().map(|file| (*file).to_owned()).collect(), packages);
        all.iter().filter(|job| choice.takes(job)).map(|job| job.name.clone()).collect()
    }

    #[test]
    fn each_file_breaks_what_depends_on_it() {
        let table: [(&str, &[&str], &[&str]); 7] = [
            ("l4k-sys/drivers/src/uart.rs", &["l4k-sys/drivers"], &["examples/hello"]),
            (
                "l4k/src/object/slot.rs",
                &["l4k", "tests/model"],
                &["examples/hello", "examples/restart", "tests/bench", "tests/suite"],
            ),
            ("tests/model/src/world.rs", &["tests/model"], &[]),
            ("tests/house/src/words.rs", &["tests/house"], &[]),
            ("examples/hello/programs/init/src/main.rs", &[], &["examples/hello"]),
            ("tests/bench/programs/lead/src/main.rs", &[], &["tests/bench"]),
            ("tests/bench/tool/src/rows.rs", &["tests/bench/tool"], &[]),
        ];
        for (file, packages, firmware) in table {
            let choice = choice(&[file]);
            assert_eq!(choice.packages.iter().collect::<Vec<_>>(), packages, "{file}");
            assert_eq!(choice.firmware.iter().collect::<Vec<_>>(), firmware, "{file}");
            assert_eq!(choice.everything, None, "{file}");
        }
    }

    #[test]
    fn what_cannot_be_placed_means_everything() {
        let all = chosen(&["somewhere/else.rs"]);
        for file in [
            "Cargo.toml",
            "Cargo.lock",
            "l4k/Cargo.toml",
            "examples/hello/Cargo.lock",
            ".cargo/config.toml",
            "examples/hello/.cargo/config.toml",
            "rust-toolchain.toml",
            ".ci/run",
            "l4k-sys/build.rs",
            "bsp-qemu-virt/l4k-kernel.ld",
            "tests/xtask/src/main.rs",
            "l4k/build/src/plan.rs",
            "l4k/cli/src/run.rs",
            "l4k/cli/qemu/src/machine.rs",
            "new-directory/file",
        ] {
            assert!(choice(&[file]).everything.is_some(), "{file}");
            assert_eq!(chosen(&[file]), all, "{file}");
        }
        assert!(all.len() > 50, "{}", all.len());
    }

    #[test]
    fn a_change_of_one_crate_leaves_most_jobs_out() {
        let drivers = chosen(&["l4k-sys/drivers/src/uart.rs"]);
        for name in [
            "format: all sources",
            "house: rules",
            "host: tests of the workspace",
            "lint-target: examples/hello",
            "shell: hello, qemu-virt",
        ] {
            assert!(drivers.iter().any(|job| job == name), "{name}: {drivers:?}");
        }
        for part in
            ["suite:", "kept:", "paths:", "bench:", "model:", "no-panic:", "copied:", "lint-target: examples/restart"]
        {
            assert!(drivers.iter().all(|job| !job.starts_with(part)), "{part}: {drivers:?}");
        }
    }

    #[test]
    fn what_the_counted_programs_do_not_have_leaves_the_count_out() {
        let packages = Packages::of(&Project::find().expect("the project")).expect("packages");
        for (file, is_counted) in [
            ("l4k-sys/drivers/src/pl011.rs", false),
            ("l4k-sys/init/src/lib.rs", true),
            ("tests/bench/programs/lead-serial/src/main.rs", true),
            ("tests/bench/support/src/lib.rs", true),
            ("tests/paths/marks/src/lib.rs", true),
            ("l4k/src/object/slot.rs", true),
            ("bsp-qemu-virt/src/lib.rs", true),
            ("tests/bench/tool/src/rows.rs", true),
        ] {
            let chosen = chosen_with(&[file], &packages);
            assert_eq!(chosen.iter().any(|job| job == "bench: counted"), is_counted, "{file}: {chosen:?}");
            assert!(chosen.iter().any(|job| job == "bench: form for boards"), "{file}: {chosen:?}");
        }
    }

    #[test]
    fn a_copy_builds_as_its_example_does() {
        let packages = Packages::of(&Project::find().expect("the project")).expect("packages");
        for (file, is_copied) in [
            ("l4k-sys/drivers/src/pl011.rs", false),
            ("l4k/src/object/slot.rs", false),
            ("examples/hello/src/main.rs", true),
            ("examples/hello/programs/shell/src/main.rs", true),
            ("examples/hello/Cargo.toml", true),
            ("l4k/build/src/plan.rs", true),
        ] {
            let chosen = chosen_with(&[file], &packages);
            assert_eq!(chosen.iter().any(|job| job == "copied: hello"), is_copied, "{file}: {chosen:?}");
        }
    }

    #[test]
    fn what_only_one_board_has_takes_its_jobs() {
        let packages = Packages::of(&Project::find().expect("the project")).expect("packages");
        let chosen = chosen_with(&["bsp-rpi4/src/lib.rs"], &packages);
        for job in ["shell: hello, rpi4", "lint-target: examples/hello", "suite: ", "bench: form for boards"] {
            assert!(chosen.iter().any(|name| name.starts_with(job)), "{job}: {chosen:?}");
        }
    }

    #[test]
    fn a_change_of_the_kernel_takes_all_that_runs_on_it() {
        let kernel = chosen(&["l4k/src/object/slot.rs"]);
        for part in
            ["suite:", "shell:", "examples:", "model:", "no-panic:", "paths:", "bench:", "host:", "lint-target:"]
        {
            assert!(kernel.iter().any(|job| job.starts_with(part)), "{part}: {kernel:?}");
        }
    }

    #[test]
    fn a_file_that_a_test_reads_takes_that_test() {
        // Those that there are.
        let packages = Packages::of(&Project::find().expect("the project")).expect("packages");
        for file in [
            "book/src/abi.md",
            "book/RELEASING.md",
            "LICENSE-MIT",
            "l4k-sys/README.md",
            "l4k-sys/LICENSE-MIT",
            "examples/template/README.md",
            "examples/template/src/main.rs",
        ] {
            let chosen = chosen_with(&[file], &packages);
            assert!(chosen.iter().any(|job| job == "host: tests of the workspace"), "{file}: {chosen:?}");
        }
        // Chapters show files of examples.
        for file in ["examples/own-board/src/board.rs", "examples/template/src/main.rs"] {
            let chosen = chosen_with(&[file], &packages);
            for job in ["book: build", "book: code"] {
                assert!(chosen.iter().any(|name| name == job), "{job} for {file}: {chosen:?}");
            }
        }
    }

    #[test]
    fn a_crate_of_the_command_takes_the_jobs_that_use_it() {
        let packages = Packages::of(&Project::find().expect("the project")).expect("packages");
        let table: [(&str, &[&str]); 3] = [
            (
                "l4k/cli/card/src/lib.rs",
                &["examples: files, rpi4", "bench: form for boards", "template: a new project"],
            ),
            ("l4k/cli/size/src/lib.rs", &["no-panic: boards", "bench: counted", "template: a new project"]),
            ("l4k/cli/tests/refusals.rs", &["host: tests of the workspace", "template: a new project"]),
        ];
        for (file, jobs) in table {
            let chosen = chosen_with(&[file], &packages);
            for job in jobs {
                assert!(chosen.iter().any(|name| name == job), "{job} for {file}: {chosen:?}");
            }
            assert!(chosen.iter().all(|name| !name.starts_with("suite:")), "{file}: {chosen:?}");
        }
    }

    #[test]
    fn texts_take_the_book_and_the_rules() {
        let texts = chosen(&["book/src/tour.md", "README.md"]);
        assert!(texts.iter().any(|job| job.starts_with("book:")) && texts.iter().any(|job| job == "house: rules"));
        assert!(texts.iter().all(|job| !job.starts_with("suite:") && !job.starts_with("model:")), "{texts:?}");
    }

    #[test]
    fn nothing_that_changed_takes_nothing() {
        assert!(chosen(&[]).is_empty() && choice(&[]).is_nothing());
    }
}
