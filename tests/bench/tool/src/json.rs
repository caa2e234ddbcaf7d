//! The figures for tools. May call `figure` and `marks`.

use serde_json::{Value, json};

use super::figure::Figure;
use super::marks;
use super::rows::Source;

/// A list of rows.
pub fn list(figures: &[Figure]) -> Vec<Value> {
    figures.iter().map(row).collect()
}

fn row(figure: &Figure) -> Value {
    let mut value = json!({
        "name": figure.row.name,
        "instructions": figure.instructions,
        "unit": "instructions",
        "kind": kind(figure.row.source),
        "rounds": figure.entries,
        "what": figure.row.what,
    });
    if let Some(count) = figure.user_to_user {
        value["user_to_user"] = json!(count);
    }
    if let Some(stretch) = &figure.stretch {
        value["longest_stretch"] = json!(stretch.instructions);
    }
    if let Some(marks) = marks::of(figure.row.name) {
        value["sel4"] = json!([marks.classic.least, marks.classic.most]);
        value["sel4_mcs"] = json!([marks.mixed.least, marks.mixed.most]);
        value["mark"] = json!(marks.most);
    }
    value
}

fn kind(source: Source) -> &'static str {
    match source {
        Source::Entry { .. } => "one kernel entry",
        Source::Round { .. } => "all kernel entries of a round",
        Source::UserToUser { .. } => "user to user",
        Source::Sum(..) => "two kernel entries",
    }
}
