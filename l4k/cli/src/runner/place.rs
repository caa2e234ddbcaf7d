//! Which firmware project a binary belongs to, and for which board it is. May call `firmware` and `workplace`.

use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context, Result, bail, ensure};
use l4k_qemu::Board;

use super::options;
use crate::firmware;
use crate::toolchain::TARGET;

/// Where the memory of QEMU's virt machine begins. The images of the other boards lie below.
const VIRT_MEMORY: u64 = 0x4000_0000;

/// The directory of the firmware project: that which the user has named, else the nearest one at or above the package that is run.
///
/// # Errors
/// There is none.
pub fn firmware_directory() -> Result<PathBuf> {
    if let Some(named) = env::var_os(options::FIRMWARE) {
        let directory = PathBuf::from(named);
        let boards = firmware::boards(&directory).with_context(|| format!("the variable {}", options::FIRMWARE))?;
        ensure!(!boards.is_empty(), "{}: no feature of {} is for a board", options::FIRMWARE, directory.display());
        return Ok(directory);
    }
    let package = match env::var_os("CARGO_MANIFEST_DIR") {
        Some(package) => PathBuf::from(package),
        None => env::current_dir().context("the current directory")?,
    };
    let is_firmware = |directory: &&Path| firmware::boards(directory).is_ok_and(|boards| !boards.is_empty());
    match package.ancestors().find(is_firmware) {
        Some(found) => Ok(found.to_owned()),
        None => bail!(
            "there is no firmware project at or above {}: the tests run on its kernel. Name one with the variable {}",
            package.display(),
            options::FIRMWARE
        ),
    }
}

/// The name of the package in a directory.
///
/// # Errors
/// There is none.
pub fn package_name(directory: &Path) -> Result<String> {
    let manifest = directory.join("Cargo.toml");
    let text = fs::read_to_string(&manifest).with_context(|| format!("reading {}", manifest.display()))?;
    let table: toml::Table = toml::from_str(&text).with_context(|| format!("reading {}", manifest.display()))?;
    let name = table.get("package").and_then(|package| package.get("name")).and_then(toml::Value::as_str);
    name.map(str::to_owned).with_context(|| format!("{} names no package", manifest.display()))
}

/// The directory in which cargo has built the binary.
///
/// # Errors
/// cargo has not built it for the target.
pub fn target_directory(binary: &Path) -> Result<PathBuf> {
    let binary = binary.canonicalize().with_context(|| format!("there is no file {}", binary.display()))?;
    let found = binary.ancestors().find(|above| above.file_name().is_some_and(|name| name == TARGET));
    let parent = found.and_then(Path::parent);
    parent.map(Path::to_owned).with_context(|| format!("{} is not in a target directory of cargo", binary.display()))
}

/// The board for which a kernel is that is loaded at this address; `chosen` is what the user has said, `boards` are those of the project.
///
/// # Errors
/// It cannot be told.
pub fn board_of(load_address: u64, chosen: Option<Board>, boards: &[Board]) -> Result<Board> {
    let fits = |board: &Board| (*board == Board::QemuVirt) == (load_address >= VIRT_MEMORY);
    if let Some(chosen) = chosen {
        ensure!(fits(&chosen), "the kernel is loaded at {load_address:#x}, so it is not for the board {chosen}");
        return Ok(chosen);
    }
    let fitting: Vec<Board> = boards.iter().copied().filter(fits).collect();
    match fitting[..] {
        [board] => Ok(board),
        _ => bail!(
            "the kernel is loaded at {load_address:#x}, which does not tell its board; name it with the variable {}",
            options::BOARD
        ),
    }
}

/// The board on which tests run.
///
/// # Errors
/// The project is not for the one that was chosen.
pub fn board_for_tests(chosen: Option<Board>, boards: &[Board]) -> Result<Board> {
    match chosen {
        Some(chosen) if boards.contains(&chosen) => Ok(chosen),
        Some(chosen) => {
            let names: Vec<&str> = boards.iter().map(|board| board.name()).collect();
            bail!("the project is not for the board {chosen}; it is for: {}", names.join(", "))
        }
        None => boards.first().copied().context("the project is for no board"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: [Board; 2] = [Board::QemuVirt, Board::RaspberryPi4];

    #[test]
    fn a_kernel_tells_its_board_by_its_address() {
        assert_eq!(board_of(0x4020_0000, None, &BOTH).unwrap(), Board::QemuVirt);
        assert_eq!(board_of(0x20_0000, None, &BOTH).unwrap(), Board::RaspberryPi4);
        assert_eq!(board_of(0x20_0000, None, &[Board::Versal]).unwrap(), Board::Versal);
        assert!(board_of(0x20_0000, None, &Board::ALL[1..]).is_err());
        assert_eq!(board_of(0x20_0000, Some(Board::Versal), &BOTH).unwrap(), Board::Versal);
        let said = board_of(0x20_0000, Some(Board::QemuVirt), &BOTH).unwrap_err().to_string();
        assert!(said.contains("not for the board qemu-virt"), "{said}");
    }

    #[test]
    fn tests_run_on_the_first_board_unless_another_is_named() {
        assert_eq!(board_for_tests(None, &BOTH).unwrap(), Board::QemuVirt);
        assert_eq!(board_for_tests(Some(Board::RaspberryPi4), &BOTH).unwrap(), Board::RaspberryPi4);
        assert!(board_for_tests(Some(Board::Versal), &BOTH).unwrap_err().to_string().contains("qemu-virt, rpi4"));
    }

    #[test]
    fn the_target_directory_is_above_the_target() {
        let directory = tempfile::tempdir().unwrap();
        let deps = directory.path().join(TARGET).join("debug/deps");
        std::fs::create_dir_all(&deps).unwrap();
        std::fs::write(deps.join("greeter-1"), "").unwrap();
        let found = target_directory(&deps.join("greeter-1")).unwrap();
        assert_eq!(found, directory.path().canonicalize().unwrap());
        std::fs::write(directory.path().join("greeter"), "").unwrap();
        assert!(target_directory(&directory.path().join("greeter")).is_err());
        assert!(target_directory(&deps.join("nothing")).is_err());
    }
}
