//! The command. May call everything in this directory.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::costs::{self, Cost, Size};
use super::dear::Code;
use super::figure::{Figure, figures};
use super::guard::{self, Accepted, Change, compare};
use super::measure::{Measured, measure};
use super::rows::{self, Row};
use super::{book, json, lengths, sequence, serial, table, text};
use cargo_l4k::Workplace;
use l4k_paths_tool::functions::Functions;
use l4k_paths_tool::kernel::compiler;

/// What to do with the figures.
#[derive(Debug)]
pub struct Request {
    /// Rows to show; all if there are none.
    pub only: Vec<String>,
    /// Rows whose executed instructions are to be shown, and nothing else.
    pub sequences: Vec<String>,
    /// Whether their cycles are to be estimated.
    pub estimate: sequence::Estimate,
    /// Where to write the figures.
    pub json: Option<PathBuf>,
    /// What of the project is to be written.
    pub update: Update,
    /// The form without a plugin, and nothing else.
    pub serial: Option<serial::Request>,
}

/// Files of the project that the figures are in.
#[derive(Clone, Copy, Debug, Default)]
pub struct Update {
    /// The file of accepted figures.
    pub accepted: bool,
    /// The plots in the book.
    pub plots: bool,
    /// The tables in the book.
    pub tables: bool,
    /// The chapter with the executed instructions of rows that are above their marks.
    pub sequences: bool,
    /// The chapter with the files that the text is of.
    pub text: bool,
}

/// Everything there is to tell.
pub struct Results {
    /// What was counted.
    pub measured: Measured,
    /// The rows.
    pub figures: Vec<Figure>,
    /// The second table.
    pub costs: Vec<Cost>,
    /// The kernel's size.
    pub size: Size,
    /// What a file of accepted figures has.
    pub found: Accepted,
}

impl Results {
    /// Measures.
    fn of(project: &Workplace) -> Result<Results> {
        let measured = measure(project)?;
        let figures = figures(&measured.table, rows::ALL)?;
        let kernel = &measured.kernel;
        let size = Size::of(kernel)?;
        let found = Accepted::of(&figures, &Functions::of(kernel)?, &size, compiler(kernel)?);
        let costs = costs::costs(&figures, &Code::of(kernel)?);
        Ok(Results { size, figures, costs, found, measured })
    }

    fn figure(&self, name: &str) -> Option<Figure> {
        self.figures.iter().find(|figure| figure.row.name == name).cloned()
    }
}

/// Measures and tells.
pub fn run(project: &Workplace, request: &Request) -> Result<()> {
    if let Some(serial) = &request.serial {
        return serial::run(project, serial);
    }
    let rows = chosen(&request.only)?;
    let told = chosen(&request.sequences)?;
    let results = Results::of(project)?;
    if !request.sequences.is_empty() {
        let figures: Vec<Figure> = told.iter().filter_map(|row| results.figure(row.name)).collect();
        return sequence::print(project, &results.measured.kernel, &figures, request.estimate);
    }
    let is_chosen = |name: &str| rows.iter().any(|row| row.name == name);
    let shown: Vec<Figure> = results.figures.iter().filter(|figure| is_chosen(figure.row.name)).cloned().collect();
    print!("{}", table::text(&shown));
    let costs: Vec<Cost> = results.costs.iter().filter(|cost| is_chosen(cost.name)).cloned().collect();
    let lengths = lengths::all(&results.measured.table)?;
    print!("{}{}{}", lengths::text(&lengths), costs::text(&costs), results.size.text());
    if let Some(file) = &request.json {
        let mut list = json::list(&shown);
        if request.only.is_empty() {
            list.extend(lengths::list(&lengths));
        }
        let text = format!("{:#}\n", Value::Array(list));
        fs::write(file, text).with_context(|| format!("writing {}", file.display()))?;
    }
    write_book(project, &results, request)?;
    let file = project.path(guard::FILE);
    if request.update.accepted {
        results.found.write(&file)?;
        println!("\nwritten: {}", guard::FILE);
    } else if file.is_file() {
        let is_chosen = |name: &str| request.only.is_empty() || is_chosen(name);
        tell_changes(&Accepted::read(&file)?, &results.found, &is_chosen);
    }
    Ok(())
}

