//! **unsafe-is-a-ledger**: `unsafe` and assembly stand only in the files that a crate's root lists, and every file listed has some. May
//! call `source`.

use crate::source::{Project, Source};
use crate::violation::Violation;

/// Around the list in a crate's `lib.rs` or `main.rs`: lines of `// path from the crate's directory`.
const BEGIN: &str = "// trusted-files-begin";
/// Its end.
const END: &str = "// trusted-files-end";

/// Directories of the crates that may have such a list: the rooms in which `unsafe` has a place.
const ROOMS: [&str; 8] = [
    "l4k/",
    "l4k-sys/",
    "bsp-qemu-virt/",
    "bsp-rpi4/",
    "examples/",
    "tests/bench/",
    "tests/suite/",
    "tests/paths/plugin/",
];

/// What a file has to be trusted for. Assembly outside of functions needs no `unsafe` in the language, and can do as much.
const WORDS: [&str; 3] = ["unsafe", "global_asm", "naked_asm"];

/// Checks all crates.
#[must_use]
pub fn check(project: &Project) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut trusted = Vec::new();
    for root in project.sources.iter().filter(|source| source.is_root()) {
        let listed = listed(root);
        if !listed.is_empty() && !ROOMS.iter().any(|room| root.path.starts_with(room)) {
            violations.push(root.violation(1, "unsafe-is-a-ledger: this crate may not have trusted files".to_owned()));
        }
        for file in &listed {
            let source = project.sources.iter().find(|source| source.path == *file);
            if source.is_none_or(|source| lines(source).is_empty()) {
                let what = format!("unsafe-is-a-ledger: `{file}` is listed, and has no unsafe");
                violations.push(root.violation(1, what));
            }
        }
        trusted.extend(listed);
    }
    for source in project.sources.iter().filter(|source| !trusted.contains(&source.path)) {
        violations.extend(untrusted(source));
    }
    violations
}

/// All trusted files, as paths from the project's root.
#[must_use]
pub fn files(project: &Project) -> Vec<String> {
    project.sources.iter().filter(|source| source.is_root()).flat_map(listed).collect()
}

/// Every `unsafe` in a file that is not listed.
fn untrusted(source: &Source) -> Vec<Violation> {
    let violation = |line| source.violation(line, "unsafe-is-a-ledger: not a trusted file".to_owned());
    lines(source).into_iter().map(violation).collect()
}

fn lines(source: &Source) -> Vec<usize> {
    WORDS.iter().flat_map(|word| source.lines_with(word)).collect()
}

/// The files listed in a crate's root, as paths from the project's root.
fn listed(root: &Source) -> Vec<String> {
    let directory = root.path.strip_suffix("src/lib.rs").or_else(|| root.path.strip_suffix("src/main.rs"));
    let lines = root.text.lines().map(str::trim);
    let list = lines.skip_while(|line| *line != BEGIN).skip(1).take_while(|line| *line != END);
    let files = list.filter_map(|line| line.strip_prefix("// "));
    files.map(|file| format!("{}{file}", directory.unwrap_or_default())).collect()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let sources = files.iter().map(|(path, text)| Source::new(path, text).expect("Rust")).collect();
        let project = Project { root: PathBuf::new(), sources };
        check(&project).iter().map(ToString::to_string).collect()
    }

    const LIST: &str = "//! A.\n// trusted-files-begin\n// src/a.rs\n// trusted-files-end\n";

    #[test]
    fn unsafe_in_a_file_that_is_not_listed_is_found() {
        let bad = found(&[("l4k/src/lib.rs", "//! A.\n"), ("l4k/src/a.rs", "fn f() {\n    unsafe { g() }\n}")]);
        assert_eq!(bad, ["l4k/src/a.rs:2: unsafe-is-a-ledger: not a trusted file"]);
        assert_eq!(found(&[("x/src/a.rs", "#[unsafe(no_mangle)]\nfn f() {}")]).len(), 1);
        assert_eq!(found(&[("x/src/a.rs", "core::arch::global_asm!(\"nop\");")]).len(), 1);
        assert_eq!(found(&[("x/src/a.rs", "macro_rules! m { () => { unsafe { f() } } }")]).len(), 1);
    }

    #[test]
    fn listed_file_may_have_unsafe() {
        assert!(found(&[("l4k/src/lib.rs", LIST), ("l4k/src/a.rs", "unsafe fn f() {}")]).is_empty());
    }

    #[test]
    fn listed_file_without_unsafe_is_found() {
        assert_eq!(found(&[("l4k/src/lib.rs", LIST), ("l4k/src/a.rs", "fn f() {}")]).len(), 1);
        assert_eq!(found(&[("l4k/src/lib.rs", LIST)]).len(), 1);
    }

    #[test]
    fn list_in_the_wrong_room_is_found() {
        assert_eq!(found(&[("tests/model/src/lib.rs", LIST), ("tests/model/src/a.rs", "unsafe fn f() {}")]).len(), 1);
    }

    #[test]
    fn word_in_comments_and_strings_is_not_code() {
        assert!(found(&[("l4k/src/a.rs", "//! unsafe\n// unsafe\nconst A: &str = \"unsafe\";")]).is_empty());
    }
}
