//! What others need, and what this kernel is to need at the most. May call nothing of this crate.
//!
//! seL4's figures are instructions of its current sources, release build with fast path, counted on the same machine as ours (QEMU, Cortex-A57,
//! one core, `-icount shift=0`); for calls and replies from the vector to `eret`, for the others as its own benchmark suite counts them.

/// A figure of somebody else's, which may differ between runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The least.
    pub least: u64,
    /// The most.
    pub most: u64,
}

/// What a row is held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marks {
    /// seL4's classic kernel.
    pub classic: Span,
    /// seL4 with mixed-criticality scheduling, the one to compare with: it has time as a capability, as this kernel has.
    pub mixed: Span,
    /// The most that this kernel is to need.
    pub most: u64,
}

/// By the name of the row.
const MARKS: [(&str, [u64; 5]); 17] = [
    ("call", [191, 191, 209, 209, 100]),
    ("reply_recv", [215, 215, 266, 266, 110]),
    ("round_trip", [406, 406, 475, 475, 200]),
    ("call_fp", [243, 243, 261, 261, 150]),
    ("reply_recv_fp", [267, 267, 318, 318, 160]),
    ("call_10", [703, 703, 932, 932, 250]),
    ("reply_recv_10", [687, 687, 1017, 1017, 250]),
    ("signal_switch", [635, 656, 699, 842, 200]),
    ("signal_low", [384, 410, 452, 501, 150]),
    ("yield_switch", [329, 329, 502, 502, 200]),
    ("fault_to_handler", [511, 511, 673, 673, 180]),
    ("fault_reply", [617, 617, 1081, 1081, 180]),
    ("fault_round_trip", [1129, 1129, 1755, 1755, 360]),
    ("map", [551, 551, 626, 626, 200]),
    ("protect", [560, 560, 635, 635, 200]),
    ("unprotect", [558, 558, 633, 633, 200]),
    ("retype_page", [1171, 1171, 1276, 1276, 500]),
];

/// Those of a row, if there are any.
pub fn of(name: &str) -> Option<Marks> {
    let (_, [a, b, c, d, most]) = *MARKS.iter().find(|(known, _)| *known == name)?;
    Some(Marks { classic: Span { least: a, most: b }, mixed: Span { least: c, most: d }, most })
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn marks_are_found_by_name() {
        assert_eq!(of("call").map(|marks| (marks.mixed.least, marks.most)), Some((209, 100)));
        assert_eq!(of("null_syscall"), None);
    }
}
