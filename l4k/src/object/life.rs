//! Whether an object that threads wait on still takes part.

/// Whether an object still takes part, or is being taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Life {
    /// In use.
    Alive = 0,
    /// Its last capability is being deleted: nobody new may wait on it.
    Dying,
}
