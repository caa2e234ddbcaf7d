//! What the runner refuses, and how it says so. Nothing is booted here.

use std::process::Command;

/// What the runner says of a file that it cannot run, with a variable set.
fn refusal(file: &str, variable: &str, value: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-l4k"));
    let output =
        command.args(["l4k", "runner", file, "--list"]).env(variable, value).output().expect("the program starts");
    assert!(!output.status.success());
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let said = refusal("/no/such/file", "L4K_TEST_SECONDS", "5");
    assert!(said.starts_with("error: reading /no/such/file: "), "{said}");
}

#[test]
fn what_is_no_program_of_the_target_is_named() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let said = refusal(file, "L4K_TEST_SECONDS", "5");
    assert!(said.contains(file) && said.contains("no ELF file for the target"), "{said}");
}

#[test]
fn what_cargo_says_to_the_compiler_does_not_make_the_runner_one() {
    // In this repository `cargo l4k test` sets it for the compiler, and cargo hands it on to the runner.
    let said = refusal("/no/such/file", "L4K_SYMBOLS_OF", "/");
    assert!(said.starts_with("error: reading /no/such/file: "), "{said}");
}
