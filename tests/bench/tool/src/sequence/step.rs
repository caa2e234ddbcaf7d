//! The executed instructions of an entry, each with its text and the functions that it belongs to. May call `dear`, `disassembly` and `paths`.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use l4k_paths::Sample;

use super::disassembly::{offset, text};
use crate::dear::Code;
use l4k_paths_tool::functions::{Frame, Functions};

/// An executed instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its address, from the beginning of the kernel's code on.
    pub offset: String,
    /// What it is.
    pub text: String,
    /// The functions that it belongs to, the innermost first; one at least.
    pub frames: Vec<Frame>,
}

/// What is needed to tell steps.
pub struct Source {
    code: Code,
    functions: Functions,
    /// In front of the files of this project.
    root: String,
}

impl Source {
    /// Of the kernel's ELF file, in the project at `root`.
    pub fn of(kernel: &Path, root: &Path) -> Result<Source> {
        let root = format!("{}/", root.display());
        Ok(Source { code: Code::of(kernel)?, functions: Functions::of(kernel)?, root })
    }

    /// The steps of an entry, in their order.
    pub fn steps(&self, sample: &Sample) -> Result<Vec<Step>> {
        let steps: Vec<Step> = sample.addresses().map(|address| self.step(address)).collect::<Result<_>>()?;
        let (found, all) = (steps.len() as u64, sample.instructions);
        ensure!(found > 0, "{all} instructions are too many: they were not kept in their order");
        ensure!(found == all, "{found} instructions in order, and {all} were counted");
        Ok(steps)
    }

    fn step(&self, address: u64) -> Result<Step> {
        let word = self.code.word(address).with_context(|| format!("no instruction at {address:#x}"))?;
        let mut frames = self.functions.frames(address);
        for frame in &mut frames {
            frame.file = relative(&frame.file, &self.root);
            // What is in a closure is the function's that it stands in.
            frame.function = frame.function.replace("::{{closure}}", "");
        }
        let base = self.code.start();
        Ok(Step { offset: offset(address, base), text: text(word, address, base), frames })
    }
}

/// A file from the project's root on; of one that is elsewhere, its name alone.
fn relative(file: &str, root: &str) -> String {
    match file.strip_prefix(root) {
        Some(inside) => inside.to_owned(),
        None if file.starts_with('/') => file.rsplit('/').next().unwrap_or_default().to_owned(),
        None => file.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::relative;

    #[test]
    fn files_are_told_without_where_the_project_is() {
        assert_eq!(relative("/a/b/l4k/src/kernel/entry.rs", "/a/b/"), "l4k/src/kernel/entry.rs");
        assert_eq!(relative("/registry/x/lib.rs", "/a/b/"), "lib.rs");
        assert_eq!(relative("l4k/src/lib.rs", "/a/b/"), "l4k/src/lib.rs");
    }
}
