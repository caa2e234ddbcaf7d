//! Builds the programs and packs them for the kernel. The first one is the first program.

fn main() {
    l4k_build::Firmware::new()
        .program("lead", "programs/lead")
        .program("worker", "programs/worker")
        .stack_size("lead", 64 * 1024)
        .build();
}
