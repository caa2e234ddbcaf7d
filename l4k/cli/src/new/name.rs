//! Names of projects. May call nothing of this crate.

use anyhow::{Result, bail, ensure};

/// Bytes of the longest name. File systems and registries have limits of their own; this one keeps messages readable.
const LONGEST: usize = 64;

/// Words of Rust that cannot name a crate.
const KEYWORDS: [&str; 54] = [
    "Self", "_", "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do",
    "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro",
    "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super",
    "trait", "true", "try", "type", "typeof", "union", "unsafe", "unsized", "use", "virtual", "where", "while",
    "yield",
];

/// Names that cargo, the standard library or Windows keeps.
const KEPT: [&str; 14] = [
    "alloc",
    "build",
    "core",
    "deps",
    "examples",
    "incremental",
    "proc-macro",
    "std",
    "test",
    "aux",
    "con",
    "nul",
    "prn",
    "template",
];

/// Packages of every new project: two packages of one name are not possible.
const PACKAGES: [&str; 6] = ["init", "uart", "greeter", "shell", "heapless", "embedded-io"];

/// How the names of l4k's own crates begin.
const OWN: [&str; 3] = ["l4k", "bsp-", "cargo-l4k"];

/// Checks that a project can have this name.
///
/// # Errors
/// It cannot; the error says why, and what to do.
pub fn check(name: &str) -> Result<()> {
    ensure!(!name.is_empty(), "the project needs a name: cargo l4k new my-firmware");
    ensure!(
        !name.contains(['/', '\\']),
        "`{name}` is a path, and a project's name is wanted: change to the directory, and name the project alone"
    );
    ensure!(name.len() <= LONGEST, "`{name}` has {} bytes; a name has at most {LONGEST}", name.len());
    let first = name.chars().next().unwrap_or_default();
    ensure!(
        first.is_ascii_alphabetic() || first == '_',
        "`{name}` begins with `{first}`; a name begins with a letter from a to z"
    );
    let wrong = name.chars().find(|letter| !(letter.is_ascii_alphanumeric() || *letter == '-' || *letter == '_'));
    if let Some(wrong) = wrong {
        bail!("`{name}` has `{}` in it; a name has letters from a to z, digits, `-` and `_`", wrong.escape_debug());
    }
    ensure!(
        !KEYWORDS.contains(&name),
        "`{name}` is a word of Rust, and no crate can be called that; take another name"
    );
    // Rust writes `_` for `-`.
    let same = |other: &&str| other.replace('-', "_").eq_ignore_ascii_case(&name.replace('-', "_"));
    ensure!(
        !KEPT.iter().any(same) && !is_device(name),
        "`{name}` is a name that cargo, Rust or the system keeps; take another name"
    );
    ensure!(!PACKAGES.iter().any(same), "`{name}` is a package of every new project; take another name");
    let lower = name.to_ascii_lowercase();
    ensure!(!OWN.iter().any(|own| lower.starts_with(own)), "`{name}` begins like l4k's own crates; take another name");
    Ok(())
}

/// Windows keeps `com1` to `com9` and `lpt1` to `lpt9` for devices.
fn is_device(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let number = lower.strip_prefix("com").or(lower.strip_prefix("lpt"));
    number.is_some_and(|number| number.len() == 1 && number.as_bytes()[0].is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn good_names_are_taken() {
        for name in ["a", "my-firmware", "Firmware_2", "_x", "robot", "com", "com10", &"n".repeat(64)] {
            check(name).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }

    #[test]
    fn bad_names_are_refused_and_the_message_says_why() {
        for (name, why) in [
            ("", "needs a name"),
            ("a/b", "is a path"),
            ("../x", "is a path"),
            ("2fast", "begins with `2`"),
            ("-x", "begins with `-`"),
            ("my firmware", "has ` ` in it"),
            ("größe", "has `ö` in it"),
            ("a\nb", "has `\\n` in it"),
            ("fn", "a word of Rust"),
            ("Self", "a word of Rust"),
            ("test", "keeps"),
            ("proc_macro", "keeps"),
            ("COM1", "keeps"),
            ("lpt9", "keeps"),
            ("embedded_io", "a package of every new project"),
            ("Core", "keeps"),
            ("template", "keeps"),
            ("greeter", "a package of every new project"),
            ("l4k-robot", "begins like l4k's own crates"),
            (&"n".repeat(65), "at most 64"),
        ] {
            let said = check(name).expect_err(name).to_string();
            assert!(said.contains(why), "{name}: {said}");
        }
    }
}
