//! The project's own kernel, with room for a test program, and the images that are made of it. May call `binary`, `firmware` and `set_up`.
//!
//! It is built apart, so that it does not take the place of what `cargo build` makes. cargo knows when it has to be built again.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use l4k_qemu::{Board, Boot, Machine, raw};

use super::binary::{Chosen, TestProgram, with_package};
use crate::equipment::Equipment;
use crate::firmware::{self, Apart, Extras, Profile};
use crate::project::Project;
use crate::set_up::{self, Missing, Need};

/// Room that nearly every test program fits in.
const USUAL_ROOM: usize = 4 << 20;

/// A kernel with room.
#[derive(Clone, Debug)]
pub struct TestKernel {
    elf: Vec<u8>,
    board: Board,
    equipment: Equipment,
}

impl TestKernel {
    /// Builds the kernel of the project, with room for a package of so many bytes. `beside` is the directory to which cargo builds.
    ///
    /// # Errors
    /// Something is missing, or it does not build.
    pub fn build(project: &Project, beside: &Path, board: Board, package_bytes: usize) -> Result<TestKernel> {
        let toolchain = set_up::ensure(project.place(), &[Need::Emulator], Missing::Name)?;
        let room = package_bytes.next_power_of_two().max(USUAL_ROOM).to_string();
        let output = project.place().target().join("l4k-tests");
        let extras = Extras {
            variables: &[(l4k_build::ROOM_VARIABLE, &room)],
            apart: Some(Apart { package: project.name(), beside, output: &output }),
            ..Extras::default()
        };
        let built = firmware::build_with(&toolchain, project.directory(), Profile::Development, board, extras);
        let built = built.context("building the kernel for the tests")?;
        let elf = fs::read(&built.kernel).with_context(|| format!("reading {}", built.kernel.display()))?;
        Ok(TestKernel { elf, board, equipment: Equipment::of(project.directory())? })
    }

    /// What boots one test. The files that it needs are put into `scratch`.
    ///
    /// # Errors
    /// There is no room for the program, or a file cannot be written.
    pub fn boot(&self, program: &TestProgram, chosen: Chosen, stack_size: u32, scratch: &Path) -> Result<Boot> {
        let elf = with_package(&self.elf, &program.package(chosen, stack_size)?)?;
        let image = match self.board {
            Board::QemuVirt => elf,
            // The loaders of the other boards take a raw image.
            Board::RaspberryPi4 | Board::Versal => raw::image(&elf)?,
        };
        let file = scratch.join("kernel");
        fs::write(&file, image).with_context(|| format!("writing {}", file.display()))?;
        self.equipment.install(Boot::new(Machine::of(self.board), &file), scratch)
    }
}
