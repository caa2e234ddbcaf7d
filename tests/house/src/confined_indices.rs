//! **indices-are-confined**: where the kernel takes an element of a table by a number that is not a constant, it does so by the functions of
//! `base/index.rs`, which keep a load that a processor guesses inside of the table. Everything else is listed here with the reason why no program
//! chooses the number. May call `source`.

use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use crate::source::{Source, is_for_tests};
use crate::violation::Violation;

/// Where programs' numbers come in. What boot does, no program brings about.
const CORE: [&str; 4] = ["l4k/src/base/", "l4k/src/object/", "l4k/src/operation/", "l4k/src/kernel/"];
const BOOT: &str = "l4k/src/kernel/boot";

/// The functions that confine a number.
const HOME: &str = "l4k/src/base/index.rs";

/// What confines a slot's number, which then selects in a CNode.
const WITHIN: &str = "within";

/// File, function, table, and why no program chooses the number.
const ALLOWED: &[(&str, &str, &str, &str)] = &[
    ("l4k/src/base/registers.rs", "own_the_rest", "x", "a loop over constants"),
    ("l4k/src/object/address_space.rs", "release", "used", "a table that the kernel found by a walk"),
    ("l4k/src/object/address_space.rs", "entries_in_use", "entries", "a table that the kernel found by a walk"),
    ("l4k/src/object/address_space.rs", "entry_added", "entries", "a table that the kernel found by a walk"),
    ("l4k/src/object/address_space.rs", "entry_removed", "entries", "a table that the kernel found by a walk"),
    ("l4k/src/object/refills.rs", "all", "list", "the kernel counts the refills"),
    ("l4k/src/object/refills.rs", "add", "list", "the kernel counts the refills"),
    ("l4k/src/object/watch.rs", "enter", "entries", "a place that the kernel chose"),
    ("l4k/src/object/watch.rs", "leave", "entries", "a place that the kernel chose"),
    ("l4k/src/object/watch.rs", "find", "entries", "a place that the kernel chose"),
    ("l4k/src/object/watch.rs", "next", "entries", "the kernel counts what it has printed"),
    ("l4k/src/operation/asid.rs", "assign_asid", "entries", "the kernel found the entry"),
    ("l4k/src/operation/asid.rs", "space_with", "pools", "an identity that the kernel gave out"),
    ("l4k/src/operation/asid.rs", "space_with", "entries", "an identity that the kernel gave out"),
    ("l4k/src/operation/asid.rs", "release_asid", "pools", "an identity that the kernel gave out"),
    ("l4k/src/operation/asid.rs", "release_asid", "entries", "an identity that the kernel gave out"),
    ("l4k/src/operation/asid.rs", "drain_pool", "entries", "the kernel counts what it has looked at"),
    ("l4k/src/operation/asid.rs", "drain_pool", "pools", "the remainder is taken where the number is read"),
    ("l4k/src/operation/console.rs", "console_write", "as_flattened", "the length was confined"),
    ("l4k/src/operation/console.rs", "name_thread", "as_flattened", "the length was confined"),
    ("l4k/src/operation/derivation.rs", "exchange", "around", "a loop over a constant"),
    ("l4k/src/operation/destroy.rs", "destroy_irq_step", "lines", "the line was confined when the Irq got it"),
    ("l4k/src/operation/fault_report.rs", "report_fault", "waiting", "the kernel found the place"),
    ("l4k/src/operation/grant.rs", "granted", "x", "the second word and three bits of the tag"),
    ("l4k/src/operation/grant.rs", "grant", "x", "the second word and three bits of the tag"),
    ("l4k/src/operation/interrupt.rs", "take_line", "lines", "the interrupt controller tells the line"),
    ("l4k/src/operation/ready.rs", "find_highest", "bitmap", "a remainder, by which the kernel finds a bit"),
    ("l4k/src/operation/ready.rs", "is_consistent", "bitmap", "a loop over a constant, of tests"),
    ("l4k/src/operation/ready.rs", "set_first", "bitmap", "a quotient of eight bits"),
    ("l4k/src/operation/ready.rs", "empty_ring", "bitmap", "a quotient of eight bits"),
    ("l4k/src/operation/thread_line.rs", "is_let_through", "lines", "the kernel looks at all lines"),
    ("l4k/src/operation/thread_line.rs", "signalled_by", "lines", "the kernel looks at all lines"),
    ("l4k/src/operation/transfer.rs", "transfer", "source", "constants"),
];