fn write_book(project: &Workplace, results: &Results, request: &Request) -> Result<()> {
    let update = request.update;
    let Results { measured, figures, costs, size, .. } = results;
    if update.plots {
        book::write_plots(project, &measured.table)?;
        println!("\nwritten: {}, {}", book::LENGTHS_FILE, book::REVOKE_FILE);
    }
    if update.tables {
        book::write_tables(project, &measured.table, figures, costs, size)?;
        println!("\nwritten: {}", book::CHAPTER);
    }
    if update.sequences {
        sequence::write(project, &measured.kernel, figures, request.estimate)?;
    }
    if update.text {
        text::write(project, &measured.kernel, size.bytes.text)?;
    }
    Ok(())
}

fn tell_changes(accepted: &Accepted, found: &Accepted, is_chosen: &dyn Fn(&str) -> bool) {
    println!("\n{}", standard(accepted, found));
    let changes = compare(accepted, found);
    let of_row = |change: &&Change| change.text().split([':', ' ']).next().is_some_and(is_chosen);
    let mut chosen = changes.iter().filter(of_row).peekable();
    if chosen.peek().is_none() {
        println!("nothing");
    }
    chosen.for_each(|change| println!("{}", change.text()));
}

/// What figures are held against.
fn standard(accepted: &Accepted, found: &Accepted) -> String {
    let allowance = accepted.allowance(found);
    let compilers = match accepted.compiler == found.compiler {
        true => String::new(),
        false => format!(" (figures of {}, the compiler in use is {})", accepted.compiler, found.compiler),
    };
    format!("against {}, beyond {allowance}%{compilers}", guard::FILE)
}

/// Measures, and fails if a figure is worse than what was accepted.
pub fn check(project: &Workplace) -> Result<()> {
    let accepted = Accepted::read(&project.path(guard::FILE))?;
    let read = |chapter: &str| fs::read_to_string(project.path(chapter)).with_context(|| format!("reading {chapter}"));
    sequence::check_book(&read(sequence::CHAPTER)?, &accepted.instructions)?;
    text::check_book(&read(text::CHAPTER)?, accepted.bytes.get("text").copied().unwrap_or_default())?;
    let found = Results::of(project)?.found;
    let changes = compare(&accepted, &found);
    let (bad, good): (Vec<&Change>, Vec<&Change>) = changes.iter().partition(|change| change.is_bad());
    good.iter().for_each(|change| println!("{}", change.text()));
    let texts: Vec<&str> = bad.iter().map(|change| change.text()).collect();
    ensure!(texts.is_empty(), "figures that are worse, {}:\n{}", standard(&accepted, &found), texts.join("\n"));
    Ok(())
}

/// The rows of these names, or all.
fn chosen(names: &[String]) -> Result<Vec<Row>> {
    if names.is_empty() {
        return Ok(rows::ALL.to_vec());
    }
    let find = |name: &String| match rows::ALL.iter().find(|row| row.name == name) {
        Some(row) => Ok(*row),
        None => {
            let known: Vec<&str> = rows::ALL.iter().map(|row| row.name).collect();
            bail!("there is no row `{name}`; there are: {}", known.join(", "))
        }
    };
    names.iter().map(find).collect()
}

#[cfg(test)]
mod tests {
    use super::chosen;

    #[test]
    fn unknown_rows_are_answered_with_those_there_are() {
        let error = chosen(&["cal".to_owned()]).expect_err("no such row").to_string();
        assert!(error.starts_with("there is no row `cal`; there are: null_syscall, call, "), "{error}");
        assert_eq!(chosen(&["map".to_owned(), "call".to_owned()]).expect("both").len(), 2);
    }
}
