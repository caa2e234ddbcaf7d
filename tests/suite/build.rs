//! Builds the programs and packs them for the kernel. The first one is the first program.

fn main() {
    l4k_build::Firmware::new()
        .program("suite", "programs/suite")
        .program("partner", "programs/partner")
        .program("hostile", "programs/hostile")
        .stack_size("suite", 128 * 1024)
        .build();
}