/// Checks all files together, so that an allowance which nothing needs is found.
pub fn check<'a>(sources: impl Iterator<Item = &'a Source>) -> Vec<Violation> {
    let mut used = vec![false; ALLOWED.len()];
    let mut violations = Vec::new();
    let mut last = None;
    for source in sources.filter(|source| is_checked(source)) {
        let mut indices = Indices { source, function: String::new(), used: &mut used, violations: &mut violations };
        indices.visit_file(&source.syntax);
        last = Some(source);
    }
    if let Some(source) = last {
        let stale = ALLOWED.iter().zip(&used).filter(|(_, used)| !**used);
        violations.extend(stale.map(|((file, function, table, _), _)| {
            source.violation(0, format!("indices-are-confined: `{table}` in `{function}` of {file} needs no allowance"))
        }));
    }
    violations
}

fn is_checked(source: &Source) -> bool {
    let is_core = CORE.iter().any(|directory| source.path.starts_with(directory));
    is_core && !source.is_test() && !source.path.starts_with(BOOT) && source.path != HOME
}

struct Indices<'a> {
    source: &'a Source,
    function: String,
    used: &'a mut [bool],
    violations: &'a mut Vec<Violation>,
}

impl Indices<'_> {
    fn found(&mut self, table: &syn::Expr, place: &impl Spanned) {
        let table = name(table);
        let here = |(file, function, allowed, _): &(&str, &str, &str, &str)| {
            *file == self.source.path && *function == self.function && *allowed == table
        };
        match ALLOWED.iter().position(here) {
            Some(index) => self.used[index] = true,
            None => {
                let what = format!("indices-are-confined: `{table}` in `{}` by a number that is not", self.function);
                self.violations.push(self.source.violation(place.span().start().line, what));
            }
        }
    }

    fn in_function(&mut self, name: &syn::Ident, go_on: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.function, name.to_string());
        go_on(self);
        self.function = outer;
    }
}

impl<'ast> Visit<'ast> for Indices<'_> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !is_for_tests(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.in_function(&item.sig.ident, |indices| visit::visit_item_fn(indices, item));
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.in_function(&item.sig.ident, |indices| visit::visit_impl_item_fn(indices, item));
    }

    fn visit_expr_index(&mut self, index: &'ast syn::ExprIndex) {
        if !is_fixed(&index.index) {
            self.found(&index.expr, index);
        }
        visit::visit_expr_index(self, index);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        let table = name(&call.receiver);
        if let Some(number) = call.args.first() {
            let is_element = matches!(call.method.to_string().as_str(), "get" | "get_mut") && table != "store";
            let is_slot = call.method == "slot" && matches!(table.as_str(), "object" | "cnode");
            if is_element && !is_fixed(number) || is_slot && !is_thread_slot(number) && !is_within(number) {
                self.found(&call.receiver, call);
            }
        }
        visit::visit_expr_method_call(self, call);
    }
}

/// The last name of an expression: of `self.a.b` and of `c.b()` it is `b`.
fn name(expression: &syn::Expr) -> String {
    match expression {
        syn::Expr::Field(field) => match &field.member {
            syn::Member::Named(name) => name.to_string(),
            syn::Member::Unnamed(index) => index.index.to_string(),
        },
        syn::Expr::MethodCall(call) => call.method.to_string(),
        syn::Expr::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default(),
        syn::Expr::Reference(reference) => name(&reference.expr),
        syn::Expr::Paren(inner) => name(&inner.expr),
        _ => String::new(),
    }
}

