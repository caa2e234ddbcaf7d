//! The map from the tests of sel4test to ours (`tests/suite/sel4test.md`): each identifier has one row, and each test that is named exists.
//! May call `source` and `violation`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context, Result};
use quote::ToTokens;

use crate::source::{Project, Source};
use crate::violation::Violation;

/// The map, from the project's root.
const MAP: &str = "tests/suite/sel4test.md";

/// Where the suite's areas are, a file each.
const AREAS: &str = "tests/suite/programs/suite/src/areas/";

/// How a reason begins.
const REASON: &str = "does not apply";

/// Checks the map against the sources.
///
/// # Errors
/// The map cannot be read.
pub fn check(project: &Project) -> Result<Vec<Violation>> {
    let text = fs::read_to_string(project.root.join(MAP)).with_context(|| format!("reading {MAP}"))?;
    let tests = project.below(AREAS).flat_map(tests_of).collect();
    Ok(judge(&text, &tests))
}

/// The names of the tests that a file of the suite lists, with their area.
fn tests_of(source: &Source) -> Vec<String> {
    let area = source.path.rsplit('/').next().and_then(|name| name.strip_suffix(".rs")).unwrap_or_default();
    let lists = source.syntax.items.iter().filter_map(|item| match item {
        syn::Item::Macro(item) if item.mac.path.segments.last().is_some_and(|last| last.ident == "tests") => {
            Some(item.mac.tokens.to_token_stream().to_string())
        }
        _ => None,
    });
    let names: Vec<String> =
        lists.flat_map(|list| list.split(',').map(|name| name.trim().to_owned()).collect::<Vec<_>>()).collect();
    names.into_iter().filter(|name| !name.is_empty()).map(|name| format!("{area}::{name}")).collect()
}

fn judge(text: &str, tests: &BTreeSet<String>) -> Vec<Violation> {
    let violation = |line, what| Violation { file: MAP.to_owned(), line, what };
    let mut violations = Vec::new();
    let mut wanted = BTreeMap::new();
    let mut rows = BTreeSet::new();
    for (line, text) in (1..).zip(text.lines()) {
        if let Some((_, list)) = text.strip_prefix("- ").and_then(|item| item.split_once(": ")) {
            wanted.extend(identifiers(list).into_iter().map(|identifier| (identifier, line)));
        }
        let Some((left, right)) = row(text) else { continue };
        for identifier in identifiers(left) {
            if !rows.insert(identifier.clone()) {
                violations.push(violation(line, format!("{identifier} has a row already")));
            }
            if !wanted.contains_key(&identifier) {
                violations.push(violation(line, format!("{identifier} is not in the list of identifiers")));
            }
        }
        let named: Vec<&str> = right.split('`').skip(1).step_by(2).filter(|name| name.contains("::")).collect();
        if named.is_empty() && !right.starts_with(REASON) {
            violations.push(violation(line, format!("{left}: neither a test nor a reason")));
        }
        let missing = named.into_iter().filter(|name| !tests.contains(*name));
        violations.extend(missing.map(|name| violation(line, format!("`{name}` is no test of the suite"))));
    }
    let without = wanted.into_iter().filter(|(identifier, _)| !rows.contains(identifier));
    violations.extend(without.map(|(identifier, line)| violation(line, format!("{identifier} has no row"))));
    violations
}

/// The two cells of a row of the table, but for its head.
fn row(text: &str) -> Option<(&str, &str)> {
    let (left, right) = text.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | ")?;
    (left != "identifiers").then_some((left, right))
}

/// `A001–003, B1` as A001, A002, A003, B1.
fn identifiers(list: &str) -> Vec<String> {
    list.split(", ").flat_map(expand).collect()
}

fn expand(range: &str) -> Vec<String> {
    let Some((first, last)) = range.split_once('–') else { return vec![range.to_owned()] };
    let (name, digits) = first.split_at(first.len() - last.len().min(first.len()));
    match (digits.parse::<u32>(), last.parse::<u32>()) {
        (Ok(from), Ok(to)) => (from..=to).map(|number| format!("{name}{number:0width$}", width = last.len())).collect(),
        _ => vec![range.to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TESTS: [&str; 2] = ["ipc::a_call", "time::a_slice"];

    fn found(text: &str) -> Vec<String> {
        let tests = TESTS.map(str::to_owned).into_iter().collect();
        judge(text, &tests).into_iter().map(|violation| format!("{}: {}", violation.line, violation.what)).collect()
    }

    #[test]
    fn a_whole_map_is_accepted() {
        let text = "- kinds: IPC0009–0011, T1\n| identifiers | x |\n|---|---|\n| IPC0009, IPC0011 | `ipc::a_call` |\n| IPC0010 | does not apply: so |\n| T1 | `time::a_slice` |\n";
        assert_eq!(found(text), [""; 0]);
    }

    #[test]
    fn identifiers_without_a_row_or_with_two_are_found() {
        let text = "- kinds: A1–3\n| A1 | `ipc::a_call` |\n| A1–2 | `ipc::a_call` |\n| A4 | `ipc::a_call` |\n";
        assert_eq!(
            found(text),
            ["3: A1 has a row already", "4: A4 is not in the list of identifiers", "1: A3 has no row"]
        );
    }

    #[test]
    fn tests_that_do_not_exist_and_rows_without_any_are_found() {
        let text = "- kinds: A1–2\n| A1 | `ipc::a_cell`, `ipc::a_call` |\n| A2 | later |\n";
        assert_eq!(found(text), ["2: `ipc::a_cell` is no test of the suite", "3: A2: neither a test nor a reason"]);
    }

    #[test]
    fn tests_are_read_from_the_lists_of_the_areas() {
        let source = Source::new("a/areas/ipc.rs", "//! A.\ncrate::tests![\n    a_call, b_call,\n];\nfn c_call() {}\n")
            .expect("Rust");
        assert_eq!(tests_of(&source), ["ipc::a_call", "ipc::b_call"]);
    }
}
