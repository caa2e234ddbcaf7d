//! Builds the programs and packs them for the kernel. The first one is the first program.

use std::env;

/// The first program: the one that a plugin listens to, or the one that tells on the serial port.
const LEAD: &str = "programs/lead";
const LEAD_ON_SERIAL_PORT: &str = "programs/lead-serial";

fn main() {
    let is_serial = env::var_os("CARGO_FEATURE_SERIAL").is_some();
    l4k_build::Firmware::new()
        .program("lead", if is_serial { LEAD_ON_SERIAL_PORT } else { LEAD })
        .program("worker", "programs/worker")
        .stack_size("lead", 64 * 1024)
        .build();
}
