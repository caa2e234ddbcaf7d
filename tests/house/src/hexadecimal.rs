//! **addresses-in-hexadecimal**: a public type of the libraries for programs that has an address does not derive
//! `Debug`, which would print it in decimal. It implements `Debug` by hand. May call `source`.

use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use crate::source::{Source, is_for_tests};
use crate::violation::Violation;

/// Where these libraries are.
const LIBRARIES: &str = "l4k-sys/";

/// How the name of a field ends that is an address.
const ENDS: [&str; 3] = ["address", "pointer", "mapped_at"];

/// Checks a file.
#[must_use]
pub fn check(source: &Source) -> Vec<Violation> {
    let mut types = Types { source, violations: Vec::new() };
    if source.path.starts_with(LIBRARIES) && !source.is_test() {
        types.visit_file(&source.syntax);
    }
    types.violations
}

struct Types<'a> {
    source: &'a Source,
    violations: Vec<Violation>,
}

impl Types<'_> {
    fn judge(
        &mut self,
        visibility: &syn::Visibility,
        attributes: &[syn::Attribute],
        name: &syn::Ident,
        fields: &[&syn::Field],
    ) {
        if !matches!(visibility, syn::Visibility::Public(_)) || !derives_debug(attributes) {
            return;
        }
        for field in fields {
            let Some(field_name) = &field.ident else { continue };
            if is_number(&field.ty) && ENDS.iter().any(|end| field_name.to_string().ends_with(end)) {
                let what =
                    format!("addresses-in-hexadecimal: `{name}` derives `Debug`, and `{field_name}` is an address");
                self.violations.push(self.source.violation(field.span().start().line, what));
            }
        }
    }
}

fn derives_debug(attributes: &[syn::Attribute]) -> bool {
    let mut found = false;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("derive")) {
        let parsed = attribute.parse_nested_meta(|derived| {
            found |= derived.path.segments.last().is_some_and(|last| last.ident == "Debug");
            Ok(())
        });
        debug_assert!(parsed.is_ok(), "a derive is a list of paths");
    }
    found
}

/// Whether a type is `u64` or `Option<u64>`.
fn is_number(kind: &syn::Type) -> bool {
    let syn::Type::Path(path) = kind else { return false };
    path.path.segments.last().is_some_and(|last| match &last.arguments {
        syn::PathArguments::None => last.ident == "u64",
        syn::PathArguments::AngleBracketed(arguments) => arguments.args.iter().any(|argument| match argument {
            syn::GenericArgument::Type(inner) => is_number(inner),
            _ => false,
        }),
        syn::PathArguments::Parenthesized(_) => false,
    })
}

impl<'ast> Visit<'ast> for Types<'_> {
    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        self.judge(&item.vis, &item.attrs, &item.ident, &item.fields.iter().collect::<Vec<_>>());
    }

    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        let fields: Vec<_> = item.variants.iter().flat_map(|variant| &variant.fields).collect();
        self.judge(&item.vis, &item.attrs, &item.ident, &fields);
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

    fn found(path: &str, text: &str) -> Vec<String> {
        check(&Source::new(path, text).expect("Rust")).into_iter().map(|violation| violation.what).collect()
    }

    #[test]
    fn an_address_that_is_derived_is_found() {
        let text =
            "#[derive(Clone, Debug)] pub struct Status { pub physical_address: u64, pub mapped_at: Option<u64> }";
        let [one, two] = ["physical_address", "mapped_at"]
            .map(|field| format!("addresses-in-hexadecimal: `Status` derives `Debug`, and `{field}` is an address"));
        assert_eq!(found("l4k-sys/src/a.rs", text), [one, two]);
        assert_eq!(found("l4k-sys/init/src/a.rs", "#[derive(Debug)] pub enum E { A { address: u64 } }").len(), 1);
    }

    #[test]
    fn what_nobody_prints_and_what_is_no_address_is_left_alone() {
        for text in [
            "#[derive(Clone)] pub struct Status { pub address: u64 }",
            "#[derive(Debug)] struct Status { address: u64 }",
            "#[derive(Debug)] pub struct Status { pub length: u64, pub address: Address }",
            "#[cfg(test)] mod tests { #[derive(Debug)] pub struct Status { pub address: u64 } }",
        ] {
            assert!(found("l4k-sys/src/a.rs", text).is_empty(), "{text}");
        }
        assert!(found("l4k/src/a.rs", "#[derive(Debug)] pub struct Status { pub address: u64 }").is_empty());
    }
}
