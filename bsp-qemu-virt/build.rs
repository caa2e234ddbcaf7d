//! Puts the linker script where `-Tl4k-kernel.ld` finds it in every crate that depends on this one.

use std::path::PathBuf;
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=l4k-kernel.ld");
    let directory = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    fs::copy("l4k-kernel.ld", directory.join("l4k-kernel.ld")).expect("the linker script is part of the crate");
    println!("cargo::rustc-link-search={}", directory.display());
}
