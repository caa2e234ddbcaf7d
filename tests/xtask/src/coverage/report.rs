//! Judging and printing the coverage. May call `measure` and `lines`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::lines::{self, FileLines};
use super::measure;
use crate::llvm::HostCompiler;
use crate::project::Project;
use crate::set_up::{self, Need};

/// Least share of the lines, in percent.
const LEAST: f64 = 95.0;

/// Measures, prints and judges.
pub fn run(project: &Project, json: Option<&Path>) -> Result<()> {
    set_up::ensure(project, &[Need::CoverageTools])?;
    let compiler = HostCompiler::ask()?;
    let tools = compiler.coverage_tools().context("the coverage tools are gone again")?;
    let account = measure::measure(project, &compiler, &tools)?;
    let files = lines::of_core(&account, &project.path("l4k/src"))?;
    ensure!(!files.is_empty(), "LLVM's account names no file of the core");
    print!("{}", text(&files));
    if let Some(file) = json {
        fs::write(file, format!("{:#}\n", figures(&files))).with_context(|| format!("writing {}", file.display()))?;
    }
    let share = percent(&files);
    ensure!(share >= LEAST, "{share:.2}% of the core's lines are passed by the host tests; {LEAST}% are asked for");
    Ok(())
}

fn sums(files: &BTreeMap<String, FileLines>) -> (usize, usize) {
    let of = |file: &FileLines| (file.passed(), file.times.len());
    files.values().map(of).fold((0, 0), |sum, file| (sum.0 + file.0, sum.1 + file.1))
}

fn share(passed: usize, all: usize) -> f64 {
    100.0 * passed as f64 / all as f64
}

fn percent(files: &BTreeMap<String, FileLines>) -> f64 {
    let (passed, all) = sums(files);
    share(passed, all)
}

fn text(files: &BTreeMap<String, FileLines>) -> String {
    let mut text = String::from("lines of l4k/src that the host tests pass\n");
    let mut row = |name: &str, passed, all| {
        let _ = writeln!(text, "  {name:<36} {passed:>5} of {all:>5}  {:>6.2}%", share(passed, all));
    };
    for (name, file) in files {
        row(name, file.passed(), file.times.len());
    }
    let (passed, all) = sums(files);
    row("all", passed, all);
    if passed < all {
        text.push_str("lines that no host test passes\n");
    }
    for (name, file) in files {
        for (first, last) in file.gaps() {
            let _ = match first == last {
                true => writeln!(text, "  l4k/src/{name}:{first}"),
                false => writeln!(text, "  l4k/src/{name}:{first}-{last}"),
            };
        }
    }
    text
}

fn figures(files: &BTreeMap<String, FileLines>) -> Value {
    let (passed, all) = sums(files);
    let of = |(name, file): (&String, &FileLines)| json!({ "file": name, "passed": file.passed(), "lines": file.times.len(), "gaps": file.gaps() });
    json!({ "passed": passed, "lines": all, "percent": percent(files), "files": files.iter().map(of).collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests {
    use super::{figures, percent, text};
    use crate::coverage::lines::FileLines;

    #[test]
    fn every_gap_is_named_below_the_table() {
        let whole = FileLines { times: [(1, 1), (2, 1)].into() };
        let torn = FileLines { times: [(7, 0), (9, 0), (10, 3), (12, 0)].into() };
        let files = [("a.rs".to_owned(), whole), ("b.rs".to_owned(), torn)].into();
        let text = text(&files);
        assert!(text.contains("  all                                      3 of     6   50.00%\n"), "{text}");
        assert!(text.ends_with("lines that no host test passes\n  l4k/src/b.rs:7-9\n  l4k/src/b.rs:12\n"), "{text}");
        assert_eq!(figures(&files)["files"][1]["gaps"][0][1], 9);
        assert!((percent(&files) - 50.0).abs() < 1e-9);
    }
}
