//! 'Your own firmware' shows every file of `examples/template`, byte for byte.
//!
//! A file is shown as a line with its name, `` **`src/main.rs`** ``, an empty line, and a block of code. After a change of the template,
//! `L4K_UPDATE_BOOK=1 cargo test --package l4k-book template` writes the files into the chapter again.

use std::collections::BTreeMap;
use std::path::Path;
use std::{env, fs};

use crate::chapters::{read, root};

const CHAPTER: &str = "book/src/your-own-firmware.md";
const TEMPLATE: &str = "examples/template";
const UPDATE: &str = "L4K_UPDATE_BOOK";

/// What cargo writes, and what only cargo-generate reads: they are not in the project that a reader gets, or nobody changes them by hand.
const NOT_SHOWN: [&str; 4] = ["Cargo.lock", "target", "Cargo.toml.liquid", "cargo-generate.toml"];

/// Files by their name in the project.
type Files = BTreeMap<String, String>;

fn collect(directory: &Path, prefix: &str, files: &mut Files) {
    let entries = fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    for entry in entries {
        let path = entry.expect("an entry").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let full = format!("{prefix}{name}");
        if NOT_SHOWN.contains(&full.as_str()) {
            continue;
        }
        if path.is_dir() {
            collect(&path, &format!("{full}/"), files);
        } else {
            files.insert(full, fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())));
        }
    }
}

/// The file that a line announces.
fn announced(line: &str) -> Option<&str> {
    line.strip_prefix("**`")?.strip_suffix("`**")
}

/// The chapter with each announced file as it is in `files`, and the names that it announces. A file that does not exist stays as it is.
fn with_files(chapter: &str, files: &Files) -> (String, Vec<String>) {
    let (mut text, mut names) = (String::new(), Vec::new());
    let mut lines = chapter.lines();
    while let Some(line) = lines.next() {
        text.extend([line, "\n"]);
        let Some(name) = announced(line) else { continue };
        names.push(name.to_owned());
        let Some(contents) = files.get(name) else { continue };
        assert_eq!(lines.next(), Some(""), "an empty line follows the name {name}");
        let opening = lines.next().unwrap_or_default();
        let fence = &opening[..opening.len() - opening.trim_start_matches('`').len()];
        assert!(fence.len() >= 3, "a block of code follows the name {name}, not: {opening}");
        assert!(lines.by_ref().any(|line| line == fence), "the block of {name} does not end");
        assert!(!contents.lines().any(|line| line == fence), "{name} has a line {fence}: take a longer fence");
        text.extend(["\n", opening, "\n", contents.trim_end_matches('\n'), "\n", fence, "\n"]);
    }
    (text, names)
}

#[test]
fn the_chapter_shows_every_file_of_the_template_as_it_is() {
    let mut files = Files::new();
    collect(&root().join(TEMPLATE), "", &mut files);
    let chapter = read(CHAPTER).text;
    let (text, mut names) = with_files(&chapter, &files);
    names.sort();
    assert_eq!(names, files.keys().cloned().collect::<Vec<_>>(), "left: shown in {CHAPTER}; right: in {TEMPLATE}");
    if env::var_os(UPDATE).is_some() {
        fs::write(root().join(CHAPTER), &text).expect("the chapter can be written");
        return;
    }
    let first = chapter.lines().zip(text.lines()).position(|(shown, real)| shown != real);
    let place = first.map_or(String::new(), |index| format!(", first in line {}", index + 1));
    assert!(chapter == text, "{CHAPTER} shows another text than {TEMPLATE}{place}; with {UPDATE}=1 this test mends it");
}

#[test]
fn a_file_that_differs_is_put_in() {
    let files = Files::from([("a.rs".to_owned(), "new\n".to_owned())]);
    let chapter = "A.\n\n**`a.rs`**\n\n```rust,ignore\nold\n```\n\n**`b.rs`**\n\n```sh\nb\n```\n";
    let (text, names) = with_files(chapter, &files);
    assert_eq!(text, chapter.replace("old", "new"));
    assert_eq!(names, ["a.rs", "b.rs"]);
}
