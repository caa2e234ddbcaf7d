//! Programs that lie beside those of the firmware and are not packed: most likely they were forgotten in `build.rs`. May call nothing.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What was found beside the programs of a firmware.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unlisted {
    /// Directories of programs that are not packed, as the firmware's author would name them.
    pub programs: Vec<PathBuf>,
    /// The directories that were looked through. What is added there later is found later.
    pub looked_at: Vec<PathBuf>,
}

/// Looks through the directories that hold the listed programs. `listed` are directories from `firmware`, that of the firmware's `Cargo.toml`.
///
/// It says nothing of a directory that cannot be read: whatever the firmware needs there fails with a message of its own.
pub fn find(firmware: &Path, listed: &[&Path]) -> Unlisted {
    let parents: BTreeSet<&Path> = listed.iter().filter_map(|directory| directory.parent()).filter(is_below).collect();
    let mut unlisted = Unlisted::default();
    for parent in parents {
        // Cargo looks at the age of everything in a directory. What is built there would make it older with each build.
        if firmware.join(parent).join("target").exists() {
            continue;
        }
        unlisted.looked_at.push(firmware.join(parent));
        let entries = fs::read_dir(firmware.join(parent)).into_iter().flatten().flatten();
        let beside = entries.map(|entry| parent.join(entry.file_name()));
        unlisted.programs.extend(
            beside.filter(|directory| !listed.contains(&&**directory) && is_program(&firmware.join(directory))),
        );
    }
    unlisted.programs.sort();
    unlisted
}

/// Whether a directory lies in that of the firmware, and is not the whole of it.
fn is_below(directory: &&Path) -> bool {
    !directory.as_os_str().is_empty() && !directory.is_absolute() && !directory.starts_with("..")
}

fn is_program(directory: &Path) -> bool {
    directory.join("Cargo.toml").is_file() && directory.join("src/main.rs").is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(at: &Path) {
        fs::create_dir_all(at.join("src")).unwrap();
        fs::write(at.join("Cargo.toml"), "").unwrap();
        fs::write(at.join("src/main.rs"), "").unwrap();
    }

    #[test]
    fn programs_beside_the_listed_ones_are_found_and_libraries_are_not() {
        let firmware = std::env::temp_dir().join(format!("l4k-unlisted-{}", std::process::id()));
        ["programs/init", "programs/forgotten", "elsewhere/other"].iter().for_each(|at| program(&firmware.join(at)));
        fs::create_dir_all(firmware.join("programs/library/src")).unwrap();
        fs::write(firmware.join("programs/library/Cargo.toml"), "").unwrap();
        let listed = [Path::new("programs/init"), Path::new("../shared/uart"), Path::new("alone")];
        let found = find(&firmware, &listed);
        assert_eq!(found.programs, [Path::new("programs/forgotten")]);
        assert_eq!(found.looked_at, [firmware.join("programs")]);
        assert_eq!(find(&firmware, &[Path::new("programs/init"), Path::new("programs/forgotten")]).programs.len(), 0);
        fs::create_dir_all(firmware.join("programs/target")).unwrap();
        assert_eq!(find(&firmware, &listed), Unlisted::default());
        fs::remove_dir_all(firmware).unwrap();
    }
}
