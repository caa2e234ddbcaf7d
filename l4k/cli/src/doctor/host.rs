//! The systems for which commands are known. May call nothing of this crate.

use std::fs;

/// A system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host {
    /// Debian 12 or newer.
    Debian,
    /// Ubuntu, and what is made of it.
    Ubuntu,
    /// Fedora.
    Fedora,
    /// Arch Linux.
    Arch,
    /// macOS with Homebrew.
    MacOs,
    /// Another one.
    Other,
}

impl Host {
    /// All of them.
    pub const ALL: [Host; 6] = [Host::Debian, Host::Ubuntu, Host::Fedora, Host::Arch, Host::MacOs, Host::Other];

    /// This computer's.
    #[must_use]
    pub fn of_this_computer() -> Host {
        match std::env::consts::OS {
            "macos" => Host::MacOs,
            _ => Host::from_release(&fs::read_to_string("/etc/os-release").unwrap_or_default()),
        }
    }

    /// From the text of `/etc/os-release`: by its own name, else by those that it is like.
    fn from_release(text: &str) -> Host {
        let field = |name: &str| {
            let value = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
            value.trim_matches('"').to_owned()
        };
        let names = format!("{} {}", field("ID="), field("ID_LIKE="));
        let known = names.split_whitespace().find_map(|name| match name {
            "debian" => Some(Host::Debian),
            "ubuntu" => Some(Host::Ubuntu),
            "fedora" => Some(Host::Fedora),
            "arch" => Some(Host::Arch),
            _ => None,
        });
        known.unwrap_or(Host::Other)
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Host::Debian => "Debian",
            Host::Ubuntu => "Ubuntu",
            Host::Fedora => "Fedora",
            Host::Arch => "Arch Linux",
            Host::MacOs => "macOS",
            Host::Other => "a system that is not known here",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Host;

    #[test]
    fn a_system_is_known_by_its_name_or_by_what_it_is_like() {
        for (text, host) in [
            ("ID=debian\nVERSION_ID=\"12\"\n", Host::Debian),
            ("NAME=\"Ubuntu\"\nID=ubuntu\nID_LIKE=debian\n", Host::Ubuntu),
            ("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n", Host::Ubuntu),
            ("ID=fedora\n", Host::Fedora),
            ("ID=manjaro\nID_LIKE=arch\n", Host::Arch),
            ("ID=alpine\n", Host::Other),
            ("", Host::Other),
        ] {
            assert_eq!(Host::from_release(text), host, "{text}");
        }
    }
}
