//! What the kernel's functions are for, and why they cannot be shorter: a file of the project. May call `paths`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

use l4k_paths_tool::functions::Frame;

/// The file.
pub const FILE: &str = "tests/bench/annotations.toml";

/// What the file has.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Annotations {
    /// Beginnings of the names of functions whose instructions are those of their callers: typed access, conversions.
    helpers: Vec<String>,
    /// Sentences, by function or by label of assembly.
    functions: BTreeMap<String, String>,
}

impl Annotations {
    /// As the file has them.
    pub fn read(file: &Path) -> Result<Annotations> {
        let text = fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
        toml::from_str(&text).with_context(|| format!("reading {}", file.display()))
    }

    /// What a function is for.
    pub fn of(&self, function: &str) -> Option<&str> {
        self.functions.get(function).map(String::as_str)
    }

    /// Of the functions that an instruction belongs to, the one that it is told with: the innermost that the file has, or that is no helper. If all
    /// are helpers, the outermost, which is the one that was called.
    pub fn owner<'a>(&self, frames: &'a [Frame]) -> Option<&'a Frame> {
        let is_owner = |frame: &&Frame| self.of(&frame.function).is_some() || !self.is_helper(&frame.function);
        frames.iter().find(is_owner).or(frames.last())
    }

    fn is_helper(&self, function: &str) -> bool {
        self.helpers.iter().any(|start| function.starts_with(start.as_str()))
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// An address's function.
    pub fn frame(function: &str, line: u32) -> Frame {
        Frame { function: function.to_owned(), file: "l4k/src/a.rs".to_owned(), line }
    }

    /// A file with two sentences.
    pub fn annotations() -> Annotations {
        let text = "helpers = [\"base::\"]\n[functions]\n\"call::check\" = \"checks.\"\n\"base::lock::take\" = \"the lock.\"\n";
        toml::from_str(text).expect("a file")
    }

    fn owner(functions: &[&str]) -> String {
        let frames: Vec<Frame> = functions.iter().map(|function| frame(function, 1)).collect();
        annotations().owner(&frames).expect("one").function.clone()
    }

    #[test]
    fn helpers_are_told_with_their_callers() {
        assert_eq!(owner(&["base::store::at", "call::check", "call::call"]), "call::check");
        assert_eq!(owner(&["base::lock::take", "call::check"]), "base::lock::take");
        assert_eq!(owner(&["base::store::at", "base::store::zero"]), "base::store::zero");
    }

    #[test]
    fn function_without_a_sentence_is_not_hidden_by_its_caller() {
        assert_eq!(owner(&["base::store::at", "call::commit", "call::check"]), "call::commit");
    }

    #[test]
    fn file_with_something_else_is_an_error() {
        assert!(toml::from_str::<Annotations>("helpers = []\nfunction = {}\n").is_err());
    }

    /// The kernel's sources, one behind the other.
    fn sources(directory: &Path) -> String {
        let mut all = String::new();
        for entry in fs::read_dir(directory).expect("a directory") {
            let path = entry.expect("an entry").path();
            match path.is_dir() {
                true => all.push_str(&sources(&path)),
                false => all.push_str(&fs::read_to_string(&path).expect("text")),
            }
        }
        all
    }

    /// Functions that the compiler brings along.
    const OF_THE_COMPILER: [&str; 1] = ["memcpy"];

    #[test]
    fn each_sentence_is_of_something_that_the_kernel_has() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
        let annotations = Annotations::read(&root.join(FILE)).expect("the file");
        let sources = sources(&root.join("l4k/src"));
        let exists = |name: &str| {
            let last = name.rsplit("::").next().unwrap_or(name);
            let starts = [format!("fn {last}("), format!("fn {last}<"), format!("\"{last}:")];
            starts.iter().any(|start| sources.contains(start.as_str()))
        };
        let own = annotations.functions.keys().filter(|name| !OF_THE_COMPILER.contains(&name.as_str()));
        let gone: Vec<&String> = own.filter(|name| !exists(name)).collect();
        assert!(gone.is_empty(), "{FILE} has sentences of what the kernel does not have: {gone:?}");
    }
}
