//! A firmware's programs, described in its build.rs and built from there.

use std::path::{Path, PathBuf};
use std::{fs, process};

use l4k_sys::abi::memory::PAGE_SIZE;
use l4k_sys::package::NAME_BYTES;

use crate::directives::Directives;
use crate::elf_check::convert;
use crate::environment::Environment;
use crate::error::BuildError;
use crate::image::{DEFAULT_STACK_SIZE, ProgramImage};
use crate::plan::{self, Binary, Plan};
use crate::workshop::Workshop;
use crate::{dep_info, nested, pack, room, unlisted};

/// The programs of a firmware.
#[derive(Clone, Debug, Default)]
#[must_use = "nothing is built before `build` is called"]
pub struct Firmware {
    programs: Vec<Program>,
    stacks: Vec<(String, u32)>,
}

#[derive(Clone, Debug)]
struct Program {
    name: String,
    directory: PathBuf,
}

impl Firmware {
    /// Without programs.
    pub fn new() -> Firmware {
        Firmware::default()
    }

    /// Adds a program: its name in the system, and the directory of its package, from that of the firmware's `Cargo.toml`. The first
    /// program is the one that the kernel starts.
    ///
    /// A package with one binary is that program; of several binaries it is the one with the program's name. The same package may
    /// be several programs.
    pub fn program(mut self, name: impl Into<String>, directory: impl Into<PathBuf>) -> Firmware {
        self.programs.push(Program { name: name.into(), directory: directory.into() });
        self
    }

    /// Sets the length of a program's stack, a multiple of 4096 bytes; without it, it is
    /// [`DEFAULT_STACK_SIZE`](crate::DEFAULT_STACK_SIZE).
    pub fn stack_size(mut self, name: impl Into<String>, bytes: u32) -> Firmware {
        self.stacks.push((name.into(), bytes));
        self
    }

    /// Builds and packs the programs, and tells cargo what it has to know. To be called in a `build.rs`, as the last thing: on an
    /// error it prints what is wrong and ends the process.
    pub fn build(self) {
        finish(self.try_build());
    }

    fn try_build(&self) -> Result<Directives, BuildError> {
        self.check()?;
        let environment = Environment::of_build_script()?;
        let mut directives = Directives::new(&environment.target);
        let listed: Vec<&Path> = self.programs.iter().map(|program| &*program.directory).collect();
        let unlisted = unlisted::find(&environment.manifest_directory, &listed);
        unlisted.looked_at.iter().for_each(|directory| directives.depend_on(directory));
        unlisted.programs.iter().for_each(|program| directives.warn_of_unlisted(program));
        if let Some(bytes) = room::asked_for()? {
            room::write(&environment.package_file(), bytes)?;
            return Ok(directives);
        }
        let programs = self.programs.iter().map(|program| (&*program.name, &*program.directory));
        let plan = plan::make(&environment, programs)?;
        // Held until the programs are read: another firmware may build programs of the same names next.
        let workshop = Workshop::enter(&environment)?;
        let executables = build_all(&environment, &workshop, &plan, &mut directives)?;
        let images = self.images(&environment, &plan, &executables)?;
        let package = pack::write(&images).map_err(BuildError::Pack)?;
        write_file(&environment.package_file(), &package)?;
        Ok(directives)
    }

    /// Checks what the firmware's author wrote, before anything is built.
    fn check(&self) -> Result<(), BuildError> {
        if self.programs.is_empty() {
            return Err(BuildError::NoPrograms);
        }
        for (index, Program { name, .. }) in self.programs.iter().enumerate() {
            // A name becomes part of file names, and is printed on consoles.
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
            if name.is_empty() || name.len() >= NAME_BYTES || !name.bytes().all(allowed) {
                return Err(BuildError::Name { name: name.clone() });
            }
            if self.programs.iter().take(index).any(|other| other.name == *name) {
                return Err(BuildError::DuplicateName { name: name.clone() });
            }
        }
        for (name, bytes) in &self.stacks {
            if !self.programs.iter().any(|program| program.name == *name) {
                return Err(BuildError::StackOfUnknown { name: name.clone() });
            }
            if *bytes == 0 || !u64::from(*bytes).is_multiple_of(PAGE_SIZE) {
                return Err(BuildError::StackSize { name: name.clone(), bytes: *bytes });
            }
        }
        Ok(())
    }

