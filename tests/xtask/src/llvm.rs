//! LLVM's tools for coverage, of the version that the compiler in use was built with: others cannot read its files. May call
//! `process`.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;

/// The tools.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoverageTools {
    /// llvm-profdata, which adds up what several programs counted.
    pub profdata: PathBuf,
    /// llvm-cov, which says what the counts mean for the sources.
    pub cov: PathBuf,
}

/// The compiler in use for this computer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostCompiler {
    /// The triple of this computer.
    pub host: String,
    /// Major version of its LLVM.
    pub llvm: u32,
}

impl HostCompiler {
    /// Asks it.
    pub fn ask() -> Result<HostCompiler> {
        Self::from_text(&process::answer(rustc().arg("-vV"))?)
    }

    fn from_text(about: &str) -> Result<HostCompiler> {
        let field = |name: &str| about.lines().find_map(|line| line.strip_prefix(name));
        let version = field("LLVM version: ").context("rustc does not name its LLVM")?;
        let major = version.split('.').next().and_then(|major| major.parse().ok());
        Ok(HostCompiler {
            host: field("host: ").context("rustc does not name its host")?.to_owned(),
            llvm: major.with_context(|| format!("rustc's LLVM has no version: {version}"))?,
        })
    }

    /// Its coverage tools: those of its own `llvm-tools`, or those of the system's package of the same LLVM.
    pub fn coverage_tools(&self) -> Option<CoverageTools> {
        let sysroot = process::answer(rustc().args(["--print", "sysroot"])).unwrap_or_default();
        let own = PathBuf::from(sysroot.trim()).join("lib/rustlib").join(&self.host).join("bin");
        let system = PathBuf::from(format!("/usr/lib/llvm-{}/bin", self.llvm));
        let tools = |directory: PathBuf| CoverageTools {
            profdata: directory.join("llvm-profdata"),
            cov: directory.join("llvm-cov"),
        };
        [own, system].map(tools).into_iter().find(|tools| tools.profdata.is_file() && tools.cov.is_file())
    }
}

fn rustc() -> Command {
    Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
}

#[cfg(test)]
mod tests {
    use super::HostCompiler;

    #[test]
    fn major_version_of_llvm_is_read() {
        let text =
            "rustc 1.95.0\nbinary: rustc\nhost: x86_64-unknown-linux-gnu\nrelease: 1.95.0\nLLVM version: 22.1.2\n";
        let compiler = HostCompiler::from_text(text).expect("a compiler");
        assert_eq!(compiler.host, "x86_64-unknown-linux-gnu");
        assert_eq!(compiler.llvm, 22);
        assert!(HostCompiler::from_text("host: x\n").is_err());
    }
}
