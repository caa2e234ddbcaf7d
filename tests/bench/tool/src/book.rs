//! What the figures leave in the book: tables between marks in a chapter, and plots. May call everything in this directory but `command`.

use std::fmt::Write as _;
use std::fs;

use anyhow::{Context, Result, bail};
use l4k_paths::Table;
use l4k_sys::abi::SystemCall;

use super::costs::{Cost, Size, headings};
use super::figure::{Figure, segment};
use super::lengths::{self, mean};
use super::plot::{Axis, Plot, grouped};
use super::table::{columns, kernel};
use cargo_l4k::Workplace;

/// The chapter.
pub const CHAPTER: &str = "book/src/benchmarks.md";

/// The plots.
pub const LENGTHS_FILE: &str = "book/src/call-length.svg";
/// See [`LENGTHS_FILE`].
pub const REVOKE_FILE: &str = "book/src/revoke.svg";

/// Numbers of descendants that are revoked.
const DESCENDANTS: [u64; 5] = [1, 10, 100, 1_000, 10_000];

/// Rows of the history.
const HISTORY: [&str; 8] =
    ["call", "reply_recv", "call_10", "signal_switch", "fault_round_trip", "map", "retype_page", "irq_to_user"];

/// Writes the plots.
pub fn write_plots(project: &Workplace, table: &Table) -> Result<()> {
    for (file, plot) in [(LENGTHS_FILE, lengths(table)?), (REVOKE_FILE, revoke(table)?)] {
        fs::write(project.path(file), plot.svg()).with_context(|| format!("writing {file}"))?;
    }
    Ok(())
}

fn lengths(table: &Table) -> Result<Plot> {
    let all = lengths::all(table)?;
    let call: Vec<(u64, u64)> = all.iter().map(|length| (length.words, length.call)).collect();
    let answer: Vec<(u64, u64)> = all.iter().map(|length| (length.words, length.answer)).collect();
    let most = call.iter().chain(&answer).map(|(_, count)| *count).max().unwrap_or(0);
    Ok(Plot {
        title: "Instructions of a call and of an answer, over the length of the message in words",
        along: Axis::linear("words of the message", 10, 120),
        up: Axis::linear("instructions in the kernel", if most > 1_000 { 250 } else { 100 }, most),
        lines: vec![("call", call), ("answer and receive", answer)],
    })
}

fn revoke(table: &Table) -> Result<Plot> {
    let point = |count: &u64| Ok((*count, mean(table, &format!("revoke_{count}"), SystemCall::CNodeRevoke)?));
    let all: Vec<(u64, u64)> = DESCENDANTS.iter().map(point).collect::<Result<_>>()?;
    let stretch = |count: &u64| Ok((*count, longest_stretch(table, *count)?));
    let stretches: Vec<(u64, u64)> = DESCENDANTS.iter().map(stretch).collect::<Result<_>>()?;
    let most = all.iter().map(|(_, count)| *count).max().unwrap_or(1);
    Ok(Plot {
        title: "Instructions of a revoke, and the longest stretch of it with interrupts off, over the number of descendants",
        along: Axis::logarithmic("descendants", 1, 10_000),
        up: Axis::logarithmic("instructions", 100, most),
        lines: vec![("revoke", all), ("longest stretch with interrupts off", stretches)],
    })
}

fn longest_stretch(table: &Table, descendants: u64) -> Result<u64> {
    let segment = segment(table, &format!("revoke_{descendants}"))?;
    segment.rows.iter().map(|row| row.stretch.instructions).max().context("nothing was revoked")
}

/// Writes the tables into the chapter.
pub fn write_tables(project: &Workplace, table: &Table, figures: &[Figure], costs: &[Cost], size: &Size) -> Result<()> {
    let file = project.path(CHAPTER);
    let chapter = fs::read_to_string(&file).with_context(|| format!("reading {CHAPTER}"))?;
    let chapter = replace(&chapter, "figures", |_| figures_table(figures))?;
    let chapter = replace(&chapter, "costs", |_| costs_table(costs))?;
    let chapter = replace(&chapter, "size", |_| size_table(size))?;
    let stretches = revoke_table(table)?;
    let chapter = replace(&chapter, "revoke", |_| stretches)?;
    let row = history_row(figures);
    let chapter = replace(&chapter, "history", |before| history(before, env!("CARGO_PKG_VERSION"), &row))?;
    fs::write(&file, chapter).with_context(|| format!("writing {CHAPTER}"))
}

