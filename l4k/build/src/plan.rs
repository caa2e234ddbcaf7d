//! What has to be built: each program's package and binary, and one call of cargo a workspace.

use std::path::{Path, PathBuf};

use crate::environment::Environment;
use crate::error::BuildError;
use crate::metadata::{CargoPackage, Workspace};
use crate::nested;

/// A call of cargo, for all programs of a workspace: they share what they have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The workspace's root directory.
    pub root: PathBuf,
    /// The workspace's packages.
    pub packages: Vec<CargoPackage>,
    /// The binaries to build.
    pub binaries: Vec<Binary>,
}

/// A binary of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binary {
    /// How cargo names the package.
    pub package: String,
    /// The binary's name.
    pub name: String,
}

/// What a firmware's programs are built from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The calls of cargo.
    pub calls: Vec<Call>,
    /// The binary of each program, in the order of the programs.
    pub binaries: Vec<Binary>,
}

/// Makes the plan for programs, each a name and the directory of its package.
///
/// # Errors
/// [`BuildError`] if a directory holds no package, or its binary cannot be chosen.
pub fn make<'a>(
    environment: &Environment,
    programs: impl IntoIterator<Item = (&'a str, &'a Path)>,
) -> Result<Plan, BuildError> {
    let mut known = Vec::new();
    let mut plan = Plan::default();
    for (program, directory) in programs {
        let manifest = manifest(environment, program, directory)?;
        if !known.iter().any(|workspace: &Workspace| workspace.package(&manifest).is_some()) {
            known.push(Workspace::from_json(&nested::metadata(environment, program, &manifest)?)?);
        }
        let found = known.iter().find_map(|workspace| Some((workspace, workspace.package(&manifest)?)));
        let (workspace, package) =
            found.ok_or_else(|| BuildError::NoPackage { program: program.to_owned(), manifest: manifest.clone() })?;
        let name = package.binary_for(program).ok_or_else(|| BuildError::NoBinary {
            program: program.to_owned(),
            manifest: manifest.clone(),
            binaries: package.binaries.clone(),
        })?;
        plan.add(workspace, Binary { package: package.id.clone(), name: name.to_owned() })?;
    }
    Ok(plan)
}

fn manifest(environment: &Environment, program: &str, directory: &Path) -> Result<PathBuf, BuildError> {
    let manifest = environment.resolve(directory).join("Cargo.toml");
    // cargo names files without symbolic links and dots, and names are compared.
    manifest.canonicalize().map_err(|_| BuildError::NoPackage { program: program.to_owned(), manifest })
}

impl Plan {
    /// Adds the next program's binary.
    fn add(&mut self, workspace: &Workspace, binary: Binary) -> Result<(), BuildError> {
        let index = self.calls.iter().position(|call| call.root == workspace.root).unwrap_or_else(|| {
            let Workspace { root, packages } = workspace.clone();
            self.calls.push(Call { root, packages, binaries: Vec::new() });
            self.calls.len() - 1
        });
        // All workspaces are built in one directory, where a second file of the same name would take the place of the first.
        let mut built = self.calls.iter().flat_map(|call| &call.binaries);
        if built.any(|other| other.name == binary.name && other.package != binary.package) {
            return Err(BuildError::SameBinary { name: binary.name });
        }
        // Two programs may be the same binary, under two names.
        if !self.calls[index].binaries.contains(&binary) {
            self.calls[index].binaries.push(binary.clone());
        }
        self.binaries.push(binary);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binary(package: &str, name: &str) -> Binary {
        Binary { package: package.to_owned(), name: name.to_owned() }
    }

    fn workspace(root: &str) -> Workspace {
        Workspace { root: root.into(), packages: Vec::new() }
    }

    #[test]
    fn each_workspace_is_built_once() {
        let mut plan = Plan::default();
        plan.add(&workspace("/a"), binary("init", "init")).unwrap();
        plan.add(&workspace("/b"), binary("driver", "driver")).unwrap();
        plan.add(&workspace("/a"), binary("shell", "shell")).unwrap();
        let calls: Vec<_> = plan.calls.iter().map(|call| (call.root.to_str().unwrap(), call.binaries.len())).collect();
        assert_eq!(calls, [("/a", 2), ("/b", 1)]);
        assert_eq!(plan.binaries.len(), 3);
    }

    #[test]
    fn a_binary_that_is_two_programs_is_built_once() {
        let mut plan = Plan::default();
        plan.add(&workspace("/a"), binary("client", "client")).unwrap();
        plan.add(&workspace("/a"), binary("client", "client")).unwrap();
        assert_eq!((plan.calls[0].binaries.len(), plan.binaries.len()), (1, 2));
    }

    #[test]
    fn binaries_of_the_same_name_in_two_packages_are_refused() {
        let mut plan = Plan::default();
        plan.add(&workspace("/a"), binary("one", "main")).unwrap();
        let error = plan.add(&workspace("/b"), binary("two", "main")).unwrap_err();
        assert!(error.to_string().contains("'main'"), "{error}");
    }
}