/// A constant; the remainder of a division by one; what has eight bits and so selects in a table of 256; sums and ranges of these.
fn is_fixed(number: &syn::Expr) -> bool {
    match number {
        syn::Expr::Lit(_) => true,
        syn::Expr::Path(path) => path.path.segments.last().is_some_and(|last| is_constant(&last.ident)),
        syn::Expr::Cast(cast) => is_fixed(&cast.expr) || is_priority(&cast.expr),
        syn::Expr::Paren(inner) => is_fixed(&inner.expr),
        syn::Expr::Binary(binary) => match binary.op {
            syn::BinOp::Rem(_) | syn::BinOp::BitAnd(_) => is_fixed(&binary.right),
            syn::BinOp::Div(_) => is_fixed(&binary.left) && is_fixed(&binary.right),
            _ => is_fixed(&binary.left) && is_fixed(&binary.right),
        },
        syn::Expr::Range(range) => [&range.start, &range.end].into_iter().flatten().all(|end| is_fixed(end)),
        _ => false,
    }
}

/// Priorities have eight bits, and so has each table of them.
fn is_priority(number: &syn::Expr) -> bool {
    name(number) == "priority"
}

fn is_constant(name: &syn::Ident) -> bool {
    let name = name.to_string();
    name.len() > 1 && !name.chars().any(char::is_lowercase) || name.starts_with(char::is_uppercase)
}

/// `ThreadSlot::…`, or a variable of that type.
fn is_thread_slot(number: &syn::Expr) -> bool {
    is_fixed(number) || matches!(number, syn::Expr::Path(_)) && name(number) == "which"
}

fn is_within(number: &syn::Expr) -> bool {
    matches!(number, syn::Expr::Call(call) if name(&call.func) == WITHIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let source = Source::new("l4k/src/operation/registers.rs", text).expect("Rust");
        let violations = check([&source].into_iter()).into_iter().map(|violation| violation.what);
        violations.filter(|what| !what.ends_with("needs no allowance")).collect()
    }

    #[test]
    fn an_index_that_is_not_confined_is_found() {
        for text in [
            "fn f() { self.x[number as usize] }",
            "fn f() { match number { 0 => None, _ => self.x.get_mut(usize::try_from(number).ok()?) } }",
            "impl A { fn f() { if number < 4 { x.get(number as usize).copied() } } }",
            "fn f() { x.get(..length as usize) }",
        ] {
            assert_eq!(found(text), ["indices-are-confined: `x` in `f` by a number that is not"], "{text}");
        }
    }

    #[test]
    fn a_slot_that_is_not_confined_is_found() {
        let text = "fn slots() { (self.first..end).map(move |index| self.cnode.slot(index)) }";
        assert_eq!(found(text), ["indices-are-confined: `cnode` in `slots` by a number that is not"]);
        assert!(found("fn f() { self.object.slot(within(index, self.last)) }").is_empty());
        assert!(found("fn f() { object.slot(ThreadSlot::CNode) }").is_empty());
    }

    #[test]
    fn what_no_program_chooses_is_left_alone() {
        for text in [
            "fn f() { x[0]; x[TAG]; x[TAG..]; slots[ThreadSlot::CNode as usize]; cores[number.0 as usize % MAX_CORES] }",
            "fn f() { self.store.get(thread); self.value.get(); rings[priority as usize] }",
            "fn f() { element(&self.x, number) }",
            "#[cfg(test)] mod tests { fn f() { x[number] } }",
        ] {
            assert!(found(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn an_allowance_that_nothing_needs_is_found() {
        let source = Source::new("l4k/src/operation/console.rs", "fn report_fault() {}").expect("Rust");
        assert_eq!(check([&source].into_iter()).len(), ALLOWED.len());
    }
}
