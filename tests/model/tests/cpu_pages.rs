//! The book's pages on cores say what the kernel's tables say.
//!
//! `L4K_WRITE_PAGES=1 cargo test -p l4k-model --test cpu_pages` writes them.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use l4k::machine::cpu::errata::{ERRATA, Treatment};
use l4k::machine::cpu::features::{EL1, EL2, EL3, LEFT, Setting};

const GENERATED: &str = "This page is generated from the kernel's own tables, and a test holds it.";

fn compare(file: &str, wanted: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../book/src").join(file);
    if env::var_os("L4K_WRITE_PAGES").is_some() {
        fs::write(&path, wanted).expect("the page");
    }
    let found = fs::read_to_string(&path).expect("the page");
    assert!(
        found == wanted,
        "{file} is not what the tables say: L4K_WRITE_PAGES=1 cargo test -p l4k-model --test cpu_pages"
    );
}

/// What a setting does to its register.
fn value(setting: &Setting) -> String {
    match setting.keep {
        0 => format!("= {:#x}", setting.set),
        _ => format!("gets {:#x} besides", setting.set),
    }
}

fn level(page: &mut String, title: &str, settings: &[Setting]) {
    let _ = write!(page, "\n## {title}\n\n| where there is | register | what and why |\n|---|---|---|\n");
    for setting in settings {
        let Setting { feature, register, reason, .. } = setting;
        let _ = writeln!(page, "| {} | `{}` {} | {reason} |", feature.name, register.name, value(setting));
    }
}

#[test]
fn the_page_on_exception_levels() {
    let mut page = format!(
        "# Exception levels\n\n{GENERATED} The tables are in `machine/cpu/features.rs`. `machine/aarch64/exception_levels.rs` makes the instructions from them.\n\n\
         The kernel runs at EL1. A loader may enter it at EL3, EL2 or EL1. Before the kernel leaves a level, it decides every trap to that level that \
         lower levels can reach: many of these registers have no defined value after reset. It also leaves vectors there \
         (`machine/aarch64/level_vectors.rs`). An instruction of a program that traps there is given back as a bad instruction. A call of firmware that \
         nobody serves returns -1 (not supported). Everything else is told on the console, and stops the machine. An exception before the MMU of EL1 is \
         on cannot be told: the core waits for ever. A core that is entered at EL2 and whose HCR_EL2.E2H cannot be 0 is not supported: names of registers \
         that end in `_EL1` mean those of EL2 there, and the way down to EL1 uses them.\n"
    );
    level(&mut page, "At EL3", &EL3);
    level(&mut page, "At EL2", &EL2);
    level(&mut page, "At EL1", &EL1);
    page.push_str("\n## What needs no decision\n\n| feature | why |\n|---|---|\n");
    for left in LEFT {
        let _ = writeln!(page, "| {} | {} |", left.name, left.reason);
    }
    compare("exception-levels.md", &page);
}

#[test]
fn the_page_on_errata() {
    let mut page = format!(
        "# Errata\n\n{GENERATED} The table is in `machine/cpu/errata.rs`. It has what Arm published of the cores that l4k is meant for, as far as Linux and TF-A \
         list it.\n\n| core | erratum | revisions | treatment | |\n|---|---|---|---|---|\n"
    );
    for row in ERRATA {
        let numbers: Vec<String> = row.numbers.iter().map(u32::to_string).collect();
        let treatment = match row.treatment {
            Treatment::Handled => "handled",
            Treatment::Excluded => "cannot happen",
            Treatment::Firmware => "firmware's",
            Treatment::Open => "**open**",
        };
        let _ = writeln!(
            page,
            "| {} | {} | {} | {treatment} | {} |",
            row.core,
            numbers.join(", "),
            row.revisions,
            row.reason
        );
    }
    compare("errata.md", &page);
}
