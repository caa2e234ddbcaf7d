//! The counter: the emulator with the plugin in it, checked against software of known length. May call `plugin`.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use l4k_paths::{Arguments, Layout, Table, calibration};
use l4k_qemu::{Board, Boot, Clock, Machine, Session};

use super::plugin;
use cargo_l4k::Workplace;

/// How long the emulator may take to answer or to end.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// The machine: one core, an instruction a nanosecond.
pub fn machine() -> Machine {
    Machine { clock: Clock::InstructionsOnly, ..Machine::of(Board::QemuVirt) }
}

/// What counts.
pub struct Counter {
    plugin: PathBuf,
    scratch: PathBuf,
}

impl Counter {
    /// Builds it. Its files lie in a directory of this name.
    pub fn new(project: &Workplace, name: &str) -> Result<Counter> {
        let counter = Counter { plugin: plugin::build(project)?, scratch: project.target().join(name) };
        fs::create_dir_all(&counter.scratch).with_context(|| format!("making {}", counter.scratch.display()))?;
        Ok(counter)
    }

    /// The directory for its files.
    pub fn scratch(&self) -> &Path {
        &self.scratch
    }

    /// Counts software whose length is known. An error if it comes to something else.
    pub fn calibrate(&self) -> Result<()> {
        self.count_known().context("the counting itself is wrong")
    }

    fn count_known(&self) -> Result<()> {
        let image = self.scratch.join("calibration.bin");
        fs::write(&image, calibration::image()).with_context(|| format!("writing {}", image.display()))?;
        let loader = format!("loader,file={},addr={:#x},cpu-num=0,force-raw=on", image.display(), calibration::ADDRESS);
        let boot = Boot::empty(machine()).with_arguments(&["-device", &loader]);
        let (boot, output) = self.count(boot, calibration::layout());
        let ended = Session::start(&boot)?.wait_for_end(PATIENCE)?;
        ensure!(ended.status.success(), "the machine ended with {}", ended.status);
        calibration::check(&read(&output)?)?;
        let (first, second) = (calibration::FIRST_CALL, calibration::SECOND_CALL);
        println!("checked: system calls of {first} and {second} instructions are counted as so many");
        Ok(())
    }

    /// What is booted is counted; the file that the table will be in.
    pub fn count(&self, boot: Boot, layout: Layout) -> (Boot, PathBuf) {
        let output = self.scratch.join("table.json");
        // One of an earlier run must not pass for this one's. There may be none.
        let _ = fs::remove_file(&output);
        let option = Arguments { layout, output: output.clone() }.option(&self.plugin);
        (boot.with_arguments(&["-plugin", &option]), output)
    }
}

/// Reads the table that the plugin has left.
pub fn read(file: &Path) -> Result<Table> {
    let text = fs::read_to_string(file).context("the plugin left no table")?;
    Table::from_json(&text)
}
