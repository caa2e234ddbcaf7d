//! Of the part `template`, in the long test: cargo-generate makes the same project from `examples/template` as `cargo l4k new`. May call `set_up`.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use cargo_l4k::new::make;
use cargo_l4k::new::make::Request;
use l4k_qemu::Board;

use super::job::{Job, Resource};
use super::outcome::Outcome;
use super::part::{Context, Part};
use crate::process;
use crate::project::{Project, entries};
use crate::set_up::{self, Need, template_tool};

/// What the projects are called.
const NAME: &str = "first-robot";

/// A file's contents, and who may do what with it.
type File = (Vec<u8>, u32);

/// It installs the tool first, which takes minutes.
pub fn job() -> Job {
    let job = Job::run(Part::Template, "cargo-generate", |context: &Context| {
        let mut outcome = Outcome::default();
        for board in make::BOARDS {
            outcome.add(&format!("cargo-generate makes the same project, {board}"), both_make(&context.project, board));
        }
        outcome
    });
    job.holding(Resource::Tools)
}

fn both_make(project: &Project, board: Board) -> Result<()> {
    set_up::ensure(project, &[Need::TemplateTool])?;
    let scratch = std::env::temp_dir().join(format!("l4k-generated-{}-{board}", std::process::id()));
    let result = both_make_in(&scratch, project, board);
    fs::remove_dir_all(&scratch).with_context(|| format!("removing {}", scratch.display()))?;
    result
}

fn both_make_in(scratch: &Path, project: &Project, board: Board) -> Result<()> {
    let [ours, theirs] = ["ours", "theirs"].map(|name| scratch.join(name));
    for directory in [&ours, &theirs] {
        fs::create_dir_all(directory).with_context(|| format!("making {}", directory.display()))?;
    }
    let request = Request { name: NAME.to_owned(), board, template: make::TEMPLATES[0].to_owned(), crates: None };
    make::make(&request, &ours)?;
    process::run(&mut generate(project, board, &theirs)?)?;
    are_the_same(&files_below(&ours.join(NAME))?, &files_below(&theirs.join(NAME))?)
}

/// With no settings of the person's own, and with the name of a person, which it wants to know.
fn generate(project: &Project, board: Board, directory: &Path) -> Result<Command> {
    let settings = directory.join("settings.toml");
    fs::write(&settings, "").with_context(|| format!("writing {}", settings.display()))?;
    let mut command = Command::new(template_tool(project));
    command.arg("generate").arg("--path").arg(project.path("examples/template"));
    command.args(["--name", NAME, "--define", &format!("board={board}"), "--silent", "--config"]).arg(settings);
    command.env("USER", "somebody").current_dir(directory);
    Ok(command)
}

/// Every file below a directory, by its path from there.
fn files_below(directory: &Path) -> Result<BTreeMap<PathBuf, File>> {
    let (mut files, mut open) = (BTreeMap::new(), vec![directory.to_owned()]);
    while let Some(next) = open.pop() {
        for path in entries(&next)? {
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let reading = || format!("reading {}", path.display());
            let contents = fs::read(&path).with_context(reading)?;
            let mode = fs::metadata(&path).with_context(reading)?.permissions().mode();
            files.insert(path.strip_prefix(directory).context("a file lies elsewhere")?.to_owned(), (contents, mode));
        }
    }
    Ok(files)
}

fn are_the_same(ours: &BTreeMap<PathBuf, File>, theirs: &BTreeMap<PathBuf, File>) -> Result<()> {
    ensure!(!ours.is_empty(), "`cargo l4k new` has made no file");
    let paths = ours.keys().chain(theirs.keys()).filter(|path| ours.get(*path) != theirs.get(*path));
    let mut different: Vec<String> = paths.map(|path| path.display().to_string()).collect();
    different.dedup();
    ensure!(different.is_empty(), "these files differ, or only one of the two makes them: {}", different.join(", "));
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{File, are_the_same};

    #[test]
    fn whatever_differs_is_named() {
        let project = |files: &[(&str, &str, u32)]| -> BTreeMap<_, File> {
            files.iter().map(|(path, text, mode)| ((*path).into(), (text.as_bytes().to_vec(), *mode))).collect()
        };
        let ours = project(&[("a", "1", 0o644), ("b", "1", 0o644)]);
        are_the_same(&ours, &ours.clone()).expect("the same");
        are_the_same(&project(&[]), &project(&[])).expect_err("no file is no project");
        for (theirs, named) in [
            (&[("a", "1", 0o644)][..], ": b"),
            (&[("a", "2", 0o644), ("b", "1", 0o644)], ": a"),
            (&[("a", "1", 0o755), ("b", "1", 0o644)], ": a"),
            (&[("a", "1", 0o644), ("b", "1", 0o644), (".git/HEAD", "", 0o644)], ": .git/HEAD"),
        ] {
            let said = are_the_same(&ours, &project(theirs)).expect_err(named).to_string();
            assert!(said.ends_with(named), "{said}");
        }
    }
}
