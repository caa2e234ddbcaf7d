//! Part `copied`: an example that was copied out of the project, with its dependency paths changed, still builds. May call
//! `firmware`.

use std::fs;
use std::path::{Component, Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};
use toml::Value;

use super::job::{Job, Resource, Subject};
use super::outcome::Outcome;
use super::part::{Context, Part};
use crate::project::entries;
use crate::{firmware, process};

/// The examples that are copied: one that takes a board from a crate, and one that brings its own. The others have the same form.
const COPIED: [&str; 2] = ["hello", "own-board"];

/// The example whose program gets to read a variable.
const READS: &str = "passive-server";

/// The variable, and what is added to the program: bytes that the linker keeps.
const VARIABLE: &str = "L4K_VARIABLE_OF_A_PROGRAM";
const VALUE: &str = "\n#[used]\nstatic VALUE: &str = match option_env!(\"L4K_VARIABLE_OF_A_PROGRAM\") {\n    Some(value) => value,\n    None => \"\",\n};\n";

/// What is added to a copy's name: cargo tells packages apart by their names and their places in the workspace, and this is another one than the
/// example.
const SUFFIX: &str = "-copied";

/// A job for each, and one for a program that reads a variable. What the examples depend on stays where it is: only their own files, and what builds
/// them, decide whether a copy builds as the example does.
pub fn jobs() -> Vec<Job> {
    let firmware = |name: &str| Subject::Project(format!("examples/{name}"));
    let copy = |name: &'static str| {
        let job = move |context: &Context| Outcome::of(name, copy_and_build(context, name));
        Job::run(Part::Copied, name, job).about(firmware(name))
    };
    let variable = Job::run(Part::Copied, "variable", |context| {
        Outcome::of("a variable that a program reads builds the firmware anew", variable_changes(context))
    })
    .about(firmware(READS));
    COPIED.map(copy).into_iter().chain([variable]).map(|job| job.holding(Resource::Firmware)).collect()
}

fn copy_and_build(context: &Context, name: &str) -> Result<()> {
    with_copy(context, name, |copy| build(context, copy, &[]).map(drop))
}

/// Works on a copy of an example, which lies outside of the project.
fn with_copy(context: &Context, name: &str, work: impl Fn(&Path) -> Result<()>) -> Result<()> {
    let example = context.project.example(name)?;
    let copy = std::env::temp_dir().join(format!("l4k-copied-{}", std::process::id())).join(name);
    ensure!(!copy.starts_with(context.project.root()), "{} lies in the project", copy.display());
    let result = copy_directory(&example, &example, &copy).and_then(|()| work(&copy));
    let parent = copy.parent().context("a directory for copies")?;
    fs::remove_dir_all(parent).with_context(|| format!("removing {}", parent.display()))?;
    result
}

/// Builds a copy as its user would, but for the place: what it has in common with the project's firmware is not built once more.
fn build(context: &Context, copy: &Path, variables: &[(&str, &str)]) -> Result<PathBuf> {
    let board = *firmware::boards(copy)?.first().context("it is for no board")?;
    let mut command = context.toolchain.cargo(copy, "build");
    command.args(["--quiet", "--no-default-features", "--message-format", "json-render-diagnostics"]);
    command.args(firmware::board_features(board)).envs(variables.iter().copied()).stderr(Stdio::inherit());
    firmware::build_together(&mut command, context.project.root())?;
    firmware::kernel_of(&process::answer(&mut command)?, copy)
}

/// Builds a program that has the value of a variable in it, twice with other values. The second kernel has the second value.
fn variable_changes(context: &Context) -> Result<()> {
    with_copy(context, READS, |copy| {
        let main = copy.join("programs/server/src/main.rs");
        let text = fs::read_to_string(&main).with_context(|| format!("reading {}", main.display()))?;
        fs::write(&main, text + VALUE).with_context(|| format!("writing {}", main.display()))?;
        for value in ["the first value of a variable", "another value of the variable"] {
            let kernel = build(context, copy, &[(VARIABLE, value)])?;
            let image = fs::read(&kernel).with_context(|| format!("reading {}", kernel.display()))?;
            let has_value = image.windows(value.len()).any(|bytes| bytes == value.as_bytes());
            ensure!(has_value, "the kernel was built with another value than `{value}`");
        }
        Ok(())
    })
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
            let mut changed = with_absolute_paths(&text, from, example)?;
            if from == example {
                changed = renamed(&changed)?;
            }
            fs::write(to.join(name), changed)?;
        } else {
            fs::copy(&entry, to.join(name)).with_context(|| format!("copying {}", entry.display()))?;
        }
    }
    Ok(())
}

/// The manifest of a firmware that has another name.
fn renamed(manifest: &str) -> Result<String> {
    let mut value: Value = toml::from_str(manifest).context("a manifest")?;
    let name = value.get_mut("package").and_then(|package| package.get_mut("name")).context("it names no package")?;
    *name = Value::String(format!("{}{SUFFIX}", name.as_str().unwrap_or_default()));
    toml::to_string(&value).context("a manifest")
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

    use super::{renamed, with_absolute_paths};

    #[test]
    fn a_copy_has_another_name() {
        let changed = renamed("[package]\nname = \"hello\"\n[dependencies]\nname = \"1\"\n").expect("a manifest");
        assert!(changed.contains("\"hello-copied\"") && changed.contains("name = \"1\""), "{changed}");
        assert!(renamed("[workspace]\n").is_err());
    }

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
