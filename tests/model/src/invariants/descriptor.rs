//! Entries of translation tables as a processor reads them: VMSAv8-64, stage 1, 4 KiB granule, 48-bit addresses (Arm ARM DDI 0487,
//! D8.3.1 and D8.3.2). Written from the manual and not from the kernel, whose mistakes it is to find. Calls nobody.

/// What a level's entry means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Descriptor {
    /// The walk ends in a translation fault.
    Invalid,
    /// The walk goes on.
    Table {
        /// At which physical address.
        address: u64,
        /// Limits that the entry puts on everything below (bits 59 to 63).
        limits: u64,
    },
    /// A block or a page.
    Leaf(Leaf),
}

/// A block or a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// First byte of it.
    pub address: u64,
    /// Size in bytes.
    pub bytes: u64,
    /// Index into the memory attributes of `MAIR_EL1`.
    pub attributes: u64,
    /// AP[1]: programs may use it.
    pub user: bool,
    /// AP[2] is clear: who may use it may write it.
    pub write: bool,
    /// UXN is clear: programs may execute it.
    pub user_execute: bool,
    /// PXN is clear: the kernel may execute it.
    pub kernel_execute: bool,
    /// nG is clear: a translation of every address space.
    pub global: bool,
    /// AF: using it does not fault.
    pub accessed: bool,
    /// SH[1:0].
    pub shareability: u64,
    /// Bits that have no use here and are to be zero: NS, GP, DBM, Contiguous, the low bits of a block's address, those above UXN.
    pub surplus: u64,
}

/// Bits `high` to `low` of a word.
const fn bits(word: u64, high: u32, low: u32) -> u64 {
    word >> low & (u64::MAX >> (63 - high + low))
}

/// An entry of a table of level 0 to 3.
pub const fn read(entry: u64, level: u32) -> Descriptor {
    let address = bits(entry, 47, 12) << 12;
    match (bits(entry, 1, 0), level) {
        (0b11, 0..=2) => Descriptor::Table { address, limits: bits(entry, 63, 59) },
        (0b11, 3) | (0b01, 1 | 2) => Descriptor::Leaf(read_leaf(entry, 1 << (39 - 9 * level))),
        _ => Descriptor::Invalid,
    }
}

const fn read_leaf(entry: u64, bytes: u64) -> Leaf {
    let within = bits(entry, 47, 12) << 12 & (bytes - 1);
    let security = entry & 1 << 5;
    let above = entry & (0b1_1111 << 48 | u64::MAX << 55);
    Leaf {
        address: (bits(entry, 47, 12) << 12) - within,
        bytes,
        attributes: bits(entry, 4, 2),
        user: bits(entry, 6, 6) == 1,
        write: bits(entry, 7, 7) == 0,
        user_execute: bits(entry, 54, 54) == 0,
        kernel_execute: bits(entry, 53, 53) == 0,
        global: bits(entry, 11, 11) == 0,
        accessed: bits(entry, 10, 10) == 1,
        shareability: bits(entry, 9, 8),
        surplus: within | security | above,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_read_from_its_bits_and_no_other() {
        let page = |entry: u64| match read(entry | 0b11, 3) {
            Descriptor::Leaf(leaf) => leaf,
            other => panic!("{other:?}"),
        };
        let none = page(0);
        assert_eq!(none.bytes, 4096);
        for bit in 2..64 {
            let leaf = page(1 << bit);
            assert_eq!(leaf.attributes, if (2..=4).contains(&bit) { 1 << (bit - 2) } else { 0 }, "bit {bit}");
            assert_eq!(leaf.shareability, if (8..=9).contains(&bit) { 1 << (bit - 8) } else { 0 }, "bit {bit}");
            assert_eq!(leaf.address, if (12..48).contains(&bit) { 1 << bit } else { 0 }, "bit {bit}");
            assert_eq!(leaf.user, bit == 6);
            assert_eq!(leaf.write, bit != 7);
            assert_eq!(leaf.accessed, bit == 10);
            assert_eq!(leaf.global, bit != 11);
            assert_eq!(leaf.kernel_execute, bit != 53);
            assert_eq!(leaf.user_execute, bit != 54);
            let surplus = bit == 5 || (48..=52).contains(&bit) || bit >= 55;
            assert_eq!(leaf.surplus, if surplus { 1 << bit } else { 0 }, "bit {bit}");
        }
    }

    #[test]
    fn kinds_depend_on_the_level() {
        assert_eq!(read(0x8000_0000_1234_5003, 1), Descriptor::Table { address: 0x1234_5000, limits: 0b1_0000 });
        assert_eq!(read(0x1, 0), Descriptor::Invalid, "no block of 512 GiB");
        assert_eq!(read(0x1, 3), Descriptor::Invalid, "reserved");
        for level in 0..4 {
            assert_eq!(read(0b10, level), Descriptor::Invalid);
        }
        let Descriptor::Leaf(block) = read(0x4020_1001, 2) else { panic!("a block of 2 MiB") };
        assert_eq!((block.address, block.bytes, block.surplus), (0x4020_0000, 1 << 21, 0x1000));
    }
}
