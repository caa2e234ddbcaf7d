//! What a file of the repository belongs to. May call `packages`.

use super::packages::Packages;

/// What a file belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The package of the workspace in this directory.
    Package(String),
    /// The firmware project in this directory.
    Firmware(String),
    /// The book, or another text for people.
    Text,
    /// Everything: what is built, how it is built, or how it is tested, for this reason.
    Everything(&'static str),
}

/// Files that decide about all others, by how their paths begin.
const BEGINS: [(&str, &str); 9] = [
    (".ci/", "it says what is tested"),
    (".cargo/", "it says how cargo builds"),
    ("Cargo.", "it says what everything depends on"),
    ("rust-toolchain.toml", "it says which compiler is used"),
    ("rustfmt.toml", "it says how all sources look"),
    ("tests/xtask/", "it is the test itself"),
    ("l4k/cli/src/", "it builds and boots all firmware"),
    ("l4k/cli/qemu/", "it boots all firmware"),
    ("l4k/build/", "it packs the programs of all firmware"),
];

/// The same, by how their paths end.
const ENDS: [(&str, &str); 5] = [
    ("/build.rs", "a build script may make anything"),
    (".ld", "a linker script places everything"),
    ("/Cargo.toml", "it may change dependencies and features"),
    ("/Cargo.lock", "it changes dependencies"),
    ("/.cargo/config.toml", "it says how cargo builds"),
];

/// Files that a package's tests read, though they lie elsewhere: how their paths begin, and the package's directory.
const READ: [(&str, &str); 4] = [
    ("book/src/abi.md", "tests/model"),
    ("book/RELEASING.md", "tests/packages"),
    ("LICENSE-", "tests/packages"),
    // `cargo l4k new` has to make exactly these files.
    ("examples/template/", "l4k/cli"),
];

/// The packages whose tests read a file, though it lies elsewhere.
pub fn readers(file: &str, packages: &Packages) -> Vec<String> {
    let listed = READ.iter().filter(|(begin, _)| file.starts_with(begin)).map(|(_, reader)| (*reader).to_owned());
    // What a package tells its users is compared with its manifest.
    let package = file.strip_suffix("/README.md").or(file.rsplit_once("/LICENSE-").map(|(package, _)| package));
    let told = package.filter(|package| packages.workspace.contains_key(*package) || is_part(package, packages));
    listed.chain(told.map(|_| "tests/packages".to_owned())).collect()
}

/// Whether it is a package that firmware depends on.
fn is_part(directory: &str, packages: &Packages) -> bool {
    packages.firmware.values().any(|parts| parts.contains(directory))
}

/// What a file belongs to: to the innermost package or firmware project that it lies in.
pub fn of(file: &str, packages: &Packages) -> Place {
    let begins = BEGINS.iter().find(|(begin, _)| file.starts_with(begin));
    let ends = ENDS.iter().find(|(end, _)| file.ends_with(end));
    if let Some((_, reason)) = begins.or(ends) {
        return Place::Everything(reason);
    }
    if file.starts_with("book/") || file.ends_with(".md") || file.starts_with("LICENSE-") {
        return Place::Text;
    }
    let lies_in = |directory: &&String| file.strip_prefix(directory.as_str()).is_some_and(|rest| rest.starts_with('/'));
    let innermost =
        |directories: Vec<&String>| directories.into_iter().filter(lies_in).max_by_key(|name| name.len()).cloned();
    let package = innermost(packages.workspace.keys().collect());
    let firmware = innermost(packages.firmware.keys().collect());
    match (package, firmware) {
        (Some(package), Some(firmware)) if firmware.len() > package.len() => Place::Firmware(firmware),
        (Some(package), _) => Place::Package(package),
        (None, Some(firmware)) => Place::Firmware(firmware),
        (None, None) => Place::Everything("nobody knows what it belongs to"),
    }
}
