//! The binary interface as it is, compared with the file that lists it: numbers are appended and never change.

use l4k_sys::abi::boot::{slot, tag};
use l4k_sys::abi::thread::{BREAKPOINTS, INSTRUCTION_BREAKPOINTS, register};
use l4k_sys::abi::version::features;
use l4k_sys::abi::{
    Access, Arrival, BreakpointKind, Error, FaultCause, FaultKind, Maintenance, MapAttributes, ObjectKind, Rights,
    SystemCall, Tag, ThreadState, VERSION_MAJOR, VERSION_MINOR, memory, message, object,
};
use std::collections::BTreeMap;
use std::fmt::Debug;

const FILE: &str = include_str!("../../../l4k-sys/abi.txt");

/// Names and numbers, as `group name`.
type List = BTreeMap<String, u64>;

fn add(list: &mut List, group: &str, name: impl Debug, number: u64) {
    let name = format!("{group} {}", format!("{name:?}").trim_matches('"'));
    assert!(list.insert(name.clone(), number).is_none(), "{name} is there twice");
}

/// Every number from 0 to 255 that means something.
fn numbers<T: Debug>(list: &mut List, group: &str, decode: impl Fn(u64) -> Option<T>) {
    (0..=255)
        .filter_map(|number| Some((number, decode(number)?)))
        .for_each(|(number, item)| add(list, group, item, number));
}

/// What the crate says.
// house: long function because it is a table: one line for each thing that the interface fixes.
fn actual() -> List {
    let mut list = List::new();
    let all = &mut list;
    SystemCall::ALL.iter().for_each(|call| add(all, "call", call, *call as u64));
    Error::ALL.iter().for_each(|error| add(all, "error", error, error.code()));
    numbers(all, "kind", ObjectKind::from_number);
    for kind in (0..=255).filter_map(ObjectKind::from_number) {
        for argument in [0, 2, 5, 10, 11, 12, 15, 21, 22, 24, 30, 47] {
            if let Some(bits) = kind.object_bits(argument) {
                add(all, "size", format!("{kind:?} {argument}"), u64::from(bits));
            }
        }
    }
    numbers(all, "fault", FaultKind::from_number);
    numbers(all, "cause", FaultCause::from_number);
    for access in [Access::None, Access::Read, Access::Write, Access::Execute] {
        add(all, "access", access, access as u64);
    }
    numbers(all, "state", ThreadState::from_number);
    numbers(all, "breakpoint", BreakpointKind::from_number);
    numbers(all, "maintenance", Maintenance::from_number);
    for arrival in [Arrival::Message, Arrival::Notification, Arrival::Fault] {
        add(all, "arrival", arrival, arrival as u64);
    }
    let largest = Tag::new(u32::MAX, message::MESSAGE_WORDS_MAX).and_then(|tag| tag.with_capabilities(4));
    for (group, name, number) in [
        ("right", "CALL", Rights::CALL.bits()),
        ("right", "RECEIVE", Rights::RECEIVE.bits()),
        ("right", "GRANT", Rights::GRANT.bits()),
        ("right", "SIGNAL", Rights::SIGNAL.bits()),
        ("right", "WAIT", Rights::WAIT.bits()),
        ("right", "READ", Rights::READ.bits()),
        ("right", "WRITE", Rights::WRITE.bits()),
        ("right", "EXECUTE", Rights::EXECUTE.bits()),
        ("right", "MANAGE", Rights::MANAGE.bits()),
        ("right", "PRINT", Rights::PRINT.bits()),
        ("right", "CONTROL", Rights::CONTROL.bits()),
        ("attribute", "UNCACHED", MapAttributes::UNCACHED.bits()),
        ("attribute", "WRITE_AND_EXECUTE", MapAttributes::WRITE_AND_EXECUTE.bits()),
        ("message", "REGISTER_WORDS", message::REGISTER_WORDS as u64),
        ("message", "MESSAGE_WORDS_MAX", message::MESSAGE_WORDS_MAX as u64),
        ("message", "CAPABILITIES_MAX", message::CAPABILITIES_MAX as u64),
        ("message", "largest tag", largest.expect("a tag").bits()),
        ("memory", "PAGE_SIZE", memory::PAGE_SIZE),
        ("memory", "USER_START", memory::USER_START),
        ("memory", "USER_END", memory::USER_END),
        ("object", "SLOT_BITS", u64::from(object::SLOT_BITS)),
        ("object", "SMALLEST_UNTYPED_BITS", object::SMALLEST_UNTYPED_BITS),
        ("object", "RETYPE_COUNT_MAX", object::RETYPE_COUNT_MAX),
        ("feature", "DEBUG", features::DEBUG),
        ("feature", "FIRMWARE_CALLS", features::FIRMWARE_CALLS),
        ("register", "STACK_POINTER", register::STACK_POINTER),
        ("register", "INSTRUCTION_POINTER", register::INSTRUCTION_POINTER),
        ("register", "FLAGS", register::FLAGS),
        ("register", "THREAD_POINTER", register::THREAD_POINTER),
        ("register", "FLOATING_POINT_FIRST", register::FLOATING_POINT_FIRST),
        ("register", "FLOATING_POINT_CONTROL", register::FLOATING_POINT_CONTROL),
        ("register", "FLOATING_POINT_STATUS", register::FLOATING_POINT_STATUS),
        ("thread", "INSTRUCTION_BREAKPOINTS", INSTRUCTION_BREAKPOINTS),
        ("thread", "BREAKPOINTS", BREAKPOINTS),
        ("slot", "CNODE", slot::CNODE),
        ("slot", "THREAD", slot::THREAD),
        ("slot", "ADDRESS_SPACE", slot::ADDRESS_SPACE),
        ("slot", "ASID_POOL", slot::ASID_POOL),
        ("slot", "SCHED_CONTEXT", slot::SCHED_CONTEXT),
        ("slot", "IRQ_CONTROL", slot::IRQ_CONTROL),
        ("slot", "DEBUG_CONSOLE", slot::DEBUG_CONSOLE),
        ("slot", "SCHED_CONTROL", slot::SCHED_CONTROL),
        ("slot", "SMC_CONTROL", slot::SMC_CONTROL),
        ("tag", "END", u64::from(tag::END)),
        ("tag", "KERNEL", u64::from(tag::KERNEL)),
        ("tag", "UNTYPED", u64::from(tag::UNTYPED)),
        ("tag", "FREE_SLOTS", u64::from(tag::FREE_SLOTS)),
        ("tag", "PACKAGE", u64::from(tag::PACKAGE)),
        ("tag", "DEVICE", u64::from(tag::DEVICE)),
        ("tag", "BOARD", u64::from(tag::BOARD)),
        ("tag", "USED_ADDRESSES", u64::from(tag::USED_ADDRESSES)),
        ("tag", "SCHED_CONTROL", u64::from(tag::SCHED_CONTROL)),
    ] {
        add(all, group, name, number);
    }
    list
}

