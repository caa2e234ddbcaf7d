//! What other programs have to know of the greeter: what it says, and how to ask it.
#![no_std]

mod greeting;
mod protocol;

pub use greeting::greeting;
pub use protocol::{CLIENT_SLOT, SERVER_SLOT, TEXT_BYTES, Text, ask, message_of, text_of};
