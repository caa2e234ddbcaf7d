//! A copy of the repository, and a fault in it. May call `process`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::faults::Fault;
use crate::process;

/// The copy.
#[derive(Debug)]
pub struct Tree {
    root: PathBuf,
}

impl Tree {
    /// Copies what git knows or would take. What is the same already is left as it is, so that it is not built again.
    pub fn copy(from: &Path, root: PathBuf) -> Result<Tree> {
        let mut command = Command::new("git");
        command.args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"]).current_dir(from);
        let output = process::answer(&mut command)?;
        // A file that was removed and not yet committed is in git's list.
        let files: BTreeSet<&str> =
            output.split('\0').filter(|name| !name.is_empty() && from.join(name).is_file()).collect();
        ensure!(!files.is_empty(), "git knows no files in {}", from.display());
        for file in &files {
            update(&from.join(file), &root.join(file))?;
        }
        remove_others(&root, &root, &files)?;
        Ok(Tree { root })
    }

    /// Where it is.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Works with a fault in the copy, and takes it out again.
    pub fn with<T>(&self, fault: &Fault, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let file = self.root.join(fault.file);
        let text = fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))?;
        let changed = planted(&text, fault)?;
        fs::write(&file, changed).with_context(|| format!("writing {}", file.display()))?;
        let result = work();
        fs::write(&file, text).with_context(|| format!("writing {}", file.display()))?;
        result
    }
}

/// A file's text with a fault in it.
pub fn planted(text: &str, fault: &Fault) -> Result<String> {
    let count = text.matches(fault.source).count();
    ensure!(count == 1, "{} has the source of the fault {} {count} times, not once", fault.file, fault.name);
    Ok(text.replacen(fault.source, fault.fault, 1))
}

fn update(from: &Path, to: &Path) -> Result<()> {
    let contents = fs::read(from).with_context(|| format!("reading {}", from.display()))?;
    if fs::read(to).is_ok_and(|old| old == contents) {
        return Ok(());
    }
    let directory = to.parent().unwrap_or(to);
    fs::create_dir_all(directory).with_context(|| format!("making {}", directory.display()))?;
    fs::copy(from, to).with_context(|| format!("writing {}", to.display()))?;
    Ok(())
}

/// Removes files that are no longer there, but nothing that was built.
fn remove_others(root: &Path, directory: &Path, files: &BTreeSet<&str>) -> Result<()> {
    for entry in crate::project::entries(directory)? {
        let below = entry.strip_prefix(root).unwrap_or(&entry).to_string_lossy().into_owned();
        if entry.is_dir() {
            if entry.file_name().is_some_and(|name| name != "target") {
                remove_others(root, &entry, files)?;
            }
        } else if !files.contains(below.as_str()) {
            fs::remove_file(&entry).with_context(|| format!("removing {}", entry.display()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::planted;
    use crate::planted::faults;
    use crate::project::Project;

    #[test]
    fn each_fault_can_be_planted() {
        let project = Project::find().expect("the project");
        for fault in &faults::ALL {
            let text = fs::read_to_string(project.path(fault.file)).expect(fault.file);
            let changed = planted(&text, fault).expect(fault.name);
            assert_ne!(changed, text, "{}", fault.name);
        }
    }

    #[test]
    fn a_fault_without_its_place_is_refused_by_name() {
        let error = planted("nothing", &faults::ALL[0]).expect_err("no place").to_string();
        assert!(error.contains(faults::ALL[0].name) && error.contains("0 times"), "{error}");
    }
}
