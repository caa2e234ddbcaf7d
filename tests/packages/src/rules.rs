//! What a crate that can be published has to have. May call `feature_table` and `workspace`.

use std::fs;
use std::path::Path;

use cargo_metadata::{Package, TargetKind};

use crate::feature_table::{crate_documentation, listed};
use crate::workspace::directory;

/// The files with the terms of the licence, which stand in the project's root and in each crate.
const LICENCES: [&str; 2] = ["LICENSE-MIT", "LICENSE-APACHE"];

/// Where each README leads.
const BOOK: &str = "https://github.com/l4k-project/l4k/blob/HEAD/book/src/SUMMARY.md";

/// The registry takes this many keywords and categories.
const MOST: usize = 5;

/// Categories of the registry that fit this project. The registry refuses a name that it does not know.
const CATEGORIES: [&str; 11] = [
    "api-bindings",
    "development-tools",
    "development-tools::build-utils",
    "development-tools::cargo-plugins",
    "development-tools::testing",
    "embedded",
    "emulators",
    "filesystem",
    "hardware-support",
    "no-std::no-alloc",
    "os",
];

/// Everything that a crate lacks, each in one sentence. `root` is the project's directory.
#[must_use]
pub fn problems(package: &Package, root: &Path) -> Vec<String> {
    let mut problems = Vec::new();
    manifest(package, &mut problems);
    words(package, &mut problems);
    documentation_target(package, &mut problems);
    dependencies(package, &mut problems);
    licences(directory(package), root, &mut problems);
    texts(package, &mut problems);
    problems
}

fn manifest(package: &Package, problems: &mut Vec<String>) {
    let mut need = |is_there: bool, what: &str| {
        if !is_there {
            problems.push(format!("the manifest has no `{what}`"));
        }
    };
    need(package.description.as_deref().is_some_and(|text| text.len() > 20), "description");
    need(package.license.as_deref() == Some("MIT OR Apache-2.0"), "license = \"MIT OR Apache-2.0\"");
    need(package.repository.is_some(), "repository");
    need(package.rust_version.is_some(), "rust-version");
    need(package.readme.as_ref().is_some_and(|name| name == "README.md"), "readme = \"README.md\"");
}

fn words(package: &Package, problems: &mut Vec<String>) {
    let is_keyword = |word: &String| {
        word.len() <= 20
            && word.starts_with(|first: char| first.is_ascii_alphanumeric())
            && word.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_+".contains(letter))
    };
    if !(1..=MOST).contains(&package.keywords.len()) || !package.keywords.iter().all(is_keyword) {
        problems.push(format!(
            "`keywords` has to list 1 to {MOST} words of up to 20 letters; it lists {:?}",
            package.keywords
        ));
    }
    let is_category = |slug: &String| CATEGORIES.contains(&slug.as_str());
    if !(1..=MOST).contains(&package.categories.len()) || !package.categories.iter().all(is_category) {
        problems
            .push(format!("`categories` has to list 1 to {MOST} of {CATEGORIES:?}; it lists {:?}", package.categories));
    }
}

/// docs.rs builds for one target: the kernel's for what runs on it.
fn documentation_target(package: &Package, problems: &mut Vec<String>) {
    let settings = &package.metadata["docs"]["rs"];
    let wanted = if runs_on_target(package) { cargo_l4k::TARGET } else { "x86_64-unknown-linux-gnu" };
    let targets: Vec<&str> =
        settings["targets"].as_array().into_iter().flatten().filter_map(|name| name.as_str()).collect();
    if settings["default-target"].as_str() != Some(wanted) || targets != [wanted] {
        problems
            .push(format!("`[package.metadata.docs.rs]` has to name {wanted} as `default-target` and in `targets`"));
    }
}

/// A library for the target has no `std`.
fn runs_on_target(package: &Package) -> bool {
    library_source(package).is_some_and(|source| source.lines().any(|line| line == "#![no_std]"))
}

