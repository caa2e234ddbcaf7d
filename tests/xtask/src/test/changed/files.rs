//! What has changed, as git tells it. May call `process`.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;

/// The files that differ from a revision: what was committed since, what was not committed yet, and what git does not know yet.
pub fn since(root: &Path, base: &str) -> Result<BTreeSet<String>> {
    let changed = git(root, &["diff", "--name-only", "--no-renames", "-z", base, "--"])
        .with_context(|| format!("git cannot compare with `{base}`; name another revision with --base"))?;
    let unknown = git(root, &["ls-files", "--others", "--exclude-standard", "-z"])?;
    Ok(names(&changed).chain(names(&unknown)).collect())
}

fn git(root: &Path, arguments: &[&str]) -> Result<String> {
    process::answer(Command::new("git").args(arguments).current_dir(root))
}

fn names(output: &str) -> impl Iterator<Item = String> {
    output.split('\0').filter(|name| !name.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn names_are_taken_apart_at_zeros() {
        assert_eq!(names("a b.rs\0c/d.rs\0").collect::<Vec<_>>(), ["a b.rs", "c/d.rs"]);
        assert_eq!(names("").count(), 0);
    }
}
