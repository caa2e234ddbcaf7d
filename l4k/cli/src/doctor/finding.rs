//! One thing that the doctor has looked at. May call `remedy`.

use serde_json::{Value, json};

use super::remedy::{Remedy, Trial};
use crate::debian::system::Privilege;

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub what: &'static str,
    /// How it is.
    pub state: State,
    /// In a sentence.
    pub about: String,
    /// What helps.
    pub remedies: Vec<Remedy>,
}

/// How a thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// As it should be.
    Good,
    /// Not there, and one command of `cargo l4k` does without it as long as it is not called.
    Optional,
    /// Not there, and needed.
    Missing,
}

impl State {
    /// For people and tools.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            State::Good => "good",
            State::Optional => "optional",
            State::Missing => "missing",
        }
    }
}

impl Finding {
    /// All is well.
    #[must_use]
    pub fn good(what: &'static str, about: String) -> Finding {
        Finding { what, state: State::Good, about, remedies: Vec::new() }
    }

    /// As lines for people.
    #[must_use]
    pub fn text(&self, privilege: Privilege) -> String {
        let mut text = format!("{:<9} {:<12} {}\n", self.state.name(), self.what, self.about);
        for remedy in &self.remedies {
            let trial = match remedy.trial {
                Trial::Tried => "",
                Trial::NotTried => "   # not tried",
            };
            text += &format!("{:<23}{}{trial}\n", "", remedy.shell(privilege));
        }
        text
    }

    /// For tools.
    #[must_use]
    pub fn json(&self, privilege: Privilege) -> Value {
        let remedy =
            |remedy: &Remedy| json!({ "command": remedy.shell(privilege), "tried": remedy.trial == Trial::Tried });
        json!({
            "what": self.what,
            "state": self.state.name(),
            "about": self.about,
            "commands": self.remedies.iter().map(remedy).collect::<Vec<_>>(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Finding, State};
    use crate::debian::system::Privilege;
    use crate::doctor::host::Host;
    use crate::doctor::remedy::{Lack, remedies};

    #[test]
    fn commands_that_nobody_tried_are_marked() {
        let remedies = remedies(Host::Fedora, Lack::Emulator);
        let finding = Finding { what: "QEMU", state: State::Missing, about: "not there".to_owned(), remedies };
        let text = finding.text(Privilege::None);
        assert_eq!(
            text,
            "missing   QEMU         not there\n                       sudo dnf install qemu-system-aarch64   # not tried\n"
        );
        let json = finding.json(Privilege::None);
        assert_eq!(json["commands"][0]["tried"], false);
    }
}
