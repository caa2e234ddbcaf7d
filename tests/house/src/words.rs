//! **whole-words**: names of functions, arguments, variables, fields and types are made of whole words. May call
//! `source`.

use syn::visit::{self, Visit};

use crate::source::Source;
use crate::violation::Violation;

/// Words that stand for longer ones, where the longer one says more. The terms of the field (cap, irq, ipc, pte, asid and the like) are
/// words here.
const SHORT: [&str; 22] = [
    "addr", "arg", "args", "attr", "buf", "cnt", "ctx", "dest", "ep", "idx", "msg", "mgr", "ntfn", "num", "param",
    "ptr", "reg", "regs", "src", "tcb", "tmp", "val",
];

/// Checks the names that a file introduces.
#[must_use]
pub fn check(source: &Source) -> Vec<Violation> {
    let mut names = Names { source, violations: Vec::new() };
    names.visit_file(&source.syntax);
    names.violations
}

struct Names<'a> {
    source: &'a Source,
    violations: Vec<Violation>,
}

impl Names<'_> {
    fn judge(&mut self, name: &syn::Ident) {
        let text = name.to_string();
        if words(&text).any(|word| SHORT.contains(&word.as_str())) {
            let what = format!("whole-words: `{text}`");
            self.violations.push(self.source.violation(name.span().start().line, what));
        }
    }
}

/// The words of `snake_case`, `CamelCase` and `CAPITALS`, in small letters.
fn words(name: &str) -> impl Iterator<Item = String> {
    let mut words = vec![String::new()];
    let mut before_is_small = false;
    for letter in name.chars() {
        if letter == '_' || (letter.is_uppercase() && before_is_small) {
            words.push(String::new());
        }
        before_is_small = letter.is_lowercase();
        if letter != '_'
            && let Some(word) = words.last_mut()
        {
            word.extend(letter.to_lowercase());
        }
    }
    words.into_iter()
}

impl<'ast> Visit<'ast> for Names<'_> {
    fn visit_signature(&mut self, signature: &'ast syn::Signature) {
        self.judge(&signature.ident);
        visit::visit_signature(self, signature);
    }

    fn visit_pat_ident(&mut self, pattern: &'ast syn::PatIdent) {
        self.judge(&pattern.ident);
        visit::visit_pat_ident(self, pattern);
    }

    fn visit_field(&mut self, field: &'ast syn::Field) {
        field.ident.iter().for_each(|name| self.judge(name));
        visit::visit_field(self, field);
    }

    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        self.judge(&item.ident);
        visit::visit_item_struct(self, item);
    }

    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        self.judge(&item.ident);
        visit::visit_item_enum(self, item);
    }

    fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
        self.judge(&item.ident);
        visit::visit_item_const(self, item);
    }

    fn visit_item_static(&mut self, item: &'ast syn::ItemStatic) {
        self.judge(&item.ident);
        visit::visit_item_static(self, item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortened_words_are_found() {
        let text = "struct CtxTable { reg: u64 }\nfn set_addr(val: u64) { let tmp = val; }\nconst MAX_NUM: u8 = 1;";
        assert_eq!(check(&Source::new("a.rs", text).expect("Rust")).len(), 6);
    }

    #[test]
    fn whole_words_are_no_violation() {
        let text = "struct Context { register: u64, irq: Irq }\nfn set_address(value: u64) { let regular = value; }";
        assert!(check(&Source::new("a.rs", text).expect("Rust")).is_empty());
    }
}
