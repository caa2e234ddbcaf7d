//! The texts that the tests of this folder read: the chapters of the book and the other Markdown files for readers.

use std::fs;
use std::path::{Path, PathBuf};

/// A Markdown file.
#[derive(Debug)]
pub struct Text {
    /// Its path from the project's root.
    pub name: String,
    /// What it says.
    pub text: String,
}

/// The project's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A file of the project.
pub fn read(name: &str) -> Text {
    let text = fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    Text { name: name.to_owned(), text }
}

/// Every chapter of the book.
pub fn chapters() -> Vec<Text> {
    let entries = fs::read_dir(root().join("book/src")).expect("the book has chapters");
    let names = entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| name.ends_with(".md")).collect();
    names.sort();
    assert!(names.len() > 10, "only {} chapters were found", names.len());
    names.iter().map(|name| read(&format!("book/src/{name}"))).collect()
}

/// A fenced block of code.
#[derive(Debug)]
pub struct Block<'a> {
    /// The line of the opening fence, from 1.
    pub line: usize,
    /// What stands behind the opening fence.
    pub language: &'a str,
    /// The lines between the fences.
    pub lines: Vec<&'a str>,
}

/// The fenced blocks of a text. A fence closes with as many backticks as it opens with.
pub fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut open: Option<(&str, Block<'_>)> = None;
    for (index, line) in text.lines().enumerate() {
        open = match open {
            Some((fence, block)) if line == fence => {
                blocks.push(block);
                None
            }
            Some((fence, mut block)) => {
                block.lines.push(line);
                Some((fence, block))
            }
            None if line.starts_with("```") => {
                let language = line.trim_start_matches('`');
                let fence = &line[..line.len() - language.len()];
                Some((fence, Block { line: index + 1, language, lines: Vec::new() }))
            }
            None => None,
        };
    }
    assert!(open.is_none(), "a block of code does not end: {open:?}");
    blocks
}
