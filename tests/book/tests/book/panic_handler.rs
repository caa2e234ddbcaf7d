//! What the compiler says about a program's panic handler. The compiler reads `l4k-sys` and small programs, and makes no code.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const MISSING: &str = "error[E0277]: this program lacks `l4k_sys::panic_handler!`";
const ADVICE: &str =
    "write `l4k_sys::panic_handler!(report);` in the module that contains `entry!` or `first_program!`";

const ORDINARY: &str = "l4k_sys::entry!(run);\nfn run() {}\n";
const FIRST: &str = "l4k_sys::first_program!(run);\nfn run(_: l4k_sys::abi::boot::BootInformation<'static>) {}\n";

/// Without an operating system, as a program is. The compiler then asks for a handler by itself.
const BARE: &str = "#![no_std]\n#![no_main]\n";
/// With the host's standard library, which has a handler.
const HOSTED: &str = "#![no_main]\n";

fn compile(source: &Path, name: &str, kind: &str, more: &[&str]) -> Output {
    let compiler = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut command = Command::new(compiler);
    command.args(["--edition", "2024", "--emit", "metadata", "--color", "never", "-C", "panic=abort"]);
    command.args(["--crate-name", name, "--crate-type", kind, "--out-dir", env!("CARGO_TARGET_TMPDIR")]);
    command.args(more).arg(source).output().expect("the compiler starts")
}

fn words(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What the compiler says to a program, and whether it takes it. `name` is also the name of its files.
fn judge(name: &str, program: &str) -> (bool, String) {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let library = format!("abi_for_{name}");
    let sources = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../l4k-sys/src/lib.rs");
    let output = compile(&sources, &library, "rlib", &[]);
    assert!(output.status.success(), "l4k-sys does not compile:\n{}", words(&output));
    let source = directory.join(format!("{name}.rs"));
    fs::write(&source, program).expect("the program is written");
    let dependency = format!("l4k_sys={}", directory.join(format!("lib{library}.rmeta")).display());
    let output = compile(&source, name, "bin", &["--extern", &dependency]);
    (output.status.success(), words(&output))
}

#[test]
fn a_program_without_a_panic_handler_hears_the_macros_name() {
    for (name, entry) in [("ordinary", ORDINARY), ("first", FIRST)] {
        let (accepted, said) = judge(name, &format!("{BARE}{entry}"));
        assert!(!accepted, "{name}: a program without a panic handler compiles");
        assert!(said.contains(MISSING) && said.contains(ADVICE), "{name}:\n{said}");
    }
}

#[test]
fn each_form_of_the_macro_is_accepted() {
    let own = "l4k_sys::panic_handler!(own);\nfn own(_: &core::panic::PanicInfo<'_>) -> ! { loop {} }\n";
    let forms =
        [("report", "l4k_sys::panic_handler!(report);"), ("exit", "l4k_sys::panic_handler!(exit);"), ("own", own)];
    for (name, form) in forms {
        let (accepted, said) = judge(name, &format!("{HOSTED}{ORDINARY}{form}"));
        assert!(accepted, "{name}:\n{said}");
    }
}

#[test]
fn a_handler_of_the_wrong_type_is_refused() {
    let wrong = "l4k_sys::panic_handler!(wrong);\nfn wrong() -> ! { loop {} }\n";
    let (accepted, said) = judge("wrong", &format!("{HOSTED}{ORDINARY}{wrong}"));
    assert!(!accepted && said.contains("mismatched types"), "{said}");
}
