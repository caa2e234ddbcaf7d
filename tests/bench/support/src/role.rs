//! What a thread of a worker does. The first program passes the role and two words. May call nothing.

/// What a thread does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Role {
    /// Answers each call with what was sent. Endpoint and reply object.
    Server,
    /// Calls and measures it. Endpoint and words; rounds.
    Client,
    /// [`Server`](Self::Server) that uses the FP unit between two calls.
    FloatingPointServer,
    /// [`Client`](Self::Client) that uses the FP unit between two calls.
    FloatingPointClient,
    /// Answers each call with a reply, and receives the next by another call of the kernel. Endpoint and reply object.
    SplitServer,
    /// Takes capabilities into slots, deletes them, and answers. Endpoint and reply object; first slot and how many.
    Taker,
    /// Calls with capabilities and measures it. Endpoint and first slot; how many and rounds.
    Giver,
    /// Calls once between two marks, of which the other is somebody else's, and is never answered. Endpoint.
    MarkedCaller,
    /// Calls once and is never answered. Endpoint.
    Caller,
    /// Waits for ever again. Notification.
    Waiter,
    /// Signals and measures it. Notification; rounds.
    Signaller,
    /// Signals once each time that it was woken, and measures it. Two notifications: to signal, to wait for; rounds.
    PacedSignaller,
    /// Gives way for ever.
    Yielder,
    /// Gives way and measures it. Rounds.
    MeasuredYielder,
    /// Reads where nothing is mapped, again and again.
    Faulter,
    /// Executes an undefined instruction, again and again.
    UndefinedFaulter,
    /// Lets whoever faults try again, and measures it. Endpoint and reply object; rounds.
    FaultHandler,
    /// Waits for an interrupt and acknowledges it. Irq and notification.
    Driver,
    /// Has a device interrupt and measures it. The device; rounds.
    Striker,
    /// Puts words into the ring, and measures it. Notifications: to signal, to wait for; words.
    Producer,
    /// Takes words out of the ring. Notifications: to signal, to wait for.
    Consumer,
}

impl Role {
    /// Every role, by number.
    const ALL: [Role; 21] = [
        Role::Server,
        Role::Client,
        Role::FloatingPointServer,
        Role::FloatingPointClient,
        Role::SplitServer,
        Role::Taker,
        Role::Giver,
        Role::MarkedCaller,
        Role::Caller,
        Role::Waiter,
        Role::Signaller,
        Role::PacedSignaller,
        Role::Yielder,
        Role::MeasuredYielder,
        Role::Faulter,
        Role::UndefinedFaulter,
        Role::FaultHandler,
        Role::Driver,
        Role::Striker,
        Role::Producer,
        Role::Consumer,
    ];

    /// The role with this number.
    #[must_use]
    pub fn from_number(number: u64) -> Option<Role> {
        Role::ALL.into_iter().find(|role| *role as u64 == number)
    }
}

/// Two numbers below 2^32 in one word.
#[must_use]
pub const fn pair(first: u64, second: u64) -> u64 {
    first | second << 32
}

/// The two numbers in a word.
#[must_use]
pub const fn unpair(word: u64) -> [u64; 2] {
    [word & 0xffff_ffff, word >> 32]
}

/// The slot of a worker's threads through which they say that they are done, or that they failed.
pub const REPORT: u64 = 1;

/// What they say there.
pub mod label {
    /// It did what it was to do; words 0 and 1 are how often, and how many ticks of the counter that took.
    pub const DONE: u32 = 1;
    /// The kernel refused something; word 0 is the error's code.
    pub const FAILED: u32 = 2;
    /// A program says where its threads begin: word 0 is the address.
    pub const HERE: u32 = 3;
}
