//! Starting other programs, and telling what became of them. May call `progress`.

use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use anyhow::{Context, Result, bail};

use crate::progress::Progress;

/// Variables that cargo and rustup set for the program that they run, and that would speak to the next cargo as if they came from the
/// user. `CARGO_HOME` and `CARGO_NET_…` and the like come from the user and stay.
const SET_BY_CARGO: [&str; 8] = [
    "CARGO_PKG_",
    "CARGO_MANIFEST_",
    "CARGO_BIN_",
    "CARGO_CRATE_NAME",
    "CARGO_PRIMARY_PACKAGE",
    "CARGO_ENCODED_RUSTFLAGS",
    "LD_LIBRARY_PATH",
    "OUT_DIR",
];

/// Takes from a child what cargo set for this program alone.
pub fn clean(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if SET_BY_CARGO.iter().any(|prefix| text.starts_with(prefix)) {
            command.env_remove(&name);
        }
    }
}

/// The command as a person would type it: without its environment, its directory and the settings that stand for them.
pub fn line(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    let mut words = vec![program.to_string_lossy().into_owned()];
    let mut arguments = command.get_args().map(|argument| argument.to_string_lossy().into_owned());
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--config" => drop(arguments.next()),
            _ => words.push(argument),
        }
    }
    words.join(" ")
}

/// Runs a command; its output goes where ours goes.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start `{}`", line(command)))?;
    if status.success() {
        return Ok(());
    }
    bail!("`{}` failed: {status}", line(command))
}

/// Runs a command and returns what it wrote; its errors go where ours go.
pub fn answer(command: &mut Command) -> Result<String> {
    let output =
        command.stderr(Stdio::inherit()).output().with_context(|| format!("cannot start `{}`", line(command)))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    bail!("`{}` failed: {}", line(command), output.status)
}

/// Runs a command and returns what it wrote. Each line is told while it comes; lines of its errors go where the progress is shown.
///
/// # Errors
/// It does not start, or fails.
pub fn follow(command: &mut Command, progress: &Progress, tell: impl Fn(&str)) -> Result<String> {
    let started = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = started.with_context(|| format!("cannot start `{}`", line(command)))?;
    let (output, errors) = (child.stdout.take().context("its output")?, child.stderr.take().context("its errors")?);
    let text = thread::scope(|scope| -> io::Result<String> {
        scope.spawn(|| BufReader::new(errors).lines().map_while(io::Result::ok).for_each(|line| progress.line(&line)));
        let mut text = String::new();
        for line in BufReader::new(output).lines() {
            let line = line?;
            tell(&line);
            text += &line;
            text.push('\n');
        }
        Ok(text)
    });
    let status = child.wait().with_context(|| format!("waiting for `{}`", line(command)))?;
    match status.success() {
        true => text.with_context(|| format!("reading what `{}` writes", line(command))),
        false => bail!("`{}` failed: {status}", line(command)),
    }
}

/// Whether a command can be run and succeeds, in silence.
pub fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Whether a program is on the search path.
pub fn on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory| directory.join(program).is_file())
}
