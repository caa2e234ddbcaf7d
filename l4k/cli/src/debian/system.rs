//! The system that packages are installed on: which one, where its packages come from, and whether we may. May call
//! `process`.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use crate::files::entries;
use crate::process;

/// A system with Debian's package manager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct System {
    /// `bookworm`, for example.
    pub codename: String,
    /// Where the system's own packages come from.
    pub mirror: String,
    /// Whether the backports are among the sources.
    pub has_backports: bool,
}

/// The mirror where the sources name none.
const MIRROR: &str = "http://deb.debian.org/debian";

impl System {
    /// This system.
    pub fn read() -> Result<System> {
        if !process::on_path("apt-get") {
            bail!(
                "this system has no apt-get. Install by hand: QEMU 9 or newer with qemu-system-aarch64, and with rustup: \
                 rustup target add {}",
                crate::toolchain::TARGET
            );
        }
        let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
        Ok(System::from_texts(&release, &sources(Path::new("/etc/apt"))))
    }

    /// From the text of `/etc/os-release` and of all package sources.
    fn from_texts(release: &str, sources: &str) -> System {
        let codename = release.lines().find_map(|line| line.strip_prefix("VERSION_CODENAME=")).unwrap_or_default();
        let codename = codename.trim_matches('"').to_owned();
        let backports = format!("{codename}-backports");
        System {
            mirror: mirror(sources, &codename).unwrap_or(MIRROR).to_owned(),
            has_backports: active_lines(sources).any(|line| line.split_whitespace().any(|word| word == backports)),
            codename,
        }
    }
}

/// All text of the package sources.
fn sources(apt: &Path) -> String {
    let mut files = entries(&apt.join("sources.list.d")).unwrap_or_default();
    files.push(apt.join("sources.list"));
    let texts = files.iter().filter_map(|file| fs::read_to_string(file).ok());
    texts.collect::<Vec<_>>().join("\n\n")
}

fn active_lines(sources: &str) -> impl Iterator<Item = &str> {
    sources.lines().map(str::trim).filter(|line| !line.starts_with('#'))
}

/// The address that the release itself comes from, in either form of source: `deb URI SUITE …` or a stanza of `URIs:` and `Suites:`.
fn mirror<'a>(sources: &'a str, codename: &str) -> Option<&'a str> {
    let mut address = None;
    for line in active_lines(sources) {
        let mut words = line.split_whitespace();
        match words.next() {
            None => address = None,
            Some("URIs:") => address = words.next(),
            Some("Suites:") if words.any(|word| word == codename) && address.is_some() => return address,
            Some("deb") => {
                let mut words = words.skip_while(|word| word.starts_with('[') || word.contains('='));
                if let (Some(uri), Some(suite)) = (words.next(), words.next())
                    && suite == codename
                {
                    return Some(uri);
                }
            }
            Some(_) => {}
        }
    }
    None
}

/// How this process may install packages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Privilege {
    /// As it is.
    Root,
    /// With sudo, which asks for no password.
    Sudo,
    /// Not at all.
    None,
}

impl Privilege {
    /// What holds for this process.
    pub fn of_this_process() -> Privilege {
        let user = process::answer(Command::new("id").arg("-u")).unwrap_or_default();
        if user.trim() == "0" {
            Privilege::Root
        } else if process::succeeds(Command::new("sudo").args(["-n", "true"])) {
            Privilege::Sudo
        } else {
            Privilege::None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::System;

    const RELEASE: &str = "ID=debian\nVERSION_CODENAME=bookworm\n";

    #[test]
    fn mirror_is_taken_from_a_stanza() {
        let sources = "Types: deb\n# a remark\nURIs: http://mirror.test/debian\nSuites: bookworm bookworm-updates\n\n\
                       Types: deb\nURIs: http://mirror.test/security\nSuites: bookworm-security\n";
        let system = System::from_texts(RELEASE, sources);
        assert_eq!(system.mirror, "http://mirror.test/debian");
        assert!(!system.has_backports);
    }

    #[test]
    fn mirror_is_taken_from_a_line() {
        let sources = "deb [signed-by=/x arch=amd64] http://mirror.test/debian bookworm main\n\
                       deb http://other.test/debian bookworm-backports main\n";
        let system = System::from_texts(RELEASE, sources);
        assert_eq!(system.mirror, "http://mirror.test/debian");
        assert!(system.has_backports);
    }

    #[test]
    fn source_that_is_commented_out_does_not_count() {
        let system = System::from_texts(RELEASE, "# deb http://mirror.test/debian bookworm-backports main\n");
        assert_eq!(system.mirror, "http://deb.debian.org/debian");
        assert!(!system.has_backports);
    }
}
