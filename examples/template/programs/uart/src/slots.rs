//! What init has to put where, so that the driver finds it.

use l4k_sys::startup::FIRST_FREE_SLOT;

/// Where the registers are mapped in the driver's address space: away from its code and data.
pub const REGISTERS: u64 = 0x10_0000_0000;

/// The endpoint from which the driver receives requests.
pub const SERVER: u64 = FIRST_FREE_SLOT;
/// The endpoint which a client calls.
pub const CLIENT: u64 = FIRST_FREE_SLOT;

/// The driver waits at this notification.
pub const NOTIFICATION: u64 = FIRST_FREE_SLOT + 1;
/// The same notification, for the interrupt to signal.
pub const SIGNAL: u64 = FIRST_FREE_SLOT + 2;
/// The interrupt.
pub const IRQ: u64 = FIRST_FREE_SLOT + 3;
/// The first of the reply objects, through which clients that wait are answered.
pub const FIRST_REPLY: u64 = FIRST_FREE_SLOT + 4;
/// How many reply objects there are.
pub const REPLIES: usize = 6;
