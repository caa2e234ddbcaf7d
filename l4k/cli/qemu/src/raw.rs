//! A raw image from an ELF file: what a boot loader copies to memory. May call nothing of this crate.
//!
//! QEMU enters an ELF file with nothing in its registers; a raw image with the header of an arm64 Linux kernel gets the device
//! tree's address, as from a real boot loader. A firmware has to work in both ways.

use anyhow::{Context, Result, ensure};
use object::read::elf::{ElfFile64, ProgramHeader};
use object::{LittleEndian, elf};

/// The loadable segments, each at its physical address from the lowest one on.
///
/// # Errors
/// This is no ELF file with segments to load.
pub fn image(file: &[u8]) -> Result<Vec<u8>> {
    let endian = LittleEndian;
    let file = ElfFile64::<LittleEndian>::parse(file).context("not a little-endian ELF file of 64 bits")?;
    let loadable = file.elf_program_headers().iter();
    let loadable: Vec<_> = loadable.filter(|header| header.p_type(endian) == elf::PT_LOAD).collect();
    let start = loadable.iter().map(|header| header.p_paddr(endian)).min().context("no segment to load")?;
    let mut image = Vec::new();
    for header in loadable {
        let contents = header.data(endian, file.data()).ok().context("a segment outside of the file")?;
        let from = usize::try_from(header.p_paddr(endian) - start)?;
        let end = from + contents.len();
        ensure!(end < 1 << 30, "the segments are gigabytes apart");
        if image.len() < end {
            image.resize(end, 0);
        }
        image[from..end].copy_from_slice(contents);
    }
    Ok(image)
}

#[cfg(test)]
mod tests {
    use super::image;

    #[test]
    fn something_else_is_refused() {
        assert!(image(b"MZ").is_err());
    }
}
