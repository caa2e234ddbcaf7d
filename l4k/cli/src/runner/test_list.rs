//! The list of tests in a test program, which `l4k_test::tests!` has put there. May call nothing of this crate.

use anyhow::{Context, Result, bail};

/// Ends a test: `l4k_test::declare::RECORD`.
const RECORD: char = '\u{1e}';
/// Stands before each remark: `l4k_test::declare::FIELD`.
const FIELD: char = '\u{1f}';

/// A test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestEntry {
    /// Its name.
    pub name: String,
    /// Whether it runs unless it is asked for.
    pub usual: Usual,
    /// What it has to do.
    pub expected: Expected,
}

/// Whether a test runs if nothing is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usual {
    /// It runs.
    Runs,
    /// `#[ignore]`.
    Ignored,
}

/// What a test has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Return.
    Success,
    /// Panic, with this in its message.
    Panic(String),
}

/// Reads the section.
///
/// # Errors
/// It was made by another version of `l4k-test`.
pub fn read(section: &[u8]) -> Result<Vec<TestEntry>> {
    let text = std::str::from_utf8(section).context("the list of tests is no text")?;
    text.split_terminator(RECORD).map(entry).collect()
}

fn entry(record: &str) -> Result<TestEntry> {
    let mut fields = record.split(FIELD);
    let name = fields.next().filter(|name| !name.is_empty()).context("a test has no name")?;
    let mut entry = TestEntry { name: name.to_owned(), usual: Usual::Runs, expected: Expected::Success };
    for field in fields {
        match field.split_once('=').unwrap_or((field, "")) {
            ("ignore", "") => entry.usual = Usual::Ignored,
            ("should_panic", text) => entry.expected = Expected::Panic(text.to_owned()),
            _ => bail!(
                "the test {name} has the remark `{field}`, which this cargo l4k does not know; install a later one"
            ),
        }
    }
    Ok(entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_remarks_are_read() {
        let list = b"plain\x1eslow\x1fignore\x1ebad\x1fshould_panic\x1fignore\x1ewords\x1fshould_panic=a = b\x1e";
        let read = read(list).unwrap();
        let names: Vec<&str> = read.iter().map(|entry| &*entry.name).collect();
        assert_eq!(names, ["plain", "slow", "bad", "words"]);
        assert_eq!((read[0].usual, &read[0].expected), (Usual::Runs, &Expected::Success));
        assert_eq!((read[1].usual, &read[1].expected), (Usual::Ignored, &Expected::Success));
        assert_eq!((read[2].usual, &read[2].expected), (Usual::Ignored, &Expected::Panic(String::new())));
        assert_eq!(read[3].expected, Expected::Panic("a = b".to_owned()));
    }

    #[test]
    fn what_another_version_made_is_refused() {
        let said = read(b"new\x1ftime_limit=3\x1e").unwrap_err().to_string();
        assert!(said.contains("`time_limit=3`"), "{said}");
        assert!(read(b"\x1e").is_err());
        assert!(read(b"\xff\x1e").is_err());
    }
}
