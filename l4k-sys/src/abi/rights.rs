//! Rights: what a capability allows. A bit's meaning depends on the kind of object.

/// A set of rights, eight bits. Copies can only have fewer.
///
/// | bit | endpoint | notification | frame | CNode | DebugConsole |
/// |---|---|---|---|---|---|
/// | 0 | call | signal | read | – | print |
/// | 1 | receive | wait | write | manage | control (end the machine) |
/// | 2 | grant | – | execute | – | – |
///
/// Other kinds have no rights of their own: holding the capability is all it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Rights(u8);

impl Rights {
    /// No right at all.
    pub const NONE: Rights = Rights(0);
    /// Every right there is.
    pub const ALL: Rights = Rights(0b111);

    /// Endpoint: may call.
    pub const CALL: Rights = Rights(0b001);
    /// Endpoint: may receive.
    pub const RECEIVE: Rights = Rights(0b010);
    /// Endpoint: may pass capabilities along.
    pub const GRANT: Rights = Rights(0b100);

    /// Notification: may signal.
    pub const SIGNAL: Rights = Rights(0b001);
    /// Notification: may wait and poll.
    pub const WAIT: Rights = Rights(0b010);

    /// Frame: may be mapped readable.
    pub const READ: Rights = Rights(0b001);
    /// Frame: may be mapped writable.
    pub const WRITE: Rights = Rights(0b010);
    /// Frame: may be mapped executable.
    pub const EXECUTE: Rights = Rights(0b100);

    /// CNode: may copy, mint, move, swap, delete and revoke in its slots.
    pub const MANAGE: Rights = Rights(0b010);

    /// DebugConsole: may print.
    pub const PRINT: Rights = Rights(0b001);
    /// DebugConsole: may end the machine.
    pub const CONTROL: Rights = Rights(0b010);

    /// The rights in a register; `None` if a bit is set that does not exist.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Option<Rights> {
        if bits > Self::ALL.0 as u64 { None } else { Some(Rights(bits as u8)) }
    }

    /// As bits.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0 as u64
    }

    /// Whether every right of `other` is in `self`.
    #[must_use]
    pub const fn contains(self, other: Rights) -> bool {
        self.0 & other.0 == other.0
    }

    /// The rights in both.
    #[must_use]
    pub const fn intersection(self, other: Rights) -> Rights {
        Rights(self.0 & other.0)
    }

    /// The rights in either.
    #[must_use]
    pub const fn union(self, other: Rights) -> Rights {
        Rights(self.0 | other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_bits_are_refused() {
        assert_eq!(Rights::from_bits(8), None);
        assert_eq!(Rights::from_bits(u64::MAX), None);
        assert_eq!(Rights::from_bits(7), Some(Rights::ALL));
    }
}
