//! The profile that cargo builds the firmware with, and the directory of the target that this profile's is in: a build script is told neither,
//! but where its output goes.

use std::ffi::OsStr;
use std::path::Path;

/// The argument for `--profile`.
pub fn name(out_directory: &Path, package: &str) -> Option<String> {
    let directory = directory(out_directory, package)?.file_name()?.to_str()?;
    Some(match directory {
        // The one profile whose directory has another name.
        "debug" => "dev".to_owned(),
        other => other.to_owned(),
    })
}

/// The directory that has those of all profiles, for the target that is built for.
pub fn of_target<'a>(out_directory: &'a Path, package: &str) -> Option<&'a Path> {
    directory(out_directory, package)?.parent()
}

/// The profile's directory, from a build script's `OUT_DIR`: `…/PROFILE/build/PACKAGE-HASH/out`, or `…/PROFILE/build/PACKAGE/HASH/out` with
/// newer versions of cargo.
fn directory<'a>(out_directory: &'a Path, package: &str) -> Option<&'a Path> {
    let build = out_directory.ancestors().find(|directory| {
        directory.parent().and_then(Path::file_name) == Some(OsStr::new("build"))
            && directory.file_name().and_then(OsStr::to_str).is_some_and(|name| name.starts_with(package))
    })?;
    build.parent()?.parent()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &str) -> Option<String> {
        name(Path::new(path), "hello")
    }

    #[test]
    fn the_directory_names_the_profile() {
        let directory = "/home/me/hello/target/aarch64-unknown-none-softfloat";
        assert_eq!(of(&format!("{directory}/debug/build/hello-0123456789abcdef/out")).unwrap(), "dev");
        assert_eq!(of(&format!("{directory}/release/build/hello-0123456789abcdef/out")).unwrap(), "release");
        assert_eq!(of(&format!("{directory}/small/build/hello-0123456789abcdef/out")).unwrap(), "small");
    }

    #[test]
    fn newer_and_odd_layouts_are_understood() {
        assert_eq!(of("/build/hello/target/x/release/build/hello/0123456789abcdef/out").unwrap(), "release");
        assert_eq!(of("/home/build/hello-1/x/small/build/hello-0123/out").unwrap(), "small");
        assert_eq!(of("/somewhere/else"), None);
    }
}
