//! Builds the programs and packs them for the kernel. The first one is the first program.

fn main() {
    l4k_build::Firmware::new()
        .program("init", "programs/init")
        .program("server", "programs/server")
        .program("sensible", "programs/sensible")
        .program("careless", "programs/careless")
        .stack_size("init", 64 * 1024)
        .build();
}
