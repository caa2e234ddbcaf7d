//! **zero-bytes-are-a-value**: an object that begins as zero bytes is made of types of which the language promises that
//! zero bytes are a value: numbers, enums with a `repr` and a variant `= 0`, and an `Option` of what is transparent
//! around a number that is not zero. It promises this of no other `Option`. May call `source`.

use std::collections::{BTreeMap, BTreeSet};

use syn::spanned::Spanned;

use crate::source::Source;
use crate::violation::Violation;

/// Where the objects and what they are made of stand, the nearest first.
const PLACES: [&str; 3] = ["l4k/src/object/", "l4k/src/base/", "l4k-sys/src/"];

/// Objects that are written whole when they are made.
const CREATED: [&str; 1] = ["Irq"];

/// Types without a definition in these places of which zero bytes are a value, or that have no bytes.
const PLAIN: [&str; 10] = ["u8", "u16", "u32", "u64", "u128", "usize", "bool", "PhantomData", "PhantomPinned", "i64"];

/// Checks all objects.
#[must_use]
pub fn check<'a>(sources: impl Iterator<Item = &'a Source>) -> Vec<Violation> {
    let mut types = Types::default();
    let mut objects = Vec::new();
    for source in sources.filter(|source| !source.is_test()) {
        let Some(place) = PLACES.iter().position(|place| source.path.starts_with(place)) else { continue };
        for item in &source.syntax.items {
            match item {
                syn::Item::Struct(syn::ItemStruct { ident, .. })
                | syn::Item::Enum(syn::ItemEnum { ident, .. })
                | syn::Item::Type(syn::ItemType { ident, .. }) => {
                    types.known.entry(ident.to_string()).or_default().push((place, source, item));
                }
                syn::Item::Impl(block) => objects.extend(object_of(block)),
                _ => {}
            }
        }
    }
    for object in objects.iter().filter(|object| !CREATED.contains(&object.as_str())) {
        types.judge_named(object);
    }
    types.violations
}

/// The type that an `impl Object for` is for.
fn object_of(block: &syn::ItemImpl) -> Option<String> {
    block.trait_.as_ref().filter(|(path, _)| path.is_ident("Object"))?;
    last(&block.self_ty).map(|segment| segment.ident.to_string())
}

fn last(kind: &syn::Type) -> Option<&syn::PathSegment> {
    if let syn::Type::Path(path) = kind { path.path.segments.last() } else { None }
}

/// The types between the angle brackets.
fn arguments(segment: &syn::PathSegment) -> Vec<&syn::Type> {
    let syn::PathArguments::AngleBracketed(list) = &segment.arguments else { return Vec::new() };
    let types = list.args.iter().filter_map(|argument| match argument {
        syn::GenericArgument::Type(kind) => Some(kind),
        _ => None,
    });
    types.collect()
}

/// Whether attributes say `#[repr(…)]` with one of these words.
fn has_repr(attributes: &[syn::Attribute], words: &[&str]) -> bool {
    let mut found = false;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("repr")) {
        let tokens = attribute.meta.require_list().map(|list| list.tokens.to_string()).unwrap_or_default();
        found |= tokens.split(|letter: char| !letter.is_alphanumeric()).any(|word| words.contains(&word));
    }
    found
}

#[derive(Default)]
struct Types<'a> {
    known: BTreeMap<String, Vec<(usize, &'a Source, &'a syn::Item)>>,
    judged: BTreeSet<String>,
    violations: Vec<Violation>,
}

impl<'a> Types<'a> {
    /// The definitions of a name in the nearest place that has one: the same name may stand in two files of which one is built.
    fn definitions(&self, name: &str) -> Vec<(&'a Source, &'a syn::Item)> {
        let all = self.known.get(name).map(Vec::as_slice).unwrap_or_default();
        let nearest = all.iter().map(|(place, ..)| *place).min();
        let here = all.iter().filter(|(place, ..)| Some(*place) == nearest);
        here.map(|(_, source, item)| (*source, *item)).collect()
    }

    fn judge_named(&mut self, name: &str) {
        if !self.judged.insert(name.to_owned()) {
            return;
        }
        for (source, item) in self.definitions(name) {
            match item {
                syn::Item::Struct(item) => {
                    item.fields.iter().for_each(|field| self.judge(source, &field.ty));
                }
                syn::Item::Enum(item) => self.judge_enum(source, item),
                syn::Item::Type(item) => self.judge(source, &item.ty),
                _ => {}
            }
        }
    }

