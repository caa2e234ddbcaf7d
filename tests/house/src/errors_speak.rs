//! **errors-speak**: each public error of the libraries that programs and their builds use has `Display` and
//! `core::error::Error`. So a program can print any of them in words. May call `source`.

use std::collections::BTreeSet;

use syn::visit::{self, Visit};

use crate::source::{Source, is_for_tests};
use crate::violation::Violation;

/// Where these libraries are. What goes wrong in the kernel, no program gets as a value.
const LIBRARIES: [&str; 5] = ["l4k-sys/", "l4k/build/src/", "l4k/cli/", "bsp-qemu-virt/", "bsp-rpi4/"];

/// How the name of an error ends.
const ENDS: [&str; 4] = ["Error", "Fault", "Failure", "Problem"];

/// What is named like an error and is none: the message that a fault handler receives, and what a test has a simulated
/// card do.
const NO_ERRORS: [(&str, &str); 2] =
    [("l4k-sys/src/abi/fault.rs", "Fault"), ("l4k-sys/drivers/src/sd/model.rs", "LineFault")];

/// The traits that each error has.
const TRAITS: [&str; 2] = ["Display", "Error"];

/// Checks all files together: an implementation can stand in another file than its type.
pub fn check<'a>(sources: impl Iterator<Item = &'a Source> + Clone) -> Vec<Violation> {
    let mut found = Implementations::default();
    let libraries = sources.filter(|source| !source.is_test() && is_in_a_library(&source.path));
    libraries.clone().for_each(|source| {
        found.package = package(&source.path);
        found.visit_file(&source.syntax);
    });
    libraries.flat_map(|source| errors(source, &found)).collect()
}

fn is_in_a_library(path: &str) -> bool {
    LIBRARIES.iter().any(|library| path.starts_with(library))
}

/// The package of a file: what stands before `src`.
fn package(path: &str) -> String {
    path.split_once("/src/").map_or(path, |(package, _)| package).to_owned()
}

/// The errors of a file that lack a trait.
fn errors(source: &Source, found: &Implementations) -> Vec<Violation> {
    let mut errors = Errors::default();
    errors.visit_file(&source.syntax);
    let named = errors.names.iter().filter(|name| !NO_ERRORS.contains(&(source.path.as_str(), name.as_str())));
    named
        .flat_map(|name| TRAITS.map(|needed| (name, needed)))
        .filter(|(name, needed)| !found.all.contains(&(package(&source.path), (*needed).to_owned(), name.to_string())))
        .map(|(name, needed)| source.violation(0, format!("errors-speak: `{name}` has no `{needed}`")))
        .collect()
}

/// Which traits are implemented for which types: package, trait, type.
#[derive(Default)]
struct Implementations {
    package: String,
    all: BTreeSet<(String, String, String)>,
}

impl<'ast> Visit<'ast> for Implementations {
    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        if let (Some((of, _)), syn::Type::Path(name)) = (&item.trait_, &*item.self_ty)
            && let (Some(of), Some(name)) = (of.segments.last(), name.path.segments.last())
        {
            self.all.insert((self.package.clone(), of.ident.to_string(), name.ident.to_string()));
        }
    }
}

/// Public types whose names end like those of errors.
#[derive(Default)]
struct Errors {
    names: Vec<String>,
}

impl Errors {
    fn add(&mut self, visibility: &syn::Visibility, name: &syn::Ident) {
        let name = name.to_string();
        if matches!(visibility, syn::Visibility::Public(_)) && ENDS.iter().any(|end| name.ends_with(end)) {
            self.names.push(name);
        }
    }
}

impl<'ast> Visit<'ast> for Errors {
    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        self.add(&item.vis, &item.ident);
    }

    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        self.add(&item.vis, &item.ident);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !is_for_tests(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let sources: Vec<Source> = files.iter().map(|(path, text)| Source::new(path, text).expect("Rust")).collect();
        check(sources.iter()).into_iter().map(|violation| violation.what).collect()
    }

    #[test]
    fn an_error_without_words_is_found() {
        let both = ["errors-speak: `CardFault` has no `Display`", "errors-speak: `CardFault` has no `Error`"];
        assert_eq!(found(&[("l4k-sys/drivers/src/card.rs", "pub enum CardFault { Crc }")]), both);
        let display = "pub struct StartFailure<R>(R); impl<R> fmt::Display for StartFailure<R> {}";
        assert_eq!(found(&[("l4k-sys/drivers/src/card.rs", display)]), ["errors-speak: `StartFailure` has no `Error`"]);
    }

    #[test]
    fn the_implementation_can_stand_in_another_file_of_the_package() {
        let kind = ("l4k-sys/src/error.rs", "pub enum SomeError { One }");
        let words = "impl fmt::Display for SomeError {} impl core::error::Error for SomeError {}";
        assert!(found(&[kind, ("l4k-sys/src/words.rs", words)]).is_empty());
        assert_eq!(found(&[kind, ("l4k-sys/init/src/words.rs", words)]).len(), 2, "another package");
    }

    #[test]
    fn what_programs_do_not_get_is_left_alone() {
        assert!(found(&[("l4k/src/kernel/boot_error.rs", "pub enum BootError { One }")]).is_empty());
        assert!(found(&[("l4k-sys/src/a.rs", "pub(crate) enum SomeError { One } pub struct Errors;")]).is_empty());
    }
}
