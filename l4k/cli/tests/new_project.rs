//! A project that `cargo l4k new` makes, outside of the repository: it builds, shows its prompt, its tests run on the target, and its card boots the
//! Raspberry Pi 4. Tests that fail and tests that crash are told apart.
//!
//! This needs QEMU and a compiler for the target: `cargo test -p cargo-l4k --features images --test new_project`.

use std::collections::hash_map::DefaultHasher;
use std::env;
use std::fs;
use std::hash::{Hash, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use l4k_qemu::{Board, Boot, Machine, Session};

/// How long an answer may take.
const LIMIT: Duration = Duration::from_secs(60);

/// Tests of all kinds, for the new project.
const VERDICTS: &str = include_str!("verdicts/verdicts.rs");

/// What its manifest says of that file.
const VERDICTS_TARGET: &str = "\n[[test]]\nname = \"verdicts\"\nharness = false\n";

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository")
}

/// A new project. Its directory is removed with it.
struct NewProject {
    parent: PathBuf,
}

impl NewProject {
    /// Made anew, at the same place each time: what was built for it before, in the repository's target directory, is used again.
    fn make(name: &str, options: &[&str]) -> NewProject {
        let mut hasher = DefaultHasher::new();
        repository().hash(&mut hasher);
        let parent = env::temp_dir().join(format!("l4k-{name}-{:x}", hasher.finish()));
        if parent.exists() {
            fs::remove_dir_all(&parent).expect("what was left of another run can be removed");
        }
        fs::create_dir(&parent).expect("a directory for the project");
        let project = NewProject { parent };
        let crates = repository();
        let mut arguments = vec!["new", "robot", "--crates", crates.to_str().expect("a path")];
        arguments.extend(options);
        let output = l4k(&project.parent, &arguments, "");
        assert!(output.status.success(), "{}", text(&output));
        project
    }

    fn directory(&self) -> PathBuf {
        self.parent.join("robot")
    }

    fn l4k(&self, arguments: &[&str], typed: &str) -> Output {
        l4k(&self.directory(), arguments, typed)
    }
}

impl Drop for NewProject {
    fn drop(&mut self) {
        // Nobody could be told.
        let _ = fs::remove_dir_all(&self.parent);
    }
}

/// `cargo l4k`, with this text typed.
fn l4k(directory: &Path, arguments: &[&str], typed: &str) -> Output {
    let target = repository().join("target");
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-l4k"));
    command.arg("l4k").args(arguments).current_dir(directory);
    // What cargo says to this test is not meant for the project.
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CARGO_PKG_")) {
        command.env_remove(name);
    }
    command.env_remove("CARGO_MANIFEST_DIR").env("CARGO_TARGET_DIR", target.join("new-project"));
    command.env("L4K_CACHE", &target);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("cargo l4k starts");
    // It may have ended already; then what it says matters.
    let _ = child.stdin.take().expect("its input").write_all(typed.as_bytes());
    child.wait_with_output().expect("cargo l4k ends")
}

fn text(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat()
}

#[test]
fn a_new_project_shows_its_prompt_and_its_tests_pass() {
    let project = NewProject::make("new-project", &[]);
    let output = project.l4k(&["run"], "Ada\rexit\r");
    let said = text(&output);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("name> Ada") && said.contains("Hello, Ada!"), "{said}");

    let output = project.l4k(&["test"], "");
    let said = text(&output);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("test a_greeting_names_the_person ") && said.contains("test result: ok. 3 passed"), "{said}");

    every_kind_of_end_has_its_verdict(&project);
    its_card_boots_the_raspberry_pi(&project);
    who_panics_is_started_again(&project);
    who_returns_ends_the_machine(&project);
}

