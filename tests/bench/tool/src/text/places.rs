//! Bytes of the text by source file: each word is of the line that it was written in, however far that was merged into others. May call `dear`
//! and `paths`.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;

use crate::dear::Code;
use l4k_paths_tool::functions::{Frame, Functions};

/// Of what the compiler brings along, and has no line of this project around it.
pub const LIBRARY: &str = "";

/// Where the project's sources of the kernel are.
const SOURCES: [&str; 3] = ["l4k/src/", "l4k-sys/src/", "bsp-qemu-virt/src/"];

/// Bytes by file, from the project's root on.
pub type Bytes = BTreeMap<String, u64>;

/// Of the kernel's ELF file. `assembly` says which file a label stands in.
pub fn bytes(kernel: &Path, assembly: &dyn Fn(&str) -> Option<String>) -> Result<Bytes> {
    let (code, functions) = (Code::of(kernel)?, Functions::of(kernel)?);
    let mut bytes = Bytes::new();
    for address in code.addresses() {
        let file = file(&functions.frames(address), assembly).unwrap_or_else(|| LIBRARY.to_owned());
        *bytes.entry(file).or_default() += Code::WORD;
    }
    Ok(bytes)
}

/// The file of the innermost function that is the project's; of assembly, that of its label.
fn file(frames: &[Frame], assembly: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let innermost = frames.iter().find_map(|frame| from_root(&frame.file));
    innermost.or_else(|| frames.iter().find_map(|frame| assembly(&frame.function)))
}

/// The file from the project's root on, if it is one of the kernel's.
fn from_root(file: &str) -> Option<String> {
    SOURCES.iter().find_map(|start| Some(file[file.find(start)?..].to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(function: &str, file: &str) -> Frame {
        Frame { function: function.to_owned(), file: file.to_owned(), line: 1 }
    }

    #[test]
    fn innermost_file_of_the_project_is_taken() {
        let frames = [frame("min", "/rust/core/cmp.rs"), frame("at", "/p/l4k/src/a.rs"), frame("b", "/p/l4k/src/b.rs")];
        assert_eq!(file(&frames, &|_| None).as_deref(), Some("l4k/src/a.rs"));
        assert_eq!(file(&frames[..1], &|_| None), None);
    }

    #[test]
    fn assembly_is_of_the_file_with_its_label() {
        let label = |name: &str| (name == "l4k_load").then(|| "l4k/src/vectors.rs".to_owned());
        assert_eq!(file(&[frame("l4k_load", "")], &label).as_deref(), Some("l4k/src/vectors.rs"));
        assert_eq!(file(&[frame("memcpy", "")], &label), None);
    }
}
