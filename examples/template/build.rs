//! Builds the programs and packs them for the kernel. The first one is the program that the kernel starts.

fn main() {
    l4k_build::link_tests();
    l4k_build::Firmware::new()
        .program("init", "programs/init")
        .program("uart", "programs/uart")
        .program("greeter", "programs/greeter")
        .program("shell", "programs/shell")
        .stack_size("init", 64 * 1024)
        .build();
}
