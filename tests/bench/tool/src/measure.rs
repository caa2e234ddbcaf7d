//! The measurement: builds, checks the counting itself, boots. May call `paths`, `set_up`, `firmware`.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, ensure};
use l4k_paths::Table;
use l4k_qemu::{Board, Boot, Cpu, Machine, Session};

use cargo_l4k::Workplace;
use cargo_l4k::firmware;
use cargo_l4k::set_up::{self, Missing, Need};
use l4k_paths_tool::counter::{self, Counter};
use l4k_paths_tool::kernel;

/// Where the benchmark's firmware is.
pub const FIRMWARE: &str = "tests/bench";

/// How long it may take on this computer; it needs less than half a minute.
const LIMIT: Duration = Duration::from_secs(300);

/// Lets programs use the emulator's services: the kernel that is measured has no debug console.
const SERVICES: &str = "enable=on,target=native,userspace=on";

/// The measured kernel, and what was counted.
pub struct Measured {
    /// Its ELF file.
    pub kernel: PathBuf,
    /// The counts.
    pub table: Table,
}

/// Builds, boots and counts.
pub fn measure(project: &Workplace) -> Result<Measured> {
    let toolchain = set_up::ensure(project, &[Need::Emulator], Missing::Install)?;
    let counter = Counter::new(project, "bench")?;
    counter.calibrate()?;
    let kernel = firmware::build_without_console(&toolchain, &project.path(FIRMWARE), Board::QemuVirt)?;
    let machine = Machine { cpu: Cpu::CortexA57, ..counter::machine() };
    let boot = Boot::new(machine, &kernel).with_arguments(&["-semihosting-config", SERVICES]);
    let (boot, output) = counter.count(boot, kernel::layout(&kernel)?);
    let ended = Session::start(&boot)?.wait_for_end(LIMIT)?;
    ensure!(ended.status.success(), "the benchmark ended with {}; it says why above", ended.status);
    Ok(Measured { table: counter::read(&output)?, kernel })
}
