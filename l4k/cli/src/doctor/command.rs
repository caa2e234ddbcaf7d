//! Tells what was found, and types the commands that help, where this user may. May call `examine`, `finding`, `host` and `remedy`.

use std::process::Command;

use anyhow::{Result, bail};
use serde_json::{Value, json};

use super::examine::examine;
use super::finding::{Finding, State};
use super::host::Host;
use super::remedy::{Remedy, Right};
use crate::debian::system::Privilege;
use crate::process;
use crate::set_up;
use crate::workplace::Workplace;

/// What the doctor has to say.
#[derive(Debug)]
pub struct Report {
    host: Host,
    privilege: Privilege,
    findings: Vec<Finding>,
}

impl Report {
    /// Looks at this computer.
    #[must_use]
    pub fn of(place: &Workplace) -> Report {
        let host = Host::of_this_computer();
        Report { host, privilege: Privilege::of_this_process(), findings: examine(place, host) }
    }

    /// For people.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("this is {}\n", self.host.name());
        text.extend(self.findings.iter().map(|finding| finding.text(self.privilege)));
        text
    }

    /// For tools.
    #[must_use]
    pub fn json(&self) -> Value {
        let findings: Vec<Value> = self.findings.iter().map(|finding| finding.json(self.privilege)).collect();
        json!({ "system": self.host.name(), "findings": findings })
    }

    /// An error if something is missing that is needed.
    ///
    /// # Errors
    /// It names what is missing.
    pub fn verdict(&self) -> Result<()> {
        let missing = self.findings.iter().filter(|finding| finding.state == State::Missing);
        let names: Vec<&str> = missing.map(|finding| finding.what).collect();
        match names.is_empty() {
            true => Ok(()),
            false => bail!(
                "missing: {}; `cargo l4k doctor --fix` types the commands above, where this user may",
                names.join(", ")
            ),
        }
    }

    /// Types the commands that help. What this user may not do is left out, and said.
    ///
    /// # Errors
    /// A command fails.
    pub fn fix(&self) -> Result<()> {
        for remedy in self.findings.iter().flat_map(|finding| &finding.remedies) {
            let line = remedy.shell(self.privilege);
            match self.obstacle(remedy) {
                Some(reason) => eprintln!("left to you ({reason}): {line}"),
                None => {
                    eprintln!("typing: {line}");
                    process::run(Command::new("sh").args(["-c", &line]))?;
                }
            }
        }
        Ok(())
    }

    fn obstacle(&self, remedy: &Remedy) -> Option<&'static str> {
        match remedy.right() {
            Right::Root if self.privilege == Privilege::None => Some("it needs the rights of root"),
            Right::User if remedy.is_of_rustup() && !set_up::may_use_rustup() => {
                Some("rustup is not there, or RUSTUP_AUTO_INSTALL=0 forbids it to fetch anything")
            }
            Right::Root | Right::User => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Finding, Host, Privilege, Report, State};

    #[test]
    fn the_verdict_names_what_is_needed_and_not_what_is_optional() {
        let finding = |what, state| Finding { what, state, about: String::new(), remedies: Vec::new() };
        let report = |findings| Report { host: Host::Debian, privilege: Privilege::None, findings };
        assert!(report(vec![finding("gdb", State::Optional), finding("cargo", State::Good)]).verdict().is_ok());
        let bad = report(vec![finding("QEMU", State::Missing), finding("target", State::Missing)]);
        let error = bad.verdict().expect_err("two are missing").to_string();
        assert!(error.starts_with("missing: QEMU, target; "), "{error}");
    }
}
