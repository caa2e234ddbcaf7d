//! The figures of the rows, out of what was counted. May call `rows`.

use anyhow::{Context, Result, ensure};
use l4k_paths::{Cause, Sample, Segment, Stretch, Table};

use super::rows::{Row, Source};

/// Instructions of a tick of the counter: it ticks 62,500,000 times a second, and an instruction takes a nanosecond.
pub const TICK: u64 = 16;

/// The segment with the loop whose length is known, and its instructions.
const KNOWN: &str = "loop";
const KNOWN_INSTRUCTIONS: u64 = 160_000;

/// A row with its figures.
#[derive(Clone, Debug)]
pub struct Figure {
    /// The row.
    pub row: Row,
    /// Instructions; of the kernel, unless the row's source says otherwise. On average, rounded down.
    pub instructions: u64,
    /// Entries that the average is of.
    pub entries: u64,
    /// Instructions of a round as the program sees it, if the row is a whole round: with the stub, and the loop around it.
    pub user_to_user: Option<u64>,
    /// The shortest entry in detail, if the row is one entry.
    pub sample: Option<Sample>,
    /// The longest stretch without a preemption point, if the row is one entry.
    pub stretch: Option<Stretch>,
}

/// The figures of all rows. An error if the counter does not count instructions, or something was not measured.
pub fn figures(table: &Table, rows: &[Row]) -> Result<Vec<Figure>> {
    check_counter(table)?;
    let mut all: Vec<Figure> = Vec::new();
    for row in rows {
        let found = figure(table, &all, *row).with_context(|| format!("row {}", row.name))?;
        all.push(found);
    }
    Ok(all)
}

/// The counter that programs read counts instructions: by a loop of known length.
fn check_counter(table: &Table) -> Result<()> {
    let found = segment(table, KNOWN)?.ticks * TICK;
    let differs = found.abs_diff(KNOWN_INSTRUCTIONS) > 2 * TICK;
    ensure!(!differs, "a loop of {KNOWN_INSTRUCTIONS} instructions took {found} by the counter of programs");
    Ok(())
}

fn figure(table: &Table, before: &[Figure], row: Row) -> Result<Figure> {
    let plain =
        |instructions, entries| Figure { row, instructions, entries, user_to_user: None, sample: None, stretch: None };
    match row.source {
        Source::Entry { segment: name, cause } => of_entry(segment(table, name)?, cause, row),
        Source::Round { segment: name } => {
            let segment = segment(table, name)?;
            let figure = plain(segment.instructions() / segment.rounds.max(1), segment.rounds);
            Ok(Figure { user_to_user: user_to_user(segment), ..figure })
        }
        Source::UserToUser { segment: name } => {
            let segment = segment(table, name)?;
            let instructions = user_to_user(segment).context("no time was measured")?;
            Ok(Figure { user_to_user: Some(instructions), ..plain(instructions, segment.rounds) })
        }
        Source::Sum(first, second) => {
            let find = |name| before.iter().find(|figure| figure.row.name == name).context("a part is missing");
            let (first, second) = (find(first)?, find(second)?);
            let both = plain(first.instructions + second.instructions, first.entries.min(second.entries));
            Ok(Figure { user_to_user: rounds_of(table, first.row), ..both })
        }
    }
}

fn of_entry(segment: &Segment, cause: Cause, row: Row) -> Result<Figure> {
    let found = segment.rows.iter().find(|row| row.cause == cause);
    let found = found.with_context(|| format!("segment {} has no {cause}", segment.name))?;
    // A round with one entry is that entry.
    let is_whole = segment.rows.len() == 1 && found.entries == segment.rounds;
    Ok(Figure {
        row,
        instructions: found.mean(),
        entries: found.entries,
        user_to_user: is_whole.then(|| user_to_user(segment)).flatten(),
        sample: Some(found.shortest.clone()),
        stretch: Some(found.stretch.clone()),
    })
}

