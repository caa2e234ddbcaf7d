//! What the partner does: the first word that it is started with.

/// The partner's roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Role {
    /// Answers every call at [`ENDPOINT`](slots::ENDPOINT) with its words, each plus one; long ones, too.
    Echo = 1,
    /// Makes the second word's number of calls at [`ENDPOINT`](slots::ENDPOINT) and wants each word plus one back.
    Caller = 2,
    /// Makes one call of 120 words at [`ENDPOINT`](slots::ENDPOINT) and wants each word plus one back.
    LongCaller = 3,
    /// Commits the misdeed that the second word names.
    Misdeed = 4,
    /// Signals [`NOTIFICATION`](slots::NOTIFICATION).
    Signaller = 5,
    /// Reads the address in the second word, and ends with its lowest byte as status.
    Reader = 6,
    /// Takes one call at [`ENDPOINT`](slots::ENDPOINT) and ends without an answer.
    Deserter = 7,
    /// Sends four of its own capabilities to [`ENDPOINT`](slots::ENDPOINT), wants four notifications back from [`WINDOW`](slots::WINDOW) on,
    /// and signals each of them.
    Exchanger = 8,
}

impl Role {
    /// Every role.
    pub const ALL: [Role; 8] = [
        Self::Echo,
        Self::Caller,
        Self::LongCaller,
        Self::Misdeed,
        Self::Signaller,
        Self::Reader,
        Self::Deserter,
        Self::Exchanger,
    ];

    /// The role with this number.
    #[must_use]
    pub fn from_number(number: u64) -> Option<Role> {
        Self::ALL.into_iter().find(|role| *role as u64 == number)
    }
}

/// Slots of the partner's CNode that the suite fills.
pub mod slots {
    use l4k_sys::startup::FIRST_FREE_SLOT;

    /// An endpoint, with the rights that the role needs.
    pub const ENDPOINT: u64 = FIRST_FREE_SLOT;
    /// A notification, to signal.
    pub const NOTIFICATION: u64 = FIRST_FREE_SLOT + 1;
    /// Empty, as are the three after it: where an exchanger wants capabilities.
    pub const WINDOW: u64 = FIRST_FREE_SLOT + 9;
}

/// The label of calls; answers have the next one.
pub const LABEL: u32 = 40;

/// What an echo makes of a word.
#[must_use]
pub const fn echo(word: u64) -> u64 {
    word.wrapping_add(1)
}
