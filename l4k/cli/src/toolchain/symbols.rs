//! Names of symbols that do not depend on where the project's folder is, so that the same source gives the same code everywhere. May
//! call nothing of this crate.
//!
//! The compiler hashes into each symbol what cargo passes as `-C metadata`, and for a crate outside its workspace cargo makes that from the
//! crate's absolute path. Firmware here lies outside the workspace of the kernel. With other symbols link-time optimisation takes the
//! functions in another order and decides otherwise what to inline: a wait was 23 instructions longer in one folder than in another.
//! So this program stands between cargo and the compiler (`RUSTC_WRAPPER`), and puts the crate's place in the project instead.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::{Command, ExitCode};

/// Tells this program that cargo calls it in place of the compiler, and the project's folder.
const PROJECT: &str = "L4K_SYMBOLS_OF";

/// What cargo's first argument is for this program as a command of cargo's own.
const COMMAND: &str = "l4k";

/// What cargo's argument begins with; it follows a `-C`.
const METADATA: &str = "metadata=";

/// Lets a cargo command name symbols after places in the project at `root`. This takes the place of a wrapper that the user has set.
///
/// # Errors
/// If this program's own path cannot be had.
pub fn name_after_places(command: &mut Command, root: &Path) -> std::io::Result<()> {
    command.env("RUSTC_WRAPPER", env::current_exe()?).env(PROJECT, root);
    Ok(())
}

/// If cargo calls this program in place of the compiler: calls that, and returns how it ended.
pub fn stand_in_for_compiler() -> Option<ExitCode> {
    let root = env::var_os(PROJECT)?;
    let mut arguments = env::args_os().skip(1);
    // Cargo passes the variable on to the programs that it runs, and so to this one as the runner of tests.
    let compiler = arguments.next().filter(|first| first != COMMAND)?;
    let package = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    let place = Path::new(&package).strip_prefix(&root).ok();
    let mut command = Command::new(&compiler);
    command.args(match place {
        Some(place) => named_after(place, arguments.collect()),
        None => arguments.collect(),
    });
    Some(match command.status() {
        Ok(status) => status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from),
        Err(error) => {
            eprintln!("error: cannot start {}: {error}", Path::new(&compiler).display());
            ExitCode::FAILURE
        }
    })
}

/// The compiler's arguments with a name for the crate at `place`. Two builds of one crate differ by their features and by what it is
/// compiled to, so these are in the name.
fn named_after(place: &Path, arguments: Vec<OsString>) -> Vec<OsString> {
    let mut name = OsString::from(METADATA);
    name.push(place);
    for pair in arguments.windows(2).filter(|pair| pair[0] == "--cfg" || pair[0] == "--crate-type") {
        name.push(" ");
        name.push(&pair[1]);
    }
    let is_metadata = |argument: &OsStr| argument.as_encoded_bytes().starts_with(METADATA.as_bytes());
    arguments.into_iter().map(|argument| if is_metadata(&argument) { name.clone() } else { argument }).collect()
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::path::Path;

    use super::named_after;

    fn named(text: &str) -> Vec<String> {
        let arguments = text.split(' ').map(OsString::from).collect();
        let named = named_after(Path::new("l4k"), arguments);
        named.into_iter().map(|argument| argument.into_string().expect("text")).collect()
    }

    #[test]
    fn the_place_stands_for_what_cargo_made_of_the_path() {
        let line = "--crate-name l4k --crate-type lib -C metadata=0123 -C extra-filename=-0123";
        assert_eq!(named(line)[5], "metadata=l4k lib");
        assert_eq!(named(line)[7], "extra-filename=-0123");
        assert_eq!(named(line).len(), 8);
    }

    #[test]
    fn features_and_kinds_of_crate_have_names_of_their_own() {
        let one = named("--crate-type lib -C metadata=1");
        let other = named("--crate-type lib --cfg feature=\"debug\" -C metadata=1");
        let third = named("--crate-type bin -C metadata=1");
        assert_ne!(one[3], other[5]);
        assert_ne!(one[3], third[3]);
    }
}
