//! The options that choose a machine and a profile. May call `firmware` for its types.

use anyhow::{Context as _, Result};
use clap::Args;
use l4k_qemu::{Board, Clock, Cpu, Entry, InterruptController, Machine, MemorySize};

use crate::firmware::Profile;

/// What to boot on.
#[derive(Args, Clone, Debug, Default)]
pub struct MachineChoice {
    /// The board: qemu-virt or rpi4 [default: that of the default features, else the first that the firmware is for]
    #[arg(long)]
    board: Option<Board>,
    /// Number of cores [default: 1 of qemu-virt, all 4 of rpi4]
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=8))]
    cores: Option<u8>,
    /// Build with cargo's release profile
    #[arg(long)]
    release: bool,
    /// Size of memory, for example 512M [default: 1G; rpi4 has 2G]
    #[arg(long)]
    memory: Option<MemorySize>,
    /// Model of the cores: cortex-a53, cortex-a57, cortex-a72, cortex-a76 or max [default: cortex-a72]
    #[arg(long)]
    cpu: Option<Cpu>,
    /// Version of the interrupt controller: 2 or 3 [default: 3; rpi4 has 2]
    #[arg(long)]
    gic: Option<InterruptController>,
    /// Enter the kernel at EL2 [rpi4: always, but for --el3]
    #[arg(long)]
    el2: bool,
    /// Enter the kernel at EL3
    #[arg(long, conflicts_with = "el2")]
    el3: bool,
    /// Count time in instructions, one a nanosecond, so that every run gives the same figures
    #[arg(long)]
    icount: bool,
}

impl MachineChoice {
    /// cargo's profile.
    #[must_use]
    pub fn profile(&self) -> Profile {
        Profile::of_release(self.release)
    }

    /// The machine, for a firmware that is for these boards; the first is the usual one.
    ///
    /// # Errors
    /// The firmware is for no board, or its board is no such machine.
    pub fn machine(&self, boards: &[Board]) -> Result<Machine> {
        let board = self.board.or(boards.first().copied());
        let board =
            board.context("this firmware is for no board that is known here: it has no feature `board-NAME`")?;
        let usual = Machine::of(board);
        let entry = match (self.el2, self.el3) {
            (_, true) => Entry::El3,
            (true, false) => Entry::El2,
            (false, false) => usual.entry,
        };
        let machine = Machine {
            board,
            cpu: self.cpu.unwrap_or(usual.cpu),
            interrupt_controller: self.gic.unwrap_or(usual.interrupt_controller),
            entry,
            cores: self.cores.unwrap_or(usual.cores),
            memory: self.memory.clone().unwrap_or(usual.memory),
            clock: if self.icount { Clock::Instructions } else { Clock::Host },
        };
        machine.check()?;
        Ok(machine)
    }
}
