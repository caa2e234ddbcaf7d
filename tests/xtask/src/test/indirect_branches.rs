//! Every indirect branch of the kernel but returns, and why it is there: a processor that guesses its target may go astray. One that is not listed here
//! fails the test, and so does an entry of the list that no kernel needs. May call `size`.

use std::collections::BTreeSet;

use crate::size::Stacks;
use anyhow::{Result, ensure};

/// Boot and panics put messages together. The bound of the stacks shows that no system call, fault or interrupt gets there.
const MESSAGE: &str = "messages of boot and of panics: no program brings one about";

/// The vectors and boot have one such jump for each core, to an address in the kernel's image.
const TO_VIRTUAL: &str = "from physical addresses to virtual ones, once for each core";

/// ESR_EL1 tells a class, which has six bits.
const CLASS: &str = "by the class of an exception, which the processor tells";

/// Capabilities lie in memory that no program writes.
const KIND: &str = "by the kind of a capability, which the kernel wrote";

/// A function, or a part of the names of several, and why it has an indirect branch.
const ALLOWED: &[(&str, &str)] = &[
    ("l4k_start", TO_VIRTUAL),
    ("l4k_join", TO_VIRTUAL),
    ("l4k_park", "where a core of the Raspberry Pi waits before it is started, once for each core"),
    ("core::fmt::", MESSAGE),
    ("l4k::machine::aarch64::startup::boot", MESSAGE),
    ("l4k::machine::aarch64::fast_entry::fast_fault", CLASS),
    ("l4k::machine::aarch64::trap::fault", CLASS),
    ("l4k::machine::aarch64::trap::leave_after_fault", CLASS),
    ("<l4k::object::capability::Capability as core::cmp::PartialEq>::eq", KIND),
    ("l4k::operation::copy::derive", KIND),
    ("l4k::kernel::dispatch::with_arguments", KIND),
    ("l4k::kernel::dispatch::dispatch", "by the number of a system call, which `confined` keeps in the table"),
    ("::retype", "by the kind of an object, which `confined` keeps in the table"),
];

/// The entries of the list that a kernel needs.
///
/// # Errors
/// Every function with an indirect branch that is not listed, with its addresses.
pub fn allowed(stacks: &Stacks) -> Result<BTreeSet<&'static str>> {
    let mut needed = BTreeSet::new();
    let mut unknown = Vec::new();
    for (_, function) in stacks.graph.iter() {
        let branches: Vec<String> = function
            .indirect_calls
            .iter()
            .chain(&function.jump_tables)
            .map(|address| format!("{address:#x}"))
            .collect();
        if branches.is_empty() {
            continue;
        }
        match entry_of(&function.name) {
            Some(entry) => drop(needed.insert(entry)),
            None => unknown.push(format!("{} at {}", function.name, branches.join(", "))),
        }
    }
    ensure!(
        unknown.is_empty(),
        "indirect branches that are not on the list of tests/xtask/src/test/indirect_branches.rs. Take them out, or list them with a reason:\n  {}",
        unknown.join("\n  ")
    );
    Ok(needed)
}

/// Fails if an entry of the list is needed by none of the kernels.
///
/// # Errors
/// These entries.
pub fn each_is_needed(needed: &BTreeSet<&str>) -> Result<()> {
    let stale: Vec<&str> = ALLOWED.iter().map(|(name, _)| *name).filter(|name| !needed.contains(name)).collect();
    ensure!(stale.is_empty(), "no kernel has these indirect branches. Take them off the list: {}", stale.join(", "));
    Ok(())
}

/// The entry that speaks of a function.
fn entry_of(function: &str) -> Option<&'static str> {
    let is_meant = |name: &&str| match *name {
        "core::fmt::" => function.contains(name),
        _ if name.starts_with("::") => function.ends_with(name),
        _ => function == *name,
    };
    ALLOWED.iter().map(|(name, _)| *name).find(is_meant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_listed_is_allowed() {
        assert_eq!(entry_of("l4k::kernel::dispatch::dispatch"), Some("l4k::kernel::dispatch::dispatch"));
        assert_eq!(entry_of("<l4k::kernel::boot_error::BootError as core::fmt::Display>::fmt"), Some("core::fmt::"));
        for other in ["l4k::kernel::dispatch::dispatch_slowly", "l4k::operation::reply::reply", "l4k_fault"] {
            assert_eq!(entry_of(other), None, "{other}");
        }
    }

    #[test]
    fn an_entry_that_no_kernel_needs_is_told() {
        let mut needed: BTreeSet<&str> = ALLOWED.iter().map(|(name, _)| *name).collect();
        assert!(each_is_needed(&needed).is_ok());
        needed.remove("l4k_join");
        let error = each_is_needed(&needed).expect_err("l4k_join").to_string();
        assert!(error.ends_with(": l4k_join"), "{error}");
    }
}
