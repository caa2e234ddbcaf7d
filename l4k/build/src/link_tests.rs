//! How the tests of a package are linked: as programs. May call nothing of this crate.

use std::env;

/// Links the test files of this package (`tests/*.rs`, with `harness = false`) as programs, so that `cargo l4k runner` can boot them. To be called in
/// the `build.rs` of a package that has such files: a firmware's, before `Firmware::build`, or a program's. When the package is built for this
/// computer it does nothing.
///
/// ```no_run
/// l4k_build::link_tests();
/// ```
pub fn link_tests() {
    if env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("none") {
        print!("{DIRECTIVES}");
    }
}

/// The linker script comes from l4k-sys.
const DIRECTIVES: &str = "cargo::rustc-link-arg-tests=-Tl4k-program.ld\n\
                          cargo::rustc-link-arg-tests=-zmax-page-size=4096\n\
                          cargo::rustc-link-arg-tests=--fix-cortex-a53-843419\n";

#[cfg(test)]
mod tests {
    use super::DIRECTIVES;

    #[test]
    fn tests_are_linked_as_programs_are() {
        for flag in ["-Tl4k-program.ld", "-zmax-page-size=4096", "--fix-cortex-a53-843419"] {
            assert!(DIRECTIVES.contains(&format!("cargo::rustc-link-arg-tests={flag}\n")), "{flag}");
        }
    }
}
