//! The Markdown as it stands: it is read on web pages and in editors as well, which hide nothing.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::chapters::{Text, blocks, chapters, read, root};

/// The README files and the chapters.
fn texts() -> Vec<Text> {
    let mut texts = chapters();
    texts.extend(["README.md", "l4k/README.md", "l4k-sys/README.md"].map(read));
    texts
}

/// Lines that rustdoc compiles and mdbook hides: `#` alone, or followed by a blank.
fn hidden_lines(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for block in blocks(text).iter().filter(|block| block.language.starts_with("rust")) {
        let hidden = block.lines.iter().filter(|line| line.trim_start() == "#" || line.trim_start().starts_with("# "));
        found.extend(hidden.map(|line| format!("the block at line {}: {line}", block.line)));
    }
    found
}

#[test]
fn no_block_has_hidden_lines() {
    let found = texts()
        .iter()
        .flat_map(|text| hidden_lines(&text.text).into_iter().map(|line| format!("{}: {line}", text.name)))
        .collect::<Vec<_>>();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_hidden_line_is_seen() {
    let hidden = "text\n```rust,no_run\n# extern crate a;\nlet b = 1;\n#\n#[cfg(c)]\n```\n```sh\n# a comment\n```\n";
    assert_eq!(hidden_lines(hidden).len(), 2);
}

/// The project's files, from its root, without what cargo makes.
fn files(directory: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(directory).expect("a directory of the project") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && name != ".git" {
            files(&path, found);
        } else if path.is_file() {
            let name = path.strip_prefix(root()).expect("a file of the project").to_string_lossy().into_owned();
            found.insert(format!("/{name}"));
        }
    }
}

/// Source files that a text cites in backticks, with a folder: `` `kernel/entry.rs` ``.
fn cited(text: &str) -> impl Iterator<Item = &str> {
    let is_source = |word: &&str| [".rs", ".ld"].iter().any(|ending| word.ends_with(ending));
    let is_path = |word: &&str| word.contains('/') && !word.contains([' ', '…', '*', '\n']);
    text.split('`').skip(1).step_by(2).filter(is_source).filter(is_path)
}

#[test]
fn every_source_file_that_is_cited_exists() {
    let mut all = BTreeSet::new();
    files(&root(), &mut all);
    let mut seen = 0;
    for text in texts() {
        for name in cited(&text.text) {
            seen += 1;
            let ending = format!("/{name}");
            assert!(all.iter().any(|file| file.ends_with(&ending)), "{} cites {name}, which does not exist", text.name);
        }
    }
    assert!(seen > 50, "only {seen} source files are cited");
}

/// The anchors of a text's headings, as mdbook and GitHub make them.
fn anchors(text: &str) -> BTreeSet<String> {
    let code: BTreeSet<usize> =
        blocks(text).iter().flat_map(|block| block.line..=block.line + block.lines.len()).collect();
    let is_kept = |character: &char| character.is_alphanumeric() || matches!(character, '-' | '_' | ' ');
    let lines = text.lines().enumerate().filter(|(index, line)| line.starts_with('#') && !code.contains(index));
    let titles = lines.map(|(_, line)| line.trim_start_matches('#').trim().to_lowercase());
    titles.map(|title| title.chars().filter(is_kept).collect::<String>().replace(' ', "-")).collect()
}

/// The targets of a text's links that are files or places of the project.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    targets.filter(|target| !target.contains("://") && !target.contains([' ', '\n']))
}

#[test]
fn every_link_leads_somewhere() {
    let mut seen = 0;
    for text in texts() {
        let folder = Path::new(&text.name).parent().unwrap_or(Path::new(""));
        for link in links(&text.text) {
            let (file, place) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { Path::new(&text.name).to_owned() } else { folder.join(file) };
            assert!(root().join(&target).is_file(), "{} links to {link}: there is no such file", text.name);
            let known = place.is_empty() || anchors(&read(&target.to_string_lossy()).text).contains(place);
            assert!(known, "{} links to {link}: the file has no such heading", text.name);
            seen += 1;
        }
    }
    assert!(seen > 50, "only {seen} links were found");
}
