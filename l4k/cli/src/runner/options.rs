//! What a user can set. These are variables, since cargo and cargo-nextest stand between the user and the runner. May call nothing of this crate.

use std::env;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use l4k_qemu::Board;

/// The board: its name.
pub const BOARD: &str = "L4K_BOARD";
/// The directory of the firmware project on whose kernel the tests run.
pub const FIRMWARE: &str = "L4K_FIRMWARE";
/// The compiler for the kernel: the value of the option `--toolchain`.
pub const TOOLCHAIN: &str = "L4K_TOOLCHAIN";
/// How long a test may take, in seconds.
pub const SECONDS: &str = "L4K_TEST_SECONDS";
/// How much stack a test has, in KiB.
pub const STACK: &str = "L4K_TEST_STACK_KIB";

/// How long a test may take if nothing is said.
const USUAL_SECONDS: u64 = 60;
/// The longest that a test may take: a week. More is a mistake, and clocks have an end.
pub const MOST_SECONDS: u64 = 7 * 24 * 3600;
/// How much stack a test has if nothing is said.
const USUAL_STACK_KIB: u32 = 128;

/// What the user has set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The board.
    pub board: Option<Board>,
    /// How long a test may take.
    pub limit: Duration,
    /// How much stack a test has, in bytes.
    pub stack_size: u32,
}

impl Options {
    /// From this process's environment.
    ///
    /// # Errors
    /// A variable has no sensible value.
    pub fn from_environment() -> Result<Options> {
        // What is no text is no sensible value either, and is named like one.
        Self::from_variables(|name| env::var_os(name).map(|value| value.to_string_lossy().into_owned()))
    }

    fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Options> {
        let board = variable(BOARD).map(|name| name.parse::<Board>()).transpose().context(BOARD)?;
        let number = |name: &str, usual: u64| match variable(name) {
            None => Ok(usual),
            Some(text) => text
                .parse::<u64>()
                .ok()
                .filter(|number| *number > 0)
                .with_context(|| format!("{name} is `{text}`, and a whole number above 0 is wanted")),
        };
        let kib = number(STACK, u64::from(USUAL_STACK_KIB))?;
        ensure!(
            kib.is_multiple_of(4) && kib <= 1 << 20,
            "{STACK} is `{kib}`, and a multiple of 4 up to 1048576 is wanted"
        );
        let seconds = number(SECONDS, USUAL_SECONDS)?;
        ensure!(seconds <= MOST_SECONDS, "{SECONDS} is `{seconds}`, and at most {MOST_SECONDS} is wanted");
        Ok(Options {
            board,
            limit: Duration::from_secs(seconds),
            stack_size: u32::try_from(kib * 1024).context(STACK)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, value: &str) -> Result<Options> {
        Options::from_variables(|asked| (asked == name).then(|| value.to_owned()))
    }

    #[test]
    fn without_variables_everything_is_as_usual() {
        let usual = Options { board: None, limit: Duration::from_secs(60), stack_size: 128 * 1024 };
        assert_eq!(Options::from_variables(|_| None).unwrap(), usual);
    }

    #[test]
    fn variables_are_read() {
        assert_eq!(read(BOARD, "rpi4").unwrap().board, Some(Board::RaspberryPi4));
        assert_eq!(read(SECONDS, "5").unwrap().limit, Duration::from_secs(5));
        assert_eq!(read(STACK, "64").unwrap().stack_size, 65536);
    }

    #[test]
    fn a_wrong_value_names_the_variable() {
        for (name, value) in [
            (BOARD, "amiga"),
            (BOARD, "\u{fffd}"),
            (SECONDS, "604801"),
            (SECONDS, "18446744073709551615"),
            (SECONDS, "0"),
            (SECONDS, "soon"),
            (STACK, "5"),
            (STACK, "-4"),
            (STACK, "4194304"),
        ] {
            let said = format!("{:#}", read(name, value).unwrap_err());
            assert!(said.contains(name), "{said}");
        }
    }
}
