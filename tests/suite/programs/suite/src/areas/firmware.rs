//! Calls of firmware: where there is any, it answers; and a badge allows one function.

use l4k_init::Resources;
use l4k_sys::SmcControl;
use l4k_sys::abi::boot::Entry;
use l4k_sys::abi::{Error, Rights};
use l4k_sys::stub;

use crate::harness::bench::own;
use crate::harness::failure::{holds, refused, same};
use crate::harness::{Bench, Outcome};

crate::tests![
    firmware_answers_where_there_is_any,
    a_badge_allows_one_function,
    a_function_has_32_bits,
    other_capabilities_are_no_authority,
];

/// PSCI_VERSION (DEN0022).
const VERSION: u32 = 0x8400_0000;

/// PSCI_FEATURES.
const FEATURES: u32 = 0x8400_000a;

const CONTROL: SmcControl = Resources::SMC_CONTROL;

/// Whether the board has firmware that can be called.
fn is_there(bench: &Bench<'_>) -> bool {
    bench.system.information.entries().any(|entry| matches!(entry, Entry::Board { name: "qemu-virt" }))
}

fn firmware_answers_where_there_is_any(bench: &mut Bench<'_>) -> Outcome {
    if !is_there(bench) {
        return refused("a call into nothing", CONTROL.call(VERSION, [0; 6]), Error::NotSupported);
    }
    let [version, ..] = CONTROL.call(VERSION, [0; 6])?;
    same("major version of PSCI", version >> 16, 1)?;
    let [known, ..] = CONTROL.call(FEATURES, [u64::from(VERSION), 0, 0, 0, 0, 0])?;
    same("a function that it has", known, 0)?;
    let [unknown, ..] = CONTROL.call(FEATURES, [0x8400_00ff, 0, 0, 0, 0, 0])?;
    same("a function that it has not", unknown as i32, -1)
}

fn a_badge_allows_one_function(bench: &mut Bench<'_>) -> Outcome {
    let only_version = SmcControl::from_slot(bench.mint(CONTROL.slot(), Rights::ALL, u64::from(VERSION))?);
    let answer = only_version.call(VERSION, [0; 6]);
    if is_there(bench) {
        holds("the function of the badge", answer.is_ok())?;
    } else {
        refused("the function of the badge, without firmware", answer, Error::NotSupported)?;
    }
    refused("another function", only_version.call(FEATURES, [0; 6]), Error::MissingRight)?;
    let target = bench.place()?;
    let minted = target.mint_from(own(CONTROL.slot()), Rights::ALL, l4k_sys::Badge::new(1 << 32));
    refused("a badge of 33 bits", minted, Error::InvalidBadge)?;
    let again = target.mint_from(own(only_version.slot()), Rights::ALL, l4k_sys::Badge::new(5));
    refused("a second badge", again, Error::AlreadyBadged)
}

fn a_function_has_32_bits(_: &mut Bench<'_>) -> Outcome {
    let arguments = l4k_sys::registers::Registers::new([CONTROL.slot(), 1 << 32 | u64::from(VERSION)]);
    let result = stub::system_call(l4k_sys::abi::SystemCall::FirmwareCall as u64, arguments);
    same("status", result.x[0], Error::InvalidArgument.code())
}

fn other_capabilities_are_no_authority(bench: &mut Bench<'_>) -> Outcome {
    let endpoint = bench.endpoint()?;
    let call = SmcControl::from_slot(endpoint.slot()).call(VERSION, [0; 6]);
    refused("a call through an endpoint", call, Error::WrongKind)
}
