//! The image of examples/hello, booted for a test.

use std::path::PathBuf;
use std::time::Duration;

use l4k_qemu::{Boot, Machine, Session};

/// How long an answer may take, on a busy computer.
pub const LIMIT: Duration = Duration::from_secs(30);

/// The image, an ELF file.
pub fn image() -> PathBuf {
    let image = std::env::var_os("L4K_HELLO_IMAGE");
    PathBuf::from(image.expect("`cargo xtask test --only shell` sets L4K_HELLO_IMAGE"))
}

/// The image on a machine.
pub fn boot(machine: Machine) -> Session {
    Session::start(&Boot::new(machine, &image())).expect("QEMU starts")
}
