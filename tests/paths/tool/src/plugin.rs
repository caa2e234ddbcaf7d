//! The plugin: built for this computer, and found. May call `process` and `toolchain`.

use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context, Result};
use serde_json::Value;

use cargo_l4k::Workplace;
use cargo_l4k::process;
use cargo_l4k::toolchain::choice::host_cargo;

const PACKAGE: &str = "l4k-paths-plugin";

/// Builds it; where it is.
pub fn build(project: &Workplace) -> Result<PathBuf> {
    let mut command = host_cargo(project.root(), "build");
    command.args(["--release", "--quiet", "--package", PACKAGE, "--message-format", "json-render-diagnostics"]);
    let messages = process::answer(command.stderr(Stdio::inherit()))?;
    library(&messages).with_context(|| format!("cargo made no library of {PACKAGE}"))
}

/// From cargo's messages: the file of the package's one library.
fn library(messages: &str) -> Option<PathBuf> {
    let mut messages = messages.lines().rev().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let made = messages.find(|message| message["target"]["kind"][0] == "cdylib")?;
    Some(made["filenames"][0].as_str()?.into())
}

#[cfg(test)]
mod tests {
    use super::library;

    #[test]
    fn library_is_the_one_that_can_be_loaded() {
        let messages = r#"
{"reason":"compiler-artifact","target":{"kind":["lib"]},"filenames":["/a.rlib"]}
{"reason":"compiler-artifact","target":{"kind":["cdylib"]},"filenames":["/b.so"]}
{"reason":"build-finished","success":true}"#;
        assert_eq!(library(messages).expect("a library").to_str(), Some("/b.so"));
        assert!(library("").is_none());
    }
}
