//! Which lines count: those of the core, without its tests. May call `project`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// Directories of the core below `l4k/src`, and the machine's files that are pure.
const CORE: [&str; 5] = ["base/", "object/", "operation/", "kernel/", "machine/"];

/// What needs the machine itself, and is tested in QEMU.
const MACHINE: &str = "machine/aarch64/";

/// A file and how often each of its lines was passed; lines without code are not there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileLines {
    /// Times by line.
    pub times: BTreeMap<u32, u64>,
}

impl FileLines {
    /// How many lines were passed.
    pub fn passed(&self) -> usize {
        self.times.values().filter(|times| **times > 0).count()
    }

    /// Runs of lines that were never passed, first and last. A run goes on over lines that hold no code.
    pub fn gaps(&self) -> Vec<(u32, u32)> {
        let mut gaps: Vec<(u32, u32)> = Vec::new();
        let mut open = false;
        for (line, times) in &self.times {
            match gaps.last_mut() {
                Some(gap) if open && *times == 0 => gap.1 = *line,
                _ if *times == 0 => gaps.push((*line, *line)),
                _ => (),
            }
            open = *times == 0;
        }
        gaps
    }
}

/// The core's files by their path below `sources`, from an account in the format of lcov.
pub fn of_core(account: &str, sources: &Path) -> Result<BTreeMap<String, FileLines>> {
    let mut files = all_files(account, sources);
    files.retain(|name, _| is_core(name));
    for (name, file) in &mut files {
        let path = sources.join(name);
        let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
        let end = tests_begin(&text);
        file.times.retain(|line, _| *line < end);
    }
    files.retain(|_, file| !file.times.is_empty());
    Ok(files)
}

fn all_files(account: &str, sources: &Path) -> BTreeMap<String, FileLines> {
    let mut files: BTreeMap<String, FileLines> = BTreeMap::new();
    let mut current = None;
    for line in account.lines() {
        if let Some(path) = line.strip_prefix("SF:") {
            current = Path::new(path).strip_prefix(sources).ok().map(|path| path.to_string_lossy().into_owned());
        } else if let Some(count) = line.strip_prefix("DA:")
            && let Some(name) = &current
            && let Some((line, times)) = pair(count)
        {
            *files.entry(name.clone()).or_default().times.entry(line).or_default() += times;
        }
    }
    files
}

fn pair(count: &str) -> Option<(u32, u64)> {
    let mut numbers = count.split(',');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

fn is_core(name: &str) -> bool {
    CORE.iter().any(|directory| name.starts_with(directory))
        && !name.starts_with(MACHINE)
        && !name.ends_with("tests.rs")
}

/// The line at which a file's tests begin, which stand at its end; behind its last line if it has none.
fn tests_begin(text: &str) -> u32 {
    let mut lines = (1..).zip(text.lines().map(str::trim)).peekable();
    while let Some((number, line)) = lines.next() {
        let module = lines.peek().is_some_and(|(_, next)| next.starts_with("mod ") && next.ends_with('{'));
        if line == "#[cfg(test)]" && module {
            return number;
        }
    }
    u32::MAX
}

#[cfg(test)]
mod tests {
    use super::{FileLines, all_files, is_core, tests_begin};
    use std::path::Path;

    #[test]
    fn counts_of_all_programs_are_added() {
        let account = "SF:/p/l4k/src/base/time.rs\nDA:3,0\nDA:4,2\nend_of_record\nSF:/p/other.rs\nDA:1,1\nend_of_record\n\
                       SF:/p/l4k/src/base/time.rs\nDA:3,5\nDA:4,1\nend_of_record\n";
        let files = all_files(account, Path::new("/p/l4k/src"));
        assert_eq!(files.len(), 1);
        assert_eq!(files["base/time.rs"].times.iter().map(|(a, b)| (*a, *b)).collect::<Vec<_>>(), [(3, 5), (4, 3)]);
    }

    #[test]
    fn gaps_span_lines_without_code_and_end_at_lines_that_were_passed() {
        let file = FileLines { times: [(1, 0), (2, 0), (5, 0), (6, 1), (7, 0), (9, 4)].into() };
        assert_eq!(file.gaps(), [(1, 5), (7, 7)]);
        assert_eq!(file.passed(), 2);
    }

    #[test]
    fn tests_and_the_real_machine_do_not_count() {
        assert!(is_core("machine/syndrome.rs") && is_core("operation/reply.rs"));
        assert!(!is_core("machine/aarch64/trap.rs") && !is_core("machine/device_tree_tests.rs") && !is_core("lib.rs"));
        assert_eq!(tests_begin("fn f() {}\n\n#[cfg(test)]\nmod tests {\n"), 3);
        assert_eq!(tests_begin("#[cfg(test)]\nuse x;\nfn f() {}\n"), u32::MAX);
    }
}
