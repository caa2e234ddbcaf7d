//! Calls that need no capability, and the machine's counter.

use crate::abi::{Error, SystemCall};
use crate::quantity::Nanoseconds;
use crate::refusal;
use crate::registers::Registers;
use crate::stub;

/// Gives up the rest of the time slice.
pub fn yield_now() {
    let _ = stub::on_capability(SystemCall::Yield, 0);
}

/// What a kernel says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KernelVersion {
    /// Major version of its ABI.
    pub major: u16,
    /// Minor version of its ABI.
    pub minor: u16,
    /// Feature bits; see [`features`](crate::abi::version::features).
    pub features: u64,
}

/// Asks the kernel for its ABI version.
///
/// # Errors
/// None today.
pub fn probe() -> Result<KernelVersion, Error> {
    let [_, version, features, ..] = query(SystemCall::Probe, [])?;
    Ok(KernelVersion { major: (version >> 16) as u16, minor: version as u16, features })
}

/// Ticks of the machine's counter.
#[must_use]
#[inline(always)]
pub fn ticks() -> u64 {
    stub::counter_ticks()
}

/// Ticks of the counter per second.
#[must_use]
pub fn ticks_per_second() -> u64 {
    stub::counter_frequency()
}

/// The time between two readings of the counter.
#[must_use]
pub fn elapsed(from_ticks: u64, to_ticks: u64) -> Nanoseconds {
    Nanoseconds::from_ticks(to_ticks.wrapping_sub(from_ticks), ticks_per_second())
}

/// A call that returns nothing but a status.
pub(crate) fn perform<const N: usize>(call: SystemCall, arguments: [u64; N]) -> Result<(), Error> {
    query(call, arguments).map(|_| ())
}

/// A call that returns values; they are in elements 1 to 7.
pub(crate) fn query<const N: usize>(call: SystemCall, arguments: [u64; N]) -> Result<[u64; 8], Error> {
    let registers = stub::system_call(call as u64, Registers::new(arguments));
    match registers.x[0] {
        0 => Ok(registers.x),
        status => Err(refusal::note(call, slot_of(&arguments), status)),
    }
}

/// The slot that a call with these arguments is made on: the first argument, or the second if the first stands for the caller's own CNode.
fn slot_of(arguments: &[u64]) -> Option<u64> {
    match *arguments {
        [0, slot, ..] | [slot, ..] => Some(slot),
        [] => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_call_was_made_on_a_slot() {
        stub::install(|_, _| Registers::new([Error::PeerGone.code()]));
        assert_eq!(perform(SystemCall::CNodeDelete, [7, 9]), Err(Error::PeerGone));
        assert_eq!(slot_of(&[7, 9]), Some(7));
        assert_eq!(slot_of(&[0, 9]), Some(9), "of the caller's own CNode");
        assert_eq!(slot_of(&[]), None);
    }
}
