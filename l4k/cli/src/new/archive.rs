//! The template's files, in one text. May call nothing of this crate.
//!
//! A package that is published cannot hold files from outside of its directory, nor directories with a `Cargo.toml` of their own. So the files of
//! `examples/template` stand in `template.txt` beside the manifest, each behind a line `-- PATH --`. A test compares the two.

use std::fmt::Write as _;

/// The files, as they were when this program was built.
const ARCHIVE: &str = include_str!("../../template.txt");

/// What a line with a file's path begins and ends with.
const BEFORE: &str = "-- ";
const BEHIND: &str = " --";

/// A file of the template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TemplateFile<'a> {
    /// Its path from the project's directory, with `/`.
    pub path: &'a str,
    /// What is in it.
    pub contents: &'a str,
}

/// The template's files.
#[must_use]
pub fn files() -> Vec<TemplateFile<'static>> {
    read(ARCHIVE)
}

/// The files in an archive.
#[must_use]
pub fn read(archive: &str) -> Vec<TemplateFile<'_>> {
    let mut files: Vec<TemplateFile<'_>> = Vec::new();
    let mut start = 0;
    for line in archive.split_inclusive('\n') {
        let end = start + line.len();
        match path_in(line) {
            Some(path) => files.push(TemplateFile { path, contents: &archive[end..end] }),
            None => {
                if let Some(file) = files.last_mut() {
                    file.contents = &archive[end - line.len() - file.contents.len()..end];
                }
            }
        }
        start = end;
    }
    files
}

/// The archive of files.
#[must_use]
pub fn write(files: &[TemplateFile<'_>]) -> String {
    let mut archive = String::new();
    for TemplateFile { path, contents } in files {
        let _ = write!(archive, "{BEFORE}{path}{BEHIND}\n{contents}");
    }
    archive
}

fn path_in(line: &str) -> Option<&str> {
    line.trim_end().strip_prefix(BEFORE)?.strip_suffix(BEHIND)
}

#[cfg(test)]
mod tests {
    use super::{TemplateFile, files, read, write};

    #[test]
    fn what_is_written_is_read_again() {
        let files = [
            TemplateFile { path: "Cargo.toml", contents: "[package]\nname = \"x\"\n" },
            TemplateFile { path: "empty", contents: "" },
            TemplateFile { path: "src/main.rs", contents: "\nfn main() {}\n" },
        ];
        assert_eq!(read(&write(&files)), files);
    }

    #[test]
    fn the_template_has_what_a_project_needs() {
        let paths: Vec<&str> = files().iter().map(|file| file.path).collect();
        for path in ["Cargo.toml", "build.rs", "src/main.rs", ".cargo/config.toml", "README.md", "tests/greeter.rs"] {
            assert!(paths.contains(&path), "{path} is missing among {paths:?}");
        }
    }
}
