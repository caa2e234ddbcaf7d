//! The rows of the benchmark: what each is called, and which of the entries that were counted it is made of. May call nothing of this crate.

use l4k_paths::Cause;
use l4k_sys::abi::SystemCall;

/// What a row is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The entries for one cause in a segment, on average.
    Entry {
        /// The segment.
        segment: &'static str,
        /// The cause.
        cause: Cause,
    },
    /// All entries of a round of a segment.
    Round {
        /// The segment.
        segment: &'static str,
    },
    /// All instructions of a round of a segment, those of programs included, by the counter that programs see.
    UserToUser {
        /// The segment.
        segment: &'static str,
    },
    /// Two other rows together.
    Sum(&'static str, &'static str),
}

/// A row.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// By which tools know it.
    pub name: &'static str,
    /// What it is, for people.
    pub what: &'static str,
    /// What it is made of.
    pub source: Source,
}

const fn of(segment: &'static str, call: SystemCall) -> Source {
    Source::Entry { segment, cause: Cause::call(call as u64) }
}

const fn entry(name: &'static str, segment: &'static str, call: SystemCall, what: &'static str) -> Row {
    Row { name, what, source: of(segment, call) }
}

const fn round(name: &'static str, what: &'static str) -> Row {
    Row { name, what, source: Source::Round { segment: name } }
}

const fn fault(name: &'static str, segment: &'static str, what: &'static str) -> Row {
    Row { name, what, source: Source::Entry { segment, cause: Cause::Fault } }
}

const fn sum(name: &'static str, first: &'static str, second: &'static str, what: &'static str) -> Row {
    Row { name, what, source: Source::Sum(first, second) }
}

