//! Building a firmware project for the target, and finding what came of it. May call `toolchain`.

use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result, bail, ensure};
use l4k_qemu::{Board, Entry, Machine, raw};
use serde_json::Value;

use crate::files::entries;
use crate::process;
use crate::progress::Progress;
use crate::project;
use crate::toolchain::{Toolchain, symbols};

/// How it is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// cargo's `dev`.
    Development,
    /// cargo's `release`.
    Release,
}

impl Profile {
    /// By the option `--release`.
    #[must_use]
    pub fn of_release(release: bool) -> Profile {
        match release {
            true => Profile::Release,
            false => Profile::Development,
        }
    }

    /// As cargo names it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Profile::Development => "dev",
            Profile::Release => "release",
        }
    }
}

/// What the feature of an example that is for a board begins with.
const BOARD_FEATURE: &str = "board-";

/// The feature with the kernel's console.
const DEBUG_FEATURE: &str = "debug";

/// A firmware that was built.
#[derive(Clone, Debug)]
pub struct Firmware {
    /// The kernel with the programs in it, as an ELF file.
    pub kernel: PathBuf,
    /// Where its build script left the programs.
    pub made: PathBuf,
}

impl Firmware {
    /// The file that a machine boots. Loaders of boards take a raw image, which is written beside the ELF file; without one, at
    /// EL3, QEMU takes the ELF file itself.
    pub fn image(&self, machine: &Machine) -> Result<PathBuf> {
        match (machine.board, machine.entry) {
            (Board::QemuVirt, _) | (Board::RaspberryPi4, Entry::El3) => Ok(self.kernel.clone()),
            (Board::RaspberryPi4, Entry::El1 | Entry::El2) | (Board::Versal, _) => self.raw_image(),
        }
    }

    /// Writes the raw image. It appears whole or not at all: another machine may boot from it meanwhile.
    pub fn raw_image(&self) -> Result<PathBuf> {
        let file = self.kernel.with_extension("img");
        let elf = fs::read(&self.kernel).with_context(|| format!("reading {}", self.kernel.display()))?;
        replace(&file, &raw::image(&elf)?)?;
        Ok(file)
    }
}

/// Writes a file that appears whole or not at all.
fn replace(file: &Path, contents: &[u8]) -> Result<()> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let new = file.with_extension(format!("new-{}-{number}", std::process::id()));
    fs::write(&new, contents).with_context(|| format!("writing {}", new.display()))?;
    fs::rename(&new, file).with_context(|| format!("writing {}", file.display()))
}

/// Builds the project in `directory` for a board.
pub fn build(toolchain: &Toolchain, directory: &Path, profile: Profile, board: Board) -> Result<Firmware> {
    build_with(toolchain, directory, profile, board, Extras::default())
}

/// What a build has beside the usual.
#[derive(Clone, Copy, Debug, Default)]
pub struct Extras<'a> {
    /// More features of the project.
    pub features: &'a [&'a str],
    /// Variables that its build looks at.
    pub variables: &'a [(&'a str, &'a str)],
    /// If it is not to take the place of what is usually built.
    pub apart: Option<Apart<'a>>,
    /// Whom the build is shown to.
    pub audience: Audience,
}

/// A build that is kept apart from the usual one, and shares with it what both depend on.
#[derive(Clone, Copy, Debug)]
pub struct Apart<'a> {
    /// The firmware's package.
    pub package: &'a str,
    /// Where the usual build is: cargo's target directory.
    pub beside: &'a Path,
    /// Where the kernel is put.
    pub output: &'a Path,
}

impl Apart<'_> {
    /// cargo tells the builds of a package apart by its profile, among other things. So this package, and no other, gets a profile that differs in what
    /// changes nothing: 255 units of code instead of the 256 that cargo takes for development. Its build script runs with an `OUT_DIR` of its own, and
    /// neither build makes the other old.
    fn set(self, command: &mut Command) {
        command.env("CARGO_TARGET_DIR", self.output).env("CARGO_BUILD_BUILD_DIR", self.beside);
        command.arg("--config").arg(format!("profile.dev.package.{}.codegen-units=255", self.package));
    }
}

