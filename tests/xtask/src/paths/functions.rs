//! The functions of the kernel that instructions belong to, those that the compiler has merged into others included. May call nothing of
//! this crate.

use std::collections::BTreeMap;
use std::path::Path;

use addr2line::Loader;
use anyhow::{Result, anyhow};
use l4k_paths::table::Visits;

/// What a function of the library begins with: it is named by who calls it.
const LIBRARY: [&str; 4] = ["core::", "<core::", "alloc::", "compiler_builtins::"];

/// The kernel's functions.
pub struct Functions {
    loader: Loader,
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
        Ok(Functions { loader })
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
        let names = self.inlined(address);
        let own = names.iter().find(|name| !LIBRARY.iter().any(|start| name.starts_with(start)));
        match own.or(names.last()) {
            Some(name) => short(name),
            None => self.loader.find_symbol(address).unwrap_or("?").to_owned(),
        }
    }

    /// Names of the functions at an address, the innermost first.
    fn inlined(&self, address: u64) -> Vec<String> {
        let mut names = Vec::new();
        let Ok(mut frames) = self.loader.find_frames(address) else { return names };
        while let Ok(Some(frame)) = frames.next() {
            let name = frame.function.as_ref().and_then(|function| function.demangle().ok());
            names.extend(name.map(std::borrow::Cow::into_owned));
        }
        names
    }
}

/// Without the crate, and without what stands between angle brackets.
fn short(name: &str) -> String {
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
    match words.len() {
        // `<Type as Trait>::function`: nothing else is outside.
        0 | 1 => name.to_owned(),
        _ => words.join("::"),
    }
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn names_are_without_crate_and_types() {
        let long = "l4k::operation::time::<impl l4k::operation::system::System<A>>::bind_context";
        assert_eq!(short(long), "operation::time::bind_context");
        assert_eq!(short("l4k::base::store::Store<A>::zero"), "base::store::Store::zero");
        assert_eq!(short("<Machine as Arch>::now"), "<Machine as Arch>::now");
        assert_eq!(short("memset"), "memset");
    }
}
