//! The book's ABI page says what the ABI is: every number, call, error and fault, no more and no less.

use l4k_sys::Error;
use l4k_sys::abi::{FaultKind, ObjectKind, SystemCall};
use std::collections::BTreeSet;

const PAGE: &str = include_str!("../../../book/src/abi.md");

/// Rows of the page's tables whose first two cells are a number and a name.
fn rows() -> BTreeSet<(u64, String)> {
    let row = |line: &str| {
        let mut cells = line.strip_prefix('|')?.split('|').map(str::trim);
        let number = cells.next()?.parse().ok()?;
        let name = cells.next()?.strip_prefix('`')?.split_once('`')?.0.to_owned();
        Some((number, name))
    };
    PAGE.lines().filter_map(row).collect()
}

#[test]
fn the_page_lists_every_system_call_and_error_with_its_number() {
    let rows = rows();
    let calls = SystemCall::ALL.iter().map(|call| (*call as u64, format!("{call:?}")));
    let errors = Error::ALL.iter().map(|error| (error.code(), format!("{error:?}")));
    for row in calls.chain(errors) {
        assert!(rows.contains(&row), "the page lacks {row:?}");
    }
}

#[test]
fn the_page_lists_nothing_that_does_not_exist() {
    // Tags of the boot information are in capitals and have their own test in l4k-sys.
    for (number, name) in rows().into_iter().filter(|(_, name)| name.chars().any(char::is_lowercase)) {
        let call = SystemCall::from_number(number).is_some_and(|call| format!("{call:?}") == name);
        let error = Error::from_code(number).is_some_and(|error| format!("{error:?}") == name);
        let kind = ObjectKind::from_number(number).is_some_and(|kind| format!("{kind:?}") == name);
        let fault = FaultKind::from_number(number).is_some_and(|fault| format!("{fault:?}") == name);
        let other = ["None", "Read", "Write", "Execute", "Other", "NotMapped", "Permission", "AddressSize"];
        let state = l4k_sys::abi::ThreadState::from_number(number).is_some_and(|state| format!("{state:?}") == name);
        assert!(call || error || kind || fault || state || other.contains(&&*name), "{number} {name} is on the page");
    }
}
