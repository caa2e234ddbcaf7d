//! Two commands at once in one clone: the second waits, and says so. May call `command_line` for its types.

use anyhow::Result;
use cargo_l4k::lock::Lock;

use crate::command_line::Task;
use crate::project::Project;

/// Waits until no other command uses the files that this one writes.
///
/// The test has a lock of its own: it types other commands of this program, which would wait for it for ever.
pub fn wait(project: &Project, task: &Task) -> Result<Option<Lock>> {
    let (name, whom) = match task {
        // It takes its lock when it has chosen its jobs, and calls itself for each of them.
        Task::Test { .. } => return Ok(None),
        Task::Planted { .. } => ("l4k-planted.lock", "another cargo xtask planted in this project"),
        // What they build is locked by `cargo-l4k`, for as long as they build.
        Task::SetUp | Task::Run(_) | Task::Image(_) | Task::Gdb { .. } | Task::Book => return Ok(None),
        Task::Model { .. }
        | Task::Suite { .. }
        | Task::Size { .. }
        | Task::Paths(_)
        | Task::Bench(_)
        | Task::Coverage { .. }
        | Task::Mutants(_)
        | Task::Fuzz { .. } => ("l4k-xtask.lock", "another cargo xtask in this project"),
    };
    Ok(Some(Lock::take(&project.target().join(name), whom)?))
}
