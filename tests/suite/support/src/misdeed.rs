//! What a program must not do, by number, so that it can be asked of a thread or of the partner.

/// A misdeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Misdeed {
    /// Reads address 0.
    ReadZero = 1,
    /// Reads the kernel's half.
    ReadKernel = 2,
    /// Writes the kernel's half.
    WriteKernel = 3,
    /// Jumps into the kernel's half.
    JumpKernel = 4,
    /// Jumps to its stack.
    ExecuteStack = 5,
    /// Writes its own code.
    WriteCode = 6,
    /// Executes an instruction that does not exist.
    Undefined = 7,
    /// Reads a register of the kernel's.
    PrivilegedRegister = 8,
    /// Makes a system call that does not exist.
    UnknownCall = 9,
    /// Makes a system call with an immediate other than 0.
    CallWithImmediate = 10,
    /// Uses a stack pointer that is not a multiple of 16.
    MisalignedStack = 11,
    /// Jumps to an address that is not a multiple of 4.
    MisalignedJump = 12,
    /// Executes a breakpoint instruction.
    Breakpoint = 13,
    /// Uses the FP unit.
    FloatingPoint = 14,
}

impl Misdeed {
    /// Every misdeed.
    pub const ALL: [Misdeed; 14] = [
        Self::ReadZero,
        Self::ReadKernel,
        Self::WriteKernel,
        Self::JumpKernel,
        Self::ExecuteStack,
        Self::WriteCode,
        Self::Undefined,
        Self::PrivilegedRegister,
        Self::UnknownCall,
        Self::CallWithImmediate,
        Self::MisalignedStack,
        Self::MisalignedJump,
        Self::Breakpoint,
        Self::FloatingPoint,
    ];

    /// The misdeed with this number.
    #[must_use]
    pub fn from_number(number: u64) -> Option<Misdeed> {
        Self::ALL.into_iter().find(|misdeed| *misdeed as u64 == number)
    }
}

/// The number of [`Misdeed::UnknownCall`].
pub const UNKNOWN_CALL: u64 = 0xbad;
