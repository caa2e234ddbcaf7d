//! The command. May call everything in this directory.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use super::figure::{Figure, figures};
use super::measure::measure;
use super::rows::{self, Row};
use super::{json, table};
use crate::project::Project;

/// What to do with the figures.
#[derive(Debug)]
pub struct Request {
    /// Rows to show; all if there are none.
    pub only: Vec<String>,
    /// Where to write the figures.
    pub json: Option<PathBuf>,
}

/// Measures and tells.
pub fn run(project: &Project, request: &Request) -> Result<()> {
    let rows = chosen(&request.only)?;
    let measured = measure(project)?;
    let all = figures(&measured.table, rows::ALL)?;
    let is_chosen = |figure: &&Figure| rows.iter().any(|row| row.name == figure.row.name);
    let shown: Vec<Figure> = all.iter().filter(is_chosen).cloned().collect();
    print!("{}", table::text(&shown));
    if let Some(file) = &request.json {
        let text = format!("{:#}\n", json::list(&shown));
        fs::write(file, text).with_context(|| format!("writing {}", file.display()))?;
    }
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
