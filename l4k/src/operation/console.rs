//! The kernel's console: bytes for people, and the names of threads.

use super::system::System;
use crate::base::arch::Arch;
use crate::base::index::below;
use crate::base::store::Ref;
use crate::object::thread::{NAME_LENGTH, Thread};
use core::fmt::{Display, Formatter, Write};
use l4k_sys::Error;

/// Most bytes of one `DebugWrite`: six registers.
pub const WRITE_MAX: u64 = 48;

/// A thread's name, up to its first zero byte.
#[derive(Clone, Copy, Debug)]
pub struct ThreadName(pub [u8; NAME_LENGTH]);

impl ThreadName {
    /// No name.
    pub const NONE: ThreadName = ThreadName([0; NAME_LENGTH]);
}

impl Display for ThreadName {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> core::fmt::Result {
        let name = self.0.split(|byte| *byte == 0).next().unwrap_or_default();
        formatter.write_str(core::str::from_utf8(name).unwrap_or_default())
    }
}

/// The console as a formatter's target.
#[derive(Debug)]
pub struct Console<'a, A>(pub &'a mut A);

impl<A: Arch> Write for Console<'_, A> {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        self.0.write_console(text.as_bytes());
        Ok(())
    }
}

impl<A: Arch> System<A> {
    /// Writes the first `length` bytes of six words.
    ///
    /// # Errors
    /// `InvalidArgument` for more than 48 bytes.
    pub fn console_write(&mut self, length: u64, words: [u64; 6]) -> Result<(), Error> {
        let length = below(length, WRITE_MAX + 1).ok_or(Error::InvalidArgument)?;
        let bytes = words.map(u64::to_le_bytes);
        if let Some(bytes) = bytes.as_flattened().get(..length as usize) {
            self.store.machine.write_console(bytes);
        }
        Ok(())
    }

    /// Gives a thread a name of 1 to 16 bytes of printable ASCII.
    ///
    /// # Errors
    /// `InvalidArgument`.
    pub fn name_thread(&mut self, thread: Ref<Thread>, length: u64, words: [u64; 2]) -> Result<(), Error> {
        let bytes = words.map(u64::to_le_bytes);
        let mut name = [0; NAME_LENGTH];
        let length = below(length, NAME_LENGTH as u64 + 1).ok_or(Error::InvalidArgument)?;
        let given = bytes.as_flattened().get(..length as usize).filter(|given| !given.is_empty());
        let given = given.ok_or(Error::InvalidArgument)?;
        if !given.iter().all(u8::is_ascii_graphic) {
            return Err(Error::InvalidArgument);
        }
        for (place, byte) in name.iter_mut().zip(given) {
            *place = *byte;
        }
        self.store.get_mut(thread).name = name;
        Ok(())
    }
}
