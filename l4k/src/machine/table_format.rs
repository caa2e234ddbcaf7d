//! Entries of user translation tables: VMSAv8-64, 4 KiB granule, stage 1 (Arm ARM D8.3). Pure; tested on the host.

use crate::base::address::PhysicalAddress;
use crate::base::arch::{Level, MemoryKind, TableEntry};
use l4k_sys::abi::Rights;

/// Index into MAIR_EL1: normal, write-back.
pub const ATTRIBUTES_NORMAL: u64 = 0;
/// Index into MAIR_EL1: Device-nGnRE.
pub const ATTRIBUTES_DEVICE: u64 = 1;
/// Index into MAIR_EL1: normal, not cacheable.
pub const ATTRIBUTES_UNCACHED: u64 = 2;

const VALID: u64 = 1;
const TABLE_OR_PAGE: u64 = 1 << 1;
const ATTRIBUTES_SHIFT: u32 = 2;
const EL0_ACCESS: u64 = 1 << 6;
const READ_ONLY: u64 = 1 << 7;
const INNER_SHAREABLE: u64 = 0b11 << 8;
const ACCESSED: u64 = 1 << 10;
const NOT_GLOBAL: u64 = 1 << 11;
const PRIVILEGED_EXECUTE_NEVER: u64 = 1 << 53;
const USER_EXECUTE_NEVER: u64 = 1 << 54;
const ADDRESS: u64 = 0x0000_ffff_ffff_f000;

/// An entry in the machine's format.
#[must_use]
#[inline(always)]
pub const fn encode(entry: TableEntry, level: Level) -> u64 {
    match entry {
        TableEntry::Empty => 0,
        TableEntry::Table(address) => address.value() | TABLE_OR_PAGE | VALID,
        TableEntry::Leaf { address, rights, memory } => {
            let attributes = match memory {
                MemoryKind::Normal => ATTRIBUTES_NORMAL,
                MemoryKind::Uncached => ATTRIBUTES_UNCACHED,
                MemoryKind::Device => ATTRIBUTES_DEVICE,
            };
            let kind = if matches!(level, Level::Three) { TABLE_OR_PAGE } else { 0 };
            let write = if rights.contains(Rights::WRITE) { 0 } else { READ_ONLY };
            let execute = if rights.contains(Rights::EXECUTE) { 0 } else { USER_EXECUTE_NEVER };
            let fixed = VALID | EL0_ACCESS | INNER_SHAREABLE | ACCESSED | NOT_GLOBAL | PRIVILEGED_EXECUTE_NEVER;
            address.value() | attributes << ATTRIBUTES_SHIFT | kind | write | execute | fixed
        }
    }
}

/// Whether a leaf of the same level must not take the place of another one without a break (Arm ARM, R_WHZWS): they differ in more than rights.
#[must_use]
#[inline(always)]
pub const fn needs_break(before: u64, after: u64) -> bool {
    (before ^ after) & !(READ_ONLY | USER_EXECUTE_NEVER) != 0
}

/// A leaf without its valid bit: the processor ignores all others (Arm ARM D8.3). They say whose place it is.
#[must_use]
#[inline(always)]
pub const fn broken(leaf: u64) -> u64 {
    leaf & !VALID
}

/// What an entry of a table of this level means.
#[must_use]
#[inline(always)]
pub const fn decode(bits: u64, level: Level) -> TableEntry {
    if bits & VALID == 0 {
        return TableEntry::Empty;
    }
    let address = PhysicalAddress::truncated(bits & ADDRESS);
    if bits & TABLE_OR_PAGE != 0 && !matches!(level, Level::Three) {
        return TableEntry::Table(address);
    }
    let memory = match bits >> ATTRIBUTES_SHIFT & 0b111 {
        ATTRIBUTES_DEVICE => MemoryKind::Device,
        ATTRIBUTES_UNCACHED => MemoryKind::Uncached,
        _ => MemoryKind::Normal,
    };
    let write = if bits & READ_ONLY == 0 { Rights::WRITE } else { Rights::NONE };
    let execute = if bits & USER_EXECUTE_NEVER == 0 { Rights::EXECUTE } else { Rights::NONE };
    TableEntry::Leaf { address, rights: Rights::READ.union(write).union(execute), memory }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEVELS: [Level; 3] = [Level::One, Level::Two, Level::Three];
    const MEMORY: [MemoryKind; 3] = [MemoryKind::Normal, MemoryKind::Uncached, MemoryKind::Device];

    #[test]
    fn every_leaf_is_read_back_and_protected() {
        let address = PhysicalAddress::new(0x40_0000_0000).unwrap();
        for level in LEVELS {
            for memory in MEMORY {
                for bits in [0b001, 0b011, 0b101, 0b111] {
                    let rights = Rights::from_bits(bits).unwrap();
                    let leaf = TableEntry::Leaf { address, rights, memory };
                    let entry = encode(leaf, level);
                    assert_eq!(decode(entry, level), leaf);
                    assert_eq!(entry >> 53 & 1, 1, "the kernel never executes user memory");
                    assert_eq!(entry >> 54 & 1 == 0, rights.contains(Rights::EXECUTE));
                    assert_eq!(entry >> 7 & 1 == 0, rights.contains(Rights::WRITE));
                    assert_eq!(entry >> 11 & 1, 1, "user mappings are not global");
                    assert_eq!(entry & 0b11 == 0b11, level == Level::Three, "a block is no table");
                }
            }
        }
    }

    #[test]
    fn rights_change_without_a_break_and_nothing_else_does() {
        let leaf = |page: u64, bits, memory| {
            let (address, rights) = (PhysicalAddress::new(page << 30).unwrap(), Rights::from_bits(bits).unwrap());
            TableEntry::Leaf { address, rights, memory }
        };
        for level in LEVELS {
            let before = encode(leaf(1, 0b011, MemoryKind::Normal), level);
            for bits in [0b001, 0b011, 0b101, 0b111] {
                assert!(!needs_break(before, encode(leaf(1, bits, MemoryKind::Normal), level)));
                assert!(needs_break(before, encode(leaf(1, bits, MemoryKind::Uncached), level)));
                assert_eq!(decode(broken(before), level), TableEntry::Empty);
                assert_ne!(broken(before), encode(TableEntry::Empty, level));
                assert!(needs_break(broken(before), before), "one that is broken is made anew");
                assert!(needs_break(before, encode(leaf(2, bits, MemoryKind::Normal), level)));
            }
        }
    }

    #[test]
    fn tables_and_empty_entries_are_read_back() {
        let table = TableEntry::Table(PhysicalAddress::new(0x1_2345_6000).unwrap());
        for level in [Level::Zero, Level::One, Level::Two] {
            assert_eq!(decode(encode(table, level), level), table);
            assert_eq!(decode(0, level), TableEntry::Empty);
        }
        assert_eq!(encode(TableEntry::Empty, Level::Three), 0);
    }
}
