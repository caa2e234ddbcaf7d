//! `cargo xtask book`: the book as HTML in `target/book`. May call `set_up`.

use std::process::Command;

use anyhow::{Result, bail};

use crate::process;
use crate::project::Project;
use crate::set_up::book_tool;

/// Builds the book.
pub fn build(project: &Project) -> Result<()> {
    let book = project.path("book");
    if !book.join("book.toml").is_file() {
        bail!("there is no book: {} is missing", book.join("book.toml").display());
    }
    let mut command = Command::new(book_tool(project));
    command.arg("build").arg(&book).arg("--dest-dir").arg(project.target().join("book"));
    process::run(&mut command)
}
