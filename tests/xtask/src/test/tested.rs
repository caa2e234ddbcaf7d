//! Only the tests of some of the workspace's packages. May call nobody.
//!
//! cargo builds the tests of all packages each time: with fewer packages, what they depend on would have other features,
//! and would be built anew. So cargo gets a runner, which is this program again. It runs a test's program if it belongs
//! to one of those packages, and else does nothing.

use std::env::{self, ArgsOs};
use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result};

/// The first argument of a runner.
const RUNNER: &str = "run-test-of";

/// What stands between the packages and the test's program.
const END: &str = "--";

/// Options for `cargo test` on the computer with this target.
///
/// # Errors
/// If this program's name, or a directory's, is no text.
pub fn options(host: &str, root: &Path, packages: impl IntoIterator<Item = impl AsRef<Path>>) -> Result<[String; 2]> {
    let text = |path: &Path| path.to_str().map(str::to_owned).with_context(|| format!("{} is no text", path.display()));
    let mut runner = vec![text(&env::current_exe().context("the name of this program")?)?, RUNNER.to_owned()];
    for package in packages {
        runner.push(text(&root.join(package))?);
    }
    runner.push(END.to_owned());
    // A list of texts is written in TOML as it is in JSON.
    Ok(["--config".to_owned(), format!("target.{host}.runner={}", serde_json::to_string(&runner)?)])
}

/// Runs a test's program, if this program was called for that; how it ended.
#[must_use]
pub fn stand_in_for_runner() -> Option<ExitCode> {
    let mut arguments = env::args_os();
    let is_runner = arguments.nth(1).is_some_and(|first| first == RUNNER);
    is_runner.then(|| run(arguments, env::var_os("CARGO_MANIFEST_DIR")))
}

fn run(arguments: ArgsOs, package: Option<OsString>) -> ExitCode {
    let Some(program) = wanted(arguments, package) else { return ExitCode::SUCCESS };
    let mut words = program.into_iter();
    let Some(name) = words.next() else {
        eprintln!("error: {RUNNER} names no program");
        return ExitCode::FAILURE;
    };
    // Comes back only if there is no such program.
    let error = Command::new(&name).args(words).exec();
    eprintln!("error: cannot start {}: {error}", name.display());
    ExitCode::FAILURE
}

/// The program with its arguments, if it belongs to a package that is asked for. cargo says which package that is; if it
/// does not, the program runs.
fn wanted(arguments: impl IntoIterator<Item = OsString>, package: Option<OsString>) -> Option<Vec<OsString>> {
    let mut arguments = arguments.into_iter();
    let packages: Vec<OsString> = arguments.by_ref().take_while(|argument| argument != END).collect();
    let is_wanted = package.is_none_or(|package| packages.contains(&package));
    is_wanted.then(|| arguments.collect())
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::path::Path;

    use super::{options, wanted};

    fn words(text: &str) -> Vec<OsString> {
        text.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn only_programs_of_the_packages_run() {
        let command = words("/a /b -- /target/test --exact name -- more");
        let program = Some(words("/target/test --exact name -- more"));
        assert_eq!(wanted(command.clone(), Some("/b".into())), program);
        assert_eq!(wanted(command.clone(), Some("/c".into())), None);
        assert_eq!(wanted(command, None), program, "cargo has not said which package it is");
    }

    #[test]
    fn names_with_spaces_and_quotes_stay_one_word() {
        let [_, configuration] = options("host", Path::new("/a \"b\" c"), ["l4k"]).expect("texts");
        assert!(configuration.starts_with("target.host.runner=[\""), "{configuration}");
        assert!(configuration.ends_with(r#"","run-test-of","/a \"b\" c/l4k","--"]"#), "{configuration}");
    }
}
