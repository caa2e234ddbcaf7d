//! An image on a machine: the emulator's command line. May call `machine` and `emulator`.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::emulator;
use crate::machine::Machine;

/// What to boot, and on what.
#[derive(Clone, Debug)]
pub struct Boot {
    machine: Machine,
    image: Option<PathBuf>,
    port: SerialPort,
    more: Vec<String>,
}

/// Which of the machine's serial ports is ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SerialPort {
    /// The first.
    First,
    /// The second; the first is connected to nothing.
    Second,
}

impl Boot {
    /// The image, an ELF file or a raw one with the header of an arm64 Linux kernel, on the machine.
    #[must_use]
    pub fn new(machine: Machine, image: &Path) -> Boot {
        Boot { machine, image: Some(image.to_owned()), port: SerialPort::First, more: Vec::new() }
    }

    /// The machine without an image; further arguments have to load one.
    #[must_use]
    pub fn empty(machine: Machine) -> Boot {
        Boot { machine, image: None, port: SerialPort::First, more: Vec::new() }
    }

    /// Hands further arguments to QEMU.
    #[must_use]
    pub fn with_arguments(mut self, arguments: &[&str]) -> Boot {
        self.more.extend(arguments.iter().map(|&argument| argument.to_owned()));
        self
    }

    /// Takes another of the machine's serial ports.
    #[must_use]
    pub fn on_port(mut self, port: SerialPort) -> Boot {
        self.port = port;
        self
    }

    /// The machine.
    #[must_use]
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// The emulator's command, as [`emulator::command`], whose serial port is the character device `chardev` (QEMU's notation, without its id).
    #[must_use]
    pub fn command(&self, chardev: &str) -> Command {
        let mut command = emulator::command();
        command.args(self.machine.arguments());
        command.arg("-chardev").arg(format!("{chardev},id=serial"));
        if self.port == SerialPort::Second {
            command.args(["-serial", "null"]);
        }
        command.args(["-serial", "chardev:serial"]);
        if let Some(image) = &self.image {
            command.arg("-kernel").arg(image);
        }
        command.args(&self.more);
        command
    }
}

/// A path as a value in one of QEMU's options, where a comma ends a value unless it stands twice.
#[must_use]
pub fn in_option(path: &Path) -> String {
    path.display().to_string().replace(',', ",,")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::in_option;

    #[test]
    fn a_comma_ends_no_path() {
        assert_eq!(in_option(Path::new("/a,b/c d=e")), "/a,,b/c d=e");
    }
}
