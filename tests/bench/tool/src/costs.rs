//! The second table: what the entries cost beside their number of instructions; and how large the kernel is. May call `dear` and `figure`, and
//! `size`.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use object::File;

use super::dear::{Code, Kind, memory};
use super::figure::Figure;
use l4k_size::{Bytes, Stacks, Use};

/// What seL4's mixed-criticality kernel has for two of them.
pub const OTHERS: &str = "\
seL4 MCS: call 37 loads, 35 stores, 16 moves of system registers, 1 isb, 1 dsb, 19 lines of code, 26 of data;
reply and receive 45, 34, 16, 1, 1, 25, 29.";

/// One entry in detail.
#[derive(Clone, Debug)]
pub struct Cost {
    /// The row.
    pub name: &'static str,
    /// All instructions, loads, stores, the kinds of [`Kind::ALL`], lines of code, lines of data.
    pub counts: Vec<u64>,
}

/// Above the columns of [`Cost::counts`].
pub fn headings() -> Vec<&'static str> {
    let kinds = Kind::ALL.iter().map(|kind| kind.name());
    ["in all", "loads", "stores"].into_iter().chain(kinds).chain(["code lines", "data lines"]).collect()
}

/// Of the rows that are one entry each: the shortest one that was counted.
pub fn costs(figures: &[Figure], code: &Code) -> Vec<Cost> {
    let cost = |figure: &Figure| {
        let sample = figure.sample.as_ref()?;
        let mut counts = vec![sample.instructions];
        counts.extend(memory(sample));
        counts.extend(code.kinds(sample));
        counts.extend([sample.code_lines, sample.data_lines]);
        Some(Cost { name: figure.row.name, counts })
    };
    figures.iter().filter_map(cost).collect()
}

/// For people.
pub fn text(costs: &[Cost]) -> String {
    let mut out = String::from(
        "\nthe shortest entry of each, in detail; a pair is one load or store, lines are of 64 bytes, an entry is one exception\n",
    );
    let _ = write!(out, "{:<20}", "row");
    headings().iter().for_each(|heading| out.push_str(&format!("{heading:>11}")));
    out.push('\n');
    for cost in costs {
        let _ = write!(out, "{:<20}", cost.name);
        cost.counts.iter().for_each(|count| out.push_str(&format!("{count:>11}")));
        out.push('\n');
    }
    out + OTHERS + "\n"
}

/// How large the measured kernel is.
#[derive(Debug)]
pub struct Size {
    /// By kind.
    pub bytes: Bytes,
    /// The deepest stack of system calls, faults and interrupts, and what is reserved for it. A kernel that is being changed may be one of which
    /// it cannot be told; its other figures can.
    pub stack: Result<[u64; 2]>,
}

impl Size {
    /// Of the kernel's ELF file.
    pub fn of(kernel: &Path) -> Result<Size> {
        let file = fs::read(kernel).with_context(|| format!("reading {}", kernel.display()))?;
        let elf = File::parse(file.as_slice()).context("the kernel's ELF file")?;
        let of_exceptions = |stacks: Stacks| [stacks.bound(Use::Exceptions), stacks.reserved(Use::Exceptions)];
        Ok(Size { bytes: Bytes::of(&elf), stack: Stacks::of(&elf).map(of_exceptions) })
    }

    /// Names and bytes, and what they may be at the most.
    pub fn rows(&self) -> Vec<(&'static str, u64, Option<u64>)> {
        let mut rows = vec![
            ("text", self.bytes.text, Some(48 * 1024)),
            ("constants", self.bytes.constants, None),
            ("data", self.bytes.data, None),
            ("bss", self.bytes.bss, Some(64 * 1024)),
        ];
        if let Ok([deepest, reserved]) = self.stack {
            rows.push(("deepest stack", deepest, Some(reserved)));
        }
        rows
    }

    /// For people.
    pub fn text(&self) -> String {
        let mut out = String::from("\nthe measured kernel, without its programs, in bytes\n");
        for (name, bytes, most) in self.rows() {
            let most = most.map_or_else(String::new, |most| format!(", at most {most}"));
            let _ = writeln!(out, "  {name:<14}{bytes:>9}{most}");
        }
        if let Err(error) = &self.stack {
            let _ = writeln!(out, "  deepest stack  unknown: {error:#}");
        }
        out
    }
}
