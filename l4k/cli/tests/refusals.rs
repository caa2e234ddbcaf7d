//! The program refuses what is wrong, says what, and says what would be right. Nothing is built here.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A directory that is no part of the project, removed at the end.
struct Elsewhere(PathBuf);

impl Elsewhere {
    fn new(name: &str) -> Elsewhere {
        let directory = std::env::temp_dir().join(format!("l4k-cli-{name}-{}", std::process::id()));
        fs::create_dir_all(directory.join("src")).expect("a directory");
        Elsewhere(directory)
    }

    fn with_manifest(name: &str, manifest: &str) -> Elsewhere {
        let elsewhere = Elsewhere::new(name);
        fs::write(elsewhere.0.join("Cargo.toml"), manifest).expect("a manifest");
        fs::write(elsewhere.0.join("src/main.rs"), "fn main() {}\n").expect("a source");
        elsewhere
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-l4k"));
        command.arg("l4k").current_dir(&self.0).env("L4K_CACHE", self.0.join("cache")).stdin(Stdio::null());
        command.env_remove("L4K_TOOLCHAIN");
        command
    }

    /// The lines of standard error of a call that fails.
    fn refusal(&self, arguments: &str) -> String {
        let output = self.command().args(arguments.split(' ')).output().expect("the program starts");
        assert!(!output.status.success(), "`{arguments}` succeeded");
        String::from_utf8(output.stderr).expect("text")
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn project(below: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(below).canonicalize().expect("a part of the project")
}

#[test]
fn a_directory_without_a_project_is_told_so() {
    let elsewhere = Elsewhere::new("nothing");
    let place = elsewhere.0.canonicalize().expect("the directory");
    assert_eq!(
        elsewhere.refusal("build"),
        format!(
            "error: there is no cargo project here: could not find `Cargo.toml` in `{}` or any parent directory\n\
             Go to a firmware project, or name its manifest with --manifest-path\n",
            place.display()
        )
    );
}

#[test]
fn a_package_that_is_no_firmware_is_told_so() {
    let manifest = "[workspace]\n[package]\nname = \"other\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
    let elsewhere = Elsewhere::with_manifest("other", manifest);
    let place = elsewhere.0.canonicalize().expect("the directory");
    assert_eq!(
        elsewhere.refusal("run"),
        format!(
            "error: there is no firmware in {}: no package there has the build-dependency l4k-build.\n\
             `cargo l4k new NAME` makes a firmware project\n",
            place.display()
        )
    );
}

#[test]
fn a_compiler_that_is_forced_and_missing_is_an_error_with_what_to_type() {
    let elsewhere = Elsewhere::new("forced");
    // A compiler that has no target at all.
    let compiler = elsewhere.0.join("rustc");
    fs::write(&compiler, "#!/bin/sh\nexit 1\n").expect("a program");
    let manifest = project("examples/hello/Cargo.toml");
    let mut command = elsewhere.command();
    command.args(["build", "--toolchain", "own", "--manifest-path"]).arg(manifest);
    let output = command.env("RUSTC", compiler).env("RUSTUP_AUTO_INSTALL", "0").output().expect("the program starts");
    assert!(!output.status.success());
    assert_eq!(
        String::from_utf8(output.stderr).expect("text"),
        "error: the compiler that cargo uses here lacks the target aarch64-unknown-none-softfloat, and it was asked for by \
         `--toolchain own` or L4K_TOOLCHAIN. Type:\n    rustup target add aarch64-unknown-none-softfloat\nand run the \
         command again.\n"
    );
}

#[test]
fn the_doctor_works_without_a_project_and_answers_in_json() {
    let elsewhere = Elsewhere::new("doctor");
    let output = elsewhere.command().args(["doctor", "--json"]).output().expect("the program starts");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let findings = report["findings"].as_array().expect("a list");
    let names: Vec<&str> = findings.iter().filter_map(|finding| finding["what"].as_str()).collect();
    assert_eq!(names, ["cargo", "compiler", "target", "linker", "QEMU", "gdb", "permissions"]);
    let missing = findings.iter().any(|finding| finding["state"] == "missing");
    assert_eq!(output.status.success(), !missing, "{report:#}");
    for finding in findings.iter().filter(|finding| finding["state"] == "good") {
        assert_eq!(finding["commands"].as_array().map(Vec::len), Some(0), "{finding:#}");
    }
}

#[test]
fn a_variable_that_names_no_program_is_told() {
    let elsewhere = Elsewhere::new("variables");
    for (variable, command) in [("L4K_QEMU", "run"), ("L4K_QEMU", "test"), ("L4K_QEMU", "gdb"), ("L4K_GDB", "gdb")] {
        let mut call = elsewhere.command();
        call.arg(command).arg("--manifest-path").arg(project("examples/hello/Cargo.toml"));
        let output = call.env(variable, "/no/such/program").output().expect("the program starts");
        let said = String::from_utf8(output.stderr).expect("text");
        assert!(!output.status.success(), "`{command}` succeeded");
        let told = format!("error: the variable {variable} names `/no/such/program`, which cannot be used: ");
        assert!(said.contains(&told), "`{command}`: {said}");
        let examined = elsewhere.command().arg("doctor").env(variable, "/no/such/program").output().expect("a start");
        let said = String::from_utf8(examined.stdout).expect("text");
        let told = format!(" the variable {variable} names `/no/such/program`, which cannot be used: ");
        assert!(said.lines().any(|line| line.contains(&told) && !line.starts_with("good")), "{said}");
    }
}
