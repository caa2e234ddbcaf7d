//! Frames, address spaces and pools of address-space identifiers.

use super::untyped::MemoryKind;
use crate::abi::{Error, Maintenance, MapAttributes, Rights, SystemCall};
use crate::system::{perform, query};

/// A capability to a frame. It holds one mapping at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Frame(u64);

/// What a frame capability says of itself.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct FrameStatus {
    /// Physical address.
    pub physical_address: u64,
    /// Size in bits.
    pub size_bits: u8,
    /// Rights of the capability.
    pub rights: Rights,
    /// Which memory it is.
    pub memory: MemoryKind,
    /// Where this capability is mapped.
    pub mapped_at: Option<u64>,
}

impl Frame {
    /// The capability in this slot of the caller's CNode.
    #[must_use]
    pub const fn from_slot(slot: u64) -> Frame {
        Frame(slot)
    }

    /// Its slot.
    #[must_use]
    pub const fn slot(self) -> u64 {
        self.0
    }

    /// Maps the frame.
    ///
    /// # Errors
    /// `AlreadyMapped` (this capability), `AddressInUse`, `Misaligned`, `InvalidAddress`, `MissingRight` (more rights than
    /// the capability has), `WriteAndExecute` (unless the attributes name it), `InvalidAttributes`, `NoTables`, `NoAsid`.
    pub fn map(
        self,
        space: AddressSpace,
        address: u64,
        rights: Rights,
        attributes: MapAttributes,
    ) -> Result<(), Error> {
        perform(SystemCall::FrameMap, [self.0, space.slot(), address, rights.bits(), attributes.bits()])
    }

    /// Removes the mapping of this capability, if it has one.
    ///
    /// # Errors
    /// None of its own.
    pub fn unmap(self) -> Result<(), Error> {
        perform(SystemCall::FrameUnmap, [self.0])
    }

    /// Changes rights and attributes of the mapping.
    ///
    /// # Errors
    /// `NotMapped`, `MissingRight`, `WriteAndExecute`, `InvalidAttributes`.
    pub fn protect(self, rights: Rights, attributes: MapAttributes) -> Result<(), Error> {
        perform(SystemCall::FrameProtect, [self.0, rights.bits(), attributes.bits()])
    }

    /// Cache maintenance on `length` bytes from `offset` on. Needs the read right.
    ///
    /// # Errors
    /// `InvalidArgument` for a range that is empty or leaves the frame; `DeviceMemory`; `MissingRight`.
    pub fn maintain(self, operation: Maintenance, offset: u64, length: u64) -> Result<(), Error> {
        perform(SystemCall::FrameMaintain, [self.0, operation as u64, offset, length])
    }

    /// What it is and where it is mapped.
    ///
    /// # Errors
    /// None of its own.
    pub fn query(self) -> Result<FrameStatus, Error> {
        let [_, physical_address, size_bits, rights, device, mapped_at, ..] = query(SystemCall::FrameQuery, [self.0])?;
        Ok(FrameStatus {
            physical_address,
            size_bits: size_bits as u8,
            rights: Rights::from_bits(rights).unwrap_or(Rights::NONE),
            memory: if device == 0 { MemoryKind::Normal } else { MemoryKind::Device },
            mapped_at: if mapped_at == 0 { None } else { Some(mapped_at) },
        })
    }
}

/// A capability to an address space.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct AddressSpace(u64);

/// What an address space says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressSpaceStatus {
    /// Tables in all, without the top level.
    pub tables: u64,
    /// Tables not in use.
    pub free_tables: u64,
    /// Whether it has an identifier, without which nothing can be mapped.
    pub has_identifier: bool,
}

impl AddressSpace {
    /// The capability in this slot of the caller's CNode.
    #[must_use]
    pub const fn from_slot(slot: u64) -> AddressSpace {
        AddressSpace(slot)
    }

    /// Its slot.
    #[must_use]
    pub const fn slot(self) -> u64 {
        self.0
    }

    /// How many tables it has.
    ///
    /// # Errors
    /// None of its own.
    pub fn query(self) -> Result<AddressSpaceStatus, Error> {
        let [_, tables, free_tables, identifier, ..] = query(SystemCall::AddressSpaceQuery, [self.0])?;
        Ok(AddressSpaceStatus { tables, free_tables, has_identifier: identifier != 0 })
    }
}

/// A capability to a pool of address-space identifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct AsidPool(u64);

impl AsidPool {
    /// The capability in this slot of the caller's CNode.
    #[must_use]
    pub const fn from_slot(slot: u64) -> AsidPool {
        AsidPool(slot)
    }

    /// Its slot.
    #[must_use]
    pub const fn slot(self) -> u64 {
        self.0
    }

    /// Gives an address space an identifier.
    ///
    /// # Errors
    /// `AsidAssigned` if it has one; `AsidsExhausted`; `Dying` if the pool is being destroyed; `AddressInUse` if the space lost the identifier that
    /// it had while something was mapped.
    pub fn assign(self, space: AddressSpace) -> Result<(), Error> {
        perform(SystemCall::AsidPoolAssign, [self.0, space.slot()])
    }
}
