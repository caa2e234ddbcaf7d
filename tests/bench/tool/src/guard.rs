//! The guard: the figures that were accepted, in a file of the project, and what has changed since. May call `costs`, `figure` and `paths`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::costs::Size;
use super::figure::Figure;
use l4k_paths_tool::functions::{Functions, Part};

/// The file.
pub const FILE: &str = "tests/bench/figures.toml";

/// Allowed, in hundredths.
pub const ALLOWANCE: u64 = 2;

/// Allowed where another compiler has made the kernel than the one whose figures were accepted: it makes other instructions of the same source.
const ALLOWANCE_OF_OTHER_COMPILER: u64 = 10;

/// Functions named for each change, and kept for each row; the others are kept together.
const NAMED: usize = 5;
const KEPT: usize = 15;
const OTHERS: &str = "others";

const HEADER: &str = "\
# What `cargo xtask bench` counts, in instructions, and the kernel's size, in bytes; each run gives the same. `cargo xtask test --only bench`
# fails if a figure is more than 2% above, or 10% where another compiler is in use. Written by `cargo xtask bench --accept`. The last part says
# which functions of the kernel the instructions of an entry are in.

";

/// Figures by row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// The compiler that made the kernel.
    pub compiler: String,
    /// Instructions.
    pub instructions: BTreeMap<String, u64>,
    /// The kernel's size by part, in bytes.
    pub bytes: BTreeMap<String, u64>,
    /// Instructions of the row's entry by function: `a 20, b 10`. One line a row, so that the file stays readable.
    pub functions: BTreeMap<String, String>,
}

impl Accepted {
    /// Those that were counted.
    pub fn of(figures: &[Figure], functions: &Functions, size: &Size, compiler: String) -> Accepted {
        let bytes = size.rows().into_iter().map(|(name, bytes, _)| (name.to_owned(), bytes)).collect();
        let mut accepted = Accepted { compiler, bytes, ..Accepted::default() };
        for figure in figures {
            let name = figure.row.name.to_owned();
            accepted.instructions.insert(name.clone(), figure.instructions);
            if let Some(sample) = &figure.sample {
                accepted.functions.insert(name, line(&functions.parts(&sample.visits)));
            }
        }
        accepted
    }

    /// As the file has them.
    pub fn read(file: &Path) -> Result<Accepted> {
        let text = fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
        toml::from_str(&text).with_context(|| format!("reading {}", file.display()))
    }

    /// Writes the file.
    pub fn write(&self, file: &Path) -> Result<()> {
        let text = toml::to_string(self).context("the figures as TOML")?;
        fs::write(file, format!("{HEADER}{text}")).with_context(|| format!("writing {}", file.display()))
    }

    /// What figures may change by, in hundredths.
    pub fn allowance(&self, found: &Accepted) -> u64 {
        if self.compiler == found.compiler { ALLOWANCE } else { ALLOWANCE_OF_OTHER_COMPILER }
    }

    fn of_functions(&self, name: &str) -> BTreeMap<&str, u64> {
        let parts = self.functions.get(name).into_iter().flat_map(|line| line.split(", "));
        parts
            .filter_map(|part| part.rsplit_once(' '))
            .filter_map(|(name, count)| Some((name, count.parse().ok()?)))
            .collect()
    }
}

/// Parts in a line.
fn line(parts: &[Part]) -> String {
    let (kept, others) = parts.split_at(parts.len().min(KEPT));
    let others: u64 = others.iter().map(|part| part.instructions).sum();
    let mut texts: Vec<String> = kept.iter().map(|part| format!("{} {}", part.function, part.instructions)).collect();
    if others > 0 {
        texts.push(format!("{OTHERS} {others}"));
    }
    texts.join(", ")
}

/// What has become of a figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// More than allowed.
    Worse(String),
    /// Less, by more than what is allowed.
    Better(String),
    /// It is in the file or was counted, and not both.
    Unmatched(String),
}

impl Change {
    /// Whether the test fails.
    pub fn is_bad(&self) -> bool {
        !matches!(self, Change::Better(_))
    }

    /// What there is to say.
    pub fn text(&self) -> &str {
        let (Change::Worse(text) | Change::Better(text) | Change::Unmatched(text)) = self;
        text
    }
}

/// What has changed by more than is allowed.
pub fn compare(accepted: &Accepted, found: &Accepted) -> Vec<Change> {
    let allowance = accepted.allowance(found);
    let row = |name: &str, counts: [u64; 2]| difference(accepted, found, name, counts);
    let part = |name: &str, counts: [u64; 2]| change_of(name, counts, "bytes");
    let mut changes = compare_counts(&accepted.instructions, &found.instructions, allowance, &row);
    changes.extend(compare_counts(&accepted.bytes, &found.bytes, allowance, &part));
    changes
}

type Counts = BTreeMap<String, u64>;

fn compare_counts(
    accepted: &Counts,
    found: &Counts,
    allowance: u64,
    tell: &dyn Fn(&str, [u64; 2]) -> String,
) -> Vec<Change> {
    let mut changes = Vec::new();
    for (name, now) in found {
        match accepted.get(name) {
            None => changes.push(Change::Unmatched(format!("{name} is not in {FILE}: `cargo xtask bench --accept`"))),
            Some(before) if now * 100 > before * (100 + allowance) => {
                changes.push(Change::Worse(tell(name, [*before, *now])));
            }
            Some(before) if now * 100 < before * (100 - allowance) => {
                let what = tell(name, [*before, *now]);
                changes.push(Change::Better(format!(
                    "{what}\n  better: update the file with `cargo xtask bench --accept`"
                )));
            }
            Some(_) => (),
        }
    }
    for name in accepted.keys().filter(|name| !found.contains_key(*name)) {
        changes
            .push(Change::Unmatched(format!("{name} is in {FILE} and was not measured: `cargo xtask bench --accept`")));
    }
    changes
}