/// In the same project, so that its kernel is built once.
fn every_kind_of_end_has_its_verdict(project: &NewProject) {
    let directory = project.directory();
    fs::write(directory.join("tests/verdicts.rs"), VERDICTS).expect("a file of tests");
    let manifest = directory.join("Cargo.toml");
    let before = fs::read_to_string(&manifest).expect("a manifest");
    fs::write(&manifest, before + VERDICTS_TARGET).expect("a manifest");

    let output = project.l4k(&["test", "--test", "verdicts", "--seconds", "10"], "");
    let said = text(&output);
    assert!(!output.status.success(), "{said}");
    assert!(said.contains("test result: FAILED. 3 passed; 12 failed; 1 ignored"), "{said}");
    for reason in [
        "---- panics ----\nthe test panicked\nbefore\n[verdicts] panicked at tests/verdicts.rs:",
        "---- returns_an_error ----\nthe test panicked\n",
        "\n[verdicts] InvalidCapability is what ThreadResume on slot 1048576 returned\n",
        "---- overflows_its_stack ----\nthe test overflowed its stack\nl4k: thread 'test' ",
        "---- hangs ----\nthe test had not ended after 10 seconds\n",
        "---- ends_itself ----\nthe test ended the program, with status 0\n",
        "---- ends_itself_like_the_harness ----\nthe test ended the program, with status 0\n",
        "---- prints_without_end ----\nthe ",
        "---- prints_what_the_panic_lacks ----\nthe test panicked, and its message lacks the text that was expected: \"overflow\"\n",
        "---- ends_itself_like_a_panic ----\nthe test ended the program, with status 101\n",
        "---- panics_otherwise ----\nthe test panicked, and its message lacks the text that was expected: \"overflow\"\n",
        "---- does_not_panic ----\nthe test did not panic as expected\n",
    ] {
        assert!(said.contains(reason), "no {reason:?} in\n{said}");
    }

    let output = project.l4k(&["test", "--test", "verdicts", "--", "--list", "--format", "terse", "--ignored"], "");
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "is_ignored: test");
    let output = project.l4k(&["test", "--test", "verdicts", "--", "--exact", "is_ignored", "--ignored"], "");
    assert!(text(&output).contains("test result: ok. 1 passed; 0 failed; 0 ignored"), "{}", text(&output));
}

/// What is booted is the kernel that is on the card.
fn its_card_boots_the_raspberry_pi(project: &NewProject) {
    let output = project.l4k(&["image", "--board", "rpi4", "--output", "card"], "");
    assert!(output.status.success(), "{}", text(&output));
    let card = project.directory().join("card/sdcard.img");
    let kernel = project.directory().join("from-the-card.img");
    fs::write(&kernel, l4k_card::read(&card, "kernel8.img").expect("the kernel on the card")).expect("a file");
    let mut session = Session::start(&Boot::new(Machine::of(Board::RaspberryPi4), &kernel)).expect("a machine");
    session.expect("name> ", LIMIT).expect("the prompt");
    session.ask("Ada", "Hello, Ada!", LIMIT).expect("a greeting");
    session.expect("name> ", LIMIT).expect("the next prompt");
    session.send("exit\r").expect("the machine listens");
    let ended = session.wait_for_end(LIMIT).expect("the end");
    assert!(ended.status.success(), "{}", ended.output);
}

/// Changes what the greeter's `greeting` does first.
fn change_the_greeter(project: &NewProject, first: &str) {
    let file = project.directory().join("programs/greeter/src/greeting.rs");
    let before = fs::read_to_string(&file).expect("the greeter");
    let line = "    let mut text = Text::new();";
    assert!(before.contains(line), "{before}");
    fs::write(&file, before.replace(line, &format!("    {first}\n{line}"))).expect("the greeter");
}

fn who_panics_is_started_again(project: &NewProject) {
    change_the_greeter(project, "assert_ne!(name, \"Eve\");");
    let output = project.l4k(&["run"], "Eve\rAda\rexit\r");
    let said = text(&output);
    assert!(output.status.success(), "{said}");
    let told =
        ["[greeter] panicked at programs/greeter/src/greeting.rs:", "greeter has ended with status 101", "Hello, Ada!"];
    assert!(told.iter().all(|line| said.contains(line)), "{said}");
}

fn who_returns_ends_the_machine(project: &NewProject) {
    change_the_greeter(project, "if name == \"Bob\" { l4k_sys::exit::exit(l4k_sys::exit::Status::new(7)); }");
    let output = project.l4k(&["run"], "Bob\r");
    let said = text(&output);
    assert_eq!(output.status.code(), Some(7), "{said}");
    assert!(said.contains("greeter has ended with status 7"), "{said}");
}
