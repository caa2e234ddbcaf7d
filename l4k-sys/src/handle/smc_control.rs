//! Calls of firmware.

use crate::abi::{Error, SystemCall};
use crate::system::query;

/// A capability to call firmware: one function, if it is badged with that function's identifier, or all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct SmcControl(u64);

impl SmcControl {
    /// The capability in this slot of the caller's CNode.
    #[must_use]
    pub const fn from_slot(slot: u64) -> SmcControl {
        SmcControl(slot)
    }

    /// Its slot.
    #[must_use]
    pub const fn slot(self) -> u64 {
        self.0
    }

    /// Calls a function (SMC Calling Convention, DEN0028) and returns what firmware leaves in `x0`–`x3`.
    ///
    /// # Errors
    /// `MissingRight` for another function than the badge names; `NotSupported` if this machine has no firmware to call.
    pub fn call(self, function: u32, arguments: [u64; 6]) -> Result<[u64; 4], Error> {
        let [a, b, c, d, e, f] = arguments;
        let [_, a, b, c, d, ..] = query(SystemCall::FirmwareCall, [self.0, u64::from(function), a, b, c, d, e, f])?;
        Ok([a, b, c, d])
    }
}
