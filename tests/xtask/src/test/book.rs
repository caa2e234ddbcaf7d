//! Part `book`: the book is built; its Rust is compiled, as documentation tests of a crate that includes every chapter; its console
//! sessions are run. May call [`book`](crate::book) and [`libtest`](super::libtest).

use anyhow::{Result, ensure};

use super::libtest;
use super::outcome::Outcome;
use super::part::Context;
use crate::book;
use crate::toolchain::choice::host_cargo;

/// The crate that includes every chapter.
pub const PACKAGE: &str = "l4k-book";

/// Builds, compiles and runs.
pub fn run(context: &Context) -> Outcome {
    let mut outcome = Outcome::default();
    outcome.add("build", book::build(&context.project));
    outcome.add_all("code", code(context));
    outcome
}

fn code(context: &Context) -> Result<Outcome> {
    ensure!(
        context.project.path("tests/book/Cargo.toml").is_file(),
        "there is no crate of the book's code in tests/book"
    );
    let mut command = host_cargo(context.project.root(), "test");
    libtest::run(command.args(["--no-fail-fast", "--package", PACKAGE]))
}
