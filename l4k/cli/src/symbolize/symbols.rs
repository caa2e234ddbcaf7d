//! The symbols of a firmware: of its kernel, and of each program. All programs begin at the same address, so that an address alone may
//! belong to several. May call `image` and `firmware`.

use std::path::Path;

use anyhow::Result;
use serde_json::{Value, json};

use super::image::{Frame, Image};
use crate::firmware::{self, Firmware};

/// The name of the kernel among the programs.
pub const KERNEL: &str = "kernel";

/// Addresses of the kernel begin here: the upper half of the address space.
const UPPER_HALF: u64 = 1 << 63;

/// Bytes of an instruction.
const INSTRUCTION: u64 = 4;

/// The symbols of a firmware.
pub struct Symbols {
    kernel: Image,
    programs: Vec<Image>,
}

/// What an address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// That of an instruction.
    Instruction,
    /// That to which a function returns; the call stands before it.
    Return,
}

/// What there is at an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The program, or `kernel`.
    pub program: String,
    /// The functions, the innermost first; one at least.
    pub frames: Vec<Frame>,
}

impl Symbols {
    /// Of a firmware that was built.
    ///
    /// # Errors
    /// One of its files cannot be read.
    pub fn of(firmware: &Firmware) -> Result<Symbols> {
        let mut programs = Vec::new();
        for file in firmware::programs(firmware)? {
            programs.push(Image::read(&name(&file), &file)?);
        }
        Ok(Symbols { kernel: Image::read(KERNEL, &firmware.kernel)?, programs })
    }

    /// The programs' names.
    #[must_use]
    pub fn programs(&self) -> Vec<&str> {
        self.programs.iter().map(Image::name).collect()
    }

    /// A program.
    #[must_use]
    pub fn program(&self, name: &str) -> Option<&Image> {
        self.programs.iter().find(|image| image.name() == name)
    }

    /// What there is at an address: in the kernel if it is one of the kernel's, else in the program that is named, or in every program.
    #[must_use]
    pub fn places(&self, address: u64, kind: Kind, program: Option<&str>) -> Vec<Place> {
        let address = match kind {
            Kind::Instruction => address,
            Kind::Return => address.wrapping_sub(INSTRUCTION),
        };
        let images: Vec<&Image> = match program {
            _ if address >= UPPER_HALF => vec![&self.kernel],
            Some(KERNEL) => vec![&self.kernel],
            Some(name) => self.program(name).into_iter().collect(),
            None => self.programs.iter().collect(),
        };
        let place = |image: &&Image| Place { program: image.name().to_owned(), frames: image.frames(address) };
        images.iter().map(place).filter(|place| !place.frames.is_empty()).collect()
    }
}

fn name(file: &Path) -> String {
    file.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

impl Place {
    /// As lines for people; files below `root` without it.
    #[must_use]
    pub fn lines(&self, root: &Path) -> Vec<String> {
        let mut lines = Vec::new();
        for (number, frame) in self.frames.iter().enumerate() {
            let into = if number == 0 { format!("{}: ", self.program) } else { "  inlined into ".to_owned() };
            lines.push(format!("{into}{}{}", frame.function, at(frame, root)));
        }
        lines
    }

    /// For tools.
    #[must_use]
    pub fn json(&self) -> Value {
        let frame = |frame: &Frame| json!({ "function": frame.function, "file": frame.file, "line": frame.line });
        json!({ "program": self.program, "frames": self.frames.iter().map(frame).collect::<Vec<_>>() })
    }
}

fn at(frame: &Frame, root: &Path) -> String {
    let file = Path::new(&frame.file);
    match (frame.file.is_empty(), frame.line) {
        (true, _) => String::new(),
        (false, line) => format!(" at {}:{line}", file.strip_prefix(root).unwrap_or(file).display()),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Frame, Place};

    #[test]
    fn inlined_functions_are_told_below_each_other() {
        let frame = |function: &str, file: &str, line| Frame { function: function.into(), file: file.into(), line };
        let frames = vec![frame("shell::read", "/project/shell/src/read.rs", 7), frame("shell::main", "/lib/m.rs", 9)];
        let place = Place { program: "shell".to_owned(), frames };
        let lines = place.lines(Path::new("/project"));
        assert_eq!(lines, ["shell: shell::read at shell/src/read.rs:7", "  inlined into shell::main at /lib/m.rs:9"]);
        let assembly = Place { program: "kernel".to_owned(), frames: vec![frame("l4k_start", "", 0)] };
        assert_eq!(assembly.lines(Path::new("/")), ["kernel: l4k_start"]);
    }
}
