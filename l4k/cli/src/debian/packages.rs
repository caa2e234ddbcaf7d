//! The plan to install packages: steps that can be shown to a person or run, in the same words. May call
//! `system`.

use std::fmt::Write as _;

use super::system::{Privilege, System};

/// A package to be installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Package {
    /// As the release has it.
    Plain(String),
    /// QEMU for Arm, new enough to have both boards.
    Emulator,
}

impl Package {
    /// As the release has it.
    #[must_use]
    pub fn plain(name: &str) -> Package {
        Package::Plain(name.to_owned())
    }
}

const EMULATOR: &str = "qemu-system-arm";

/// The release whose own QEMU is too old.
const OLD_RELEASE: &str = "bookworm";

/// One step of the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Adds a source of packages.
    AddSource {
        /// The source.
        line: String,
        /// The file it goes to.
        file: String,
    },
    /// A call of apt-get.
    Apt(String),
}

impl Step {
    /// As a line for the shell.
    pub fn shell(&self, privilege: Privilege) -> String {
        let prefix = match privilege {
            Privilege::Root => "",
            // Without the right this is what a person is told to type.
            Privilege::Sudo | Privilege::None => "sudo ",
        };
        match self {
            Step::AddSource { line, file } => format!("echo '{line}' | {prefix}tee {file}"),
            Step::Apt(arguments) => format!("{prefix}env DEBIAN_FRONTEND=noninteractive apt-get {arguments}"),
        }
    }
}

/// A plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    steps: Vec<Step>,
}

/// Nothing is recommended into the system, and nothing is removed from it without being asked for.
const INSTALL: &str = "install --yes --no-install-recommends --no-remove";

impl Plan {
    /// How to install the packages on the system.
    pub fn new(packages: &[Package], system: &System) -> Plan {
        let from_backports = system.codename == OLD_RELEASE && packages.contains(&Package::Emulator);
        let backports = format!("{}-backports", system.codename);
        let mut steps = Vec::new();
        if from_backports && !system.has_backports {
            let line = format!("deb {} {backports} main", system.mirror);
            steps.push(Step::AddSource { line, file: format!("/etc/apt/sources.list.d/{backports}.list") });
        }
        steps.push(Step::Apt("update".to_owned()));
        let mut plain: Vec<String> = Vec::new();
        for package in packages {
            match package {
                Package::Plain(name) => plain.push(name.clone()),
                Package::Emulator if from_backports => {}
                Package::Emulator => plain.push(EMULATOR.to_owned()),
            }
        }
        if !plain.is_empty() {
            steps.push(Step::Apt(format!("{INSTALL} {}", plain.join(" "))));
        }
        if from_backports {
            steps.push(Step::Apt(format!("{INSTALL} --target-release {backports} {EMULATOR}")));
        }
        Plan { steps }
    }

    /// Its steps.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// What to tell a person who has to do it.
    pub fn instructions(&self) -> String {
        format!(
            "packages are missing, and this user may not install them. Type, or have typed:\n{}and run the command again.",
            self.lines()
        )
    }

    /// The commands, a line each.
    pub fn lines(&self) -> String {
        let mut text = String::new();
        for step in &self.steps {
            let _ = writeln!(text, "    {}", step.shell(Privilege::None));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn system(codename: &str) -> System {
        System { codename: codename.to_owned(), mirror: "http://mirror.test/debian".to_owned(), has_backports: false }
    }

    fn lines(plan: &Plan) -> Vec<String> {
        plan.steps().iter().map(|step| step.shell(Privilege::Root)).collect()
    }

    #[test]
    fn old_release_takes_the_emulator_from_backports() {
        let plan = Plan::new(&[Package::plain("lld"), Package::Emulator], &system("bookworm"));
        let apt = "env DEBIAN_FRONTEND=noninteractive apt-get";
        assert_eq!(
            lines(&plan),
            [
                "echo 'deb http://mirror.test/debian bookworm-backports main' | tee \
                 /etc/apt/sources.list.d/bookworm-backports.list"
                    .to_owned(),
                format!("{apt} update"),
                format!("{apt} install --yes --no-install-recommends --no-remove lld"),
                format!(
                    "{apt} install --yes --no-install-recommends --no-remove --target-release bookworm-backports qemu-system-arm"
                ),
            ]
        );
    }

    #[test]
    fn backports_are_added_once_and_only_for_the_emulator() {
        let known = System { has_backports: true, ..system("bookworm") };
        assert_eq!(lines(&Plan::new(&[Package::Emulator], &known)).len(), 2);
        assert_eq!(lines(&Plan::new(&[Package::plain("lld")], &system("bookworm"))).len(), 2);
    }

    #[test]
    fn newer_release_takes_its_own_emulator() {
        let plan = lines(&Plan::new(&[Package::Emulator], &system("trixie")));
        assert_eq!(plan.len(), 2);
        assert!(plan[1].ends_with("--no-remove qemu-system-arm"), "{plan:?}");
    }

    #[test]
    fn person_without_the_right_is_told_what_to_type() {
        let text = Plan::new(&[Package::plain("lld")], &system("bookworm")).instructions();
        assert!(text.contains("\n    sudo env DEBIAN_FRONTEND=noninteractive apt-get update\n"), "{text}");
        assert!(text.contains("--no-remove lld\n"), "{text}");
    }
}