/// By how much something has changed.
fn change_of(name: &str, [before, now]: [u64; 2], unit: &str) -> String {
    let change = now as i64 - before as i64;
    let hundredths = change as f64 * 100.0 / before.max(1) as f64;
    format!("{name}: {before} -> {now} {unit} ({change:+}, {hundredths:+.1}%)")
}

/// The row, and the functions that changed the most.
fn difference(accepted: &Accepted, found: &Accepted, name: &str, counts: [u64; 2]) -> String {
    let mut text = change_of(name, counts, "instructions");
    let (old, new) = (accepted.of_functions(name), found.of_functions(name));
    let mut functions: Vec<(&str, u64, u64)> = Vec::new();
    for function in old.keys().chain(new.keys().filter(|function| !old.contains_key(*function))) {
        let of = |counts: &BTreeMap<&str, u64>| counts.get(function).copied().unwrap_or(0);
        functions.push((function, of(&old), of(&new)));
    }
    functions.retain(|(_, old, new)| old != new);
    functions.sort_by_key(|(_, old, new)| std::cmp::Reverse(old.abs_diff(*new)));
    for (function, old, new) in functions.iter().take(NAMED) {
        let _ = write!(text, "\n  {:>+6}  {function}: {old} -> {new}", *new as i64 - *old as i64);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    type Rows<'a> = &'a [(&'a str, u64, &'a [(&'a str, u64)])];

    fn figures(rows: Rows<'_>) -> Accepted {
        let mut all = Accepted::default();
        for (name, instructions, functions) in rows {
            all.instructions.insert((*name).to_owned(), *instructions);
            let part = |(function, instructions): &(&str, u64)| Part {
                function: (*function).to_owned(),
                instructions: *instructions,
            };
            all.functions.insert((*name).to_owned(), line(&functions.iter().map(part).collect::<Vec<Part>>()));
        }
        all
    }

    #[test]
    fn more_than_two_hundredths_are_worse_and_the_functions_are_named() {
        let before = figures(&[("call", 200, &[("check", 120), ("commit", 80)]), ("map", 500, &[])]);
        let now = figures(&[("call", 205, &[("check", 110), ("commit", 80), ("log", 15)]), ("map", 510, &[])]);
        let changes = compare(&before, &now);
        let text = "call: 200 -> 205 instructions (+5, +2.5%)\n     +15  log: 0 -> 15\n     -10  check: 120 -> 110";
        assert_eq!(changes, [Change::Worse(text.to_owned())]);
        assert!(changes[0].is_bad());
    }

    #[test]
    fn two_hundredths_more_or_less_are_nothing() {
        let before = figures(&[("call", 200, &[])]);
        for now in [196, 200, 204] {
            assert!(compare(&before, &figures(&[("call", now, &[])])).is_empty(), "{now}");
        }
    }

    #[test]
    fn another_compiler_may_make_a_tenth_more() {
        let mut before = figures(&[("call", 200, &[])]);
        before.compiler = "rustc 1.95.0".to_owned();
        assert!(compare(&before, &figures(&[("call", 220, &[])])).is_empty());
        assert!(compare(&before, &figures(&[("call", 221, &[])]))[0].is_bad());
    }

    #[test]
    fn kernel_that_has_grown_is_worse() {
        let bytes = |text| Accepted { bytes: [("text".to_owned(), text)].into(), ..Accepted::default() };
        assert!(compare(&bytes(100_000), &bytes(102_000)).is_empty());
        let changes = compare(&bytes(100_000), &bytes(103_000));
        assert_eq!(changes, [Change::Worse("text: 100000 -> 103000 bytes (+3000, +3.0%)".to_owned())]);
        assert!(compare(&bytes(100_000), &Accepted::default())[0].is_bad());
    }

    #[test]
    fn better_figures_are_told_and_do_not_fail() {
        let changes = compare(&figures(&[("call", 200, &[])]), &figures(&[("call", 195, &[])]));
        assert!(!changes[0].is_bad());
        assert!(changes[0].text().contains("200 -> 195"), "{changes:?}");
        assert!(changes[0].text().contains("--accept"), "{changes:?}");
    }

    #[test]
    fn rows_that_came_or_went_fail() {
        let (one, two) = (figures(&[("call", 200, &[])]), figures(&[("call", 200, &[]), ("map", 500, &[])]));
        for (before, now, word) in [(&one, &two, "is not in"), (&two, &one, "was not measured")] {
            let changes = compare(before, now);
            assert!(changes.len() == 1 && changes[0].is_bad() && changes[0].text().contains(word), "{changes:?}");
        }
    }

    #[test]
    fn file_is_read_as_it_was_written() {
        let file = std::env::temp_dir().join(format!("l4k-figures-{}.toml", std::process::id()));
        let all = figures(&[("call", 200, &[("System::check_fast_call", 120)]), ("map", 500, &[])]);
        all.write(&file).expect("written");
        let read = Accepted::read(&file);
        fs::remove_file(&file).expect("removed");
        assert_eq!(read.expect("read"), all);
    }
}