/// Whom a build is shown to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Audience {
    /// Nobody, as long as nothing is wrong.
    #[default]
    Nobody,
    /// The person who waits for it.
    Person,
}

/// Builds the project in `directory` for a board, with more than the usual.
pub fn build_with(
    toolchain: &Toolchain,
    directory: &Path,
    profile: Profile,
    board: Board,
    extras: Extras<'_>,
) -> Result<Firmware> {
    check_board(directory, board)?;
    check_features(directory, extras.features)?;
    let name = directory.file_name().unwrap_or_default().to_string_lossy();
    let mut command = toolchain.cargo(directory, "build");
    command.arg("--no-default-features").args(features_of(directory, board)?);
    if !extras.features.is_empty() {
        command.args(["--features", &extras.features.join(",")]);
    }
    command.envs(extras.variables.iter().copied());
    command.args(["--quiet", "--message-format", "json-render-diagnostics"]).stderr(Stdio::inherit());
    build_in_project(&mut command, directory)?;
    if let Some(apart) = extras.apart {
        apart.set(&mut command);
    }
    if profile == Profile::Release {
        command.arg("--release");
    }
    let firmware = listen(&mut command, extras.audience, &format!("building {name} for {board}"));
    if firmware.is_err() && lacks_crates(directory) {
        eprintln!("{LACKS_CRATES}");
    }
    let firmware = firmware?;
    firmware.with_context(|| format!("`cargo build` in {} made no kernel", directory.display()))
}

/// Whether the project in `directory` is for a board.
///
/// # Errors
/// It is not; the error names those that it is for.
pub fn check_board(directory: &Path, board: Board) -> Result<()> {
    let boards = boards(directory)?;
    let name = directory.file_name().unwrap_or_default().to_string_lossy();
    ensure!(boards.contains(&board), "`{name}` is not for the board {board}; it is for: {}", names(&boards));
    Ok(())
}

/// What a person does if cargo finds no package of l4k.
const LACKS_CRATES: &str = "note: the crates of l4k are not on crates.io yet. If cargo found no package `l4k-…` or `bsp-…`: write \
    `.cargo/crates.toml`, which names a clone of l4k. `cargo l4k new NAME --crates CLONE` makes a project that has this file";

/// Whether cargo looks for the crates of l4k on crates.io: nothing beside the project names another place.
fn lacks_crates(directory: &Path) -> bool {
    project::repository(directory).is_none() && !directory.join(".cargo/crates.toml").exists()
}

/// Whether the project in `directory` has the features that are asked for.
///
/// # Errors
/// It lacks one; the error names it.
fn check_features(directory: &Path, wanted: &[&str]) -> Result<()> {
    let features = features(directory)?;
    let name = directory.file_name().unwrap_or_default().to_string_lossy();
    match wanted.iter().find(|feature| !features.contains_key(**feature)) {
        Some(feature) => bail!(
            "`{name}` has no feature `{feature}` in its Cargo.toml. A firmware for rpi4 gets it by the line \
             `mini-uart-console = [\"bsp-rpi4?/mini-uart-console\"]` under [features]"
        ),
        None => Ok(()),
    }
}

/// Runs cargo, shows its steps, and reads what it made.
fn listen(command: &mut Command, audience: Audience, what: &str) -> Result<Option<Firmware>> {
    let progress = match audience {
        Audience::Nobody => return Ok(read(&process::answer(command)?)),
        Audience::Person => Progress::of(what),
    };
    if io::stderr().is_terminal() {
        // What cargo says of mistakes passes through a pipe.
        command.env("CARGO_TERM_COLOR", "always");
    }
    let messages = process::follow(command, &progress, |line| {
        if let Some(step) = step(line) {
            progress.step(&step);
        }
    })?;
    progress.done();
    Ok(read(&messages))
}

/// What one of cargo's messages says that was done.
fn step(message: &str) -> Option<String> {
    let message: Value = serde_json::from_str(message).ok()?;
    match message["reason"].as_str()? {
        "compiler-artifact" => Some(message["target"]["name"].as_str()?.to_owned()),
        _ => None,
    }
}

