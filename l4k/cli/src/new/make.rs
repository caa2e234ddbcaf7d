//! Makes a project from the template: all of it, or nothing. May call the other files of this directory.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use l4k_qemu::Board;

use super::archive::{self, TemplateFile};
use super::{crates, name, report};

/// The templates there are.
pub const TEMPLATES: [&str; 1] = ["firmware"];

/// The boards that the template is for.
pub const BOARDS: [Board; 2] = [Board::QemuVirt, Board::RaspberryPi4];

/// Where the l4k crates come from.
pub const CRATES: &str = ".cargo/crates.toml";

/// The line with the project's name.
const NAME: &str = "name = \"template\"\n";

/// The line that names the board which is built if nothing is said.
const DEFAULT_BOARD: &str = "default = [\"board-qemu-virt\", \"debug\"]\n";

/// What is to be made.
#[derive(Clone, Debug)]
pub struct Request {
    /// The project's name.
    pub name: String,
    /// The board that is built if nothing is said.
    pub board: Board,
    /// The template.
    pub template: String,
    /// A directory with the l4k crates; without it, they come from the registry.
    pub crates: Option<PathBuf>,
}

/// Makes the project in a directory of its own below `parent`, and says what to type next.
///
/// # Errors
/// The request cannot be met, or a file cannot be written. Nothing is left behind then.
pub fn run(request: &Request, parent: &Path) -> Result<()> {
    make(request, parent)?;
    print!("{}", report::text(request));
    Ok(())
}

/// Makes the project.
///
/// # Errors
/// As [`run`].
pub fn make(request: &Request, parent: &Path) -> Result<()> {
    let Request { name, board, template, crates } = request;
    name::check(name)?;
    let templates = TEMPLATES.join(", ");
    ensure!(TEMPLATES.contains(&&**template), "there is no template `{template}`; there are: {templates}");
    if !BOARDS.contains(board) {
        bail!("the template is not for the board {board}; it is for: {}", BOARDS.map(Board::name).join(", "));
    }
    let directory = parent.join(name);
    // A link that leads nowhere is something, too.
    ensure!(
        directory.symlink_metadata().is_err(),
        "{} is there already; take another name, or remove it",
        directory.display()
    );
    let mut files: Vec<(&str, String)> =
        archive::files().iter().map(|file| Ok((file.path, adapted(file, name, *board)?))).collect::<Result<_>>()?;
    if let Some(crates) = crates {
        files.push((CRATES, crates::patches(crates)?));
    }
    write(&files, &directory, parent)
}

/// A file of the template, for this project.
fn adapted(file: &TemplateFile<'_>, name: &str, board: Board) -> Result<String> {
    if file.path != "Cargo.toml" {
        return Ok(file.contents.to_owned());
    }
    ensure!(file.contents.contains(NAME) && file.contents.contains(DEFAULT_BOARD), "the template is damaged");
    let named = file.contents.replace(NAME, &format!("name = \"{name}\"\n"));
    Ok(named.replace(DEFAULT_BOARD, &format!("default = [\"board-{board}\", \"debug\"]\n")))
}

/// Writes to a directory beside, which gets its name when all is there.
fn write(files: &[(&str, String)], directory: &Path, parent: &Path) -> Result<()> {
    let beside = tempfile::Builder::new().prefix(".l4k-new-").tempdir_in(parent);
    let beside = beside.with_context(|| format!("making a directory in {}", parent.display()))?;
    // The system makes a directory that nobody else may read.
    let project = beside.path().join("project");
    for (path, contents) in files {
        let file = project.join(path);
        fs::create_dir_all(file.parent().unwrap_or(&project)).with_context(|| format!("making {}", file.display()))?;
        fs::write(&file, contents).with_context(|| format!("writing {}", file.display()))?;
    }
    fs::rename(&project, directory).with_context(|| format!("making {}", directory.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(name: &str) -> Request {
        Request { name: name.to_owned(), board: Board::RaspberryPi4, template: "firmware".to_owned(), crates: None }
    }

    #[test]
    fn name_and_board_are_those_that_were_asked_for() {
        let parent = tempfile::tempdir().unwrap();
        make(&request("robot"), parent.path()).unwrap();
        let manifest = fs::read_to_string(parent.path().join("robot/Cargo.toml")).unwrap();
        assert_eq!(manifest.matches("name = \"robot\"").count(), 2, "{manifest}");
        assert!(manifest.contains("default = [\"board-rpi4\", \"debug\"]"), "{manifest}");
        assert!(!parent.path().join("robot").join(CRATES).exists());
        let here: Vec<_> = fs::read_dir(parent.path()).unwrap().collect();
        assert_eq!(here.len(), 1, "{here:?}");
    }

    #[test]
    fn what_cannot_be_made_leaves_nothing_behind() {
        let parent = tempfile::tempdir().unwrap();
        let refused = |request: Request, why: &str| {
            let said = make(&request, parent.path()).unwrap_err().to_string();
            assert!(said.contains(why), "{said}");
            assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
        };
        refused(request("fn"), "a word of Rust");
        refused(
            Request { template: "web".to_owned(), ..request("a") },
            "there is no template `web`; there are: firmware",
        );
        refused(Request { board: Board::Versal, ..request("a") }, "it is for: qemu-virt, rpi4");
        refused(Request { crates: Some("/nowhere".into()), ..request("a") }, "there is no directory /nowhere");
        fs::create_dir(parent.path().join("robot")).unwrap();
        let said = make(&request("robot"), parent.path()).unwrap_err().to_string();
        assert!(said.contains("is there already"), "{said}");
    }
}
