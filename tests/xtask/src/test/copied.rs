//! Part `copied`: an example that was copied out of the project, with its dependency paths changed, still builds. May call
//! `firmware`.

use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use toml::Value;

use super::outcome::Outcome;
use super::part::Context;
use crate::firmware::{self, Profile};
use crate::project::entries;

/// The examples that are copied: one that takes a board from a crate, and one that brings its own. The others have the same form.
const COPIED: [&str; 2] = ["hello", "own-board"];

/// Copies them and builds the copies.
pub fn run(context: &Context) -> Outcome {
    let mut outcome = Outcome::default();
    for name in COPIED {
        outcome.add(name, copy_and_build(context, name));
    }
    outcome
}

fn copy_and_build(context: &Context, name: &str) -> Result<()> {
    let example = context.project.example(name)?;
    let copy = std::env::temp_dir().join(format!("l4k-copied-{}", std::process::id())).join(name);
    ensure!(!copy.starts_with(context.project.root()), "{} lies in the project", copy.display());
    let result = copy_directory(&example, &example, &copy).and_then(|()| {
        let board = *firmware::boards(&copy)?.first().context("it is for no board")?;
        let firmware = firmware::build(&context.toolchain, &copy, Profile::Development, board)?;
        ensure!(firmware.kernel.starts_with(&copy), "built to {}", firmware.kernel.display());
        Ok(())
    });
    let parent = copy.parent().context("a directory for copies")?;
    fs::remove_dir_all(parent).with_context(|| format!("removing {}", parent.display()))?;
    result
}

/// Copies what a person would: everything but what was built.
pub fn copy_directory(example: &Path, from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("making {}", to.display()))?;
    for entry in entries(from)? {
        let name = entry.file_name().unwrap_or_default();
        if entry.is_dir() {
            if name != "target" {
                copy_directory(example, &entry, &to.join(name))?;
            }
        } else if name == "Cargo.toml" {
            let text = fs::read_to_string(&entry).with_context(|| format!("reading {}", entry.display()))?;
            let changed = with_absolute_paths(&text, from, example)?;
            fs::write(to.join(name), changed)?;
        } else {
            fs::copy(&entry, to.join(name)).with_context(|| format!("copying {}", entry.display()))?;
        }
    }
    Ok(())
}

/// A manifest in which each path that leads out of the example is absolute.
fn with_absolute_paths(manifest: &str, directory: &Path, example: &Path) -> Result<String> {
    let mut value: Value = toml::from_str(manifest).context("a manifest")?;
    change(&mut value, directory, example);
    toml::to_string(&value).context("a manifest")
}

fn change(value: &mut Value, directory: &Path, example: &Path) {
    let Some(table) = value.as_table_mut() else { return };
    for (key, entry) in table.iter_mut() {
        if key == "path"
            && let Some(path) = entry.as_str()
        {
            let whole = normal(&directory.join(path));
            if !whole.starts_with(example) {
                *entry = Value::String(whole.display().to_string());
            }
        }
        change(entry, directory, example);
    }
}

/// Without `..`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => {
                normal.pop();
            }
            Component::CurDir => {}
            other => normal.push(other),
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::with_absolute_paths;

    #[test]
    fn only_paths_that_lead_out_are_changed() {
        let manifest = "[workspace.dependencies]\nl4k-sys = { path = \"../../l4k-sys\" }\nown = { path = \"own\" }\n\
                        [[bin]]\nname = \"x\"\npath = \"src/main.rs\"\n";
        let example = Path::new("/p/examples/hello");
        let changed = with_absolute_paths(manifest, example, example).expect("a manifest");
        assert!(changed.contains("\"/p/l4k-sys\""), "{changed}");
        assert!(changed.contains("\"own\"") && changed.contains("\"src/main.rs\""), "{changed}");
    }
}
