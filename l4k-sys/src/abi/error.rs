//! Error codes: what a system call returns in `x0` when it did nothing.

/// Why a system call was refused. An error changes nothing, except where a call says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u16)]
pub enum Error {
    /// The capability address is outside the caller's CNode, is 0, or its slot is empty.
    InvalidCapability = 1,
    /// The capability is to another kind of object than the call needs.
    WrongKind = 2,
    /// The capability lacks the right that the call needs.
    MissingRight = 3,
    /// A slot index is 0 or outside the CNode.
    SlotOutOfRange = 4,
    /// The destination slot is occupied.
    SlotOccupied = 5,
    /// The source slot is empty.
    SlotEmpty = 6,
    /// An object kind that does not exist or cannot be made by retype.
    InvalidKind = 7,
    /// A size in bits outside the range of this kind of object.
    InvalidSize = 8,
    /// A count of 0 or above the limit.
    InvalidCount = 9,
    /// An address that is not a multiple of what it must be.
    Misaligned = 10,
    /// A virtual address outside the user range, or a range that leaves it.
    InvalidAddress = 11,
    /// The untyped has not this much free memory (left).
    NotEnoughMemory = 12,
    /// Device memory where normal memory is needed, or a kernel object asked from device memory.
    DeviceMemory = 13,
    /// The address space has no table left for this mapping.
    NoTables = 14,
    /// This frame capability is mapped already.
    AlreadyMapped = 15,
    /// This frame capability is not mapped.
    NotMapped = 16,
    /// Something else is mapped at (a part of) this address.
    AddressInUse = 17,
    /// Write and execute together, without asking for it by name.
    WriteAndExecute = 18,
    /// The address space has no identifier.
    NoAsid = 19,
    /// The pool has no identifier left, or there are too many pools.
    AsidsExhausted = 20,
    /// The address space has an identifier already.
    AsidAssigned = 21,
    /// This capability cannot be copied, only moved.
    NotCopyable = 22,
    /// The capability carries a badge already, or badges make no sense for it.
    AlreadyBadged = 23,
    /// A badge of 0.
    InvalidBadge = 24,
    /// Rights bits that do not exist.
    InvalidRights = 25,
    /// Attribute or flag bits that do not exist.
    InvalidAttributes = 26,
    /// Reserved bits of the tag are set, or it has more capabilities than words.
    InvalidTag = 27,
    /// The message is longer than 120 words.
    MessageTooLong = 28,
    /// More capabilities than can travel.
    TooManyCapabilities = 29,
    /// The message needs a message buffer and a side has none.
    NoBuffer = 30,
    /// The reply object still owes an answer, or is in use by another receiver.
    Busy = 31,
    /// The reply object owes nobody an answer.
    NobodyWaiting = 32,
    /// The other side, or the object waited on, was destroyed.
    PeerGone = 33,
    /// The blocking call was cancelled.
    Cancelled = 34,
    /// Nothing was there, and the call does not block.
    WouldBlock = 35,
    /// The thread is not suspended (for some calls: nor stopped by a fault).
    NotSuspended = 36,
    /// The thread cannot run: no CNode, address space or entry point yet.
    NotConfigured = 37,
    /// The thread is not in a blocking call.
    NotBlocked = 38,
    /// A priority above 255 or above the caller's maximum.
    PriorityTooHigh = 39,
    /// The two objects are bound already, one of them to something else.
    AlreadyBound = 40,
    /// Nothing is bound.
    NotBound = 41,
    /// A budget of 0, above the period, or a time outside the range.
    InvalidTime = 42,
    /// No such interrupt on this machine, or one that the kernel keeps.
    InvalidInterrupt = 43,
    /// The interrupt was issued to another Irq object, or this Irq was issued before.
    InterruptTaken = 44,
    /// The Irq object was not issued yet.
    NotIssued = 45,
    /// A register number that does not exist.
    InvalidRegister = 46,
    /// This kernel was built without what the call needs.
    NotSupported = 47,
    /// A value outside the range that the call's description gives.
    InvalidArgument = 48,
    /// The object is being destroyed.
    Dying = 49,
    /// The other side has named no slots for the message's capabilities, too few, or ones that are in use by now.
    NoWindow = 50,
    /// The time that would go along is that of another core than the receiver's, or was taken from the caller while it waited.
    WrongCore = 51,
    /// The machine has no such core, or the kernel does not use it.
    InvalidCore = 52,
}

impl Error {
    /// The largest code in use; 0 is success.
    pub const LAST: u16 = 52;

    /// Every error, in the order of codes.
    pub const ALL: [Error; Self::LAST as usize] = [
        Self::InvalidCapability,
        Self::WrongKind,
        Self::MissingRight,
        Self::SlotOutOfRange,
        Self::SlotOccupied,
        Self::SlotEmpty,
        Self::InvalidKind,
        Self::InvalidSize,
        Self::InvalidCount,
        Self::Misaligned,
        Self::InvalidAddress,
        Self::NotEnoughMemory,
        Self::DeviceMemory,
        Self::NoTables,
        Self::AlreadyMapped,
        Self::NotMapped,
        Self::AddressInUse,
        Self::WriteAndExecute,
        Self::NoAsid,
        Self::AsidsExhausted,
        Self::AsidAssigned,
        Self::NotCopyable,
        Self::AlreadyBadged,
        Self::InvalidBadge,
        Self::InvalidRights,
        Self::InvalidAttributes,
        Self::InvalidTag,
        Self::MessageTooLong,
        Self::TooManyCapabilities,
        Self::NoBuffer,
        Self::Busy,
        Self::NobodyWaiting,
        Self::PeerGone,
        Self::Cancelled,
        Self::WouldBlock,
        Self::NotSuspended,
        Self::NotConfigured,
        Self::NotBlocked,
        Self::PriorityTooHigh,
        Self::AlreadyBound,
        Self::NotBound,
        Self::InvalidTime,
        Self::InvalidInterrupt,
        Self::InterruptTaken,
        Self::NotIssued,
        Self::InvalidRegister,
        Self::NotSupported,
        Self::InvalidArgument,
        Self::Dying,
        Self::NoWindow,
        Self::WrongCore,
        Self::InvalidCore,
    ];

    /// The code in `x0`.
    #[must_use]
    pub const fn code(self) -> u64 {
        self as u64
    }

    /// The error with this code.
    #[must_use]
    pub const fn from_code(code: u64) -> Option<Error> {
        if code == 0 || code > Self::LAST as u64 {
            return None;
        }
        Some(Self::ALL[code as usize - 1])
    }
}

impl core::fmt::Display for Error {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Debug::fmt(self, formatter)
    }
}

impl core::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_errors_are_one_to_one() {
        for (index, error) in Error::ALL.iter().enumerate() {
            assert_eq!(error.code(), index as u64 + 1);
            assert_eq!(Error::from_code(error.code()), Some(*error));
        }
        assert_eq!(Error::from_code(0), None);
        assert_eq!(Error::from_code(u64::from(Error::LAST) + 1), None);
        assert_eq!(Error::from_code(u64::MAX), None);
    }
}
