//! The crates that can be published keep the rules, and the texts about a release name all of them.

use std::fs;
use std::process::Command;

use l4k_packages::{Workspace, order, rules};

#[test]
fn crates_have_what_a_published_crate_needs() {
    let workspace = Workspace::read().expect("the workspace");
    let mut found = Vec::new();
    for package in workspace.published() {
        let problems = rules::problems(package, workspace.root());
        found.extend(problems.into_iter().map(|problem| format!("{}: {problem}", package.name)));
    }
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn release_takes_the_crates_in_the_order_of_their_dependencies() {
    let workspace = Workspace::read().expect("the workspace");
    let order = order::of_publication(workspace.published()).expect("an order");
    let text = fs::read_to_string(workspace.root().join("book/RELEASING.md")).expect("book/RELEASING.md");
    let named: Vec<&str> =
        text.lines().filter_map(|line| line.trim().strip_prefix("cargo publish --package ")).collect();
    assert_eq!(named, order, "book/RELEASING.md has to list the commands in this order");
}

/// The compiler of this run is at least the stated one. It proves more where it is the stated one: then everything that was built for this
/// run was built by the oldest compiler that is promised.
#[test]
fn this_compiler_is_not_older_than_the_stated_one() {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output().expect("rustc runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let running = version(text.split_whitespace().nth(1).expect("rustc VERSION"));
    for package in Workspace::read().expect("the workspace").published() {
        let stated = package.rust_version.as_ref().expect("a rust-version");
        let stated = (stated.major, stated.minor);
        assert!(stated <= running, "{} promises {stated:?}; the compiler of this run is {running:?}", package.name);
        if stated < running {
            println!("{}: {stated:?} is promised and was not tried; this compiler is {running:?}", package.name);
        }
    }
}

fn version(text: &str) -> (u64, u64) {
    let mut numbers = text.split('.').map(|number| number.parse().expect("a number"));
    (numbers.next().expect("a major version"), numbers.next().expect("a minor version"))
}
