//! The chapter of the book: of each row above its mark, what its instructions are spent on. May call `estimate`, `groups` and `text`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Context, Result, ensure};

use super::estimate::MEANING;
use super::groups::{Group, parts};
use super::step::Step;
use super::text::{Reader, listing};
use crate::book::replace;
use crate::figure::Figure;
use crate::plot::grouped;
use crate::{guard, marks, rows};

/// The chapter.
pub const CHAPTER: &str = "book/src/sequences.md";

/// Its part that is written by the command.
const PART: &str = "sequences";

/// A row with its sequence.
pub struct Told<'a> {
    /// The row.
    pub figure: &'a Figure,
    /// Its instructions.
    pub steps: Vec<Step>,
    /// The same in groups.
    pub groups: Vec<Group>,
    /// What it may take, if that was estimated.
    pub cycles: Option<u64>,
}

/// Whether a row takes more than its mark.
pub fn is_above(figure: &Figure) -> bool {
    is_above_mark(figure.row.name, figure.instructions)
}

fn is_above_mark(name: &str, instructions: u64) -> bool {
    marks::of(name).is_some_and(|marks| instructions > marks.most)
}

/// The chapter with its part written anew.
pub fn text(before: &str, figures: &[Figure], all: &[Told]) -> Result<String> {
    let mut out = overview(figures, all);
    for (index, told) in all.iter().enumerate() {
        let same = all[..index].iter().find(|other| other.steps == told.steps);
        out.push_str(&section(told, same));
    }
    replace(before, PART, |_| out).context(CHAPTER)
}

/// All rows above their marks in a table.
fn overview(figures: &[Figure], all: &[Told]) -> String {
    let is_estimated = all.iter().any(|told| told.cycles.is_some());
    let (meaning, heading, line) = if is_estimated {
        (format!("*Cycles*: {MEANING}\n\n"), " cycles, estimated |", "---:|")
    } else {
        (String::new(), "", "")
    };
    let mut out = format!("{meaning}| row | instructions | mark | above it by |{heading} sequence |\n");
    let _ = writeln!(out, "|---|---:|---:|---:|{line}---|");
    for figure in figures.iter().filter(|figure| is_above(figure)) {
        let Some(marks) = marks::of(figure.row.name) else { continue };
        let parts = match figure.row.source {
            rows::Source::Sum(first, second) => vec![first, second],
            _ => vec![figure.row.name],
        };
        let cycles = if is_estimated { format!(" {} |", cycles(&parts, all)) } else { String::new() };
        let links: Vec<String> = parts.iter().map(|name| link(name)).collect();
        let (count, more) = (grouped(figure.instructions), grouped(figure.instructions - marks.most));
        let (name, links) = (figure.row.name, links.join(" and "));
        let _ = writeln!(out, "| `{name}` | {count} | {} | {more} |{cycles} {links} |", marks.most);
    }
    out
}

/// Of all these rows together.
fn cycles(names: &[&str], all: &[Told]) -> String {
    let of = |name: &&str| all.iter().find(|told| told.figure.row.name == *name).and_then(|told| told.cycles);
    names.iter().map(of).sum::<Option<u64>>().map_or_else(String::new, grouped)
}

fn link(name: &str) -> String {
    format!("[`{name}`](#{name})")
}

fn section(told: &Told, same: Option<&Told>) -> String {
    let row = told.figure.row;
    let count = grouped(told.figure.instructions);
    let mark = marks::of(row.name).map_or_else(String::new, |marks| format!("; the mark is {}", marks.most));
    let mut out = format!("\n## `{}`\n\n{count} instructions{mark}: {}.\n\n", row.name, row.what);
    if let Some(same) = same {
        let _ = writeln!(out, "They are those of {}, one by one.", link(same.figure.row.name));
        return out;
    }
    out.push_str("| instructions | function, in the order of their first one | what for |\n|---:|---|---|\n");
    for part in parts(&told.groups) {
        let purpose = part.purpose.unwrap_or_default();
        let _ = writeln!(out, "| {} | `{}` | {purpose} |", grouped(part.instructions), part.function);
    }
    let _ = writeln!(out, "| **{count}** | in all | |\n");
    let _ = writeln!(out, "<details>\n<summary>All {count} in their order</summary>\n");
    let _ = writeln!(out, "```text\n{}```\n\n</details>", listing(&told.groups, Reader::Book));
    out
}

