//! Entries from programs with the feature `clear-branch-history`: each fills the history of branches, by which a core guesses the targets of indirect
//! ones, before the kernel has one. May call `cpu`.

use crate::machine::cpu::history_rounds;
use aarch64_cpu::registers::{ID_AA64MMFR1_EL1, ID_AA64PFR0_EL1, MIDR_EL1};
use tock_registers::interfaces::Readable;

/// The macros that the vectors use at an entry from a program, and behind the vectors, which have no room for the loop. x28 and x29 are stored already.
/// The core's own structure has the number of rounds. The barriers behind the loop hold back what was guessed before its end.
macro_rules! branch_history_macros {
    () => {
        ".macro clear_branch_history place
         b .Lclear_\\place
         .Lcleared_\\place:
         .endm
         .macro branch_history_loop place
         .Lclear_\\place:
         mrs x28, tpidr_el1
         ldr w28, [x28, #{rounds}]
         cbz w28, .Lcleared_\\place
         7: b 8f
         8: subs w28, w28, #1
         b.ne 7b
         dsb nsh
         isb
         b .Lcleared_\\place
         .endm"
    };
}
pub(super) use branch_history_macros;

/// Rounds of the loop on the core that runs this.
pub fn rounds() -> u32 {
    history_rounds::rounds(MIDR_EL1.get(), ID_AA64PFR0_EL1.get(), ID_AA64MMFR1_EL1.get())
}