    /// Checks each program's ELF file, and keeps a copy with its symbols for debuggers.
    fn images(
        &self,
        environment: &Environment,
        plan: &Plan,
        executables: &[(Binary, PathBuf)],
    ) -> Result<Vec<ProgramImage>, BuildError> {
        let symbols = environment.symbols_directory();
        fs::create_dir_all(&symbols).map_err(file_error(&symbols))?;
        let mut images = Vec::new();
        for (Program { name, .. }, binary) in self.programs.iter().zip(&plan.binaries) {
            let found = executables.iter().find(|(built, _)| built == binary);
            let (_, file) = found.ok_or_else(|| BuildError::NotBuilt { program: name.clone() })?;
            let contents = fs::read(file).map_err(file_error(file))?;
            let image = convert(name, &contents).map_err(|error| BuildError::Elf { file: file.clone(), error })?;
            images.push(ProgramImage { stack_size: self.stack_of(name), ..image });
            write_file(&symbols.join(name).with_extension("elf"), &contents)?;
        }
        Ok(images)
    }

    fn stack_of(&self, name: &str) -> u32 {
        self.stacks.iter().rev().find(|(other, _)| other == name).map_or(DEFAULT_STACK_SIZE, |(_, bytes)| *bytes)
    }
}

/// Ends a build script: tells cargo what it has to know, or what is wrong.
pub fn finish(result: Result<Directives, BuildError>) {
    match result {
        Ok(directives) => print!("{directives}"),
        Err(error) => {
            for line in error.to_string().lines() {
                println!("cargo::error={line}");
            }
            process::exit(1);
        }
    }
}

/// Runs the plan; notes every file that the programs depend on.
fn build_all(
    environment: &Environment,
    workshop: &Workshop,
    plan: &Plan,
    directives: &mut Directives,
) -> Result<Vec<(Binary, PathBuf)>, BuildError> {
    let mut executables = Vec::new();
    for call in &plan.calls {
        workshop.take_over(environment, call)?;
        let output = nested::build(environment, call)?;
        for file in ["Cargo.toml", "Cargo.lock"] {
            directives.depend_on(&call.root.join(file));
        }
        output.manifests.iter().for_each(|manifest| directives.depend_on(manifest));
        for (_, executable) in &output.executables {
            let list = executable.with_extension("d");
            let contents = fs::read_to_string(&list).map_err(file_error(&list))?;
            dep_info::sources(&contents, &environment.programs_directory)
                .iter()
                .for_each(|source| directives.depend_on(source));
        }
        workshop.variables(environment, &output.crates)?.iter().for_each(|name| directives.depend_on_variable(name));
        executables.extend(output.executables);
    }
    Ok(executables)
}

/// Writes a file.
pub fn write_file(file: &Path, contents: &[u8]) -> Result<(), BuildError> {
    fs::write(file, contents).map_err(file_error(file))
}

/// The error of an operation on a file.
pub fn file_error(file: &Path) -> impl FnOnce(std::io::Error) -> BuildError {
    let file = file.to_owned();
    move |error| BuildError::File { file, reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(firmware: Firmware) -> String {
        firmware.check().unwrap_err().to_string()
    }

    fn hello() -> Firmware {
        Firmware::new().program("init", "programs/init").program("uart", "programs/uart")
    }

    #[test]
    fn stacks_have_a_default_and_can_be_set() {
        let firmware = hello().stack_size("uart", 32 * 1024);
        firmware.check().unwrap();
        assert_eq!((firmware.stack_of("init"), firmware.stack_of("uart")), (16 * 1024, 32 * 1024));
    }

    #[test]
    fn stacks_of_odd_sizes_or_of_nobody_are_refused() {
        assert!(said(hello().stack_size("shell", 4096)).contains("'shell', which the firmware does not have"));
        for bytes in [0, 1000, u32::MAX] {
            let expected = format!("program 'uart': a stack of {bytes} bytes is not a positive multiple of 4096");
            assert_eq!(said(hello().stack_size("uart", bytes)), expected);
        }
    }

    #[test]
    fn names_are_checked() {
        assert_eq!(said(hello().program("init", "other")), "program 'init' is named twice");
        for name in ["", "a b", "../x", "line\nbreak", "ä", &"n".repeat(32)] {
            assert!(said(hello().program(name, "other")).starts_with(&format!("program '{name}': a name has 1 to 31")));
        }
        hello().program("n".repeat(31), "other").check().unwrap();
    }

    #[test]
    fn a_firmware_without_programs_is_refused() {
        assert!(said(Firmware::new()).starts_with("the firmware has no program"));
    }
}
