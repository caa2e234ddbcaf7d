//! The lines that a program writes where nobody counts, and that a computer at the other end of the wire reads: one for each row, and one that
//! closes. May call `measure`.

use core::fmt::{self, Display, Formatter};

use crate::measure::Measured;

/// How the closing line begins.
pub const CLOSING: &str = "benchmark: ";

const NANOSECONDS_PER_SECOND: u64 = 1_000_000_000;

/// A number with one decimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tenths(u64);

impl Tenths {
    /// The share of a round, of what there is `per_second` while the counter ticks `ticks_per_second` times; to the nearest tenth. `None` without a
    /// round, without a rate, and where it is too much.
    fn of_round(measured: Measured, ticks_per_second: u64, per_second: u64) -> Option<Tenths> {
        let all = u128::from(measured.ticks) * u128::from(per_second) * 10;
        let parts = u128::from(measured.rounds) * u128::from(ticks_per_second);
        let tenths = (all + parts / 2).checked_div(parts)?;
        u64::try_from(tenths).ok().map(Tenths)
    }

    /// How many tenths.
    #[must_use]
    pub const fn count(self) -> u64 {
        self.0
    }

    fn read(text: &str) -> Option<Tenths> {
        let (whole, tenths) = text.split_once('.')?;
        let digit = if tenths.len() == 1 { number(tenths)? } else { return None };
        number(whole)?.checked_mul(10)?.checked_add(digit).map(Tenths)
    }
}

impl Display for Tenths {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let width = formatter.width().unwrap_or(0).saturating_sub(2);
        write!(formatter, "{:width$}.{}", self.0 / 10, self.0 % 10)
    }
}

/// Digits and nothing else.
fn number(text: &str) -> Option<u64> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

/// How fast the machine's clocks are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clocks {
    /// Ticks of the counter in a second.
    pub counter_hertz: u64,
    /// Cycles of a core in a second, if somebody has told them.
    pub core_hertz: Option<u64>,
}

/// The line of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// The row.
    pub row: &'a str,
    /// Rounds that the mean is of.
    pub rounds: u64,
    /// Nanoseconds of a round.
    pub nanoseconds: Tenths,
    /// Cycles of a round, if the core's clock is known.
    pub cycles: Option<Tenths>,
}

impl<'a> Line<'a> {
    /// Of what was measured; `None` if that was nothing or longer than can be told, or if the counter has no rate.
    #[must_use]
    pub fn new(row: &'a str, measured: Measured, clocks: Clocks) -> Option<Line<'a>> {
        let share = |per_second| Tenths::of_round(measured, clocks.counter_hertz, per_second);
        let nanoseconds = share(NANOSECONDS_PER_SECOND)?;
        Some(Line { row, rounds: measured.rounds, nanoseconds, cycles: clocks.core_hertz.and_then(share) })
    }

    /// As it came; `None` if it is another line.
    #[must_use]
    pub fn read(text: &'a str) -> Option<Line<'a>> {
        let mut words = text.split_ascii_whitespace();
        let (row, rounds) = (words.next()?, number(words.next()?)?);
        let ("rounds", nanoseconds, "ns") = (words.next()?, Tenths::read(words.next()?)?, words.next()?) else {
            return None;
        };
        let cycles = match (words.next(), words.next(), words.next()) {
            (None, ..) => None,
            (Some(cycles), Some("cycles"), None) => Some(Tenths::read(cycles)?),
            _ => return None,
        };
        Some(Line { row, rounds, nanoseconds, cycles })
    }
}

impl Display for Line<'_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let Line { row, rounds, nanoseconds, cycles } = self;
        write!(formatter, "{row:<26} {rounds:>6} rounds {nanoseconds:>12} ns")?;
        cycles.map_or(Ok(()), |cycles| write!(formatter, " {cycles:>12} cycles"))
    }
}

/// The closing line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing<T> {
    /// All was measured; so many rows were told.
    Done(u64),
    /// It stopped, for this reason.
    Failed(T),
}

impl<'a> Closing<&'a str> {
    /// As it came; `None` if it is another line.
    #[must_use]
    pub fn read(text: &'a str) -> Option<Closing<&'a str>> {
        let rest = text.strip_prefix(CLOSING)?;
        match (rest.strip_prefix("done, ").and_then(|rest| rest.strip_suffix(" rows")), rest.strip_prefix("failed, ")) {
            (Some(count), _) => number(count).map(Closing::Done),
            (None, Some(reason)) => Some(Closing::Failed(reason)),
            (None, None) => None,
        }
    }
}

impl<T: Display> Display for Closing<T> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Closing::Done(rows) => write!(formatter, "{CLOSING}done, {rows} rows"),
            Closing::Failed(reason) => write!(formatter, "{CLOSING}failed, {reason}"),
        }
    }
}
