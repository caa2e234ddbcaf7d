//! Part `no-panic`: the release kernel without the debug console links, which it does only if nothing in it can panic; and it does not link if a
//! panic is put in. May call `copied` and `firmware`.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use l4k_qemu::Board;

use super::copied::copy_directory;
use super::outcome::Outcome;
use super::part::Context;
use crate::firmware;

/// What the linker misses if the kernel can panic.
const MISSING: &str = "l4k_the_kernel_can_panic";

/// A function that is kept and can panic.
const PANIC: &str = "\n#[used]\nstatic CAN_PANIC: fn(usize) -> u8 = |index| [1, 2, 3][index];\n";

/// Links it for each board, and once with a panic.
pub fn run(context: &Context) -> Outcome {
    let mut outcome = Outcome::default();
    for board in [Board::QemuVirt, Board::RaspberryPi4] {
        outcome.add(&format!("{board} links"), link(context, board));
    }
    outcome.add("a panic does not link", with_panic(context));
    outcome
}

fn link(context: &Context, board: Board) -> Result<()> {
    let directory = context.project.example("hello")?;
    match linker_says(context, &directory, board)? {
        None => Ok(()),
        Some(text) => bail!("{text}"),
    }
}

fn with_panic(context: &Context) -> Result<()> {
    let example = context.project.example("own-board")?;
    let parent = std::env::temp_dir().join(format!("l4k-panic-{}", std::process::id()));
    let copy = parent.join("own-board");
    copy_directory(&example, &example, &copy)?;
    let result = add_panic(&copy).and_then(|()| linker_says(context, &copy, Board::Versal));
    fs::remove_dir_all(&parent).with_context(|| format!("removing {}", parent.display()))?;
    match result? {
        None => bail!("it links"),
        Some(text) => {
            ensure!(text.contains(MISSING), "it fails for another reason:\n{text}");
            Ok(())
        }
    }
}

fn add_panic(copy: &Path) -> Result<()> {
    let main = copy.join("src/main.rs");
    let text = fs::read_to_string(&main).with_context(|| format!("reading {}", main.display()))?;
    fs::write(&main, text + PANIC).with_context(|| format!("writing {}", main.display()))
}

/// Builds for release without the debug console; what cargo and the linker say if that fails.
fn linker_says(context: &Context, directory: &Path, board: Board) -> Result<Option<String>> {
    let mut command = context.toolchain.cargo(directory, "build");
    command.args(["--quiet", "--release", "--no-default-features"]).args(firmware::board_feature(board));
    command.env("CARGO_TARGET_DIR", context.project.target().join("firmware"));
    let output = command.output().context("cannot start cargo")?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    Ok((!output.status.success()).then_some(text))
}
