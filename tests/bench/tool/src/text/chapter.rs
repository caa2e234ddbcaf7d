//! The chapter of the book: what the kernel's text is spent on. May call `rooms`.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::rooms::{Room, rooms};
use crate::book::replace;
use crate::guard::ALLOWANCE;
use crate::plot::grouped;
use cargo_l4k::Workplace;

/// The chapter.
pub const CHAPTER: &str = "book/src/text.md";

/// Its part that is written by the command.
const PART: &str = "text";

/// What the sum stands under.
const ALL: &str = "in all";

/// Writes the chapter. Fails if the parts are not the whole.
pub fn write(project: &Workplace, kernel: &Path, whole: u64) -> Result<()> {
    let rooms = rooms(project, kernel)?;
    let sum: u64 = rooms.iter().map(|room| room.bytes).sum();
    ensure!(sum == whole, "the text has {whole} bytes, and its parts {sum} together");
    let file = project.path(CHAPTER);
    let before = fs::read_to_string(&file).with_context(|| format!("reading {CHAPTER}"))?;
    let text = replace(&before, PART, |_| tables(&rooms)).context(CHAPTER)?;
    fs::write(&file, text).with_context(|| format!("writing {CHAPTER}"))?;
    println!("\nwritten: {CHAPTER}");
    Ok(())
}

/// All rooms in a table, and the files of each in one of its own.
fn tables(rooms: &[Room]) -> String {
    let all: u64 = rooms.iter().map(|room| room.bytes).sum();
    let mut out = String::from("| bytes | of all | where | what for |\n|---:|---:|---|---|\n");
    for room in rooms {
        let share = format!("{:.1}%", room.bytes as f64 * 100.0 / all.max(1) as f64);
        let _ = writeln!(out, "| {} | {share} | {} | {} |", grouped(room.bytes), link(room), room.purpose);
    }
    let _ = writeln!(out, "| **{}** | | {ALL} | |", grouped(all));
    for room in rooms.iter().filter(|room| !room.files.is_empty()) {
        let _ = writeln!(out, "\n## `{}`\n\n| bytes | file | what for |\n|---:|---|---|", room.directory);
        for file in &room.files {
            let _ = writeln!(out, "| {} | `{}` | {} |", grouped(file.bytes), file.name, file.purpose);
        }
    }
    out
}

fn link(room: &Room) -> String {
    match room.directory.as_str() {
        "" => "the compiler's library".to_owned(),
        // As the book makes anchors of headings.
        directory => format!("[`{directory}`](#{})", directory.replace('/', "").to_lowercase()),
    }
}

/// Fails if the chapter is of another text than the accepted one.
pub fn check_book(chapter: &str, accepted: u64) -> Result<()> {
    let sum = chapter.lines().filter(|line| line.contains(ALL)).find_map(|line| {
        let (count, _) = line.strip_prefix("| **")?.split_once("**")?;
        count.replace(',', "").parse::<u64>().ok()
    });
    let sum = sum.with_context(|| format!("{CHAPTER} does not say how much there is in all"))?;
    ensure!(
        sum.abs_diff(accepted) * 100 <= accepted * ALLOWANCE,
        "{CHAPTER} is of a text of {sum} bytes, and {accepted} are accepted; `cargo xtask bench --text` writes it"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::rooms::tests::example;
    use super::*;

    #[test]
    fn rooms_and_files_are_told() {
        let text = tables(&example());
        assert!(text.contains("| 100 | 78.1% | [`l4k/src/a`](#l4ksrca) | Says l4k/src/a/mod.rs. |\n"), "{text}");
        assert!(text.contains("| **128** | | in all | |\n"), "{text}");
        assert!(
            text.contains("## `l4k/src/a`\n\n| bytes | file | what for |\n|---:|---|---|\n| 60 | `two.rs` |"),
            "{text}"
        );
        assert_eq!(text.matches("\n## ").count(), 2, "{text}");
    }

    #[test]
    fn chapter_of_another_text_is_found() {
        let text = tables(&example());
        assert!(check_book(&text, 128).is_ok());
        assert!(check_book(&text, 130).is_ok());
        assert!(check_book(&text, 200).is_err());
        assert!(check_book("", 128).is_err());
    }
}
