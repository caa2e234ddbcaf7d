//! What the command calls: sequences on the terminal, and in the book. May call everything in this directory.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

use super::annotations::{Annotations, FILE};
use super::chapter::{self, CHAPTER, Told, is_above};
use super::groups::{Group, groups, unexplained};
use super::step::{Source, Step};
use super::text::{Reader, listing, told_unexplained};
use crate::bench::figure::Figure;
use crate::bench::rows;
use crate::project::Project;

/// What sequences are made of.
struct Teller {
    source: Source,
    annotations: Annotations,
}

impl Teller {
    fn of(project: &Project, kernel: &Path) -> Result<Teller> {
        let annotations = Annotations::read(&project.path(FILE))?;
        Ok(Teller { source: Source::of(kernel, project.root())?, annotations })
    }

    fn steps(&self, figure: &Figure) -> Result<Vec<Step>> {
        let name = figure.row.name;
        let sample = figure.sample.as_ref();
        let sample = sample.with_context(|| format!("`{name}` is not one entry, and has no one sequence"))?;
        self.source.steps(sample).with_context(|| format!("row {name}"))
    }

    fn groups(&self, figure: &Figure) -> Result<Vec<Group>> {
        Ok(groups(&self.steps(figure)?, &self.annotations))
    }
}

/// Prints the sequences of these figures.
pub fn print(project: &Project, kernel: &Path, figures: &[Figure]) -> Result<()> {
    let teller = Teller::of(project, kernel)?;
    let mut all = Vec::new();
    for figure in figures {
        let groups = teller.groups(figure)?;
        let count: usize = groups.iter().map(|group| group.steps.len()).sum();
        println!("\n{}: {}; its shortest entry, {count} instructions\n", figure.row.name, figure.row.what);
        print!("{}", listing(&groups, Reader::Terminal));
        all.extend(groups);
    }
    print!("\n{}", told_unexplained(&unexplained(&all)));
    Ok(())
}

/// Writes the chapter: every row that is above its mark.
pub fn write(project: &Project, kernel: &Path, figures: &[Figure]) -> Result<()> {
    let teller = Teller::of(project, kernel)?;
    let mut all = Vec::new();
    for figure in told(figures) {
        let steps = teller.steps(figure)?;
        let (found, counted) = (steps.len() as u64, figure.instructions);
        ensure!(found == counted, "`{}` is {counted} on average, and its shortest entry is {found}", figure.row.name);
        all.push(Told { figure, groups: groups(&steps, &teller.annotations), steps });
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

/// Those that are above their marks, and the parts of those that are two rows together.
fn told(figures: &[Figure]) -> Vec<&Figure> {
    let above: Vec<&Figure> = figures.iter().filter(|figure| is_above(figure)).collect();
    let is_part = |name| {
        above.iter().any(|figure| matches!(figure.row.source, rows::Source::Sum(a, b) if a == name || b == name))
    };
    let is_told = |figure: &&Figure| figure.sample.is_some() && (is_above(figure) || is_part(figure.row.name));
    figures.iter().filter(is_told).collect()
}
