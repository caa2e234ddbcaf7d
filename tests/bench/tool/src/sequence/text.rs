//! Sequences for people: the listing that the terminal and the book have. May call `groups` and `step`.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::annotations::FILE;
use super::groups::Group;
use super::step::Step;

/// Who reads a listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// Of the book, who finds in the table above it what functions are for.
    Book,
    /// Of the terminal.
    Terminal,
}

/// The instructions, in their order: number, offset from the beginning of the kernel's code, text, and the line that it was written in.
pub fn listing(groups: &[Group], reader: Reader) -> String {
    let (mut out, mut number) = (String::new(), 0);
    for group in groups {
        match reader {
            Reader::Book => out.push_str(&format!("{}: {}\n", group.function, group.steps.len())),
            Reader::Terminal => out.push_str(&heading(group)),
        }
        for step in &group.steps {
            number += 1;
            let origin = origin(step, &group.function, reader);
            let line = format!("{number:>5}  {}  {:<34}{origin}", step.offset, step.text);
            let _ = writeln!(out, "{}", line.trim_end());
        }
    }
    out
}

/// The function, its place, how many instructions, and what it is for.
fn heading(group: &Group) -> String {
    let place = group.place();
    let place = if place.is_empty() { "assembly" } else { &place };
    let purpose = group.purpose.as_ref().map_or_else(String::new, |purpose| format!("    {purpose}\n"));
    format!("{}, {place}: {}\n{purpose}", group.function, group.steps.len())
}

/// Where an instruction is written. On the terminal with the function's name where it is another one than that of the group.
fn origin(step: &Step, function: &str, reader: Reader) -> String {
    let Some(inner) = step.frames.first().filter(|frame| !frame.file.is_empty()) else { return String::new() };
    let name = inner.file.rsplit('/').next().unwrap_or_default();
    let line = if inner.line == 0 { name.to_owned() } else { format!("{name}:{}", inner.line) };
    if reader == Reader::Book || inner.function == function { line } else { format!("{line} {}", inner.function) }
}

/// Which functions nobody has explained.
pub fn told_unexplained(functions: &BTreeSet<&str>) -> String {
    if functions.is_empty() {
        return format!("every function has a sentence in {FILE}\n");
    }
    let names: Vec<&str> = functions.iter().copied().collect();
    format!("without a sentence in {FILE}: {}\n{}\n", names.len(), names.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::super::annotations::tests::{annotations, frame};
    use super::super::groups::groups;
    use super::*;

    #[test]
    fn listing_tells_each_instruction_with_its_origin() {
        let step = |offset: &str, text: &str, frames| Step { offset: offset.to_owned(), text: text.to_owned(), frames };
        let label = l4k_paths_tool::functions::Frame { file: String::new(), ..frame("l4k_vectors", 0) };
        let steps = [
            step("00400", "mrs x28, esr_el1", vec![label]),
            step("00500", "ldr x0, [x1]", vec![frame("base::store::at", 90), frame("call::check", 7)]),
            step("00504", "ret", vec![frame("call::check", 8)]),
        ];
        let groups = groups(&steps, &annotations());
        let expected = "\
l4k_vectors, assembly: 1
    1  00400  mrs x28, esr_el1
call::check, l4k/src/a.rs:7–8: 2
    checks.
    2  00500  ldr x0, [x1]                      a.rs:90 base::store::at
    3  00504  ret                               a.rs:8
";
        assert_eq!(listing(&groups, Reader::Terminal), expected);
        let expected = "\
l4k_vectors: 1
    1  00400  mrs x28, esr_el1
call::check: 2
    2  00500  ldr x0, [x1]                      a.rs:90
    3  00504  ret                               a.rs:8
";
        assert_eq!(listing(&groups, Reader::Book), expected);
    }

    #[test]
    fn functions_without_a_sentence_are_named() {
        assert!(told_unexplained(&BTreeSet::new()).starts_with("every function"));
        assert!(told_unexplained(&BTreeSet::from(["a::b", "c::d"])).ends_with(": 2\na::b\nc::d\n"));
    }
}
