//! Debian's compiler: where its packages put things. May call nothing of this crate.
//!
//! The `-web` packages are those that Debian keeps current for its browsers. They come with the library's source, and compiler and source
//! are always of one version.

use std::path::Path;

/// Debian's cargo.
pub const CARGO: &str = "/usr/bin/cargo";
/// Debian's compiler.
pub const RUSTC: &str = "/usr/bin/rustc";
/// Debian's documentation tool.
pub const RUSTDOC: &str = "/usr/bin/rustdoc";
/// Debian's clippy, as a cargo subcommand.
pub const CARGO_CLIPPY: &str = "/usr/bin/cargo-clippy";
/// The linker; a bare name, since the compiler tells its kind by it.
pub const LINKER: &str = "ld.lld";

/// Packages, each with a file that tells that it is there.
const PACKAGES: [(&str, &str); 4] = [
    ("rustc-web", RUSTC),
    ("cargo-web", CARGO),
    ("rust-web-src", "/usr/lib/rustlib/src/rust/library/core/src/lib.rs"),
    ("lld", "/usr/bin/ld.lld"),
];

/// Packages to be installed before the library can be built.
pub fn missing_packages() -> Vec<&'static str> {
    PACKAGES.iter().filter(|(_, file)| !Path::new(file).exists()).map(|(package, _)| *package).collect()
}

/// The package that brings clippy, if it is not there.
pub fn missing_clippy() -> Option<&'static str> {
    (!Path::new(CARGO_CLIPPY).exists()).then_some("rust-web-clippy")
}
