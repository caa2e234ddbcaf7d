//! Every case, in the order in which they run. Calls the others.

use super::{calls, derivation, faults, interrupts, mapping, objects, scale, signals, simple};
use crate::harness::runner::Case;

/// Every case.
pub const ALL: &[Case] = &[
    simple::known_loop,
    simple::null_system_call,
    calls::call,
    calls::own_time,
    calls::floating_point,
    calls::lengths,
    calls::split,
    calls::capabilities,
    signals::switch,
    signals::low,
    signals::ring,
    simple::gives_way,
    faults::page_fault,
    faults::own_time,
    faults::undefined,
    mapping::pages,
    mapping::pages_apart,
    mapping::retype,
    objects::threads,
    objects::spaces,
    interrupts::of_a_device,
    derivation::revoke,
    scale::threads,
    scale::capabilities,
    scale::waiting_callers,
];
