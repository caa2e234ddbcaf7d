//! Part `kept`: programs as earlier releases built them, kept as they were, run on the kernel of today. May call `equipment`, `examples`,
//! `firmware` and `shell`.
//!
//! `tests/kept/kept.toml` has a table for each package: the boards that it is for, and what an example's manifest says under
//! `[package.metadata.l4k]`.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use l4k_qemu::Board;
use toml::{Table, Value};

use super::image::Image;
use super::job::Job;
use super::outcome::Outcome;
use super::part::{Context, Part};
use super::{examples, shell};
use crate::equipment::Equipment;
use crate::firmware::Firmware;
use crate::project::{Project, entries};

/// The variable that names the package, for the build script of `tests/kept`.
const PACKAGE: &str = "L4K_KEPT_PACKAGE";

/// Where they are, from the project's directory.
const DIRECTORY: &str = "tests/kept";

/// The package whose programs answer at a prompt.
const HELLO: &str = "hello";

/// A package that was kept.
#[derive(Clone, Debug)]
struct Kept {
    /// Its file, below `tests/kept`.
    file: String,
    boards: Vec<Board>,
    equipment: Equipment,
}

impl Kept {
    /// The example's name.
    fn name(&self) -> Option<&str> {
        Path::new(&self.file).file_stem()?.to_str()
    }
}

/// A job for each on each of its boards.
pub fn jobs(project: &Project) -> Result<Vec<Job>> {
    let build = shell::build_job();
    let mut jobs = Vec::new();
    for kept in list(&project.path(DIRECTORY))? {
        for &board in &kept.boards {
            let image = Image::of(DIRECTORY, board).with_variable(PACKAGE, &kept.file);
            let name = format!("{}, {board}", kept.file);
            let job = {
                let (kept, image) = (kept.clone(), image.clone());
                move |context: &Context| run_one(context, &kept, &image)
            };
            let job = Job::run(Part::Kept, name, job).with(&image).about(examples::CARD);
            jobs.push(if kept.name() == Some(HELLO) { job.after(&build) } else { job });
        }
    }
    jobs.push(Job { part: Part::Kept, ..build });
    Ok(jobs)
}

fn run_one(context: &Context, kept: &Kept, image: &Image) -> Outcome {
    let board = image.board();
    let name = format!("{}, {board}", kept.file);
    match (image.firmware(context), kept.name()) {
        (Ok(firmware), Some(HELLO)) => Outcome::of_all(&name, shell::session_with(context, board, &firmware)),
        (Ok(firmware), example) => Outcome::of(&name, boot(example.unwrap_or_default(), &firmware, board, kept)),
        (Err(error), _) => Outcome::of(&name, Err(error)),
    }
}

fn boot(example: &str, firmware: &Firmware, board: Board, kept: &Kept) -> Result<()> {
    ensure!(!kept.equipment.expected.is_empty(), "kept.toml does not say what it prints");
    examples::boot(example, firmware, board, &kept.equipment)
}

/// What `kept.toml` lists, which is every package there is.
fn list(directory: &Path) -> Result<Vec<Kept>> {
    let text = fs::read_to_string(directory.join("kept.toml")).context("reading tests/kept/kept.toml")?;
    let all = read(&text, directory).context("tests/kept/kept.toml")?;
    for release in entries(directory)? {
        for file in entries(&release).unwrap_or_default() {
            let below = file.strip_prefix(directory).unwrap_or(&file).display().to_string();
            let listed = all.iter().any(|kept| kept.file == below);
            ensure!(listed || !below.ends_with(".l4k"), "{below} is not listed in tests/kept/kept.toml");
        }
    }
    Ok(all)
}

fn read(text: &str, directory: &Path) -> Result<Vec<Kept>> {
    let mut all = Vec::new();
    for (file, value) in toml::from_str::<Table>(text)? {
        let mut table = value.as_table().with_context(|| format!("`{file}` is no table"))?.clone();
        let boards = table.remove("boards").with_context(|| format!("`{file}` is for no `boards`"))?;
        let equipment = Equipment::in_table(&table, directory).with_context(|| file.clone())?;
        all.push(Kept { boards: boards_of(&boards).with_context(|| file.clone())?, file, equipment });
    }
    Ok(all)
}

fn boards_of(value: &Value) -> Result<Vec<Board>> {
    let Some(list) = value.as_array().filter(|list| !list.is_empty()) else { bail!("`boards` is a list of names") };
    let board = |name: &Value| match name.as_str().map(str::parse) {
        Some(Ok(board)) => Ok(board),
        _ => bail!("{name} is no board"),
    };
    list.iter().map(board).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::read;

    #[test]
    fn a_package_has_boards_and_equipment() {
        let text = "[\"1.0/files.l4k\"]\nboards = [\"rpi4\"]\ncard = \"card\"\nexpected = [\"a\"]\n";
        let all = read(text, Path::new("/kept")).expect("a list");
        assert_eq!((all.len(), all[0].name(), all[0].boards.len()), (1, Some("files"), 1));
        assert_eq!(all[0].equipment.card.as_deref(), Some(Path::new("/kept/card")));
    }

    #[test]
    fn what_is_not_known_is_refused_by_name() {
        for wrong in ["a = 1", "[a]", "[a]\nboards = []", "[a]\nboards = [\"x\"]", "[a]\nboards = [\"rpi4\"]\nb = 1"] {
            let error = format!("{:#}", read(wrong, Path::new("/")).expect_err(wrong));
            assert!(error.contains('a'), "{wrong}: {error}");
        }
    }
}
