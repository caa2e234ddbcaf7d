//! Which dependencies are public: their types appear in the interface of a crate, so the crate re-exports them. May call `workspace`.
//!
//! The compiler knows. Its lint is not stable yet, so this asks for it with `RUSTC_BOOTSTRAP`; no crate of the project needs that.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use cargo_metadata::{DependencyKind, Message, Package, TargetKind};

use crate::workspace::Workspace;

/// What the compiler calls the finding.
const LINT: &str = "exported_private_dependencies";

/// What it says before the name of the dependency.
const BEFORE: &str = "from private dependency '";

/// Checks that each library re-exports every crate that it depends on and that appears in its interface.
///
/// # Errors
/// Names each crate that is not re-exported.
pub fn check(workspace: &Workspace) -> Result<()> {
    let libraries: Vec<&Package> = workspace.published().iter().filter(|package| has_library(package)).collect();
    let messages = ask(workspace.root(), &libraries)?;
    let mut missing = Vec::new();
    for package in &libraries {
        let source = library_source(package)?;
        for name in public_dependencies(package, &messages) {
            if !is_re_exported(&source, &name) {
                missing
                    .push(format!("{} does not re-export {name}, whose types appear in its interface", package.name));
            }
        }
    }
    ensure!(missing.is_empty(), "{}", missing.join("; "));
    Ok(())
}

fn has_library(package: &Package) -> bool {
    package.targets.iter().any(|target| target.kind.contains(&TargetKind::Lib))
}

fn library_source(package: &Package) -> Result<String> {
    let library = package.targets.iter().find(|target| target.kind.contains(&TargetKind::Lib)).context("a library")?;
    std::fs::read_to_string(&library.src_path).with_context(|| format!("reading {}", library.src_path))
}

/// The compiler's messages about all libraries.
fn ask(root: &Path, libraries: &[&Package]) -> Result<Vec<Message>> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root).args(["check", "--quiet", "-Zpublic-dependency", "--message-format", "json"]);
    for library in libraries {
        command.args(["--package", library.name.as_str()]);
    }
    command.env("RUSTC_BOOTSTRAP", "1").env("CARGO_TARGET_DIR", root.join("target/packed/public"));
    let output = command.output().context("cargo does not start")?;
    ensure!(output.status.success(), "`cargo check` failed: {}", String::from_utf8_lossy(&output.stderr));
    Message::parse_stream(&*output.stdout).map(|message| message.context("a message of cargo")).collect()
}

/// The direct dependencies of a library that the compiler found in its interface.
fn public_dependencies(package: &Package, messages: &[Message]) -> BTreeSet<String> {
    let direct = package.dependencies.iter().filter(|dependency| dependency.kind == DependencyKind::Normal);
    let direct: BTreeSet<String> = direct.map(|dependency| dependency.name.replace('-', "_")).collect();
    let of_package = messages.iter().filter_map(|message| match message {
        Message::CompilerMessage(message) if message.package_id == package.id => Some(&message.message),
        _ => None,
    });
    of_package
        .filter(|message| message.code.as_ref().is_some_and(|code| code.code == LINT))
        .filter_map(|message| Some(message.message.split_once(BEFORE)?.1.split_once('\'')?.0.to_owned()))
        .filter(|name| direct.contains(name))
        .collect()
}

/// Whether a `lib.rs` has `pub use NAME;`, alone or in a list.
fn is_re_exported(source: &str, name: &str) -> bool {
    let uses = source.lines().filter_map(|line| line.strip_prefix("pub use ")?.strip_suffix(';'));
    uses.flat_map(|list| list.trim_matches(['{', '}']).split(", ")).any(|used| used == name)
}

#[cfg(test)]
mod tests {
    use super::is_re_exported;

    #[test]
    fn re_exports_are_found_alone_and_in_a_list() {
        assert!(is_re_exported("pub use heapless;\n", "heapless"));
        assert!(is_re_exported("pub use {anyhow, heapless};\n", "heapless"));
        assert!(!is_re_exported("pub use heapless::Vec;\nuse heapless;\n", "heapless"));
    }
}
