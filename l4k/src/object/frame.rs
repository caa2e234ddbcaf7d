//! Frame capabilities, packed and unpacked. A frame has no kernel object: the capability says everything.

use super::capability::{Capability, MemoryClass};
use crate::base::address::{Asid, PhysicalAddress, UserPage};
use l4k_sys::abi::{FrameSize, Rights};

/// Rights (bits 0–2), size (bits 3–4) and memory class (bit 5) of a frame in one byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub struct FrameShape(u8);

impl FrameShape {
    /// Packs.
    #[must_use]
    pub const fn new(rights: Rights, size: FrameSize, memory: MemoryClass) -> Self {
        let size = match size {
            FrameSize::Small => 0,
            FrameSize::Large => 1,
            FrameSize::Huge => 2,
        };
        Self(rights.bits() as u8 | size << 3 | (memory as u8) << 5)
    }

    /// The rights.
    #[must_use]
    pub const fn rights(self) -> Rights {
        match Rights::from_bits((self.0 & 0b111) as u64) {
            Some(rights) => rights,
            None => Rights::NONE,
        }
    }

    /// The size.
    #[must_use]
    pub const fn size(self) -> FrameSize {
        match self.0 >> 3 & 0b11 {
            0 => FrameSize::Small,
            1 => FrameSize::Large,
            _ => FrameSize::Huge,
        }
    }

    /// The memory class.
    #[must_use]
    pub const fn memory(self) -> MemoryClass {
        if self.0 >> 5 & 1 == 0 { MemoryClass::Normal } else { MemoryClass::Device }
    }
}

/// Bits of the page number in a [`PackedMapping`]; user addresses have 47 bits, so page numbers 35.
const PAGE_NUMBER_BITS: u32 = 36;

/// Page number (bits 0–35) and generation of the space's identifier (bits 36–63) in one word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(transparent)]
pub struct PackedMapping(u64);

/// Identity of an address space for as long as the machine runs: an identifier is given out anew with the next generation, and
/// never again after the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SpaceIdentity {
    /// The hardware's identifier.
    pub asid: Asid,
    /// How often it had been given out before.
    pub generation: u32,
}

/// The last generation of an identifier (28 bits).
pub const LAST_GENERATION: u32 = (1 << (64 - PAGE_NUMBER_BITS)) - 1;

/// Where a frame capability is mapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// In which space; it may be gone by now.
    pub space: SpaceIdentity,
    /// At which address.
    pub page: UserPage,
}

/// A frame capability, unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// What its holder may do.
    pub rights: Rights,
    /// Size.
    pub size: FrameSize,
    /// Kind of memory.
    pub memory: MemoryClass,
    /// First byte.
    pub address: PhysicalAddress,
    /// Its mapping, if it has one.
    pub mapping: Option<Mapping>,
}

impl PackedMapping {
    /// Identifier and mapping as a capability has them.
    #[inline(always)]
    const fn of(mapping: Option<Mapping>) -> (u16, PackedMapping) {
        match mapping {
            Some(Mapping { space, page }) => {
                let packed = page.number() | (space.generation as u64) << PAGE_NUMBER_BITS;
                (space.asid.value(), PackedMapping(packed))
            }
            None => (0, PackedMapping(0)),
        }
    }
}

/// Notes in a frame capability where it is mapped.
#[inline(always)]
pub const fn note_mapping(capability: &mut Capability, now: Option<Mapping>) {
    if let Capability::Frame { asid, mapping, .. } = capability {
        (*asid, *mapping) = PackedMapping::of(now);
    }
}

impl Frame {
    /// As a capability.
    #[must_use]
    #[inline(always)]
    pub const fn pack(&self) -> Capability {
        let (asid, mapping) = PackedMapping::of(self.mapping);
        Capability::Frame {
            shape: FrameShape::new(self.rights, self.size, self.memory),
            asid,
            number: (self.address.value() >> 12) as u32,
            mapping,
        }
    }

    /// From the parts of a capability.
    #[must_use]
    #[inline(always)]
    pub const fn unpack(shape: FrameShape, asid: u16, number: u32, mapping: PackedMapping) -> Frame {
        let mapping = match Asid::new(asid) {
            Some(asid) => Some(Mapping {
                space: SpaceIdentity { asid, generation: (mapping.0 >> PAGE_NUMBER_BITS) as u32 },
                page: UserPage::from_number(mapping.0 & ((1 << PAGE_NUMBER_BITS) - 1)),
            }),
            None => None,
        };
        Frame {
            rights: shape.rights(),
            size: shape.size(),
            memory: shape.memory(),
            address: PhysicalAddress::truncated((number as u64) << 12),
            mapping,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn packing_loses_nothing(
            rights in 0u64..8, size in 0usize..3, device: bool, number: u32, asid: u16,
            generation in 0..=LAST_GENERATION, page in 1u64..1 << 35,
        ) {
            let frame = Frame {
                rights: Rights::from_bits(rights).unwrap(),
                size: [FrameSize::Small, FrameSize::Large, FrameSize::Huge][size],
                memory: if device { MemoryClass::Device } else { MemoryClass::Normal },
                address: PhysicalAddress::new(u64::from(number) << 12).unwrap(),
                mapping: Asid::new(asid).map(|asid| Mapping {
                    space: SpaceIdentity { asid, generation },
                    page: UserPage::from_number(page),
                }),
            };
            let Capability::Frame { shape, asid, number, mapping } = frame.pack() else { unreachable!() };
            prop_assert_eq!(Frame::unpack(shape, asid, number, mapping), frame);
        }
    }
}
