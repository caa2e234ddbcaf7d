//! Building a firmware project for the target, and finding what came of it. May call `toolchain`.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::process;
use crate::project::entries;
use crate::toolchain::Toolchain;

/// How it is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// cargo's `dev`.
    Development,
    /// cargo's `release`.
    Release,
}

/// A firmware that was built.
#[derive(Clone, Debug)]
pub struct Firmware {
    /// The kernel with the programs in it, as an ELF file.
    pub kernel: PathBuf,
    /// Where its build script left the programs.
    pub made: PathBuf,
}

/// Builds the project in `directory`.
pub fn build(toolchain: &Toolchain, directory: &Path, profile: Profile) -> Result<Firmware> {
    if !directory.join("Cargo.toml").is_file() {
        bail!("there is no firmware project in {}", directory.display());
    }
    let mut command = toolchain.cargo(directory, "build");
    command.args(["--quiet", "--message-format", "json-render-diagnostics"]).stderr(Stdio::inherit());
    if profile == Profile::Release {
        command.arg("--release");
    }
    let messages = process::answer(&mut command)?;
    read(&messages).with_context(|| format!("`cargo build` in {} made no kernel", directory.display()))
}

/// From cargo's messages: the one executable, and the build script's directory of the same package.
fn read(messages: &str) -> Option<Firmware> {
    let messages: Vec<Value> = messages.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let binary = messages.iter().rfind(|message| message["executable"].is_string())?;
    let package = &binary["package_id"];
    let script = messages
        .iter()
        .find(|message| message["reason"] == "build-script-executed" && message["package_id"] == *package)?;
    Some(Firmware { kernel: binary["executable"].as_str()?.into(), made: script["out_dir"].as_str()?.into() })
}

/// The ELF files of the programs in a firmware, with their symbols, as `l4k-build` leaves them.
pub fn programs(firmware: &Firmware) -> Result<Vec<PathBuf>> {
    entries(&firmware.made.join("symbols"))
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn kernel_and_its_build_directory_are_found() {
        let messages = r#"
{"reason":"build-script-executed","package_id":"other","out_dir":"/other"}
{"reason":"build-script-executed","package_id":"hello","out_dir":"/made"}
{"reason":"compiler-artifact","package_id":"hello","executable":null}
{"reason":"compiler-artifact","package_id":"hello","executable":"/hello.elf"}
{"reason":"build-finished","success":true}"#;
        let firmware = read(messages).expect("a firmware");
        assert_eq!(firmware.kernel.to_str(), Some("/hello.elf"));
        assert_eq!(firmware.made.to_str(), Some("/made"));
        assert!(read("").is_none());
    }
}
