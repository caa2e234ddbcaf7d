//! Frames, mapping attributes and the user address range.

/// First address above the user range: 2^47. Address 0 to 4095 is never mapped.
pub const USER_END: u64 = 1 << 47;

/// Lowest address that can be mapped.
pub const USER_START: u64 = 0x1000;

/// First physical address above all memory that the kernel can use: 128 GiB.
pub const MEMORY_END: u64 = 1 << 37;

/// Size of a page in bytes.
pub const PAGE_SIZE: u64 = 4096;

/// The sizes of frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum FrameSize {
    /// 4 KiB.
    Small = 12,
    /// 2 MiB.
    Large = 21,
    /// 1 GiB.
    Huge = 30,
}

impl FrameSize {
    /// The size with this number of bits.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Option<FrameSize> {
        match bits {
            12 => Some(Self::Small),
            21 => Some(Self::Large),
            30 => Some(Self::Huge),
            _ => None,
        }
    }

    /// Size in bytes.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        1 << (self as u8)
    }

    /// The frame with which a program's memory of so many bytes begins at this address: a large one where it fits. Huge ones are for programs that ask for
    /// them.
    #[must_use]
    pub const fn at_start_of(address: u64, bytes: u64) -> FrameSize {
        if address.is_multiple_of(Self::Large.bytes()) && bytes >= Self::Large.bytes() {
            Self::Large
        } else {
            Self::Small
        }
    }
}

/// How a frame is mapped, beside its rights. Device frames are always mapped as device memory (nGnRE).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct MapAttributes(u64);

impl MapAttributes {
    /// Cached normal memory; no write and execute together.
    pub const NORMAL: MapAttributes = MapAttributes(0);
    /// Normal memory, not cached: for buffers that a device without coherent access uses.
    pub const UNCACHED: MapAttributes = MapAttributes(1 << 0);
    /// Allows write and execute together.
    pub const WRITE_AND_EXECUTE: MapAttributes = MapAttributes(1 << 1);

    /// The attributes in a register; `None` if a bit is set that does not exist.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Option<MapAttributes> {
        if bits > 0b11 { None } else { Some(MapAttributes(bits)) }
    }

    /// As bits.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// Whether every attribute of `other` is in `self`.
    #[must_use]
    pub const fn contains(self, other: MapAttributes) -> bool {
        self.0 & other.0 == other.0
    }

    /// The attributes in either.
    #[must_use]
    pub const fn union(self, other: MapAttributes) -> MapAttributes {
        MapAttributes(self.0 | other.0)
    }
}

/// Cache maintenance that a program can ask for. Memory keeps its contents under each of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Maintenance {
    /// What was written is in memory: before a device reads it.
    Clean = 1,
    /// Besides, the caches hold it no more: before a program reads what a device has written.
    CleanAndInvalidate = 2,
    /// What was written can be executed.
    PublishCode = 3,
}

impl Maintenance {
    /// The operation with this number.
    #[must_use]
    pub const fn from_number(number: u64) -> Option<Maintenance> {
        Some(match number {
            1 => Self::Clean,
            2 => Self::CleanAndInvalidate,
            3 => Self::PublishCode,
            _ => return None,
        })
    }
}
