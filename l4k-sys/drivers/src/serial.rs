//! What the console service needs of a UART. Implemented by the PL011 and by the simulated one of the tests.

/// Whether an interrupt is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listen {
    /// Interrupt when it happens.
    On,
    /// Stay silent.
    Off,
}

/// The hardware has no room for another byte now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

impl core::fmt::Display for Full {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("the UART has no room for another byte")
    }
}

impl core::error::Error for Full {}

/// A byte that was lost or damaged on the line: overrun, break, parity or framing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineError;

impl core::fmt::Display for LineError {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("a byte was lost or damaged on the line")
    }
}

impl core::error::Error for LineError {}

/// A UART with queues of its own for both directions.
pub trait SerialHardware {
    /// Takes a byte that has come, if there is one.
    ///
    /// # Errors
    /// [`LineError`] if one came that cannot be used; there may be more after it.
    fn receive(&mut self) -> Result<Option<u8>, LineError>;

    /// Gives it a byte to send.
    ///
    /// # Errors
    /// [`Full`], and the byte was not taken.
    fn send(&mut self, byte: u8) -> Result<(), Full>;

    /// Chooses the interrupts: bytes have come, there is room to send.
    fn listen(&mut self, receive: Listen, transmit: Listen);

    /// Clears interrupts that are pending. To be called before the queues are served, so that none is lost.
    fn clear_interrupts(&mut self);
}
