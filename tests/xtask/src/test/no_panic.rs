//! Part `no-panic`: the release kernel without the debug console links, which it does only if nothing in it can panic; also with critical
//! sections of what a firmware adds to it, and optimised for size; and it does not link if a panic is put in. The depth of its stacks can be told, and is less than what is reserved; its indirect branches are those of a list. May call `copied`, `indirect_branches`, `firmware` and
//! `size`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use l4k_qemu::Board;
use object::File;
use toml::{Table, Value};

use super::copied::copy_directory;
use super::indirect_branches;
use super::job::{Job, Resource, Subject};
use super::outcome::Outcome;
use super::part::{Context, Part};
use crate::firmware;
use crate::size::Stacks;

/// What reads the bounds of stacks.
const SIZE: Subject = Subject::Package("l4k/cli/size");

/// What the linker misses if the kernel can panic.
const MISSING: &str = "l4k_the_kernel_can_panic";

/// A function that is kept and can panic.
const PANIC: &str = "\n#[used]\nstatic CAN_PANIC: fn(usize) -> u8 = |index| [1, 2, 3][index];\n";

/// A function that is kept and enters a critical section.
const SECTION: &str = "\n#[used]\nstatic ENTERS: fn() = || critical_section::with(|_| ());\n";

/// What makes the kernel small, in a firmware's manifest.
const SMALL: &str = "\n[profile.release.package.l4k]\nopt-level = \"s\"\n";

/// Links it for each board; then copies of it that were changed: once with critical sections, once optimised for size, and once with a panic.
pub fn jobs() -> Vec<Job> {
    // Only the kernel is looked at, not the programs that it has with it.
    let kernel = |project| Subject::Part { firmware: project, package: project };
    let build = |name, work| Job::build(Part::NoPanic, name, Resource::Firmware, work).about(SIZE);
    vec![
        build("boards", boards as fn(&Context) -> Outcome).about(kernel("examples/hello")),
        build("changed", changed).about(kernel("examples/own-board")),
    ]
}

fn boards(context: &Context) -> Outcome {
    let mut outcome = Outcome::default();
    let mut needed = BTreeSet::new();
    for board in [Board::QemuVirt, Board::RaspberryPi4] {
        match link(context, board) {
            Ok(kernel) => {
                outcome.add(&format!("{board} links"), Ok(()));
                outcome.add_all(&format!("instructions of {board}"), instructions(&kernel, board, &mut needed));
            }
            Err(error) => outcome.add(&format!("{board} links"), Err(error)),
        }
    }
    outcome.add("each indirect branch of the list is there", indirect_branches::each_is_needed(&needed));
    outcome
}

/// What a kernel's instructions tell: the depth of its stacks, and its indirect branches.
fn instructions(kernel: &Path, board: Board, needed: &mut BTreeSet<&'static str>) -> Result<Outcome> {
    let file = fs::read(kernel).with_context(|| format!("reading {}", kernel.display()))?;
    let stacks = Stacks::of(&File::parse(file.as_slice())?)?;
    let mut outcome = Outcome::of(&format!("stacks of {board}"), stacks_suffice(&stacks));
    let allowed = indirect_branches::allowed(&stacks).map(|entries| needed.extend(entries));
    outcome.add(&format!("indirect branches of {board}"), allowed);
    Ok(outcome)
}

fn changed(context: &Context) -> Outcome {
    let mut outcome = Outcome::default();
    outcome.add("critical sections and a cleared branch history link", with_critical_sections(context));
    outcome.add("a small one links", small(context));
    outcome.add("a panic does not link", with_panic(context));
    outcome
}

fn link(context: &Context, board: Board) -> Result<PathBuf> {
    let directory = context.project.example("hello")?;
    match linker_says(context, &directory, board)? {
        Ok(kernel) => Ok(kernel),
        Err(text) => bail!("{text}"),
    }
}

/// No recursion, nothing unknown, and no stack that gets deeper than it is.
fn stacks_suffice(stacks: &Stacks) -> Result<()> {
    let too_deep = stacks.all.iter().any(|stack| stack.deepest.bytes > stack.reserved);
    ensure!(!too_deep, "a stack is too small:\n{stacks}");
    Ok(())
}

fn with_critical_sections(context: &Context) -> Result<()> {
    let linked = link_changed(context, |copy| {
        let manifest = copy.join("Cargo.toml");
        let text = fs::read_to_string(&manifest).with_context(|| format!("reading {}", manifest.display()))?;
        fs::write(&manifest, with_sections(&text)?).with_context(|| format!("writing {}", manifest.display()))?;
        add_to_main(copy, SECTION)
    });
    match linked? {
        Ok(_) => Ok(()),
        Err(text) => bail!("{text}"),
    }
}

fn small(context: &Context) -> Result<()> {
    let linked = link_changed(context, |copy| {
        let manifest = copy.join("Cargo.toml");
        let text = fs::read_to_string(&manifest).with_context(|| format!("reading {}", manifest.display()))?;
        fs::write(&manifest, text + SMALL).with_context(|| format!("writing {}", manifest.display()))
    });
    match linked? {
        Ok(_) => Ok(()),
        Err(text) => bail!("{text}"),
    }
}

/// A manifest with the crate for critical sections, the kernel's implementation, and the clearing of the branch history.
fn with_sections(manifest: &str) -> Result<String> {
    let mut value: Table = toml::from_str(manifest).context("a manifest")?;
    let dependencies = value.get_mut("dependencies").and_then(Value::as_table_mut).context("no dependencies")?;
    dependencies.insert("critical-section".to_owned(), Value::from("1.2"));
    let kernel = dependencies.get_mut("l4k").and_then(Value::as_table_mut).context("no kernel")?;
    kernel.insert("features".to_owned(), Value::from(vec!["critical-section", "clear-branch-history"]));
    toml::to_string(&value).context("a manifest")
}

fn with_panic(context: &Context) -> Result<()> {
    match link_changed(context, |copy| add_to_main(copy, PANIC))? {
        Ok(_) => bail!("it links"),
        Err(text) => {
            ensure!(text.contains(MISSING), "it fails for another reason:\n{text}");
            Ok(())
        }
    }
}

/// Links a copy of an example that was changed.
fn link_changed(context: &Context, change: impl Fn(&Path) -> Result<()>) -> Result<Result<PathBuf, String>> {
    let example = context.project.example("own-board")?;
    let parent = std::env::temp_dir().join(format!("l4k-changed-{}", std::process::id()));
    let copy = parent.join("own-board");
    copy_directory(&example, &example, &copy)?;
    let result = change(&copy).and_then(|()| linker_says(context, &copy, Board::Versal));
    fs::remove_dir_all(&parent).with_context(|| format!("removing {}", parent.display()))?;
    result
}

fn add_to_main(copy: &Path, code: &str) -> Result<()> {
    let main = copy.join("src/main.rs");
    let text = fs::read_to_string(&main).with_context(|| format!("reading {}", main.display()))?;
    fs::write(&main, text + code).with_context(|| format!("writing {}", main.display()))
}

/// Builds for release without the debug console; the kernel, or what cargo and the linker say if that fails.
fn linker_says(context: &Context, directory: &Path, board: Board) -> Result<Result<PathBuf, String>> {
    let mut command = firmware::command_without_console(&context.toolchain, directory, board)?;
    firmware::build_together(&mut command, context.project.root())?;
    let output = command.output().context("cannot start cargo")?;
    if !output.status.success() {
        return Ok(Err(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    firmware::kernel_of(&String::from_utf8_lossy(&output.stdout), directory).map(Ok)
}