/// Fails if the chapter does not tell of the rows above their marks, or of something else than the accepted figures.
pub fn check_book(chapter: &str, accepted: &BTreeMap<String, u64>) -> Result<()> {
    let told: BTreeMap<&str, u64> = chapter.lines().filter_map(overview_row).collect();
    let wanted = accepted.iter().filter(|(name, count)| is_above_mark(name, **count));
    let wanted: BTreeMap<&str, u64> = wanted.map(|(name, count)| (name.as_str(), *count)).collect();
    let is_same = |(name, count): &(&&str, &u64)| {
        told.get(**name).is_some_and(|told| told.abs_diff(**count) * 100 <= **count * guard::ALLOWANCE)
    };
    let mut wrong: Vec<&str> = wanted.iter().filter(|row| !is_same(row)).map(|(name, _)| *name).collect();
    wrong.extend(told.keys().filter(|name| !wanted.contains_key(*name)));
    ensure!(
        wrong.is_empty(),
        "{CHAPTER} is not of the accepted figures: {}; `cargo xtask bench --sequences` writes it",
        wrong.join(", ")
    );
    Ok(())
}

/// A line of the overview: the row, and its instructions.
fn overview_row(line: &str) -> Option<(&str, u64)> {
    let (name, rest) = line.strip_prefix("| `")?.split_once("` | ")?;
    let (count, rest) = rest.split_once(" | ")?;
    let is_linked = rest.contains("](#");
    Some((name, count.replace(',', "").parse().ok()?)).filter(|_| is_linked)
}

#[cfg(test)]
mod tests {
    use super::super::annotations::tests::{annotations, frame};
    use super::super::groups::groups;
    use super::*;
    use crate::rows::{Row, Source};

    const BEFORE: &str = "A\n<!-- bench:sequences -->\n<!-- bench:sequences end -->\nB\n";

    fn figure(name: &'static str, instructions: u64, source: Source) -> Figure {
        let row = Row { name, what: "what it is", source };
        Figure { row, instructions, entries: 1, user_to_user: None, sample: None, stretch: None }
    }

    fn steps() -> Vec<Step> {
        let step = |index: u64| Step {
            offset: format!("{index:05x}"),
            text: "nop".to_owned(),
            frames: vec![frame("call::check", 1)],
        };
        (0..201).map(step).collect()
    }

    fn told(figure: &Figure, cycles: Option<u64>) -> Told<'_> {
        Told { figure, groups: groups(&steps(), &annotations()), steps: steps(), cycles }
    }

    #[test]
    fn estimates_have_a_column_where_there_are_any() {
        let figures = [
            figure("call", 201, Source::Round { segment: "" }),
            figure("reply_recv", 201, Source::Round { segment: "" }),
            figure("round_trip", 402, Source::Sum("call", "reply_recv")),
        ];
        let overview = overview(&figures, &[told(&figures[0], Some(1_000)), told(&figures[1], Some(70))]);
        assert!(overview.contains("| `call` | 201 | 100 | 101 | 1,000 | [`call`](#call) |\n"), "{overview}");
        assert!(overview.contains("| `round_trip` | 402 | 200 | 202 | 1,070 | [`call`](#call) and"), "{overview}");
    }

    #[test]
    fn rows_above_their_marks_have_a_section() {
        let source = Source::Round { segment: "" };
        let figures = [
            figure("protect", 201, source),
            figure("unprotect", 201, source),
            figure("map", 200, source),
            figure("round_trip", 300, Source::Sum("call", "reply_recv")),
        ];
        let all = [told(&figures[0], None), told(&figures[1], None)];
        let text = text(BEFORE, &figures, &all).expect("the marks of the chapter");
        assert!(text.contains("| `protect` | 201 | 200 | 1 | [`protect`](#protect) |\n"), "{text}");
        assert!(text.contains("| 100 | [`call`](#call) and [`reply_recv`](#reply_recv) |\n"), "{text}");
        assert!(text.contains("| 201 | `call::check` | checks. |\n| **201** | in all | |\n"), "{text}");
        assert!(text.contains("## `unprotect`\n\n201 instructions; the mark is 200: what it is.\n\nThey are those of"));
        assert!(!text.contains("`map`"));
        assert_eq!(text.matches("<details>").count(), 1);
    }

    #[test]
    fn chapter_of_other_figures_is_found() {
        let accepted = |rows: &[(&str, u64)]| rows.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
        let chapter = "| `call` | 1,450 | 100 | 1,350 | [`call`](#call) |\n| `call` | other |\n";
        assert!(check_book(chapter, &accepted(&[("call", 1_450), ("map", 200), ("reply", 9)])).is_ok());
        assert!(check_book(chapter, &accepted(&[("call", 1_425)])).is_ok());
        for wrong in [[("call", 1_400), ("map", 1)], [("call", 90), ("map", 1)], [("call", 1_450), ("map", 201)]] {
            assert!(check_book(chapter, &accepted(&wrong)).is_err(), "{wrong:?}");
        }
    }
}
