//! Text without a heap. May call nothing.

use core::fmt::{Arguments, Write};

use heapless::String;

/// A line; what does not fit is cut off.
pub fn line(arguments: Arguments<'_>) -> String<200> {
    let mut text = String::new();
    let _ = text.write_fmt(arguments);
    text
}
