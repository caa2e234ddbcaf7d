//! The commands of the shell.

use core::fmt;

use hello_interface::{CrashKind, Name};

/// What `help` prints, a line each.
pub const HELP: &[&str] = &[
    "help              this list",
    "ps                programs: state, priority, time used",
    "mem               memory, all and free",
    "crash KIND        let a program crash: read, jump, stack or write",
    "restart PROGRAM   destroy a program and start it anew",
    "ping              10,000 calls to a program in another address space",
    "exit [STATUS]     end the machine",
];

/// A command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Lists the commands.
    Help,
    /// Lists the programs.
    Programs,
    /// Tells how much memory there is.
    Memory,
    /// Lets a program crash.
    Crash(CrashKind),
    /// Restarts a program.
    Restart(Name),
    /// Measures calls.
    Ping,
    /// Ends the machine.
    Exit(u8),
}

/// Why a line is no command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mistake<'a> {
    /// No command has this name.
    UnknownCommand(&'a str),
    /// The argument is missing.
    MissingArgument(Usage),
    /// The argument is none that the command takes.
    BadArgument(&'a str, Usage),
    /// More arguments than the command takes.
    TooMany(&'a str),
}

/// How a command is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    /// `crash`.
    Crash,
    /// `restart`.
    Restart,
    /// `exit`.
    Exit,
}

impl fmt::Display for Usage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Crash => "usage: crash read|jump|stack|write",
            Self::Restart => "usage: restart PROGRAM (ps lists them)",
            Self::Exit => "usage: exit [STATUS], STATUS from 0 to 255",
        })
    }
}

impl fmt::Display for Mistake<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownCommand(name) => write!(formatter, "unknown command: {name}"),
            Self::MissingArgument(usage) => write!(formatter, "{usage}"),
            Self::BadArgument(argument, usage) => write!(formatter, "not understood: {argument}; {usage}"),
            Self::TooMany(name) => write!(formatter, "too many arguments for {name}"),
        }
    }
}

impl Command {
    /// The command in a line; `None` if the line is blank.
    ///
    /// # Errors
    /// A [`Mistake`].
    pub fn parse(line: &str) -> Result<Option<Command>, Mistake<'_>> {
        let mut words = line.split_ascii_whitespace();
        let Some(name) = words.next() else { return Ok(None) };
        let command = match name {
            "help" => Command::Help,
            "ps" => Command::Programs,
            "mem" => Command::Memory,
            "ping" => Command::Ping,
            "crash" => Command::Crash(argument(words.next(), CrashKind::from_name, Usage::Crash)?),
            "restart" => Command::Restart(argument(words.next(), Name::new, Usage::Restart)?),
            "exit" => Command::Exit(match words.next() {
                None => 0,
                word => argument(word, |text| text.parse().ok(), Usage::Exit)?,
            }),
            _ => return Err(Mistake::UnknownCommand(name)),
        };
        if words.next().is_some() { Err(Mistake::TooMany(name)) } else { Ok(Some(command)) }
    }
}

fn argument<T>(word: Option<&str>, parse: impl FnOnce(&str) -> Option<T>, usage: Usage) -> Result<T, Mistake<'_>> {
    let word = word.ok_or(Mistake::MissingArgument(usage))?;
    parse(word).ok_or(Mistake::BadArgument(word, usage))
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::string::ToString;

    #[test]
    fn commands_are_understood() {
        assert_eq!(Command::parse("  "), Ok(None));
        assert_eq!(Command::parse(" help "), Ok(Some(Command::Help)));
        assert_eq!(Command::parse("crash stack"), Ok(Some(Command::Crash(CrashKind::Stack))));
        assert_eq!(Command::parse("restart uart"), Ok(Some(Command::Restart(Name::new("uart").unwrap()))));
        assert_eq!(Command::parse("exit"), Ok(Some(Command::Exit(0))));
        assert_eq!(Command::parse("exit 42"), Ok(Some(Command::Exit(42))));
    }

    #[test]
    fn mistakes_are_told() {
        let told = |line| Command::parse(line).unwrap_err().to_string();
        assert_eq!(told("hepl"), "unknown command: hepl");
        assert_eq!(told("crash"), "usage: crash read|jump|stack|write");
        assert!(told("crash hard").starts_with("not understood: hard; usage: crash"));
        assert!(told("exit 256").starts_with("not understood: 256"));
        assert!(told("restart a-name-that-is-too-long").starts_with("not understood"));
        assert_eq!(told("ps now"), "too many arguments for ps");
    }

    #[test]
    fn help_names_every_command() {
        for (line, name) in HELP.iter().zip(["help", "ps", "mem", "crash", "restart", "ping", "exit"]) {
            assert!(line.starts_with(name));
            assert!(!matches!(Command::parse(name), Err(Mistake::UnknownCommand(_))));
        }
    }
}
