//! The command: builds the kernel, and tells the figures to people and to tools. May call `firmware` and everything in this directory.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use l4k_qemu::Board;
use object::File;
use serde_json::json;

use super::lines::Lines;
use super::{Bytes, Stacks, Use};
use crate::firmware;
use crate::project::Project;
use crate::set_up;

/// The example whose kernel is measured, in its release build without the debug console.
const EXAMPLE: &str = "hello";

/// Prints the figures.
pub fn print(project: &Project, json: Option<&Path>) -> Result<()> {
    let toolchain = set_up::ensure(project, &[])?;
    let kernel = firmware::build_without_console(&toolchain, &project.example(EXAMPLE)?, Board::QemuVirt)?;
    let file = fs::read(&kernel).with_context(|| format!("reading {}", kernel.display()))?;
    let elf = File::parse(file.as_slice()).context("the kernel's ELF file")?;
    let bytes = Bytes::of(&elf);
    let lines = Lines::of(&project.path("l4k/src"))?;
    println!("kernel of {EXAMPLE}, release build without the debug console and without its programs");
    println!("  text       {:>8} bytes", bytes.text);
    println!("  constants  {:>8} bytes", bytes.constants);
    println!("  data       {:>8} bytes", bytes.data);
    println!("  bss        {:>8} bytes", bytes.bss);
    println!("crate l4k, without comments, blank lines and tests");
    println!("  code       {:>8} lines", lines.code);
    println!("  unsafe     {:>8} lines", lines.with_unsafe);
    let stacks = Stacks::of(&elf)?;
    print!("{stacks}");
    if let Some(file) = json {
        let figures = json!({
            "kernel_text": bytes.text,
            "kernel_constants": bytes.constants,
            "kernel_data": bytes.data,
            "kernel_bss": bytes.bss,
            "kernel_lines": lines.code,
            "unsafe_lines": lines.with_unsafe,
            "stack_bound": stacks.bound(Use::Exceptions),
            "boot_stack_bound": stacks.bound(Use::Boot),
            "emergency_stack_bound": stacks.bound(Use::Emergency),
            "stack_reserved": stacks.reserved(Use::Exceptions),
        });
        fs::write(file, format!("{figures:#}\n")).with_context(|| format!("writing {}", file.display()))?;
    }
    Ok(())
}
