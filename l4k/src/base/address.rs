//! Addresses and sizes as types: a value of one of these types has passed its check.

use core::fmt::{Debug, Formatter};
use l4k_sys::abi::memory::{MEMORY_END, PAGE_SIZE, USER_END, USER_START};

/// Bits of a physical address that the kernel can name: frame numbers are 32 bits.
pub const PHYSICAL_BITS: u32 = 44;

/// First physical address above what can hold kernel objects: object references are 32 bits in units of 32 bytes.
pub const OBJECT_MEMORY_END: u64 = MEMORY_END;

/// A physical address below 2^44.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct PhysicalAddress(u64);

impl Debug for PhysicalAddress {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> core::fmt::Result {
        write!(formatter, "{:#x}", self.0)
    }
}

impl PhysicalAddress {
    /// Checks the range.
    #[must_use]
    pub const fn new(address: u64) -> Option<Self> {
        if address >> PHYSICAL_BITS == 0 { Some(Self(address)) } else { None }
    }

    /// From the bits of a table entry or a capability, which cannot be out of range: surplus bits are dropped.
    #[must_use]
    pub const fn truncated(address: u64) -> Self {
        Self(address & ((1 << PHYSICAL_BITS) - 1))
    }

    /// The address as a number.
    #[must_use]
    pub const fn value(self) -> u64 {
        self.0
    }

    /// The address `bytes` further on. Callers stay within an object, so that it cannot leave the range.
    #[must_use]
    pub const fn add(self, bytes: u64) -> Self {
        Self(self.0 + bytes)
    }
}

/// A size as a power of two: 2^n bytes, n at most 47.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct SizeBits(u8);

impl SizeBits {
    /// 4 KiB.
    pub const PAGE: SizeBits = SizeBits(12);

    /// Checks the range.
    #[must_use]
    pub const fn new(bits: u8) -> Option<Self> {
        if bits <= 47 { Some(Self(bits)) } else { None }
    }

    /// The exponent.
    #[must_use]
    pub const fn value(self) -> u8 {
        self.0
    }

    /// The size in bytes.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        1 << self.0
    }
}

/// A page-aligned address in the user range.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct UserPage(u64);

impl Debug for UserPage {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> core::fmt::Result {
        write!(formatter, "{:#x}", self.0)
    }
}

impl UserPage {
    /// Checks that `address..address + bytes` lies in the user range and that the address is a multiple of `bytes`,
    /// a power of two of at least a page.
    ///
    /// # Errors
    /// `Misaligned`, `InvalidAddress`.
    pub const fn new(address: u64, bytes: u64) -> Result<Self, l4k_sys::Error> {
        if address & (bytes - 1) != 0 || address & (PAGE_SIZE - 1) != 0 {
            return Err(l4k_sys::Error::Misaligned);
        }
        if address < USER_START || address >= USER_END || USER_END - address < bytes {
            return Err(l4k_sys::Error::InvalidAddress);
        }
        Ok(Self(address))
    }

    /// From the page number kept in a capability.
    #[must_use]
    pub const fn from_number(number: u64) -> Self {
        Self(number << 12)
    }

    /// Page number: the address divided by 4096; at most 35 bits.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0 >> 12
    }

    /// The address as a number.
    #[must_use]
    pub const fn value(self) -> u64 {
        self.0
    }
}

/// A badge: never zero where it is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Badge(u64);

impl Badge {
    /// No badge.
    pub const NONE: Badge = Badge(0);

    /// A badge; 0 means none.
    #[must_use]
    pub const fn new(value: u64) -> Self {
        Self(value)
    }

    /// The badge as a number.
    #[must_use]
    pub const fn value(self) -> u64 {
        self.0
    }

    /// Whether a badge is set.
    #[must_use]
    pub const fn is_set(self) -> bool {
        self.0 != 0
    }
}

/// A hardware address-space identifier, never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Asid(core::num::NonZeroU16);

impl Asid {
    /// Checks that it is not 0.
    #[must_use]
    pub const fn new(value: u16) -> Option<Self> {
        match core::num::NonZeroU16::new(value) {
            Some(value) => Some(Self(value)),
            None => None,
        }
    }

    /// The identifier as a number.
    #[must_use]
    #[inline(always)]
    pub const fn value(self) -> u16 {
        self.0.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use l4k_sys::Error;

    #[test]
    fn user_pages_stay_in_the_user_range() {
        assert_eq!(UserPage::new(0, 4096), Err(Error::InvalidAddress));
        assert_eq!(UserPage::new(USER_END - 4096, 4096).map(UserPage::value), Ok(USER_END - 4096));
        assert_eq!(UserPage::new(USER_END, 4096), Err(Error::InvalidAddress));
        assert_eq!(UserPage::new(0xffff_0000_0000_0000, 4096), Err(Error::InvalidAddress));
        assert_eq!(UserPage::new(0x1001, 4096), Err(Error::Misaligned));
        assert_eq!(UserPage::new(0x1000, 1 << 21), Err(Error::Misaligned));
        assert_eq!(UserPage::new(0, 1 << 21), Err(Error::InvalidAddress));
    }

    #[test]
    fn physical_addresses_are_bounded() {
        assert_eq!(PhysicalAddress::new(1 << 44), None);
        assert!(PhysicalAddress::new((1 << 44) - 1).is_some());
    }
}
