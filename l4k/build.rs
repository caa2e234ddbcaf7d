//! Tells the linker where the part of the linker script lies that all boards have in common.

use std::path::PathBuf;
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=link/l4k-image.ld");
    let directory = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    fs::copy("link/l4k-image.ld", directory.join("l4k-image.ld")).expect("the linker script is part of the crate");
    println!("cargo::rustc-link-search={}", directory.display());
}
