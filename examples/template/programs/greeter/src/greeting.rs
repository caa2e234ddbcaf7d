//! What the greeter says. This needs no kernel, and tests/greeter.rs tests it.

use core::fmt::Write;

use crate::protocol::Text;

/// The greeting for a person. `None` if it is longer than a message.
pub fn greeting(name: &str) -> Option<Text> {
    let mut text = Text::new();
    write!(text, "Hello, {name}!").ok()?;
    Some(text)
}
