//! The table of features in a text, and the features of a manifest. May call nothing of this crate.

/// What a text says that has no features to list.
const NONE: &str = "This crate has no features.";

/// The heading of the section, of any level.
const HEADING: &str = "Features";

/// The names in the table below the heading "Features" of a text in Markdown. An empty list if the text says that there are none.
/// `None` if the text has neither.
#[must_use]
pub fn listed(text: &str) -> Option<Vec<String>> {
    let mut lines = text.lines().map(str::trim).skip_while(|line| !is_heading(line));
    lines.next()?;
    let section: Vec<&str> = lines.take_while(|line| !line.starts_with('#')).collect();
    if section.contains(&NONE) {
        return Some(Vec::new());
    }
    let names: Vec<String> = section.iter().filter_map(|line| name_in_row(line)).collect();
    (!names.is_empty()).then_some(names)
}

/// The crate's documentation, the `//!` lines that a `lib.rs` begins with, as Markdown.
#[must_use]
pub fn crate_documentation(source: &str) -> String {
    let lines = source.lines().filter_map(|line| line.strip_prefix("//!"));
    lines.map(|line| format!("{}\n", line.strip_prefix(' ').unwrap_or(line))).collect()
}

fn is_heading(line: &str) -> bool {
    line.starts_with('#') && line.trim_start_matches('#').trim() == HEADING
}

/// The name in a row that begins with a name in backticks and also says what the feature does.
fn name_in_row(line: &str) -> Option<String> {
    let (name, rest) = line.strip_prefix("| `")?.split_once("` |")?;
    (rest.trim_matches(['|', ' ']).len() > 10).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{crate_documentation, listed};

    #[test]
    fn table_is_read_from_documentation() {
        let source = "//! A crate.\n//!\n//! # Features\n//!\n//! | feature | what it does |\n//! |---|---|\n\
                      //! | `one` | does the first thing |\n//!\n//! # More\n//!\n//! | `two` | is in another section |\n#![no_std]\n";
        assert_eq!(listed(&crate_documentation(source)), Some(vec!["one".to_owned()]));
    }

    #[test]
    fn row_without_explanation_is_no_row() {
        assert_eq!(listed("## Features\n\n| `one` | |\n"), None);
    }

    #[test]
    fn text_may_say_that_there_are_none() {
        assert_eq!(listed("## Features\n\nThis crate has no features.\n"), Some(Vec::new()));
        assert_eq!(listed("nothing\n"), None);
    }
}