/// The registry knows no paths: a dependency within the project also needs a version.
fn dependencies(package: &Package, problems: &mut Vec<String>) {
    for dependency in &package.dependencies {
        if dependency.path.is_some() && dependency.req.comparators.is_empty() {
            problems.push(format!("the dependency `{}` has a path and no version", dependency.name));
        }
    }
}

fn licences(directory: &Path, root: &Path, problems: &mut Vec<String>) {
    for name in LICENCES {
        let terms = fs::read(root.join(name)).ok();
        if terms.is_none() || fs::read(directory.join(name)).ok() != terms {
            problems.push(format!("{name} is not there, or is not the project's"));
        }
    }
}

fn texts(package: &Package, problems: &mut Vec<String>) {
    let features: Vec<&str> = package.features.keys().map(String::as_str).filter(|name| *name != "default").collect();
    let readme = fs::read_to_string(directory(package).join("README.md")).unwrap_or_default();
    if !readme.contains(BOOK) {
        problems.push(format!("README.md does not lead to the book, {BOOK}"));
    }
    if !readme.contains("```") {
        problems.push("README.md has no example".to_owned());
    }
    compare("README.md", &readme, &features, problems);
    if let Some(source) = library_source(package) {
        compare("the documentation in lib.rs", &crate_documentation(&source), &features, problems);
    }
}

fn compare(place: &str, text: &str, features: &[&str], problems: &mut Vec<String>) {
    match listed(text) {
        None => problems
            .push(format!("{place} has no section \"Features\" with a table, or the sentence that there are none")),
        Some(mut names) => {
            names.sort();
            let mut features = features.to_vec();
            features.sort_unstable();
            if names != features {
                problems.push(format!("{place} lists the features {names:?}; the manifest has {features:?}"));
            }
        }
    }
}

fn library_source(package: &Package) -> Option<String> {
    let library = package.targets.iter().find(|target| target.kind.contains(&TargetKind::Lib))?;
    fs::read_to_string(&library.src_path).ok()
}

#[cfg(test)]
mod tests {
    use cargo_metadata::Package;

    use super::problems;
    use crate::Workspace;

    /// The problems of `l4k-sys` after a change to what its manifest says.
    fn problems_after(change: impl FnOnce(&mut Package)) -> Vec<String> {
        let workspace = Workspace::read().expect("the workspace");
        let found = workspace.published().iter().find(|package| package.name.as_str() == "l4k-sys");
        let mut package = found.expect("l4k-sys").clone();
        change(&mut package);
        problems(&package, workspace.root())
    }

    /// A change, and what the problem that comes of it names.
    type Omission = (fn(&mut Package), &'static str);

    #[test]
    fn each_omission_in_a_manifest_is_one_problem() {
        let omissions: [Omission; 9] = [
            (|package| package.description = None, "`description`"),
            (|package| package.license = None, "`license"),
            (|package| package.repository = None, "`repository`"),
            (|package| package.rust_version = None, "`rust-version`"),
            (|package| package.readme = None, "`readme"),
            (|package| package.keywords.clear(), "`keywords`"),
            (|package| package.categories = vec!["no-such-category".to_owned()], "`categories`"),
            (|package| package.metadata = serde_json::Value::Null, "docs.rs"),
            (|package| drop(package.features.insert("new".to_owned(), Vec::new())), "\"new\""),
        ];
        for (omit, named) in omissions {
            let problems = problems_after(omit);
            assert!(!problems.is_empty(), "nothing was found without {named}");
            assert!(problems.iter().all(|problem| problem.contains(named)), "{problems:?} without {named}");
        }
        assert_eq!(problems_after(|_| ()), Vec::<String>::new());
    }

    #[test]
    fn directory_without_texts_is_found() {
        let empty = tempfile::tempdir().expect("a directory");
        let manifest = empty.path().join("Cargo.toml").try_into().expect("a path in UTF-8");
        let problems = problems_after(|package| package.manifest_path = manifest);
        for named in ["LICENSE-MIT", "LICENSE-APACHE", "README.md has no example", "does not lead to the book"] {
            assert!(problems.iter().any(|problem| problem.contains(named)), "{named} is not in {problems:?}");
        }
    }
}
