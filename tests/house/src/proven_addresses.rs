//! **addresses-are-proven**: in a trusted file of the kernel, a function that others can call and that uses a bare
//! number or pointer inside an `unsafe` block is `unsafe` itself, or is named here with the reason why no number can do
//! harm. A method is proven by its value, if only an `unsafe` function makes that value. May call `source` and `trusted`.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use crate::source::{Project, Source, is_for_tests};
use crate::trusted;
use crate::violation::Violation;

/// Where the kernel is.
const KERNEL: &str = "l4k/src/";

/// Types of bare addresses.
const NUMBERS: [&str; 4] = ["u64", "usize", "u32", "PhysicalAddress"];

/// File, function, and why it may be safe.
const EXCEPTIONS: [(&str, &str, &str); 14] = [
    ("base/hint_aarch64.rs", "confined", "a comparison of two numbers"),
    (INSTRUCTIONS, "invalidate_page", "drops translations of user space; the operand is no address of the kernel"),
    (INSTRUCTIONS, "invalidate_space", "drops translations of user space; the operand is no address"),
    (INSTRUCTIONS, "clean_to_unification", "cleaning changes no value"),
    (INSTRUCTIONS, "clean", "cleaning changes no value"),
    (INSTRUCTIONS, "clean_and_invalidate", "written back before it is dropped: no value changes"),
    (INSTRUCTIONS, "end_interrupt", "the number of an interrupt"),
    (INSTRUCTIONS, "can_read", "what is read is dropped, and a fault is passed over"),
    ("machine/aarch64/kernel_tables.rs", "bytes", "in the image's gibibyte only, mapped first, and each page is tried"),
    (
        "machine/aarch64/trap.rs",
        "call_waiting_core",
        "writes only places of the board's table; the number is the value",
    ),
    ("machine/aarch64/trap.rs", "system_call_alone", "the number of a system call"),
    ("machine/simulated/ram.rs", "byte", "the address is checked against the range"),
    ("machine/simulated/ram.rs", "word", "the address is checked against the range"),
    ("machine/simulated/ram.rs", "set_word", "the address is checked against the range"),
];

/// Where most of them stand.
const INSTRUCTIONS: &str = "machine/aarch64/instructions.rs";

/// Checks the trusted files of the kernel.
#[must_use]
pub fn check(project: &Project) -> Vec<Violation> {
    let files = trusted::files(project);
    let mut violations = Vec::new();
    let mut excepted = BTreeSet::new();
    for source in project.below(KERNEL).filter(|source| files.contains(&source.path)) {
        let mut constructors = Constructors::default();
        constructors.visit_file(&source.syntax);
        let proven: BTreeSet<String> = constructors.hard.difference(&constructors.safe).cloned().collect();
        let mut functions =
            Functions { source, proven, value: None, excepted: &mut excepted, violations: &mut violations };
        functions.visit_file(&source.syntax);
    }
    for (file, name, _) in EXCEPTIONS.iter().filter(|(file, name, _)| !excepted.contains(&(*file, *name))) {
        let what = format!("addresses-are-proven: `{name}` in `{file}` is an exception, and needs none");
        violations.push(Violation { file: format!("{KERNEL}{file}"), line: 0, what });
    }
    violations
}

/// Which types of a file are made by functions without a value: by `unsafe` ones, and by others that somebody else can call.
#[derive(Default)]
struct Constructors {
    hard: BTreeSet<String>,
    safe: BTreeSet<String>,
}

impl<'ast> Visit<'ast> for Constructors {
    fn visit_item_impl(&mut self, block: &'ast syn::ItemImpl) {
        let Some(name) = name_of(&block.self_ty) else { return };
        for item in &block.items {
            let syn::ImplItem::Fn(function) = item else { continue };
            if function.sig.receiver().is_some() || !makes(&function.sig.output, &name) {
                continue;
            }
            if is_unsafe(&function.sig) {
                self.hard.insert(name.clone());
            } else if is_open(&function.vis) {
                self.safe.insert(name.clone());
            }
        }
    }
}

fn name_of(kind: &syn::Type) -> Option<String> {
    let syn::Type::Path(path) = kind else { return None };
    path.path.segments.last().map(|segment| segment.ident.to_string())
}

/// Whether a result has a type in it.
fn makes(output: &syn::ReturnType, name: &str) -> bool {
    let words = words(output.to_token_stream());
    words.contains("Self") || words.contains(name)
}

fn is_unsafe(signature: &syn::Signature) -> bool {
    matches!(signature.safety, syn::Safety::Unsafe(_))
}

/// Whether others than the file itself can use it.
fn is_open(visibility: &syn::Visibility) -> bool {
    !matches!(visibility, syn::Visibility::Inherited)
}

/// The words of Rust in some tokens.
fn words(tokens: TokenStream) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) => found.extend(words(group.stream())),
            TokenTree::Ident(ident) => {
                found.insert(ident.to_string());
            }
            _ => {}
        }
    }
    found
}