/// The command that builds for release without the debug console, with the compiler's notes on how much stack each function takes; they are
/// in the file and not in the image, and change no instruction.
pub fn command_without_console(toolchain: &Toolchain, directory: &Path, board: Board) -> Result<Command> {
    let mut command = toolchain.cargo(directory, "rustc");
    command.args(["--quiet", "--release", "--no-default-features"]).args(board_feature(board));
    command.args(["--message-format", "json-render-diagnostics", "--", "-Zemit-stack-sizes"]);
    // Lets this crate alone use what is not stable.
    let name = directory.file_name().unwrap_or_default().to_string_lossy().replace('-', "_");
    command.env("RUSTC_BOOTSTRAP", name);
    build_in_project(&mut command, directory)?;
    Ok(command)
}

/// Builds for release without the debug console, and returns the kernel's file.
pub fn build_without_console(toolchain: &Toolchain, directory: &Path, board: Board) -> Result<PathBuf> {
    let mut command = command_without_console(toolchain, directory, board)?;
    kernel_of(&process::answer(&mut command)?, directory)
}

/// The same with the programs, for a person who waits.
///
/// # Errors
/// It does not build.
pub fn build_for_size(toolchain: &Toolchain, directory: &Path, board: Board) -> Result<Firmware> {
    let mut command = command_without_console(toolchain, directory, board)?;
    let firmware = listen(&mut command, Audience::Person, &format!("building for {board}, release, without console"))?;
    firmware.with_context(|| format!("`cargo rustc` in {} made no kernel", directory.display()))
}

/// The kernel's file, from cargo's messages.
pub fn kernel_of(messages: &str, directory: &Path) -> Result<PathBuf> {
    Ok(read_messages(messages, directory)?.kernel)
}

/// What was built in `directory`, from cargo's messages.
pub fn read_messages(messages: &str, directory: &Path) -> Result<Firmware> {
    read(messages).with_context(|| format!("`cargo` in {} made no kernel", directory.display()))
}

/// Where a project of this repository is built; projects elsewhere build to their own place, as cargo does it.
pub(crate) fn build_in_project(command: &mut Command, directory: &Path) -> Result<()> {
    match project::repository(directory) {
        Some(root) => build_together(command, root),
        None => Ok(()),
    }
}

/// Firmware is built to one place below the repository at `root`, so that what it depends on is built once, and with the same symbols
/// wherever the repository is.
pub fn build_together(command: &mut Command, root: &Path) -> Result<()> {
    command.env("CARGO_TARGET_DIR", root.join("target/firmware"));
    // The same for all, whoever of them makes use of it: cargo builds anew what looks at this variable when it changes, and all that depends on it.
    command.env("RUSTC_BOOTSTRAP", bootstrapped(root)?);
    symbols::name_after_places(command, root).context("the path of this program")
}

/// The value of `RUSTC_BOOTSTRAP` for whatever is built to the same place as the firmware of the repository at `root`.
///
/// # Errors
/// The firmware cannot be listed.
pub fn bootstrapped(root: &Path) -> Result<String> {
    Ok(crates_of_firmware(root)?.join(","))
}

/// The crates of the firmware in the repository at `root`, as the compiler names them, and of the copies of it that its tests make.
fn crates_of_firmware(root: &Path) -> Result<Vec<String>> {
    let mut directories = entries(&root.join("examples"))?;
    directories.push(root.join("tests/bench"));
    let names = directories.iter().filter_map(|directory| directory.file_name()?.to_str());
    Ok(names.map(|name| name.replace('-', "_")).flat_map(|name| [format!("{name}_copied"), name]).collect())
}

/// The features of a development or release build for a board.
pub fn board_features(board: Board) -> [String; 2] {
    ["--features".to_owned(), format!("{BOARD_FEATURE}{board},debug")]
}

/// The feature of a build for a board without the debug console.
pub fn board_feature(board: Board) -> [String; 2] {
    ["--features".to_owned(), format!("{BOARD_FEATURE}{board}")]
}

/// The features of a development or release build of a project for a board: a project may do without a console.
pub(crate) fn features_of(directory: &Path, board: Board) -> Result<[String; 2]> {
    let features = features(directory)?;
    Ok(match features.contains_key(DEBUG_FEATURE) {
        true => board_features(board),
        false => board_feature(board),
    })
}

