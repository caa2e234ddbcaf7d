//! The dep-info files that cargo and the compiler write beside what they build. A line `TARGET: SOURCE SOURCE …`, in which a space of a path is
//! written `\ `, has the sources; in cargo's file those are the sources of the program and of every library with a path of its own. The
//! compiler's file is about one crate, and has a line `# env-dep:NAME=VALUE` for each environment variable that its code reads.

use std::path::{Path, PathBuf};

use crate::variables::is_ours_alone;

/// What begins the line of a variable.
const VARIABLE: &str = "# env-dep:";

/// The sources that a program was built from. None of them lies in `generated`: what is written anew with each build would make
/// each build out of date.
pub fn sources(contents: &str, generated: &Path) -> Vec<PathBuf> {
    let mut words = contents.lines().next().map(words).unwrap_or_default().into_iter();
    // The first word that ends with a colon is the end of the target.
    words.by_ref().find(|word| word.ends_with(':'));
    words.map(PathBuf::from).filter(|source| !source.starts_with(generated)).collect()
}

/// Names of the environment variables that a crate reads while it is compiled, without those that cargo sets for each crate.
pub fn variables(contents: &str) -> Vec<String> {
    // A variable that was not set has no `=`.
    let names = contents.lines().filter_map(|line| line.strip_prefix(VARIABLE)?.split('=').next());
    names.filter(|name| !is_ours_alone(name) && *name != "CARGO").map(str::to_owned).collect()
}

/// Splits at spaces that are not escaped.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' if characters.peek() == Some(&' ') => words.last_mut().expect("never empty").extend(characters.next()),
            ' ' => words.push(String::new()),
            other => words.last_mut().expect("never empty").push(other),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(contents: &str) -> Vec<String> {
        sources(contents, Path::new("/out")).iter().map(|path| path.display().to_string()).collect()
    }

    #[test]
    fn sources_are_listed() {
        assert_eq!(
            read("/out/debug/init: /h/init/src/main.rs /l/src/lib.rs\n"),
            ["/h/init/src/main.rs", "/l/src/lib.rs"]
        );
    }

    #[test]
    fn spaces_in_paths_are_kept() {
        assert_eq!(read("/my\\ out/init: /my\\ code/main.rs /a\\b\n"), ["/my code/main.rs", "/a\\b"]);
    }

    #[test]
    fn generated_sources_are_left_out() {
        assert_eq!(read("/out/init: /h/main.rs /out/build/x/generated.rs"), ["/h/main.rs"]);
    }

    #[test]
    fn variables_of_the_user_are_listed() {
        let contents = "/t/deps/init-0.d: src/main.rs\n\nsrc/main.rs:\n\n# env-dep:MODE=a=b\n# env-dep:CARGO_PKG_NAME=init\n\
                        # env-dep:OUT_DIR=/x\n# env-dep:NOT_SET\n";
        assert_eq!(variables(contents), ["MODE", "NOT_SET"]);
    }

    #[test]
    fn nothing_is_read_from_nothing() {
        assert!(read("").is_empty() && read("/out/init:").is_empty());
    }
}
