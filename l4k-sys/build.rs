//! Puts the linker script for programs on the linker's search path, so that `-Tl4k-program.ld` is found by whoever depends on this
//! crate. On a host, where programs of this crate are ordinary ones, it does nothing.

use std::path::Path;
use std::{env, fs};

const SCRIPT: &str = "l4k-program.ld";

fn main() {
    println!("cargo::rerun-if-changed={SCRIPT}");
    println!("cargo::rerun-if-changed=build.rs");
    if env::var("CARGO_CFG_TARGET_OS").as_deref() != Ok("none") {
        return;
    }
    let directory = env::var_os("OUT_DIR").expect("cargo sets OUT_DIR for build scripts");
    // A copy, since the search path is to hold this script and nothing else.
    fs::copy(SCRIPT, Path::new(&directory).join(SCRIPT)).expect("the linker script can be copied to OUT_DIR");
    println!("cargo::rustc-link-search={}", Path::new(&directory).display());
}
