//! What is told where nobody counts: whole rounds, from program to program, and the name of each one's row. May call nothing of this crate.

/// A segment whose round begins and ends in one program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Round {
    /// The segment.
    pub segment: &'static str,
    /// The row that tells it.
    pub row: &'static str,
}

const fn round(segment: &'static str, row: &'static str) -> Round {
    Round { segment, row }
}

/// A round whose row has the name of its segment.
const fn same(name: &'static str) -> Round {
    round(name, name)
}

/// Every one, in the order in which they are measured.
pub const ALL: &[Round] = &[
    same("loop"),
    same("null_syscall"),
    round("call", "round_trip"),
    round("call_own_time", "round_trip_own_time"),
    round("call_fp", "round_trip_fp"),
    round("words_0", "round_trip_words_0"),
    round("words_1", "round_trip_words_1"),
    round("words_2", "round_trip_words_2"),
    round("words_4", "round_trip_words_4"),
    round("words_6", "round_trip_words_6"),
    round("words_7", "round_trip_words_7"),
    round("words_8", "round_trip_words_8"),
    round("words_10", "round_trip_words_10"),
    round("words_12", "round_trip_words_12"),
    round("words_16", "round_trip_words_16"),
    round("words_24", "round_trip_words_24"),
    round("words_32", "round_trip_words_32"),
    round("words_48", "round_trip_words_48"),
    round("words_64", "round_trip_words_64"),
    round("words_80", "round_trip_words_80"),
    round("words_96", "round_trip_words_96"),
    round("words_112", "round_trip_words_112"),
    round("words_120", "round_trip_words_120"),
    round("split_low", "round_trip_split_low"),
    round("split_high", "round_trip_split_high"),
    round("call_caps_1", "round_trip_caps_1"),
    round("call_caps_2", "round_trip_caps_2"),
    round("call_caps_3", "round_trip_caps_3"),
    round("call_caps_4", "round_trip_caps_4"),
    round("signal_switch", "signal_round_trip"),
    same("signal_low"),
    round("ring", "ring_word"),
    round("yield", "yield_round_trip"),
    round("fault", "fault_round_trip"),
    round("fault_own_time", "fault_round_trip_own_time"),
    round("fault_undefined", "fault_round_trip_undefined"),
    same("map"),
    same("protect"),
    same("unprotect"),
    same("unmap"),
    same("map_apart"),
    same("retype_page"),
    same("retype_page_used"),
    same("thread_create"),
    same("thread_destroy"),
    same("space_create"),
    same("space_destroy"),
    round("irq", "irq_round_trip"),
    same("revoke_1"),
    same("revoke_10"),
    same("revoke_100"),
    same("revoke_1000"),
    same("revoke_10000"),
    round("call_1000_threads", "round_trip_1000_threads"),
    round("call_4000_threads", "round_trip_4000_threads"),
    round("call_60000_caps", "round_trip_60000_caps"),
    same("receive_of_1"),
    same("receive_of_1000"),
];

/// The row that tells this segment; `None` if there is none.
#[must_use]
pub fn row_of(segment: &str) -> Option<&'static str> {
    ALL.iter().find(|round| round.segment == segment).map(|round| round.row)
}

#[cfg(test)]
mod tests {
    use super::{ALL, row_of};

    #[test]
    fn every_segment_and_every_row_is_there_once() {
        for (index, round) in ALL.iter().enumerate() {
            let others = &ALL[..index];
            assert!(others.iter().all(|other| other.segment != round.segment && other.row != round.row), "{round:?}");
        }
    }

    #[test]
    fn rows_are_found_by_their_segments() {
        assert_eq!(row_of("call"), Some("round_trip"));
        assert_eq!(row_of("map"), Some("map"));
        assert_eq!(row_of("call_behind_1"), None);
    }
}
