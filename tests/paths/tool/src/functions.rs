//! The functions of the kernel that instructions belong to, those that the compiler has merged into others included. May call nothing of
//! this crate.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use addr2line::{Loader, demangle_auto};
use anyhow::{Context, Result, anyhow};
use l4k_paths::table::Visits;
use object::{Object, ObjectSymbol};

/// What is in the name of a function of this project. One of the library is named by who calls it, unless that is the library, too.
const OWN: &str = "l4k";

/// The kernel's functions.
pub struct Functions {
    loader: Loader,
    /// Symbols by address, for what has no debug information: assembly, and what the compiler brings along.
    symbols: BTreeMap<u64, String>,
}

/// A function that an instruction belongs to: the one that it was written in, or one that this was merged into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Its name; in assembly, the nearest symbol.
    pub function: String,
    /// The file as the compiler was told it, and the line in it; empty and 0 in assembly.
    pub file: String,
    /// See `file`.
    pub line: u32,
}

/// Instructions executed in a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its name.
    pub function: String,
    /// How many.
    pub instructions: u64,
}

impl Functions {
    /// Of an ELF file with debug information.
    pub fn of(kernel: &Path) -> Result<Functions> {
        let loader = Loader::new(kernel).map_err(|error| anyhow!("reading {}: {error}", kernel.display()))?;
        let bytes = fs::read(kernel).with_context(|| format!("reading {}", kernel.display()))?;
        let file = object::File::parse(&*bytes).context("the kernel's ELF file")?;
        // A name that begins with `$` says what kind of bytes follow.
        let named = file.symbols().filter_map(|symbol| Some((symbol.address(), symbol.name().ok()?.to_owned())));
        let symbols = named.filter(|(_, name)| !name.is_empty() && !name.starts_with('$')).collect();
        Ok(Functions { loader, symbols })
    }

    /// The functions that instructions were executed in; those with the most first.
    pub fn parts(&self, visits: &[Visits]) -> Vec<Part> {
        let mut by_function: BTreeMap<String, u64> = BTreeMap::new();
        for visits in visits {
            *by_function.entry(self.name(visits.address)).or_default() += visits.times;
        }
        let part = |(function, instructions)| Part { function, instructions };
        let mut parts: Vec<Part> = by_function.into_iter().map(part).collect();
        parts.sort_by_key(|part| std::cmp::Reverse(part.instructions));
        parts
    }

    /// The innermost function that is not the library's; in assembly, the nearest symbol.
    fn name(&self, address: u64) -> String {
        self.frames(address).swap_remove(0).function
    }

    /// The functions at an address that are not the library's, the innermost first; one at least.
    pub fn frames(&self, address: u64) -> Vec<Frame> {
        let mut all = self.inlined(address);
        let last = all.pop();
        let mut own: Vec<Frame> = all.into_iter().filter(|frame| frame.function.contains(OWN)).collect();
        match last {
            Some(last) if own.is_empty() || last.function.contains(OWN) => own.push(last),
            Some(_) => {}
            None => own.push(Frame { function: self.symbol(address), file: String::new(), line: 0 }),
        }
        own.iter_mut().for_each(|frame| frame.function = short(&frame.function));
        own
    }

    /// The nearest symbol.
    fn symbol(&self, address: u64) -> String {
        let symbol = self.symbols.range(..=address).next_back();
        symbol.map_or("?".into(), |(_, name)| demangle_auto(name.into(), None)).into_owned()
    }

    /// All functions at an address, the innermost first.
    fn inlined(&self, address: u64) -> Vec<Frame> {
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
}

/// Without the crate, and without what stands between angle brackets; of a trait's function, the type and the function.
fn short(name: &str) -> String {
    if let Some((kind, rest)) = name.strip_prefix('<').and_then(|name| name.split_once(" as "))
        && let Some((_, function)) = rest.rsplit_once(">::")
    {
        return format!("{}::{function}", kind.rsplit("::").next().unwrap_or(kind));
    }
    let mut depth = 0_u32;
    let mut outside = String::new();
    for letter in name.trim_start_matches("l4k::").chars() {
        match letter {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            _ if depth == 0 => outside.push(letter),
            _ => {}
        }
    }
    let words: Vec<&str> = outside.split("::").filter(|word| !word.is_empty()).collect();
    words.join("::")
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn names_are_without_crate_and_types() {
        let long = "l4k::operation::time::<impl l4k::operation::system::System<A>>::bind_context";
        assert_eq!(short(long), "operation::time::bind_context");
        assert_eq!(short("l4k::base::store::Store<A>::zero"), "base::store::Store::zero");
        assert_eq!(short("<l4k::machine::Machine as l4k::base::arch::Arch>::now"), "Machine::now");
        assert_eq!(short("memset"), "memset");
    }
}