struct Functions<'a> {
    source: &'a Source,
    /// Types that only an `unsafe` function makes.
    proven: BTreeSet<String>,
    /// The type whose methods are looked at.
    value: Option<String>,
    excepted: &'a mut BTreeSet<(&'static str, &'static str)>,
    violations: &'a mut Vec<Violation>,
}

impl Functions<'_> {
    fn judge(&mut self, visibility: &syn::Visibility, signature: &syn::Signature, body: &syn::Block) {
        let is_proven =
            signature.receiver().is_some() && self.value.as_ref().is_some_and(|name| self.proven.contains(name));
        if !is_open(visibility) || is_unsafe(signature) || is_proven {
            return;
        }
        let mut blocks = UnsafeBlocks::default();
        blocks.visit_block(body);
        let numbers = signature.inputs.iter().filter_map(number_of);
        let Some(number) = numbers.into_iter().find(|number| blocks.words.contains(number)) else { return };
        let name = signature.ident.to_string();
        let known =
            EXCEPTIONS.iter().find(|(file, known, _)| self.source.path == format!("{KERNEL}{file}") && name == *known);
        if let Some((file, known, _)) = known {
            self.excepted.insert((file, known));
            return;
        }
        let what = format!("addresses-are-proven: `{name}` is safe, and uses `{number}` inside `unsafe`");
        self.violations.push(self.source.violation(signature.span().start().line, what));
    }
}

/// The name of a parameter that is a bare number or pointer.
fn number_of(input: &syn::FnArg) -> Option<String> {
    let syn::FnArg::Typed(input) = input else { return None };
    let syn::Pat::Ident(name) = &*input.pat else { return None };
    let is_bare = match &*input.ty {
        syn::Type::Ptr(_) => true,
        kind => name_of(kind).is_some_and(|kind| NUMBERS.contains(&kind.as_str())),
    };
    is_bare.then(|| name.ident.to_string())
}

/// The words inside the `unsafe` blocks of a function.
#[derive(Default)]
struct UnsafeBlocks {
    words: BTreeSet<String>,
}

impl<'ast> Visit<'ast> for UnsafeBlocks {
    fn visit_expr_unsafe(&mut self, block: &'ast syn::ExprUnsafe) {
        self.words.extend(words(block.block.to_token_stream()));
    }
}

impl<'ast> Visit<'ast> for Functions<'_> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !is_for_tests(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_impl(&mut self, block: &'ast syn::ItemImpl) {
        self.value = name_of(&block.self_ty);
        visit::visit_item_impl(self, block);
        self.value = None;
    }

    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.judge(&function.vis, &function.sig, &function.block);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.judge(&function.vis, &function.sig, &function.block);
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    /// What is found in a trusted file, but for exceptions that this file does not need.
    fn found(text: &str) -> usize {
        let root = "// trusted-files-begin\n// src/a.rs\n// trusted-files-end\n";
        let files = [("l4k/src/lib.rs", root), ("l4k/src/a.rs", text)];
        let sources = files.iter().map(|(path, text)| Source::new(path, text).expect("Rust")).collect();
        let all = check(&Project { root: PathBuf::new(), sources });
        all.iter().filter(|violation| violation.line != 0).count()
    }

    #[test]
    fn a_safe_function_that_writes_where_it_is_told_is_found() {
        assert_eq!(found("pub fn poke(address: u64) { unsafe { (address as *mut u32).write(0) } }"), 1);
        assert_eq!(found("pub(crate) fn poke(place: *mut u32) { unsafe { place.write(0) } }"), 1);
        assert_eq!(
            found("pub(super) fn save(address: usize) { unsafe { asm!(\"str x0, [x9]\", in(\"x9\") address) } }"),
            1
        );
        assert_eq!(
            found("impl Thing { pub fn poke(&self, address: PhysicalAddress) { unsafe { write(address) } } }"),
            1
        );
    }

    #[test]
    fn a_function_that_says_so_or_is_its_files_own_is_none() {
        assert_eq!(found("pub unsafe fn poke(address: u64) { unsafe { (address as *mut u32).write(0) } }"), 0);
        assert_eq!(found("fn poke(address: u64) { unsafe { (address as *mut u32).write(0) } }"), 0);
        assert_eq!(found("pub fn count(number: u64) -> u64 { unsafe { f() }; number }"), 0, "outside of the block");
    }

    #[test]
    fn a_value_that_only_unsafe_makes_is_a_proof() {
        let method = "pub fn poke(&self, address: u64) { unsafe { write(address) } }";
        assert_eq!(found(&format!("impl Store {{ pub unsafe fn new() -> Self {{ Store }} {method} }}")), 0);
        assert_eq!(found(&format!("impl Store {{ pub fn new() -> Store {{ Store }} {method} }}")), 1);
        let both = "pub unsafe fn new() -> Self { Store } pub fn other() -> Option<Self> { None }";
        assert_eq!(found(&format!("impl Store {{ {both} {method} }}")), 1);
    }
}
