//! How a client asks the greeter: it sends a name, and gets a greeting. Both are texts in the registers of one message.

use l4k_sys::packing::{pack_bytes, unpack_bytes};
use l4k_sys::startup::FIRST_FREE_SLOT;
use l4k_sys::{Endpoint, Error, Message};

/// The slot in which the greeter finds its endpoint.
pub const SERVER_SLOT: u64 = FIRST_FREE_SLOT;

/// The slot in which a client of the greeter finds the endpoint to call.
pub const CLIENT_SLOT: u64 = FIRST_FREE_SLOT + 1;

/// Bytes of the longest text: six words travel in registers.
pub const TEXT_BYTES: usize = 48;

/// A text that fits into a message.
pub type Text = heapless::String<TEXT_BYTES>;

/// The message that carries a text. Its label is the number of bytes.
pub fn message_of(text: &Text) -> Message {
    Message::new(text.len() as u32, pack_bytes::<6>(text.as_bytes()))
}

/// The text in a message. `None` if there is none.
pub fn text_of(message: &Message) -> Option<Text> {
    let count = usize::try_from(message.label()).ok().filter(|count| (1..=TEXT_BYTES).contains(count))?;
    let bytes = unpack_bytes(message.words).take(count).collect();
    Text::from_utf8(bytes).ok()
}

/// Asks the greeter to greet somebody. `None`: the name is too long.
///
/// # Errors
/// `PeerGone` if the greeter has crashed during the call. It is started again, so ask again.
pub fn ask(greeter: Endpoint, name: &str) -> Result<Option<Text>, Error> {
    match Text::try_from(name) {
        Ok(name) => Ok(text_of(&greeter.call(message_of(&name))?)),
        Err(_) => Ok(None),
    }
}