fn rounds_of(table: &Table, row: Row) -> Option<u64> {
    match row.source {
        Source::Entry { segment: name, .. } => user_to_user(segment(table, name).ok()?),
        _ => None,
    }
}

/// `None` where a round's share of what may be wrong is more than half an instruction.
fn user_to_user(segment: &Segment) -> Option<u64> {
    let (time, wrong) = (segment.ticks * TICK, segment.pieces * TICK);
    (time > 0 && wrong * 2 <= segment.rounds).then(|| (time + segment.rounds / 2) / segment.rounds)
}

/// A segment by name.
pub fn segment<'a>(table: &'a Table, name: &str) -> Result<&'a Segment> {
    table.segments.iter().find(|segment| segment.name == name).with_context(|| format!("no segment {name}"))
}

#[cfg(test)]
mod tests {
    use l4k_sys::abi::SystemCall;

    use super::*;

    /// 32 times these.
    fn entries(call: SystemCall, instructions: &[u64]) -> l4k_paths::Row {
        let mut row = l4k_paths::Row::new(Cause::call(call as u64));
        row.entries = 32 * instructions.len() as u64;
        row.instructions = 32 * instructions.iter().sum::<u64>();
        row
    }

    fn segment(name: &str, rounds: u64, ticks: u64, rows: Vec<l4k_paths::Row>) -> Segment {
        Segment { name: name.to_owned(), rounds, ticks, pieces: 1, rows }
    }

    fn table() -> Table {
        let trip = vec![entries(SystemCall::Call, &[200, 201]), entries(SystemCall::ReplyReceive, &[250, 250])];
        let null = vec![entries(SystemCall::Probe, &[300, 300, 300, 304])];
        let segments = vec![
            segment("loop", 1, KNOWN_INSTRUCTIONS / TICK + 1, vec![]),
            segment("trip", 64, 1920, trip),
            segment("null", 128, 2560, null),
        ];
        Table { segments, ..Table::default() }
    }

    fn row(name: &'static str, source: Source) -> Row {
        Row { name, what: "", source }
    }

    fn entry(segment: &'static str, call: SystemCall) -> Source {
        Source::Entry { segment, cause: Cause::call(call as u64) }
    }

    #[test]
    fn figures_are_those_of_their_sources() {
        let rows = [
            row("call", entry("trip", SystemCall::Call)),
            row("answer", entry("trip", SystemCall::ReplyReceive)),
            row("both", Source::Sum("call", "answer")),
            row("null", entry("null", SystemCall::Probe)),
            row("round", Source::Round { segment: "trip" }),
            row("seen", Source::UserToUser { segment: "null" }),
        ];
        let figures = figures(&table(), &rows).expect("all measured");
        let found: Vec<_> = figures.iter().map(|figure| (figure.instructions, figure.user_to_user)).collect();
        let expected =
            [(200, None), (250, None), (450, Some(480)), (301, Some(320)), (450, Some(480)), (320, Some(320))];
        assert_eq!(found, expected);
    }

    #[test]
    fn time_that_was_taken_in_too_many_pieces_is_not_told() {
        let mut table = table();
        table.segments[2].pieces = 128;
        let figures = figures(&table, &[row("null", entry("null", SystemCall::Probe))]).expect("measured");
        assert_eq!((figures[0].instructions, figures[0].user_to_user), (301, None));
    }

    #[test]
    fn what_was_not_measured_is_an_error() {
        for source in [entry("other", SystemCall::Call), entry("trip", SystemCall::Signal)] {
            assert!(figures(&table(), &[row("wrong", source)]).is_err(), "{source:?}");
        }
    }

    #[test]
    fn a_counter_that_counts_something_else_is_found() {
        let mut table = table();
        table.segments[0].ticks = KNOWN_INSTRUCTIONS / TICK / 2;
        assert!(figures(&table, &[]).is_err());
    }
}
