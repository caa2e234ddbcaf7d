//! The directory for what is made once for every project of a user. May call nothing of this crate.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::{Result, bail};

/// The variable that names another one.
pub const VARIABLE: &str = "L4K_CACHE";

/// Where it is: `L4K_CACHE`, else `l4k` in `XDG_CACHE_HOME`, else `.cache/l4k` in the user's home.
///
/// # Errors
/// None of these variables is set.
pub fn directory() -> Result<PathBuf> {
    match from(|name| env::var_os(name).filter(|value| !value.is_empty())) {
        Some(directory) => Ok(directory),
        None => bail!("no directory for a cache is known: set {VARIABLE} to one, or HOME"),
    }
}

fn from(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let below = |name: &str, place: &str| variable(name).map(|directory| PathBuf::from(directory).join(place));
    let own = variable(VARIABLE).map(PathBuf::from);
    own.or_else(|| below("XDG_CACHE_HOME", "l4k")).or_else(|| below("HOME", ".cache/l4k"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::from;

    fn found(set: &[(&str, &str)]) -> Option<String> {
        let variable = |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).into());
        from(variable).as_deref().and_then(Path::to_str).map(str::to_owned)
    }

    #[test]
    fn the_variable_comes_before_the_user_s_directories() {
        let all = [("HOME", "/home/a"), ("XDG_CACHE_HOME", "/cache"), ("L4K_CACHE", "/own")];
        assert_eq!(found(&all).as_deref(), Some("/own"));
        assert_eq!(found(&all[..2]).as_deref(), Some("/cache/l4k"));
        assert_eq!(found(&all[..1]).as_deref(), Some("/home/a/.cache/l4k"));
        assert_eq!(found(&[]), None);
    }
}
