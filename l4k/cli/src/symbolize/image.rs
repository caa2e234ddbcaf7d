//! One ELF file with debug information: the functions at an address, and where a function begins. May call nothing of this crate.

use std::fs;
use std::path::{Path, PathBuf};

use addr2line::{Loader, demangle_auto};
use anyhow::{Context, Result, anyhow};
use object::{File, Object, ObjectSection, ObjectSymbol, SectionKind};

/// An ELF file.
pub struct Image {
    name: String,
    path: PathBuf,
    loader: Loader,
    text: Vec<std::ops::Range<u64>>,
}

/// A function at an address: the one that the instruction is in, or one that this was inlined into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Its name.
    pub function: String,
    /// The file as the compiler was told it; empty in assembly.
    pub file: String,
    /// The line in it; 0 if it is not known.
    pub line: u32,
}

impl Image {
    /// Reads it.
    ///
    /// # Errors
    /// It is no ELF file.
    pub fn read(name: &str, path: &Path) -> Result<Image> {
        let loader = Loader::new(path).map_err(|error| anyhow!("reading {}: {error}", path.display()))?;
        let bytes = fs::read(path).with_context(|| format!("reading {}", path.display()))?;
        let file = File::parse(&*bytes).with_context(|| format!("reading {}", path.display()))?;
        let sections = file.sections().filter(|section| section.kind() == SectionKind::Text);
        let text = sections.map(|section| section.address()..section.address() + section.size()).collect();
        Ok(Image { name: name.to_owned(), path: path.to_owned(), loader, text })
    }

    /// The program's name, or `kernel`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it has an instruction at an address.
    #[must_use]
    pub fn has(&self, address: u64) -> bool {
        self.text.iter().any(|range| range.contains(&address))
    }

    /// The functions at an address, the innermost first; none if it has nothing there.
    #[must_use]
    pub fn frames(&self, address: u64) -> Vec<Frame> {
        if !self.has(address) {
            return Vec::new();
        }
        let frames = self.described(address);
        if frames.is_empty() {
            let symbol = self.loader.find_symbol(address).map(|name| demangle_auto(name.into(), None).into_owned());
            return symbol.into_iter().map(|function| Frame { function, file: String::new(), line: 0 }).collect();
        }
        frames
    }

    /// Those that the debug information has.
    fn described(&self, address: u64) -> Vec<Frame> {
        let mut all = Vec::new();
        let Ok(mut frames) = self.loader.find_frames(address) else { return all };
        while let Ok(Some(frame)) = frames.next() {
            let name = frame.function.as_ref().and_then(|function| function.raw_name().ok());
            let place = frame.location.as_ref();
            let file = place.and_then(|place| place.file).unwrap_or_default().to_owned();
            let line = place.and_then(|place| place.line).unwrap_or_default();
            all.extend(name.map(|name| Frame { function: demangle_auto(name, None).into_owned(), file, line }));
        }
        all
    }

    /// Where the program's `main` begins, and its first instructions.
    ///
    /// # Errors
    /// It has no symbol for it. What `entry!` and `first_program!` begin with has one in every profile, if it is in the file at all.
    pub fn main(&self) -> Result<Function> {
        let bytes = fs::read(&self.path).with_context(|| format!("reading {}", self.path.display()))?;
        let file = File::parse(&*bytes).with_context(|| format!("reading {}", self.path.display()))?;
        let is_main = |name: &str| {
            let name = format!("{:#}", rustc_demangle::demangle(name));
            name.split_once("::").is_some_and(|(_, function)| function == "main")
        };
        let mut mains = file.symbols().filter(|symbol| symbol.name().is_ok_and(is_main));
        let main = mains.next().with_context(|| {
            format!(
                "{} has no symbol for main: the function that its entry! or first_program! names has another name, or \
                 lies in a module, or the profile strips symbols",
                self.name
            )
        })?;
        let text = file.sections().find(|section| {
            section.kind() == SectionKind::Text
                && (section.address()..section.address() + section.size()).contains(&main.address())
        });
        let data = text.and_then(|text| text.data_range(main.address(), CODE).ok().flatten());
        let code = data.with_context(|| format!("{} has no instructions at its main", self.name))?;
        Ok(Function { address: main.address(), code: code.to_vec() })
    }
}

/// How many bytes of a function tell it from those of other programs.
const CODE: u64 = 16;

/// Where a function begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// The address of its first instruction.
    pub address: u64,
    /// Its first instructions.
    pub code: Vec<u8>,
}
