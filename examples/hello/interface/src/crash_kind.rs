//! The ways in which the program `crash` can crash.

/// A way to crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum CrashKind {
    /// Reads address 0.
    Read = 1,
    /// Jumps into kernel memory.
    Jump = 2,
    /// Executes its stack.
    Stack = 3,
    /// Writes its own code.
    Write = 4,
}

impl CrashKind {
    /// All of them.
    pub const ALL: [CrashKind; 4] = [Self::Read, Self::Jump, Self::Stack, Self::Write];

    /// The kind with this number.
    #[must_use]
    pub fn from_number(number: u64) -> Option<CrashKind> {
        Self::ALL.into_iter().find(|kind| *kind as u64 == number)
    }

    /// The kind with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<CrashKind> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Jump => "jump",
            Self::Stack => "stack",
            Self::Write => "write",
        }
    }
}
