//! Where the kernel's code is, from its ELF file. May call nothing of this crate.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use l4k_paths::Layout;
use object::{Object, ObjectSection, ObjectSymbol};

/// The exception vectors, and where system calls part from other exceptions.
const VECTORS: &str = "l4k_vectors";
const SYSTEM_CALL: &str = "l4k_system_call";

/// Parts of the name, as the compiler makes it, of the function through which faults are told.
const TELLING: [&str; 3] = ["operation", "console", "write_str"];

/// Reads it.
pub fn layout(kernel: &Path) -> Result<Layout> {
    let bytes = fs::read(kernel).with_context(|| format!("reading {}", kernel.display()))?;
    let file = object::File::parse(&*bytes).context("the kernel's ELF file")?;
    let text = file.section_by_name(".text").context("the kernel has no .text")?;
    let address = |wanted| {
        let mut symbols = file.symbols();
        let found = symbols.find(|symbol| symbol.name() == Ok(wanted));
        found.map(|symbol| symbol.address()).with_context(|| format!("the kernel has no symbol {wanted}"))
    };
    let tells = |name: &str| TELLING.iter().all(|part| name.contains(part));
    let telling = file.symbols().find(|symbol| symbol.name().is_ok_and(tells)).map(|symbol| symbol.address());
    let range = text.address()..text.address() + text.size();
    Ok(Layout { text: range, vectors: address(VECTORS)?, system_call: address(SYSTEM_CALL)?, telling })
}

/// The compiler that made it, `rustc 1.96.0` for example, as its debug information names it.
pub fn compiler(kernel: &Path) -> Result<String> {
    let bytes = fs::read(kernel).with_context(|| format!("reading {}", kernel.display()))?;
    let file = object::File::parse(&*bytes).context("the kernel's ELF file")?;
    let names = file.section_by_name(".debug_str").context("the kernel has no debug information")?;
    let names = names.uncompressed_data().context("the kernel's debug information")?;
    compiler_in(&String::from_utf8_lossy(&names)).context("the kernel's debug information names no compiler")
}

/// Names of its own crates come first, then those of the library, which is of the same compiler.
fn compiler_in(names: &str) -> Option<String> {
    let (_, after) = names.split_once("(rustc version ")?;
    Some(format!("rustc {}", after.split([' ', ')']).next()?))
}

#[cfg(test)]
mod tests {
    use super::compiler_in;

    #[test]
    fn compiler_is_found_among_other_names() {
        let names = "u8\0clang LLVM (rustc version 1.96.0 (ac68faa20 2026-05-25) (built from a source tarball))\0call";
        assert_eq!(compiler_in(names).as_deref(), Some("rustc 1.96.0"));
        assert_eq!(compiler_in("u8\0call"), None);
    }
}