/// The file: the list, and the version that its last heading names.
fn listed(file: &str) -> (List, String) {
    let mut list = List::new();
    let mut version = String::new();
    for line in file.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(heading) = line.strip_prefix("since ") {
            heading.clone_into(&mut version);
            continue;
        }
        let (name, number) = line.rsplit_once(' ').expect("a name and a number");
        let number = number.parse().expect("a number");
        assert!(list.insert(name.trim_end().to_owned(), number).is_none(), "{name} is listed twice");
    }
    (list, version)
}

/// What is wrong with an interface that was listed so.
fn faults(listed: &List, actual: &List) -> Vec<String> {
    let changed = listed.iter().filter_map(|(name, number)| match actual.get(name) {
        Some(found) if found == number => None,
        Some(found) => Some(format!("breaking: `{name}` was {number} and is {found}")),
        None => Some(format!("breaking: `{name} {number}` is gone")),
    });
    let added = actual.iter().filter(|(name, _)| !listed.contains_key(*name)).map(|(name, number)| {
        format!("addition: append `{name} {number}` to l4k-sys/abi.txt under the next minor version")
    });
    changed.chain(added).collect()
}

#[test]
fn the_interface_is_as_its_file_says() {
    let (listed, version) = listed(FILE);
    let faults = faults(&listed, &actual());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert_eq!(version, format!("{VERSION_MAJOR}.{VERSION_MINOR}"), "the version of the last heading");
}

#[test]
fn a_number_that_changes_or_goes_is_breaking_and_a_new_one_an_addition() {
    let list =
        |items: &[(&str, u64)]| items.iter().map(|(name, number)| ((*name).to_owned(), *number)).collect::<List>();
    let before = list(&[("call A", 1), ("call B", 2)]);
    assert_eq!(faults(&before, &before), Vec::<String>::new());
    let after = faults(&before, &list(&[("call A", 3), ("call C", 4)]));
    assert_eq!(after.len(), 3);
    assert!(after[0].starts_with("breaking: `call A`") && after[1].starts_with("breaking: `call B 2` is gone"));
    assert!(after[2].starts_with("addition") && after[2].contains("call C 4"));
}