    fn judge_enum(&mut self, source: &'a Source, item: &'a syn::ItemEnum) {
        let zero = item.variants.iter().find(|variant| {
            let number = variant.discriminant.as_ref().map(|(_, value)| value);
            matches!(number, Some(syn::Expr::Lit(value)) if matches!(&value.lit, syn::Lit::Int(value) if value.base10_digits() == "0"))
        });
        match zero.filter(|_| has_repr(&item.attrs, &["u8", "u16", "u32", "u64", "usize"])) {
            Some(variant) => variant.fields.iter().for_each(|field| self.judge(source, &field.ty)),
            None => self.violate(source, item, &format!("`{}` has no `repr` with a variant `= 0`", item.ident)),
        }
    }

    fn judge(&mut self, source: &'a Source, kind: &'a syn::Type) {
        match kind {
            syn::Type::Array(array) => self.judge(source, &array.elem),
            syn::Type::Tuple(tuple) => tuple.elems.iter().for_each(|element| self.judge(source, element)),
            _ => match last(kind) {
                Some(segment) if segment.ident == "UnsafeCell" => {
                    arguments(segment).into_iter().for_each(|inner| self.judge(source, inner));
                }
                Some(segment) if segment.ident == "Option" => {
                    if !arguments(segment).into_iter().all(|inner| self.is_never_zero(inner)) {
                        self.violate(source, kind, "nothing promises that zero bytes are this option's `None`");
                    }
                }
                Some(segment) if segment.ident != "Ref" && self.known.contains_key(&segment.ident.to_string()) => {
                    self.judge_named(&segment.ident.to_string());
                }
                Some(segment) if PLAIN.iter().any(|plain| segment.ident == plain) => {}
                _ => self.violate(source, kind, "nothing says that zero bytes are a value of this type"),
            },
        }
    }

    /// Whether it is a number that is not zero, or transparent around one.
    fn is_never_zero(&self, kind: &syn::Type) -> bool {
        let Some(segment) = last(kind) else { return false };
        let name = segment.ident.to_string();
        let definitions = self.definitions(&name);
        name.starts_with("NonZero")
            || !definitions.is_empty()
                && definitions.iter().all(|(_, item)| match item {
                    syn::Item::Struct(item) if has_repr(&item.attrs, &["transparent"]) => {
                        item.fields.iter().next().is_some_and(|field| self.is_never_zero(&field.ty))
                    }
                    _ => false,
                })
    }

    fn violate(&mut self, source: &Source, what: &impl Spanned, problem: &str) {
        let line = what.span().start().line;
        self.violations.push(source.violation(line, format!("zero-bytes-are-a-value: {problem}")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is found in an object with a field of this type.
    fn found(kind: &str, other: &str) -> Vec<String> {
        let text = format!("impl Object for Thing {{}}\n{other}\nstruct Thing {{ field: {kind} }}");
        let store = "#[repr(transparent)] struct Ref<T> { index: NonZeroU32, kind: PhantomData<T> }";
        let sources = [("l4k/src/object/thing.rs", text.as_str()), ("l4k/src/base/store.rs", store)]
            .map(|(path, text)| Source::new(path, text).expect("Rust"));
        check(sources.iter()).iter().map(|violation| violation.what.clone()).collect()
    }

    #[test]
    fn an_option_of_which_nothing_is_promised_is_found() {
        let promised = "zero-bytes-are-a-value: nothing promises that zero bytes are this option's `None`";
        assert_eq!(found("Option<u32>", ""), [promised]);
        assert_eq!(found("[Option<Pair>; 2]", "struct Pair { a: Ref<Thing>, b: u32 }"), [promised]);
        assert_eq!(found("Inner", "struct Inner(Option<Kind>); enum Kind { One = 1 }"), [promised]);
        assert_eq!(found("Option<Number>", "struct Number(NonZeroU64);"), [promised], "not transparent");
    }

    #[test]
    fn an_enum_without_a_variant_zero_is_found() {
        assert_eq!(found("Kind", "enum Kind { One = 0 }").len(), 1, "no repr");
        assert_eq!(found("Kind", "#[repr(u8)] enum Kind { One = 1, Two }").len(), 1);
        assert_eq!(found("Kind", "#[repr(u8)] enum Kind { One(Ref<Thing>) = 0 }").len(), 1);
    }

    #[test]
    fn a_type_that_zero_bytes_are_no_value_of_is_found() {
        assert_eq!(found("Ref<Thing>", "").len(), 1);
        assert_eq!(found("&'static str", "").len(), 1);
        assert_eq!(found("Unknown", "").len(), 1);
    }

    #[test]
    fn what_the_language_promises_is_no_violation() {
        let kinds =
            "#[repr(u8)] enum Kind { None = 0, One(Ref<Thing>) } #[repr(transparent)] struct Number(NonZeroU64);";
        for kind in ["u64", "[u8; 4]", "Option<Ref<Thing>>", "Kind", "Option<Number>", "UnsafeCell<u64>"] {
            assert_eq!(found(kind, kinds), [""; 0], "{kind}");
        }
    }
}
