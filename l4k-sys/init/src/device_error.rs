//! Why no object of device memory can be had at an address: what `DevicePool::make` answers. May call nothing of this crate.

use core::fmt;

use l4k_sys::Error;

/// Why no object of device memory can be had at a physical address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceError {
    /// The address is not a multiple of the object's size.
    Misaligned {
        /// The address.
        address: Address,
        /// Bits of the object's size.
        size_bits: u8,
    },
    /// The board names no device memory there.
    NoDevice(Address),
    /// It lies in RAM, or between two pieces of RAM, where the kernel and the first program are.
    Ram(Address),
    /// It is the interrupt controller's, which the kernel keeps.
    InterruptController(Address),
    /// Something was made there before.
    Taken(Address),
    /// The object is larger than the piece of device memory at the address, or than what is left of it in one piece.
    TooLarge {
        /// The address.
        address: Address,
        /// Bits of the object's size.
        size_bits: u8,
    },
    /// No slots are left to split device memory.
    NoSlots(Address),
    /// Device memory is in too many pieces already.
    TooManyPieces(Address),
    /// The kernel refused for another reason.
    Kernel(Address, Error),
}

/// A physical address. It is printed in hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Address(pub u64);

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:#x}", self.0)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl fmt::Display for DeviceError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Misaligned { address, size_bits } => {
                write!(
                    formatter,
                    "device address {address} is not a multiple of {:#x}, the object's size",
                    bytes(size_bits)
                )
            }
            Self::NoDevice(address) => write!(formatter, "the board has no device memory at address {address}"),
            Self::Ram(address) => write!(formatter, "address {address} is RAM, not a device"),
            Self::InterruptController(address) => {
                write!(formatter, "address {address} is the interrupt controller's, and the kernel keeps that")
            }
            Self::Taken(address) => write!(formatter, "the device at address {address} is taken already"),
            Self::TooLarge { address, size_bits } => write!(
                formatter,
                "there are no {:#x} bytes of device memory in one piece at address {address}",
                bytes(size_bits)
            ),
            Self::NoSlots(address) => write!(formatter, "no slots are left for the device at address {address}"),
            Self::TooManyPieces(address) => {
                write!(formatter, "device memory is in too many pieces to split one more for address {address}")
            }
            Self::Kernel(address, error) => {
                write!(formatter, "the kernel answers {error} for the device at address {address}")
            }
        }
    }
}

fn bytes(size_bits: u8) -> u64 {
    1u64.checked_shl(u32::from(size_bits)).unwrap_or(0)
}

impl core::error::Error for DeviceError {}
