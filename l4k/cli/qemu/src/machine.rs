//! Which machine to boot: board, core model, interrupt controller, exception level, memory. May call nothing of this crate.

use std::fmt;
use std::str::FromStr;

use anyhow::{Error, Result, bail, ensure};

use crate::emulator;

/// Makes an enum of a closed set of names: `ALL`, `name`, `Display` and `FromStr`.
macro_rules! names {
    ($kind:ident, $what:literal, { $($variant:ident => $name:literal),+ $(,)? }) => {
        impl $kind {
            /// Every one there is.
            pub const ALL: &[$kind] = &[$($kind::$variant),+];

            /// Its name on a command line.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $($kind::$variant => $name),+ }
            }
        }

        impl fmt::Display for $kind {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(self.name())
            }
        }

        impl FromStr for $kind {
            type Err = Error;

            fn from_str(text: &str) -> Result<$kind> {
                match $kind::ALL.iter().find(|candidate| candidate.name() == text) {
                    Some(found) => Ok(*found),
                    None => bail!("unknown {} `{text}`; known: {}", $what, [$($name),+].join(", ")),
                }
            }
        }
    };
}

/// The boards that firmware is built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Board {
    /// QEMU's own machine, `-M virt`.
    QemuVirt,
    /// Raspberry Pi 4, `-M raspi4b`.
    RaspberryPi4,
    /// The board of examples/own-board, `-M xlnx-versal-virt`.
    Versal,
}

names!(Board, "board", { QemuVirt => "qemu-virt", RaspberryPi4 => "rpi4", Versal => "versal" });

/// Models of a core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cpu {
    /// Armv8.0, in order.
    CortexA53,
    /// Armv8.0, out of order; the one that published figures are for.
    CortexA57,
    /// Armv8.0, the Raspberry Pi 4's.
    CortexA72,
    /// Armv8.2.
    CortexA76,
    /// All that QEMU knows.
    Max,
}

names!(Cpu, "core model", {
    CortexA53 => "cortex-a53", CortexA57 => "cortex-a57", CortexA72 => "cortex-a72", CortexA76 => "cortex-a76", Max => "max",
});

/// The interrupt controller's architecture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InterruptController {
    /// GICv2.
    V2,
    /// GICv3.
    V3,
}

names!(InterruptController, "interrupt controller", { V2 => "2", V3 => "3" });

/// The exception level at which the image is entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// EL1: the machine has no EL2.
    El1,
    /// EL2.
    El2,
    /// EL3: no firmware has been before.
    El3,
}

names!(Entry, "exception level", { El1 => "EL1", El2 => "EL2", El3 => "EL3" });

/// What the machine's time is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// The host's time.
    Host,
    /// One nanosecond an instruction; slowed down to the host's time where the guest waits, so that a person can type.
    Instructions,
    /// One nanosecond an instruction, and no waiting: a sleeping guest's time jumps ahead.
    InstructionsOnly,
}

/// A size of memory as QEMU takes it: a number and `M` or `G`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemorySize(String);

impl MemorySize {
    /// So many mebibytes.
    #[must_use]
    pub fn mebibytes(count: u32) -> MemorySize {
        MemorySize(format!("{count}M"))
    }

    /// As QEMU takes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MemorySize {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for MemorySize {
    type Err = Error;

    fn from_str(text: &str) -> Result<MemorySize> {
        let digits = text.strip_suffix(['K', 'M', 'G']);
        match digits {
            Some(digits) if digits.parse::<u32>().is_ok_and(|count| count > 0) => Ok(MemorySize(text.to_owned())),
            _ => bail!("`{text}` is not a size of memory; write for example 512M or 2G"),
        }
    }
}

/// A machine to boot.
#[derive(Clone, Debug)]
pub struct Machine {
    /// The board.
    pub board: Board,
    /// The model of its cores; the board's own where it has only one.
    pub cpu: Cpu,
    /// The interrupt controller; the board's own where it has only one.
    pub interrupt_controller: InterruptController,
    /// Where the image is entered.
    pub entry: Entry,
    /// Number of cores.
    pub cores: u8,
    /// Memory; the board's own where it has only one size.
    pub memory: MemorySize,
    /// Its time.
    pub clock: Clock,
}

impl Default for Machine {
    fn default() -> Machine {
        Machine {
            board: Board::QemuVirt,
            cpu: Cpu::CortexA72,
            interrupt_controller: InterruptController::V3,
            entry: Entry::El1,
            cores: 1,
            memory: MemorySize("1G".to_owned()),
            clock: Clock::Host,
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Machine { board, cpu, interrupt_controller, entry, cores, memory, clock: _ } = self;
        write!(formatter, "{board}, {cores} x {cpu}, GICv{interrupt_controller}, {entry}, {memory}")
    }
}

impl Machine {
    /// A board as it is if nothing is chosen.
    #[must_use]
    pub fn of(board: Board) -> Machine {
        match board {
            Board::QemuVirt => Machine::default(),
            Board::RaspberryPi4 => Machine {
                board,
                cpu: Cpu::CortexA72,
                interrupt_controller: InterruptController::V2,
                entry: Entry::El2,
                cores: 4,
                memory: MemorySize("2G".to_owned()),
                clock: Clock::Host,
            },
            Board::Versal => Machine { board, entry: Entry::El2, cores: 2, ..Machine::default() },
        }
    }

