//! Builds the programs and packs them for the kernel. The first one is the first program.

fn main() {
    l4k_build::Firmware::new()
        .program("init", "programs/init")
        .program("child", "programs/child")
        .stack_size("init", 64 * 1024)
        .build();
}
