//! The program on a firmware: examples/hello, copied to a directory outside of the repository, is built, booted, looked up and measured.
//!
//! It needs QEMU and a compiler for the target, and builds everything: `cargo test -p cargo-l4k --features firmware`.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use cargo_l4k::lock::Lock;
use serde_json::Value;

/// The copy, removed at the end. What is built stays in the repository's target directory for the next run of this test.
struct Copy(PathBuf);

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Copy {
    fn of_hello() -> Copy {
        let root = root();
        let copy = std::env::temp_dir().join("l4k-cli-copy-of-hello");
        copy_all(&root.join("examples/hello"), &copy);
        let manifest = fs::read_to_string(copy.join("Cargo.toml")).expect("the manifest");
        let manifest = manifest.replace("\"../../", &format!("\"{}/", root.display()));
        fs::write(copy.join("Cargo.toml"), manifest).expect("the manifest can be written");
        Copy(copy)
    }

    fn start(&self, arguments: &[&str]) -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-l4k"));
        command.arg("l4k").arg("--manifest-path").arg(self.0.join("Cargo.toml")).args(arguments);
        command.env("L4K_CACHE", root().join("target")).env("CARGO_TARGET_DIR", built());
        // Without increments the compiler puts a function that is called once where it is called. The debugger needs `main` at its own place.
        command.env("CARGO_INCREMENTAL", "0");
        let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        pipes.spawn().expect("the program starts")
    }

    fn call(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = self.start(arguments);
        child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("it reads");
        child.wait_with_output().expect("it ends")
    }

    fn answer(&self, arguments: &[&str]) -> Value {
        let output = self.call(arguments, "");
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {errors}");
        serde_json::from_slice(&output.stdout).expect("JSON")
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the project")
}

fn built() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("copy-of-hello")
}

fn copy_all(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a directory");
    for entry in fs::read_dir(from).expect("a directory") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name");
        match path.is_dir() {
            true if name == "target" => {}
            true => copy_all(&path, &to.join(name)),
            false => drop(fs::copy(&path, to.join(name)).expect("a copy")),
        }
    }
}

#[test]
fn hello_elsewhere_is_built_booted_looked_up_and_debugged() {
    let copy = Copy::of_hello();
    let built_there = copy.answer(&["build", "--json"]);
    assert_eq!((&built_there["board"], &built_there["profile"]), (&"qemu-virt".into(), &"dev".into()));
    let kernel = built_there["kernel"].as_str().expect("a file");
    assert!(Path::new(kernel).starts_with(built()), "{kernel}");

    the_second_command_waits_for_the_first(&copy);
    let console = faults_are_told_with_their_place(&copy);
    addresses_are_told_with_their_place(&copy, &console);
    a_machine_ends_with_the_command(&copy);
    a_raw_image_is_written(&copy);
    a_debugger_stops_where_the_shell_begins(&copy);
}

/// It says that it waits, and goes on when the lock is free.
fn the_second_command_waits_for_the_first(copy: &Copy) {
    let first = Lock::take(&built().join("l4k-build.lock"), "nobody").expect("the lock");
    let mut second = copy.start(&["build"]);
    let errors = BufReader::new(second.stderr.take().expect("a pipe"));
    let mut lines = errors.lines().map_while(Result::ok);
    assert!(lines.any(|line| line == "waiting for another cargo l4k in this project"));
    drop(first);
    lines.for_each(drop);
    assert!(second.wait().expect("it ends").success());
}

/// The console without lines of ours.
fn faults_are_told_with_their_place(copy: &Copy) -> String {
    let crash = "crash read\nexit 7\n";
    let plain = copy.call(&["run"], crash);
    assert_eq!(plain.status.code(), Some(7), "the guest's status is that of the command");
    let console = String::from_utf8_lossy(&plain.stdout).into_owned();
    assert!(console.contains("crash crashed: read of address 0x0") && !console.contains("  = "), "{console}");

    let annotated = copy.call(&["run", "--symbolize"], crash);
    let with_ours = String::from_utf8_lossy(&annotated.stdout).into_owned();
    let line = with_ours.lines().find(|line| line.starts_with("  = crash: ")).expect("a line below");
    assert!(line.contains("misdeed::read_zero at programs/crash/src/misdeed.rs:"), "{line}");
    console
}

fn addresses_are_told_with_their_place(copy: &Copy, console: &str) {
    let report = copy.call(&["symbolize", "--json"], console);
    let report: Value = serde_json::from_slice(&report.stdout).expect("JSON");
    assert_eq!(report[0]["places"][0]["program"], "crash");
    let address = report[0]["address"].as_str().expect("an address");
    let places = copy.answer(&["symbolize", "--json", "--program", "crash", address]);
    assert_eq!(places[0]["places"], report[0]["places"]);
    let refused = copy.call(&["symbolize", "--program", "crsh", address], "");
    let error = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        error.ends_with("has no program `crsh`; it has: crash, init, ping, pong, shell, uart, kernel\n"),
        "{error}"
    );
}

/// The emulator has the command's standard output too: that comes to its end when both are gone.
fn a_machine_ends_with_the_command(copy: &Copy) {
    for signal in ["TERM", "HUP", "INT", "KILL"] {
        let mut command = copy.start(&["run"]);
        let mut console = BufReader::new(command.stdout.take().expect("a pipe"));
        let mut line = String::new();
        console.read_line(&mut line).expect("the machine boots");
        assert!(!line.is_empty(), "the machine says something");
        let sent = Command::new("kill").args(["-s", signal, &command.id().to_string()]).status().expect("kill");
        assert!(sent.success());
        assert!(!command.wait().expect("it ends").success(), "{signal} ends the command");
        let (tell, told) = mpsc::channel();
        thread::spawn(move || tell.send(console.lines().map_while(Result::ok).count()));
        told.recv_timeout(Duration::from_secs(20)).unwrap_or_else(|_| panic!("{signal}: the emulator runs on"));
    }
}

fn a_raw_image_is_written(copy: &Copy) {
    let output = copy.0.join("out");
    let image = copy.answer(&["image", "--json", "--output", output.to_str().expect("text")]);
    assert_eq!(image["files"][0]["path"], "hello-qemu-virt.img");
    let bytes = fs::metadata(output.join("hello-qemu-virt.img")).expect("the image").len();
    assert_eq!(image["files"][0]["bytes"], bytes);
}

fn a_debugger_stops_where_the_shell_begins(copy: &Copy) {
    if cargo_l4k::set_up::debugger().is_none() {
        eprintln!("no gdb here knows AArch64: not tried");
        return;
    }
    let gdb = copy.call(&["gdb", "--batch", "--break", "shell", "--", "-ex", "backtrace 1"], "");
    let said = String::from_utf8_lossy(&gdb.stdout).into_owned();
    // What gdb shows where it stops, and what the backtrace shows. Programs overlap: gdb must not name a function of another one.
    assert_eq!(said.matches("#0  shell::main () at programs/shell/src/main.rs:").count(), 2, "{said}");
    assert!(!said.contains("\nBreakpoint 1, "), "{said}");
}
