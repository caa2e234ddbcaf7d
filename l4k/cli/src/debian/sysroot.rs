//! The library for the target, built from Debian's source into a directory of its own. May call `compiler`.
//!
//! Building it needs an unstable flag of cargo, and only here: the compiler then takes the result like any installed library, so that
//! every crate of the project stays plain stable Rust.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::compiler;
use crate::files::entries;
use crate::process;
use crate::toolchain::TARGET;

/// Changed when this file makes something else than before.
const RECIPE: u32 = 2;

/// Crates of the library, as file names begin.
const CRATES: [&str; 3] = ["libcore-", "liballoc-", "libcompiler_builtins-"];

/// Where it is, below a directory for what can be thrown away. The name changes with the compiler and the recipe: it is part of the compiler's flags, so that cargo builds everything
/// anew with a new library.
pub fn directory(cache: &Path) -> PathBuf {
    let built = fs::metadata(compiler::RUSTC).map_or(0, |metadata| metadata.mtime());
    cache.join(format!("l4k-sysroot-{RECIPE}-{built}"))
}

/// Whether a directory holds a library.
pub fn holds_library(directory: &Path) -> bool {
    let files = entries(directory).unwrap_or_default();
    CRATES.iter().all(|start| files.iter().any(|file| is_library(file, start)))
}

/// Whether it is there and belongs to the compiler as it is now.
pub fn is_current(sysroot: &Path) -> bool {
    match (fs::read_to_string(sysroot.join("made-for")), compiler_key()) {
        (Ok(made_for), Some(key)) => made_for == key,
        _ => false,
    }
}

/// Builds it.
pub fn build(sysroot: &Path) -> Result<()> {
    let work = sysroot.with_extension("work");
    let crate_directory = work.join("crate");
    write_crate(&crate_directory)?;
    process::run(&mut build_command(&crate_directory))?;
    let library = sysroot.join("lib/rustlib").join(TARGET).join("lib");
    if sysroot.exists() {
        fs::remove_dir_all(sysroot).with_context(|| format!("removing {}", sysroot.display()))?;
    }
    fs::create_dir_all(&library).with_context(|| format!("making {}", library.display()))?;
    for file in entries(&crate_directory.join("target").join(TARGET).join("release/deps"))? {
        if CRATES.iter().any(|start| is_library(&file, start)) {
            fs::copy(&file, library.join(file.file_name().unwrap_or_default()))?;
        }
    }
    ensure!(holds_library(&library), "the build left no library in {}", crate_directory.display());
    // Written last: what is half made is not current.
    fs::write(sysroot.join("made-for"), compiler_key().context("Debian's compiler is gone")?)?;
    fs::remove_dir_all(&work).with_context(|| format!("removing {}", work.display()))
}

fn write_crate(directory: &Path) -> Result<()> {
    fs::create_dir_all(directory.join("src")).with_context(|| format!("making {}", directory.display()))?;
    let manifest = "[package]\nname = \"library\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n\
                    [profile.release]\npanic = \"abort\"\n";
    fs::write(directory.join("Cargo.toml"), manifest)?;
    fs::write(directory.join("src/lib.rs"), "#![no_std]\n")?;
    Ok(())
}

fn build_command(directory: &Path) -> Command {
    let mut command = Command::new(compiler::CARGO);
    command
        .args(["build", "--quiet", "--release", "--target", TARGET, "--target-dir", "target"])
        .args(["-Z", "build-std=core,alloc,compiler_builtins", "-Z", "build-std-features=compiler-builtins-mem"])
        .current_dir(directory)
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTC", compiler::RUSTC)
        .env("CARGO", compiler::CARGO);
    process::clean(&mut command);
    for name in ["RUSTUP_TOOLCHAIN", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER", "RUSTFLAGS", "CARGO_BUILD_TARGET"] {
        command.env_remove(name);
    }
    // As in the library that rustup installs: link-time optimisation of the programs goes through it.
    command.env("CARGO_ENCODED_RUSTFLAGS", "-Cembed-bitcode=yes");
    command
}

/// What tells one compiler from another without starting it: the package's file as it was built.
fn compiler_key() -> Option<String> {
    let metadata = fs::metadata(compiler::RUSTC).ok()?;
    Some(format!("recipe {RECIPE}, compiler of {} bytes, built {}\n", metadata.len(), metadata.mtime()))
}

fn is_library(file: &Path, start: &str) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with(start) && name.ends_with(".rlib")
}
