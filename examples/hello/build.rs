//! Builds the programs and packs them for the kernel. The first one is the first program.

fn main() {
    l4k_build::Firmware::new()
        .program("init", "programs/init")
        .program("uart", "programs/uart")
        .program("shell", "programs/shell")
        .program("pong", "programs/pong")
        .program("ping", "programs/ping")
        .program("crash", "programs/crash")
        .stack_size("init", 128 * 1024)
        .build();
}
