//! What became of the changes, from the file that cargo-mutants writes. May call nothing of this crate.

use std::fmt::Write as _;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

/// What became of one change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// A test failed.
    Caught,
    /// All tests passed.
    Survived,
    /// The tests did not end.
    TimedOut,
    /// It does not compile.
    Unviable,
}

/// What became of all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcomes {
    all: Vec<(Fate, String)>,
}

impl Outcomes {
    /// From the text of `outcomes.json`.
    pub fn read(text: &str) -> Result<Outcomes> {
        let value: Value = serde_json::from_str(text).context("the results of cargo-mutants")?;
        let list = value["outcomes"].as_array().context("the results of cargo-mutants have no `outcomes`")?;
        let mut all = Vec::new();
        for outcome in list {
            // The tests without any change are in the list, too.
            let Some(name) = outcome["scenario"]["Mutant"]["name"].as_str() else { continue };
            let fate = match outcome["summary"].as_str() {
                Some("CaughtMutant") => Fate::Caught,
                Some("MissedMutant") => Fate::Survived,
                Some("Timeout") => Fate::TimedOut,
                Some("Unviable") => Fate::Unviable,
                other => bail!("cargo-mutants says {other:?} of {name}"),
            };
            all.push((fate, name.to_owned()));
        }
        all.sort_by(|a, b| a.1.cmp(&b.1));
        Ok(Outcomes { all })
    }

    /// How many were tried.
    pub fn tried(&self) -> usize {
        self.all.len()
    }

    fn count(&self, fate: Fate) -> usize {
        self.names(fate).len()
    }

    fn names(&self, fate: Fate) -> Vec<&str> {
        self.all.iter().filter(|one| one.0 == fate).map(|one| one.1.as_str()).collect()
    }

    /// Share that was noticed, of those that compile, in percent. Tests that do not end are noticed.
    fn share(&self) -> f64 {
        let noticed = self.count(Fate::Caught) + self.count(Fate::TimedOut);
        100.0 * noticed as f64 / (noticed + self.count(Fate::Survived)).max(1) as f64
    }

    /// For a person.
    pub fn text(&self) -> String {
        let mut text = format!("{} changes to the core were tried\n", self.tried());
        for (fate, what) in [
            (Fate::Caught, "a test failed"),
            (Fate::TimedOut, "the tests did not end"),
            (Fate::Survived, "no test noticed"),
            (Fate::Unviable, "does not compile"),
        ] {
            let _ = writeln!(text, "  {:>5}  {what}", self.count(fate));
        }
        let _ = writeln!(text, "noticed, of those that compile: {:.1}%", self.share());
        for (fate, what) in [(Fate::TimedOut, "did not end"), (Fate::Survived, "not noticed")] {
            for name in self.names(fate) {
                let _ = writeln!(text, "  {what}: {name}");
            }
        }
        text
    }

    /// For a program.
    pub fn figures(&self) -> Value {
        json!({
            "tried": self.tried(), "caught": self.count(Fate::Caught), "timed_out": self.count(Fate::TimedOut),
            "survived": self.count(Fate::Survived), "unviable": self.count(Fate::Unviable), "percent": self.share(),
            "survivors": self.names(Fate::Survived), "endless": self.names(Fate::TimedOut),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Outcomes;

    fn outcomes(fates: &[&str]) -> anyhow::Result<Outcomes> {
        let one = |(index, fate): (usize, &&str)| {
            format!(r#"{{"scenario": {{"Mutant": {{"name": "a.rs:{index}: x"}}}}, "summary": "{fate}"}}"#)
        };
        let list: Vec<String> = fates.iter().enumerate().map(one).collect();
        Outcomes::read(&format!(
            r#"{{"outcomes": [{{"scenario": "Baseline", "summary": "Success"}}, {}]}}"#,
            list.join(",")
        ))
    }

    #[test]
    fn what_does_not_compile_counts_neither_way() {
        let outcomes =
            outcomes(&["CaughtMutant", "MissedMutant", "Unviable", "Timeout", "CaughtMutant"]).expect("results");
        assert_eq!(outcomes.tried(), 5);
        let text = outcomes.text();
        assert!(text.contains("noticed, of those that compile: 75.0%\n"), "{text}");
        assert!(text.ends_with("  did not end: a.rs:3: x\n  not noticed: a.rs:1: x\n"), "{text}");
        assert_eq!(outcomes.figures()["survivors"][0], "a.rs:1: x");
    }

    #[test]
    fn unknown_fate_is_no_success() {
        assert!(outcomes(&["Success"]).is_err());
    }
}
