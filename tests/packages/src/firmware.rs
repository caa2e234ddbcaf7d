//! A firmware project that is made of the packed crates alone: built, and booted to its prompt. May call
//! `console`, `date`, `origin`, `pack`, `tool` and `workspace`.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use cargo_metadata::MetadataCommand;

use crate::console::talk;
use crate::date;
use crate::origin;
use crate::pack::{self, Packed};
use crate::tool::Tool;
use crate::workspace::Workspace;

/// The name of the project.
const NAME: &str = "greeting";

/// The crates that the firmware is made of. Each has to come from its package.
const USED: [&str; 7] = ["bsp-qemu-virt", "l4k", "l4k-build", "l4k-drivers", "l4k-init", "l4k-sys", "l4k-test"];

/// A directory outside of the repository, with the unpacked crates and the project. It goes away with the value.
#[derive(Debug)]
struct Outside {
    place: PathBuf,
}

impl Outside {
    /// The directory for the packages of a repository, empty. It is the same each time, so that cargo builds only what
    /// has changed.
    fn new(repository: &Path) -> Result<Outside> {
        let mut hasher = DefaultHasher::new();
        repository.hash(&mut hasher);
        let place = std::env::temp_dir().join(format!("l4k-packed-{:016x}", hasher.finish()));
        if place.exists() {
            fs::remove_dir_all(&place).with_context(|| format!("removing {}", place.display()))?;
        }
        fs::create_dir_all(&place).with_context(|| format!("making {}", place.display()))?;
        Ok(Outside { place: place.canonicalize()? })
    }
}

impl Drop for Outside {
    fn drop(&mut self) {
        // What cannot be removed stays in the system's directory for such files.
        let _ = fs::remove_dir_all(&self.place);
    }
}

/// Unpacks the crates to a directory outside of the repository, builds the tool `cargo l4k` from its package, and has it make the template's project there. Proves
/// that the project uses these crates and nothing of the repository, and has the tool build it and boot it.
///
/// # Errors
/// One of these steps fails.
pub fn build_and_boot(workspace: &Workspace, packed: &[Packed]) -> Result<()> {
    let outside = Outside::new(workspace.root())?;
    let crates = outside.place.join("crates");
    for one in packed {
        date::as_first_seen(one, &pack::unpack(one, &crates)?)?;
    }
    let tool = Tool::build(workspace, packed, &crates)?;
    let project = tool.new_project(&outside.place, NAME, &crates)?;
    prove_origin(workspace, &outside.place, &project)?;
    tool.build_firmware(&project)?;
    talk(&mut tool.run(&project))
}

fn prove_origin(workspace: &Workspace, place: &Path, project: &Path) -> Result<()> {
    origin::check_texts(place, workspace.root())?;
    let metadata = MetadataCommand::new()
        .current_dir(project)
        .other_options(["--offline".to_owned()])
        .exec()
        .with_context(|| format!("reading the project {}", project.display()))?;
    origin::check(&metadata, place)?;
    USED.iter().try_for_each(|name| origin::check_use(&metadata, name, &place.join("crates")))
}
