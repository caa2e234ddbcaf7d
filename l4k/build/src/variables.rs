//! Which environment variables a nested cargo must not see: those that are about the build script that calls it, and those that
//! would make the programs something else than programs. Everything else (the user's settings, PATH, jobserver) it inherits.

use std::process::Command;

/// Variables that cargo or a wrapper sets for the build script alone.
const NAMES: &[&str] = &[
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_LINKS",
    "CARGO_MANIFEST_PATH",
    "CARGO_PRIMARY_PACKAGE",
    "CARGO_RUSTC_CURRENT_DIR",
    "DEBUG",
    "HOST",
    "NUM_JOBS",
    "OPT_LEVEL",
    "OUT_DIR",
    "PROFILE",
    "RUSTC_LINKER",
    "TARGET",
    // The encoded flags stand for these.
    "RUSTFLAGS",
    // clippy and its like work on what they were called for, not on programs that have to run.
    "RUSTC_WORKSPACE_WRAPPER",
    "CLIPPY_ARGS",
    "CLIPPY_CONF_DIR",
    // Where to put what is built: told by arguments.
    "CARGO_TARGET_DIR",
    "CARGO_BUILD_TARGET",
    "CARGO_BUILD_TARGET_DIR",
    "CARGO_BUILD_BUILD_DIR",
    "CARGO_BUILD_RUSTC_WORKSPACE_WRAPPER",
    // Paths in dep-info files are to be absolute.
    "CARGO_BUILD_DEP_INFO_BASEDIR",
];

/// Beginnings of such variables.
const PREFIXES: &[&str] = &["CARGO_BIN_", "CARGO_CFG_", "CARGO_CRATE_", "CARGO_FEATURE_", "CARGO_PKG_", "DEP_"];

/// Takes the variables of this build script away from a command.
pub fn clean(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(is_ours_alone) {
            command.env_remove(name);
        }
    }
}

/// Whether cargo sets this variable for one build script or one crate.
pub fn is_ours_alone(name: &str) -> bool {
    NAMES.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_of_the_build_script_are_kept_back() {
        for name in ["OUT_DIR", "TARGET", "CARGO_PKG_NAME", "CARGO_CFG_TARGET_OS", "CARGO_FEATURE_DEBUG", "DEP_Z_ROOT"]
        {
            assert!(is_ours_alone(name), "{name}");
        }
        assert!(is_ours_alone("RUSTC_WORKSPACE_WRAPPER"));
    }

    #[test]
    fn settings_of_the_user_are_passed_on() {
        for name in [
            "PATH",
            "CARGO",
            "CARGO_HOME",
            "CARGO_INCREMENTAL",
            "CARGO_MAKEFLAGS",
            "CARGO_NET_OFFLINE",
            "CARGO_PROFILE_RELEASE_LTO",
            "CARGO_TARGET_AARCH64_UNKNOWN_NONE_SOFTFLOAT_LINKER",
            "CARGO_UNSTABLE_BUILD_STD",
            "RUSTC",
            "RUSTC_BOOTSTRAP",
            "RUSTC_WRAPPER",
            "RUSTUP_TOOLCHAIN",
        ] {
            assert!(!is_ours_alone(name), "{name}");
        }
    }
}
