//! What the command calls: sequences on the terminal, and in the book. May call everything in this directory.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use super::annotations::{Annotations, FILE};
use super::chapter::{self, CHAPTER, Told, is_above};
use super::estimate::{Estimator, MEANING};
use super::groups::{Group, groups, parts, unexplained};
use super::step::{Source, Step};
use super::text::{Reader, listing, told_unexplained};
use crate::figure::Figure;
use crate::rows;
use cargo_l4k::Workplace;

/// Whether cycles are estimated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Estimate {
    /// They are not.
    #[default]
    Left,
    /// They are; an error where the program for it is not installed.
    Wanted,
}

/// What sequences are made of.
struct Teller {
    source: Source,
    annotations: Annotations,
    estimator: Option<Estimator>,
    /// The file for the program that estimates.
    scratch: PathBuf,
}

impl Teller {
    fn of(project: &Workplace, kernel: &Path, estimate: Estimate) -> Result<Teller> {
        let annotations = Annotations::read(&project.path(FILE))?;
        let estimator = match estimate {
            Estimate::Left => None,
            Estimate::Wanted => Some(Estimator::find()?),
        };
        let scratch = project.target().join("bench/sequence.s");
        Ok(Teller { source: Source::of(kernel, project.root())?, annotations, estimator, scratch })
    }

    fn steps(&self, figure: &Figure) -> Result<Vec<Step>> {
        let name = figure.row.name;
        let sample = figure.sample.as_ref();
        let sample = sample.with_context(|| format!("`{name}` is not one entry, and has no one sequence"))?;
        self.source.steps(sample).with_context(|| format!("row {name}"))
    }

    fn told<'a>(&self, figure: &'a Figure) -> Result<Told<'a>> {
        let steps = self.steps(figure)?;
        let cycles = self.estimator.as_ref().map(|estimator| estimator.cycles(&steps, &self.scratch)).transpose()?;
        Ok(Told { figure, groups: groups(&steps, &self.annotations), steps, cycles })
    }
}

/// Prints the sequences of these figures.
pub fn print(project: &Workplace, kernel: &Path, figures: &[Figure], estimate: Estimate) -> Result<()> {
    let teller = Teller::of(project, kernel, estimate)?;
    let all: Vec<Told> = figures.iter().map(|figure| teller.told(figure)).collect::<Result<_>>()?;
    for Told { figure, steps, groups, cycles } in &all {
        let (name, what, count) = (figure.row.name, figure.row.what, steps.len());
        println!("\n{name}: {what}; its shortest entry, {count} instructions");
        cycles.iter().for_each(|cycles| println!("{cycles} cycles. {MEANING}"));
        print!("\n{}", listing(groups, Reader::Terminal));
    }
    print!("\n{}", told_unexplained(&unexplained(all.iter().flat_map(|told| &told.groups))));
    Ok(())
}

/// Writes the chapter: every row that is above its mark.
pub fn write(project: &Workplace, kernel: &Path, figures: &[Figure], estimate: Estimate) -> Result<()> {
    let teller = Teller::of(project, kernel, estimate)?;
    let mut all = Vec::new();
    for figure in told(figures) {
        let told = teller.told(figure)?;
        check_total(figure, &told.groups)?;
        all.push(told);
    }
    let file = project.path(CHAPTER);
    let before = fs::read_to_string(&file).with_context(|| format!("reading {CHAPTER}"))?;
    let text = chapter::text(&before, figures, &all)?;
    let root = project.root().display().to_string();
    if text.contains(&root) {
        bail!("{CHAPTER} would have paths of this computer in it");
    }
    fs::write(&file, text).with_context(|| format!("writing {CHAPTER}"))?;
    print!("\n{}", told_unexplained(&unexplained(all.iter().flat_map(|told| &told.groups))));
    println!("written: {CHAPTER}");
    Ok(())
}

/// What the groups have in all is the row's figure.
fn check_total(figure: &Figure, groups: &[Group]) -> Result<()> {
    let total: u64 = parts(groups).iter().map(|part| part.instructions).sum();
    let (name, counted) = (figure.row.name, figure.instructions);
    ensure!(total == counted, "`{name}` is {counted} on average, and the sequence of its shortest entry has {total}");
    Ok(())
}

/// Those that are above their marks, and the parts of those that are two rows together.
fn told(figures: &[Figure]) -> Vec<&Figure> {
    let above: Vec<&Figure> = figures.iter().filter(|figure| is_above(figure)).collect();
    let is_part = |name| {
        above.iter().any(|figure| matches!(figure.row.source, rows::Source::Sum(a, b) if a == name || b == name))
    };
    let is_told = |figure: &&Figure| figure.sample.is_some() && (is_above(figure) || is_part(figure.row.name));
    figures.iter().filter(is_told).collect()
}

#[cfg(test)]
mod tests {
    use l4k_paths::Sample;

    use super::super::annotations::tests::{annotations, frame};
    use super::*;
    use crate::rows::{Row, Source as Made};

    fn figure(name: &'static str, instructions: u64, source: Made, sample: Option<Sample>) -> Figure {
        let row = Row { name, what: "", source };
        Figure { row, instructions, entries: 1, user_to_user: None, sample, stretch: None }
    }

    #[test]
    fn sequence_of_another_length_than_the_figure_is_found() {
        let step =
            |line| Step { offset: String::new(), text: "nop".to_owned(), frames: vec![frame("call::check", line)] };
        let groups = groups(&[step(1), step(2)], &annotations());
        let row = |instructions| figure("call", instructions, Made::Round { segment: "" }, None);
        assert!(check_total(&row(2), &groups).is_ok());
        assert!(check_total(&row(3), &groups).is_err());
    }

    #[test]
    fn parts_of_a_sum_above_its_mark_are_told_with_it() {
        let (one, sample) = (Made::Round { segment: "" }, Some(Sample::default()));
        let figures = [
            figure("call", 90, one, sample.clone()),
            figure("reply_recv", 120, one, sample.clone()),
            figure("round_trip", 210, Made::Sum("call", "reply_recv"), None),
            figure("map", 200, one, sample),
        ];
        let names: Vec<&str> = told(&figures).iter().map(|figure| figure.row.name).collect();
        assert_eq!(names, ["call", "reply_recv"]);
    }
}
