//! Calls of cargo from within cargo.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::environment::Environment;
use crate::error::BuildError;
use crate::metadata::is_binary;
use crate::plan::{Binary, Call};
use crate::variables;

/// What a call of cargo has built.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// The binaries, and where they are.
    pub executables: Vec<(Binary, PathBuf)>,
    /// The `Cargo.toml` of each package with a path of its own that took part.
    pub manifests: BTreeSet<PathBuf>,
    /// The crates that took part, as the compiler names them.
    pub crates: BTreeSet<String>,
}

/// What cargo knows about a package and its workspace, as JSON.
///
/// # Errors
/// [`BuildError`] if cargo cannot be run, or does not understand the package.
pub fn metadata(environment: &Environment, program: &str, manifest: &Path) -> Result<Vec<u8>, BuildError> {
    let mut command = cargo(environment);
    command.args(["metadata", "--no-deps", "--format-version", "1", "--manifest-path"]).arg(manifest);
    let output = run(environment, &mut command)?;
    output.ok_or_else(|| BuildError::Manifest { program: program.to_owned(), manifest: manifest.to_owned() })
}

/// Builds programs.
///
/// # Errors
/// [`BuildError`] if cargo cannot be run or the build fails; then the compiler has said why.
pub fn build(environment: &Environment, call: &Call) -> Result<Output, BuildError> {
    let target_directory = &environment.programs_directory;
    let mut command = cargo(environment);
    command.args(["build", "--message-format", "json-render-diagnostics"]);
    command.arg("--manifest-path").arg(call.root.join("Cargo.toml"));
    command.args(["--target", &environment.target, "--profile", &environment.profile]);
    command.arg("--target-dir").arg(target_directory);
    // If the user keeps intermediate files elsewhere, cargo holds a lock there too, and would wait for itself.
    command.env("CARGO_BUILD_BUILD_DIR", target_directory);
    command.env("CARGO_ENCODED_RUSTFLAGS", &environment.program_flags);
    for binary in &call.binaries {
        command.args(["--package", &binary.package, "--bin", &binary.name]);
    }
    let names = || call.binaries.iter().map(|binary| binary.name.clone()).collect();
    let messages = run(environment, &mut command)?.ok_or_else(|| BuildError::Programs { names: names() })?;
    Output::from_messages(&messages)
}

/// Removes what was built of a package of a workspace.
///
/// # Errors
/// [`BuildError`] if cargo cannot be run or fails; then it has said why.
pub fn clean(environment: &Environment, root: &Path, package: &str) -> Result<(), BuildError> {
    let mut command = cargo(environment);
    command.args(["clean", "--quiet", "--package", package, "--manifest-path"]).arg(root.join("Cargo.toml"));
    command.args(["--target", &environment.target, "--profile", &environment.profile]);
    command.arg("--target-dir").arg(&environment.programs_directory);
    command.env("CARGO_BUILD_BUILD_DIR", &environment.programs_directory);
    let output = run(environment, &mut command)?;
    output.map(drop).ok_or_else(|| BuildError::Clean { package: package.to_owned() })
}

fn cargo(environment: &Environment) -> Command {
    let mut command = Command::new(&environment.cargo);
    variables::clean(&mut command);
    command
}

/// Runs cargo; gives what it prints, or `None` if it fails. Its messages for people go where this build script's go.
fn run(environment: &Environment, command: &mut Command) -> Result<Option<Vec<u8>>, BuildError> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| BuildError::Cargo { cargo: environment.cargo.clone(), reason: error.to_string() })?;
    Ok(output.status.success().then_some(output.stdout))
}

impl Output {
    fn from_messages(messages: &[u8]) -> Result<Output, BuildError> {
        let mut output = Output::default();
        for line in messages.split(|&byte| byte == b'\n') {
            // Programs that take part in a build may print there too.
            if !line.starts_with(b"{") {
                continue;
            }
            let message: Value = serde_json::from_slice(line).map_err(|_| BuildError::CargoOutput)?;
            if message["reason"] == "compiler-artifact" {
                output.add(&message).ok_or(BuildError::CargoOutput)?;
            }
        }
        Ok(output)
    }

    fn add(&mut self, message: &Value) -> Option<()> {
        let package = message["package_id"].as_str()?;
        if package.starts_with("path+") {
            self.manifests.insert(message["manifest_path"].as_str()?.into());
        }
        let target = &message["target"];
        self.crates.insert(target["name"].as_str()?.replace('-', "_"));
        if let (true, Some(executable)) = (is_binary(target), message["executable"].as_str()) {
            let binary = Binary { package: package.to_owned(), name: target["name"].as_str()?.to_owned() };
            self.executables.push((binary, executable.into()));
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGES: &str = r#"{"reason":"compiler-artifact","package_id":"registry+https://r#heapless@0.9.3","manifest_path":"/r/heapless/Cargo.toml","target":{"kind":["lib"],"name":"heapless"},"executable":null}
something else
{"reason":"compiler-artifact","package_id":"path+file:///l4k-sys#0.1.0","manifest_path":"/l4k-sys/Cargo.toml","target":{"kind":["custom-build"],"name":"build-script-build"},"executable":null}
{"reason":"build-script-executed","package_id":"path+file:///l4k-sys#0.1.0"}
{"reason":"compiler-artifact","package_id":"path+file:///h/init#0.1.0","manifest_path":"/h/init/Cargo.toml","target":{"kind":["bin"],"name":"init"},"executable":"/out/debug/init"}
{"reason":"build-finished","success":true}
"#;

    #[test]
    fn executables_and_manifests_are_read_from_messages() {
        let output = Output::from_messages(MESSAGES.as_bytes()).unwrap();
        let init = Binary { package: "path+file:///h/init#0.1.0".to_owned(), name: "init".to_owned() };
        assert_eq!(output.executables, [(init, PathBuf::from("/out/debug/init"))]);
        assert_eq!(output.manifests, BTreeSet::from(["/l4k-sys/Cargo.toml".into(), "/h/init/Cargo.toml".into()]));
    }

    #[test]
    fn broken_messages_are_an_error() {
        assert!(matches!(Output::from_messages(b"{\"reason\":"), Err(BuildError::CargoOutput)));
        assert!(matches!(Output::from_messages(b"{\"reason\":\"compiler-artifact\"}"), Err(BuildError::CargoOutput)));
    }
}
