//! Executed instructions in groups: what was executed in one function, one instruction after another. May call `annotations` and `step`.

use std::collections::BTreeSet;

use super::annotations::Annotations;
use super::step::Step;

/// Neighbouring steps of one function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The function, or the label of assembly.
    pub function: String,
    /// Its file; empty for assembly.
    pub file: String,
    /// The first and the last of its lines.
    pub lines: [u32; 2],
    /// What it is for.
    pub purpose: Option<String>,
    /// The instructions.
    pub steps: Vec<Step>,
}

/// All groups of one function together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The function, or the label of assembly.
    pub function: String,
    /// What it is for.
    pub purpose: Option<String>,
    /// How many instructions.
    pub instructions: u64,
}

/// The groups, in the order in which they were executed.
pub fn groups(steps: &[Step], annotations: &Annotations) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for step in steps {
        let Some(owner) = annotations.owner(&step.frames) else { continue };
        match groups.last_mut() {
            Some(group) if group.function == owner.function => group.add(step, owner.line),
            _ => groups.push(Group {
                function: owner.function.clone(),
                file: owner.file.clone(),
                lines: [owner.line; 2],
                purpose: annotations.of(&owner.function).map(str::to_owned),
                steps: vec![step.clone()],
            }),
        }
    }
    groups
}

impl Group {
    /// A line is 0 where the compiler does not tell it.
    fn add(&mut self, step: &Step, line: u32) {
        let [first, last] = &mut self.lines;
        if line > 0 {
            *first = if *first == 0 { line } else { line.min(*first) };
            *last = line.max(*last);
        }
        self.steps.push(step.clone());
    }

    /// The file and the lines in it.
    pub fn place(&self) -> String {
        match self.lines {
            [0, _] => self.file.clone(),
            [first, last] if first == last => format!("{}:{first}", self.file),
            [first, last] => format!("{}:{first}–{last}", self.file),
        }
    }
}

/// The functions, in the order of their first instruction.
pub fn parts(groups: &[Group]) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for Group { function, purpose, steps, .. } in groups {
        let instructions = steps.len() as u64;
        match parts.iter_mut().find(|part| part.function == *function) {
            Some(part) => part.instructions += instructions,
            None => parts.push(Part { function: function.clone(), purpose: purpose.clone(), instructions }),
        }
    }
    parts
}

/// The functions of which nobody has said what they are for.
pub fn unexplained<'a>(groups: impl IntoIterator<Item = &'a Group>) -> BTreeSet<&'a str> {
    let without = groups.into_iter().filter(|group| group.purpose.is_none());
    without.map(|group| group.function.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::annotations::tests::{annotations, frame};
    use super::*;

    fn step(offset: &str, frames: &[(&str, u32)]) -> Step {
        let frames = frames.iter().map(|(function, line)| frame(function, *line)).collect();
        Step { offset: offset.to_owned(), text: "nop".to_owned(), frames }
    }

    fn steps() -> Vec<Step> {
        vec![
            step("00400", &[("call::check", 7)]),
            step("00404", &[("base::store::at", 90), ("call::check", 0), ("call::call", 3)]),
            step("00408", &[("base::store::at", 90), ("call::check", 5)]),
            step("0040c", &[("call::commit", 20)]),
            step("00410", &[("call::check", 9)]),
        ]
    }

    #[test]
    fn neighbours_of_one_function_are_a_group() {
        let groups = groups(&steps(), &annotations());
        let told = |group: &Group| (group.function.clone(), group.place(), group.steps.len(), group.purpose.is_some());
        let check = |place: &str, count| ("call::check".to_owned(), place.to_owned(), count, true);
        let commit = ("call::commit".to_owned(), "l4k/src/a.rs:20".to_owned(), 1, false);
        let found: Vec<_> = groups.iter().map(told).collect();
        assert_eq!(found, [check("l4k/src/a.rs:5–7", 3), commit, check("l4k/src/a.rs:9", 1)]);
        assert_eq!(unexplained(&groups), BTreeSet::from(["call::commit"]));
    }

    #[test]
    fn parts_have_every_instruction_once() {
        let groups = groups(&steps(), &annotations());
        let found: Vec<_> = parts(&groups).into_iter().map(|part| (part.function, part.instructions)).collect();
        assert_eq!(found, [("call::check".to_owned(), 4), ("call::commit".to_owned(), 1)]);
    }
}