/// Every row, in the order in which they are shown.
pub const ALL: &[Row] = &[
    entry("null_syscall", "null_syscall", SystemCall::Probe, "a system call that does nothing"),
    entry("call", "call", SystemCall::Call, "call to a passive server in another address space, 2 words"),
    entry("reply_recv", "call", SystemCall::ReplyReceive, "answer to it, and receive"),
    sum("round_trip", "call", "reply_recv", "both"),
    entry("call_own_time", "call_own_time", SystemCall::Call, "call to a server with time of its own"),
    entry("reply_recv_own_time", "call_own_time", SystemCall::ReplyReceive, "answer to it, and receive"),
    entry("call_fp", "call_fp", SystemCall::Call, "call, both use the FP unit"),
    entry("reply_recv_fp", "call_fp", SystemCall::ReplyReceive, "answer and receive, both use the FP unit"),
    entry("call_10", "words_10", SystemCall::Call, "call with 10 words"),
    entry("reply_recv_10", "words_10", SystemCall::ReplyReceive, "answer with 10 words, and receive"),
    entry("call_120", "words_120", SystemCall::Call, "call with 120 words"),
    entry("reply_recv_120", "words_120", SystemCall::ReplyReceive, "answer with 120 words, and receive"),
    entry("call_caps_1", "call_caps_1", SystemCall::Call, "call with 1 capability"),
    entry("call_caps_2", "call_caps_2", SystemCall::Call, "call with 2 capabilities"),
    entry("call_caps_3", "call_caps_3", SystemCall::Call, "call with 3 capabilities"),
    entry("call_caps_4", "call_caps_4", SystemCall::Call, "call with 4 capabilities"),
    entry("set_window", "call_caps_1", SystemCall::SetWindow, "name the slot for a capability"),
    entry("call_queued", "split_high", SystemCall::Call, "call that finds nobody waiting"),
    entry("receive_waiting", "split_high", SystemCall::Receive, "receive that finds a caller"),
    entry("receive_blocks", "split_low", SystemCall::Receive, "receive that finds nobody"),
    entry("reply", "split_low", SystemCall::Reply, "answer to a less urgent client, without a switch"),
    entry("reply_switch", "split_high", SystemCall::Reply, "answer to a more urgent client, with a switch"),
    entry(
        "signal_switch",
        "signal_switch",
        SystemCall::Signal,
        "signal to a waiting, more urgent thread, with a switch",
    ),
    entry("signal_low", "signal_low", SystemCall::Signal, "signal to a waiting, less urgent thread"),
    entry("wait_blocks", "signal_switch", SystemCall::Wait, "wait that blocks, with a switch"),
    entry("yield_switch", "yield", SystemCall::Yield, "give way to a thread in another address space"),
    fault("fault_to_handler", "fault", "page fault to its passive handler in another address space"),
    entry("fault_reply", "fault", SystemCall::ReplyReceive, "handler lets the thread go on, and receives"),
    sum("fault_round_trip", "fault_to_handler", "fault_reply", "both"),
    fault("fault_own_time", "fault_own_time", "page fault to a handler with time of its own"),
    entry("fault_reply_own_time", "fault_own_time", SystemCall::ReplyReceive, "it lets the thread go on, and receives"),
    fault("fault_undefined", "fault_undefined", "undefined instruction to its handler"),
    entry("map", "map", SystemCall::FrameMap, "map a page, mean of 512"),
    entry("map_apart", "map_apart", SystemCall::FrameMap, "map a page not beside the last one, mean of 512"),
    entry("protect", "protect", SystemCall::FrameProtect, "make it read-only, mean of 512"),
    entry("unprotect", "unprotect", SystemCall::FrameProtect, "make it writable again, mean of 512"),
    entry("unmap", "unmap", SystemCall::FrameUnmap, "unmap it, mean of 512"),
    entry("retype_page", "retype_page", SystemCall::UntypedRetype, "page out of memory that is known to be zero"),
    entry(
        "retype_page_used",
        "retype_page_used",
        SystemCall::UntypedRetype,
        "page out of used memory, which is zeroed",
    ),
    Row {
        name: "irq_to_user",
        what: "interrupt to the driver that waits for it",
        source: Source::Entry { segment: "irq", cause: Cause::Interrupt },
    },
    entry("irq_acknowledge", "irq", SystemCall::IrqAcknowledge, "driver acknowledges it"),
    round("thread_create", "thread with time, ready to run (6 calls)"),
    round("thread_destroy", "both gone (2 calls)"),
    round("space_create", "address space with an identifier (2 calls)"),
    round("space_destroy", "it is gone"),
    entry("revoke_1", "revoke_1", SystemCall::CNodeRevoke, "revoke of 1 descendant"),
    entry("revoke_10", "revoke_10", SystemCall::CNodeRevoke, "revoke of 10"),
    entry("revoke_100", "revoke_100", SystemCall::CNodeRevoke, "revoke of 100"),
    entry("revoke_1000", "revoke_1000", SystemCall::CNodeRevoke, "revoke of 1,000"),
    entry("revoke_10000", "revoke_10000", SystemCall::CNodeRevoke, "revoke of 10,000"),
    Row {
        name: "ring_word",
        what: "a word through a ring of 256 between two address spaces",
        source: Source::UserToUser { segment: "ring" },
    },
    entry("call_1000_threads", "call_1000_threads", SystemCall::Call, "call beside 1,000 ready, less urgent threads"),
    entry("call_4000_threads", "call_4000_threads", SystemCall::Call, "call beside 4,000"),
    entry("call_60000_caps", "call_60000_caps", SystemCall::Call, "call out of a table with 60,000 capabilities"),
    entry("call_behind_1", "call_behind_1", SystemCall::Call, "call that queues behind 1 caller"),
    entry("call_behind_1000", "call_behind_1000", SystemCall::Call, "call that queues behind 1,000"),
    entry("receive_of_1", "receive_of_1", SystemCall::Receive, "receive of the first of 2 callers"),
    entry("receive_of_1000", "receive_of_1000", SystemCall::Receive, "receive of the first of 1,001"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::ALL;
    use crate::marks;

    /// Names that others read in the JSON file.
    const WANTED: [&str; 19] = [
        "call",
        "reply_recv",
        "round_trip",
        "call_fp",
        "reply_recv_fp",
        "call_10",
        "reply_recv_10",
        "signal_switch",
        "signal_low",
        "yield_switch",
        "fault_to_handler",
        "fault_reply",
        "fault_round_trip",
        "map",
        "protect",
        "unprotect",
        "retype_page",
        "null_syscall",
        "irq_to_user",
    ];

    #[test]
    fn every_name_is_there_once() {
        let names: BTreeSet<&str> = ALL.iter().map(|row| row.name).collect();
        assert_eq!(names.len(), ALL.len());
        assert!(WANTED.iter().all(|name| names.contains(name)));
    }

    #[test]
    fn marks_are_of_rows() {
        assert_eq!(ALL.iter().filter(|row| marks::of(row.name).is_some()).count(), 17);
    }
}
