//! Builds the program and packs it for the kernel, and tells the linker where the board's script lies.

fn main() {
    println!("cargo::rustc-link-search={}", env!("CARGO_MANIFEST_DIR"));
    println!("cargo::rerun-if-changed=l4k-kernel.ld");
    l4k_build::Firmware::new().program("greet", "programs/greet").build();
}
