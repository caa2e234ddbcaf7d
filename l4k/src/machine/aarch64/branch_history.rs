//! Entries from programs without the feature `clear-branch-history`: they leave the branch history as it is. May call nothing.

/// The macros that the vectors use at an entry from a program, and behind the vectors.
macro_rules! branch_history_macros {
    () => {
        ".macro clear_branch_history place
         .endm
         .macro branch_history_loop place
         .endm
         // {rounds}"
    };
}
pub(super) use branch_history_macros;

/// Rounds of the loop on the core that runs this: there is none.
pub const fn rounds() -> u32 {
    0
}
