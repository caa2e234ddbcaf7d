//! The image of examples/hello with other instructions in a place: what no emulated core and no loader brings about is brought about so.

use std::fs;
use std::path::{Path, PathBuf};

use crate::hello::elf;

/// A copy of the ELF file in which these instructions, wherever they stand together, are replaced. The caller removes it.
pub fn patched(name: &str, old: &[u32], new: &[u32]) -> PathBuf {
    patched_in_places(name, &[(old, new)])
}

/// The same with several pieces of code.
pub fn patched_in_places(name: &str, patches: &[(&[u32], &[u32])]) -> PathBuf {
    let mut words = words(fs::read(elf()).expect("the image"));
    for (old, new) in patches {
        assert_eq!(old.len(), new.len());
        let places: Vec<usize> = (0..words.len()).filter(|place| words[*place..].starts_with(old)).collect();
        assert!(!places.is_empty(), "{old:x?} is not in the image");
        for place in places {
            words[place..place + new.len()].copy_from_slice(new);
        }
    }
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    fs::write(&path, words.into_iter().flat_map(u32::to_le_bytes).collect::<Vec<u8>>()).expect("a file for QEMU");
    path
}

/// What is left over at the end holds no instructions.
fn words(mut bytes: Vec<u8>) -> Vec<u32> {
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes.as_chunks::<4>().0.iter().map(|word| u32::from_le_bytes(*word)).collect()
}
