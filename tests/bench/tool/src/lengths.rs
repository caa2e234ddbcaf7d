//! Calls and answers over the length of the message. May call `figure`.

use std::fmt::Write as _;

use anyhow::{Context, Result};
use l4k_paths::{Cause, Table};
use l4k_sys::abi::SystemCall;
use serde_json::{Value, json};

use super::figure::segment;

/// Lengths that are measured, in words.
const LENGTHS: [u64; 18] = [0, 1, 2, 4, 6, 7, 8, 10, 12, 16, 24, 32, 48, 64, 80, 96, 112, 120];

/// A length.
#[derive(Clone, Copy, Debug)]
pub struct Length {
    /// Words of the message and of its answer.
    pub words: u64,
    /// Instructions of the call.
    pub call: u64,
    /// Instructions of the answer with the next receive.
    pub answer: u64,
}

/// All that were measured.
pub fn all(table: &Table) -> Result<Vec<Length>> {
    let of = |words| {
        let name = format!("words_{words}");
        let [call, answer] = [SystemCall::Call, SystemCall::ReplyReceive].map(|call| mean(table, &name, call));
        Ok(Length { words, call: call?, answer: answer? })
    };
    LENGTHS.into_iter().map(of).collect()
}

/// Instructions of the entries of a system call in a segment, on average.
pub fn mean(table: &Table, name: &str, call: SystemCall) -> Result<u64> {
    let cause = Cause::call(call as u64);
    let found = segment(table, name)?.rows.iter().find(|row| row.cause == cause);
    Ok(found.with_context(|| format!("segment {name} has no {cause}"))?.mean())
}

/// For people.
pub fn text(lengths: &[Length]) -> String {
    let mut out = String::from("\ncall and reply_recv over the length of the message, kernel\n");
    for (name, of) in [
        ("words", (|length| length.words) as fn(&Length) -> u64),
        ("call", |length| length.call),
        ("reply_recv", |length| length.answer),
    ] {
        let _ = write!(out, "{name:<12}");
        lengths.iter().for_each(|length| out.push_str(&format!("{:>6}", of(length))));
        out.push('\n');
    }
    out
}

/// For tools: a row for each call and each answer.
pub fn list(lengths: &[Length]) -> Vec<Value> {
    let row = |name: &str, words, instructions: u64| {
        let name = format!("{name}_words_{words}");
        json!({ "name": name, "instructions": instructions, "unit": "instructions", "kind": "one kernel entry" })
    };
    let both =
        |length: &Length| [row("call", length.words, length.call), row("reply_recv", length.words, length.answer)];
    lengths.iter().flat_map(both).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_told_to_people_and_tools() {
        let lengths = [Length { words: 0, call: 230, answer: 251 }, Length { words: 120, call: 1384, answer: 1612 }];
        assert!(
            text(&lengths).ends_with("words            0   120\ncall           230  1384\nreply_recv     251  1612\n")
        );
        let list = list(&lengths);
        assert_eq!(
            (list.len(), &list[3]["name"], &list[3]["instructions"]),
            (4, &json!("reply_recv_words_120"), &json!(1612))
        );
    }
}