/// The boards that a firmware project is for: those that its features name. That of its default features comes first.
///
/// # Errors
/// There is no manifest, or it cannot be read.
pub fn boards(directory: &Path) -> Result<Vec<Board>> {
    let features = features(directory)?;
    let feature = |board: &Board| format!("{BOARD_FEATURE}{board}");
    let usual = features.get("default").and_then(toml::Value::as_array);
    let is_usual =
        |board: &Board| usual.is_some_and(|list| list.iter().any(|name| name.as_str() == Some(&feature(board))));
    let mut boards: Vec<Board> =
        Board::ALL.iter().copied().filter(|board| features.contains_key(&feature(board))).collect();
    boards.sort_by_key(|board| !is_usual(board));
    Ok(boards)
}

fn features(directory: &Path) -> Result<toml::Table> {
    let manifest = directory.join("Cargo.toml");
    if !manifest.is_file() {
        bail!("there is no firmware project in {}", directory.display());
    }
    let text = fs::read_to_string(&manifest).with_context(|| format!("reading {}", manifest.display()))?;
    let value: toml::Table = toml::from_str(&text).with_context(|| format!("reading {}", manifest.display()))?;
    Ok(value.get("features").and_then(toml::Value::as_table).cloned().unwrap_or_default())
}

fn names(boards: &[Board]) -> String {
    let names: Vec<&str> = boards.iter().map(|board| board.name()).collect();
    names.join(", ")
}

/// From cargo's messages: the one executable, and the build script's directory of the same package.
fn read(messages: &str) -> Option<Firmware> {
    let messages: Vec<Value> = messages.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let binary = messages.iter().rfind(|message| message["executable"].is_string())?;
    let package = &binary["package_id"];
    let script = messages
        .iter()
        .find(|message| message["reason"] == "build-script-executed" && message["package_id"] == *package)?;
    Some(Firmware { kernel: binary["executable"].as_str()?.into(), made: script["out_dir"].as_str()?.into() })
}

/// The ELF files of the programs in a firmware, with their symbols, as `l4k-build` leaves them.
pub fn programs(firmware: &Firmware) -> Result<Vec<PathBuf>> {
    entries(&firmware.made.join("symbols"))
}

#[cfg(test)]
mod tests {
    use super::{boards, check_features, features_of, read};
    use l4k_qemu::Board;

    #[test]
    fn the_board_of_the_default_features_comes_first() {
        let directory = std::env::temp_dir().join(format!("l4k-boards-{}", std::process::id()));
        std::fs::create_dir_all(&directory).expect("a directory");
        let features = "[features]\ndefault = [\"board-rpi4\"]\nboard-qemu-virt = []\nboard-rpi4 = []\n";
        std::fs::write(directory.join("Cargo.toml"), features).expect("a manifest");
        assert_eq!(boards(&directory).expect("boards"), [Board::RaspberryPi4, Board::QemuVirt]);
        assert_eq!(features_of(&directory, Board::QemuVirt).expect("features")[1], "board-qemu-virt");
        check_features(&directory, &["board-rpi4"]).expect("a feature that is there");
        let said = check_features(&directory, &["mini-uart-console"]).expect_err("it is not there").to_string();
        assert!(said.contains("has no feature `mini-uart-console` in its Cargo.toml"), "{said}");
        std::fs::remove_dir_all(directory).expect("the directory can be removed");
    }

    #[test]
    fn kernel_and_its_build_directory_are_found() {
        let messages = r#"
{"reason":"build-script-executed","package_id":"other","out_dir":"/other"}
{"reason":"build-script-executed","package_id":"hello","out_dir":"/made"}
{"reason":"compiler-artifact","package_id":"hello","executable":null}
{"reason":"compiler-artifact","package_id":"hello","executable":"/hello.elf"}
{"reason":"build-finished","success":true}"#;
        let firmware = read(messages).expect("a firmware");
        assert_eq!(firmware.kernel.to_str(), Some("/hello.elf"));
        assert_eq!(firmware.made.to_str(), Some("/made"));
        assert!(read("").is_none());
    }
}
