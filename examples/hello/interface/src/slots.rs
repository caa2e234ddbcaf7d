//! Slots that init fills, beside those of [`l4k_sys::startup`].

/// The console service: to be called by the others.
pub const CONSOLE: u64 = 5;

/// Slots of the UART driver.
pub mod uart {
    /// The console service: to be received from.
    pub const ENDPOINT: u64 = 5;
    /// The driver's notification.
    pub const NOTIFICATION: u64 = 6;
    /// The same, with the badge and the right to signal, for the interrupt.
    pub const SIGNAL: u64 = 7;
    /// The UART's interrupt.
    pub const IRQ: u64 = 8;
    /// The first of the reply objects beyond [`l4k_sys::startup::REPLY`].
    pub const FIRST_REPLY: u64 = 9;
}

/// Slots of the two sides of the ping test.
pub mod ping {
    /// The echo service: pong receives from it, ping calls it.
    pub const ENDPOINT: u64 = 6;
}

/// Slots of the program that crashes.
pub mod crash {
    /// An endpoint of its own to wait at.
    pub const ENDPOINT: u64 = 6;
}
