//! The command line, as types. May call nothing of this crate but `test`'s list of parts.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use l4k_qemu::{Board, Clock, Cpu, Entry, InterruptController, Machine, MemorySize};

use crate::firmware::Profile;
use crate::test::Part;

/// The project's commands.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
pub struct CommandLine {
    /// What to do.
    #[command(subcommand)]
    pub task: Task,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Task {
    /// Find or install what all other commands need, telling what is done
    SetUp,
    /// Build an example and boot it in QEMU, with the console on stdin and stdout
    Run(Boot),
    /// Run every test there is, on the host and in QEMU
    Test {
        /// Only one part
        #[arg(long, value_name = "PART", value_parser = part)]
        only: Option<Part>,
        /// Write the results to a file as well
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
    },
    /// Print the size of the kernel: lines of code, lines with unsafe, bytes
    Size {
        /// Write the figures to a file as well
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
    },
    /// Build an example, boot it stopped, and attach gdb with the symbols of the kernel and of all programs
    Gdb {
        /// What to boot.
        #[command(flatten)]
        boot: Boot,
        /// Further arguments for gdb
        #[arg(last = true)]
        more: Vec<String>,
    },
    /// Build the book to target/book
    Book,
}

/// What to boot, and on what.
#[derive(Args, Debug)]
pub struct Boot {
    /// The example's name
    pub example: String,
    /// The board: qemu-virt or rpi4
    #[arg(long, default_value = "qemu-virt")]
    board: Board,
    /// Number of cores
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=8))]
    cores: u8,
    /// Build with cargo's release profile
    #[arg(long)]
    release: bool,
    /// Size of memory, for example 512M
    #[arg(long, default_value = "1G")]
    memory: MemorySize,
    /// Model of the cores: cortex-a53, cortex-a57, cortex-a72, cortex-a76 or max
    #[arg(long, default_value = "cortex-a72")]
    cpu: Cpu,
    /// Version of the interrupt controller: 2 or 3
    #[arg(long, default_value = "3")]
    gic: InterruptController,
    /// Enter the kernel at EL2
    #[arg(long)]
    el2: bool,
    /// Count time in instructions, one a nanosecond, so that every run gives the same figures
    #[arg(long)]
    icount: bool,
}

impl Boot {
    /// cargo's profile.
    pub fn profile(&self) -> Profile {
        match self.release {
            true => Profile::Release,
            false => Profile::Development,
        }
    }

    /// The machine.
    pub fn machine(&self) -> Machine {
        Machine {
            board: self.board,
            cpu: self.cpu,
            interrupt_controller: self.gic,
            entry: if self.el2 { Entry::El2 } else { Entry::El1 },
            cores: self.cores,
            memory: self.memory.clone(),
            clock: if self.icount { Clock::Instructions } else { Clock::Host },
        }
    }
}

fn part(text: &str) -> Result<Part, String> {
    Part::ALL.iter().copied().find(|part| part.name() == text).ok_or_else(|| {
        let names: Vec<&str> = Part::ALL.iter().map(|part| part.name()).collect();
        format!("the parts are: {}", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::CommandLine;

    #[test]
    fn command_line_is_consistent() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn unknown_names_are_refused() {
        for wrong in [
            "xtask run hello --board amiga",
            "xtask run hello --cores 0",
            "xtask run hello --cores 9",
            "xtask run hello --memory much",
            "xtask run hello --cpu z80",
            "xtask run hello --gic 4",
            "xtask run",
            "xtask test --only everything",
        ] {
            assert!(CommandLine::try_parse_from(wrong.split(' ')).is_err(), "{wrong}");
        }
    }
}