/// Replaces what is between the marks of a name.
pub fn replace(chapter: &str, name: &str, make: impl FnOnce(&str) -> String) -> Result<String> {
    let (begin, end) = (format!("<!-- bench:{name} -->\n"), format!("<!-- bench:{name} end -->"));
    let Some((before, rest)) = chapter.split_once(&begin) else { bail!("there is no `{}`", begin.trim_end()) };
    let Some((between, after)) = rest.split_once(&end) else { bail!("there is no `{end}`") };
    Ok(format!("{before}{begin}\n{}\n\n{end}{after}", make(between.trim()).trim()))
}

fn figures_table(figures: &[Figure]) -> String {
    let mut out = String::from("| what | row | kernel | seen | seL4 | seL4 MCS | mark | ratio to MCS |\n");
    out.push_str("|---|---|---:|---:|---:|---:|---:|---:|\n");
    for figure in figures {
        let [classic, mixed, mark, ratio] = columns(figure);
        let kernel = if kernel(figure).is_empty() { String::new() } else { grouped(figure.instructions) };
        let seen = figure.user_to_user.map_or_else(String::new, grouped);
        let (what, name) = (figure.row.what, figure.row.name);
        let mark = mark.trim_start_matches(['+', '-', ' ']);
        let _ = writeln!(out, "| {what} | `{name}` | {kernel} | {seen} | {classic} | {mixed} | {mark} | {ratio} |");
    }
    out
}

fn costs_table(costs: &[Cost]) -> String {
    let headings = headings();
    let mut out = format!("| row | {} |\n|---|{}\n", headings.join(" | "), "---:|".repeat(headings.len()));
    for cost in costs {
        let counts: Vec<String> = cost.counts.iter().map(|count| grouped(*count)).collect();
        let _ = writeln!(out, "| `{}` | {} |", cost.name, counts.join(" | "));
    }
    out
}

fn size_table(size: &Size) -> String {
    let mut out = String::from("| part | bytes | at most |\n|---|---:|---:|\n");
    for (name, bytes, most) in size.rows() {
        let _ = writeln!(out, "| {name} | {} | {} |", grouped(bytes), most.map_or_else(String::new, grouped));
    }
    out
}

fn revoke_table(table: &Table) -> Result<String> {
    let mut out = String::from(
        "| descendants | instructions | a descendant | longest stretch with interrupts off |\n|---:|---:|---:|---:|\n",
    );
    for count in DESCENDANTS {
        let all = mean(table, &format!("revoke_{count}"), SystemCall::CNodeRevoke)?;
        let stretch = longest_stretch(table, count)?;
        let [count_text, all_text, each, stretch] = [count, all, all / count, stretch].map(grouped);
        let _ = writeln!(out, "| {count_text} | {all_text} | {each} | {stretch} |");
    }
    Ok(out)
}

fn history_row(figures: &[Figure]) -> String {
    let cell = |name: &&str| {
        let found = figures.iter().find(|figure| figure.row.name == *name);
        found.map_or_else(String::new, |figure| grouped(figure.instructions))
    };
    HISTORY.iter().map(cell).collect::<Vec<String>>().join(" | ")
}

/// The history with this version's row in it: replaced, or added at the end.
fn history(before: &str, version: &str, row: &str) -> String {
    let start = format!("| {version} |");
    let mut lines: Vec<String> = before.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect();
    if lines.is_empty() {
        let names = HISTORY.map(|name| format!("`{name}`")).join(" | ");
        lines = vec![format!("| release | {names} |"), format!("|---|{}", "---:|".repeat(HISTORY.len()))];
    }
    let new = format!("{start} {row} |");
    match lines.iter_mut().find(|line| line.starts_with(&start)) {
        Some(line) => *line = new,
        None => lines.push(new),
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_the_marks_is_replaced() {
        let chapter = "A\n<!-- bench:size -->\n\nold\n\n<!-- bench:size end -->\nB\n";
        let new = replace(chapter, "size", |before| format!("{before} and new\n")).expect("the marks");
        assert_eq!(new, "A\n<!-- bench:size -->\n\nold and new\n\n<!-- bench:size end -->\nB\n");
        assert!(replace(chapter, "costs", |_| String::new()).is_err());
        assert!(replace("<!-- bench:size -->\n", "size", |_| String::new()).is_err());
    }

    #[test]
    fn each_release_has_one_row() {
        let first = history("", "0.1.0", "230 | 251");
        assert!(first.ends_with("|\n| 0.1.0 | 230 | 251 |"), "{first}");
        let second = history(&first, "0.2.0", "100 | 110");
        let changed = history(&second, "0.2.0", "99 | 109");
        assert!(changed.ends_with("| 0.1.0 | 230 | 251 |\n| 0.2.0 | 99 | 109 |"), "{changed}");
    }
}
