//! Calls of firmware, by the instruction that the device tree names.

use crate::base::firmware::FirmwareCall;
use crate::machine::device_tree::Conduit;

/// Arguments of a call, x1 to x17.
const ARGUMENTS: usize = 17;

/// Calls a function. What it leaves in x0 to x3.
pub fn call(conduit: Conduit, FirmwareCall { function, arguments }: FirmwareCall) -> [u64; 4] {
    let mut all = [0; ARGUMENTS];
    for (place, argument) in all.iter_mut().zip(arguments) {
        *place = argument;
    }
    let [a, b, c, d, ..] = match conduit {
        Conduit::Hypervisor => smccc::hvc64(function, all),
        Conduit::SecureMonitor => smccc::smc64(function, all),
    };
    [a, b, c, d]
}
