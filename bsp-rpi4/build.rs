//! Puts the linker script where `-Tl4k-kernel.ld` finds it in every crate that depends on this one. The page of the kernel's console
//! depends on a feature.

use std::path::PathBuf;
use std::{env, fs};

const CONSOLE_PL011: &str = "0xfe201000";
const CONSOLE_MINI_UART: &str = "0xfe215000";

fn main() {
    println!("cargo::rerun-if-changed=l4k-kernel.ld");
    let directory = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let script = fs::read_to_string("l4k-kernel.ld").expect("the linker script is part of the crate");
    let console = match env::var_os("CARGO_FEATURE_MINI_UART_CONSOLE") {
        Some(_) => CONSOLE_MINI_UART,
        None => CONSOLE_PL011,
    };
    let script = format!("l4k_early_console = {console};\n{script}");
    fs::write(directory.join("l4k-kernel.ld"), script).expect("cargo's directory can be written");
    println!("cargo::rustc-link-search={}", directory.display());
}