    /// Whether the board and QEMU have such a machine.
    ///
    /// # Errors
    /// Tells what was chosen that the board does not have.
    pub fn check(&self) -> Result<()> {
        let Machine { board, cpu, interrupt_controller, entry, cores, memory, clock: _ } = self;
        let fixed = Machine::of(*board);
        match board {
            Board::QemuVirt => Ok(()),
            Board::RaspberryPi4 if *entry == Entry::El1 => bail!("the board {board} is entered at EL2 or EL3"),
            Board::Versal if *entry != Entry::El2 => bail!("the board {board} is entered at EL2"),
            Board::RaspberryPi4 | Board::Versal => {
                let parts = [
                    ("core model", *cpu == fixed.cpu),
                    ("interrupt controller", *interrupt_controller == fixed.interrupt_controller),
                    ("number of cores", *cores == fixed.cores),
                    ("memory", *memory == fixed.memory),
                ];
                let wrong: Vec<&str> = parts.into_iter().filter(|(_, same)| !same).map(|(name, _)| name).collect();
                ensure!(
                    wrong.is_empty(),
                    "the board {board} has a fixed {}: QEMU has this board as {fixed}",
                    wrong.join(" and a fixed ")
                );
                Ok(())
            }
        }
    }

    /// The machine in QEMU's terms, without image and serial port. Exit by semihosting is on, everything that could open a window or
    /// a network is off.
    #[must_use]
    pub fn arguments(&self) -> Vec<String> {
        let mut arguments = self.board_arguments();
        for fixed in ["-display none", "-monitor none", "-nic none", "-semihosting-config enable=on,target=native"] {
            arguments.extend(fixed.split(' ').map(str::to_owned));
        }
        let count = match self.clock {
            Clock::Host => {
                arguments.extend(emulator::threads(self.cores).iter().map(|argument| (*argument).to_owned()));
                return arguments;
            }
            Clock::Instructions => "shift=0,sleep=on",
            Clock::InstructionsOnly => "shift=0,sleep=off",
        };
        arguments.extend(["-icount".to_owned(), count.to_owned()]);
        arguments
    }

    fn board_arguments(&self) -> Vec<String> {
        match self.board {
            Board::RaspberryPi4 => vec!["-machine".to_owned(), "raspi4b".to_owned()],
            Board::Versal => ["-machine", "xlnx-versal-virt", "-m", self.memory.as_str()].map(str::to_owned).to_vec(),
            Board::QemuVirt => {
                let levels = match self.entry {
                    Entry::El1 => "virtualization=off",
                    Entry::El2 => "virtualization=on",
                    Entry::El3 => "virtualization=on,secure=on",
                };
                let machine = format!("virt,gic-version={},{levels}", self.interrupt_controller);
                let cores = self.cores.to_string();
                ["-machine", &machine, "-cpu", self.cpu.name(), "-smp", &cores, "-m", self.memory.as_str()]
                    .map(str::to_owned)
                    .to_vec()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn virt_takes_all_choices() {
        let machine = Machine {
            cpu: Cpu::CortexA53,
            interrupt_controller: InterruptController::V2,
            entry: Entry::El2,
            cores: 2,
            memory: MemorySize::mebibytes(512),
            clock: Clock::InstructionsOnly,
            ..Machine::default()
        };
        let line = machine.arguments().join(" ");
        assert!(
            line.starts_with("-machine virt,gic-version=2,virtualization=on -cpu cortex-a53 -smp 2 -m 512M "),
            "{line}"
        );
        assert!(line.ends_with("-icount shift=0,sleep=off"), "{line}");
    }

    #[test]
    fn one_core_leaves_room_for_a_count_of_instructions() {
        let line = Machine::default().arguments().join(" ");
        assert!(
            !line.contains("-accel"),
            "an example may ask for -icount, which goes with no thread for each core: {line}"
        );
    }

    #[test]
    fn a_machine_that_the_board_is_not_is_refused() {
        for board in Board::ALL {
            Machine::of(*board).check().expect("the board itself");
        }
        let pi = Machine::of(Board::RaspberryPi4);
        let error = Machine { cores: 2, ..pi.clone() }.check().expect_err("it has four cores").to_string();
        assert!(error.contains("4 x cortex-a72, GICv2, EL2, 2G"), "{error}");
        assert!(Machine { memory: MemorySize::mebibytes(512), ..pi.clone() }.check().is_err());
        assert!(Machine { entry: Entry::El3, ..pi.clone() }.check().is_ok());
        assert!(Machine { entry: Entry::El1, ..pi }.check().is_err());
        assert!(Machine { entry: Entry::El1, ..Machine::of(Board::Versal) }.check().is_err());
    }

    #[test]
    fn sizes_of_memory_need_a_unit() {
        assert_eq!("2G".parse::<MemorySize>().expect("a size").as_str(), "2G");
        for wrong in ["", "G", "12", "0M", "1T", "-1G"] {
            assert!(wrong.parse::<MemorySize>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn unknown_names_are_answered_with_the_known_ones() {
        let error = "amiga".parse::<Board>().expect_err("no such board").to_string();
        assert_eq!(error, "unknown board `amiga`; known: qemu-virt, rpi4, versal");
    }
}
