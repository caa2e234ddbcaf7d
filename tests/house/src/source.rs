//! The sources, read and parsed. May call `violation`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use proc_macro2::{TokenStream, TokenTree};

use crate::violation::Violation;

/// A Rust file.
pub struct Source {
    /// Its path from the project's root, with `/`.
    pub path: String,
    /// Its text.
    pub text: String,
    /// Its syntax tree.
    pub syntax: syn::File,
}

impl Source {
    /// From a text; the path decides which rules hold.
    ///
    /// # Errors
    /// The text is not Rust.
    pub fn new(path: &str, text: &str) -> Result<Source> {
        let syntax = syn::parse_file(text).with_context(|| format!("{path} is not Rust"))?;
        Ok(Source { path: path.to_owned(), text: text.to_owned(), syntax })
    }

    /// A violation at a line of this file.
    #[must_use]
    pub fn violation(&self, line: usize, what: String) -> Violation {
        Violation { file: self.path.clone(), line, what }
    }

    /// The lines on which a word of Rust stands, in code and not in comments or strings.
    #[must_use]
    pub fn lines_with(&self, word: &str) -> Vec<usize> {
        let mut lines = Vec::new();
        if let Ok(tokens) = self.text.parse::<TokenStream>() {
            collect(tokens, word, &mut lines);
        }
        lines
    }

    /// Whether the file holds nothing but tests.
    #[must_use]
    pub fn is_test(&self) -> bool {
        self.path.ends_with("tests.rs") || self.path.contains("/tests/") || self.path.starts_with("tests/")
    }

    /// Whether it is the root of a crate.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.path.ends_with("src/lib.rs") || self.path.ends_with("src/main.rs")
    }
}

fn collect(tokens: TokenStream, word: &str, lines: &mut Vec<usize>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => collect(group.stream(), word, lines),
            TokenTree::Ident(ident) if ident == word => lines.push(ident.span().start().line),
            _ => {}
        }
    }
}

/// Whether attributes say `#[cfg(test)]`.
#[must_use]
pub fn is_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg") && attribute.parse_args::<syn::Ident>().is_ok_and(|word| word == "test")
    })
}

/// The project's sources.
pub struct Project {
    /// The project's root.
    pub root: PathBuf,
    /// Every Rust file.
    pub sources: Vec<Source>,
}

impl Project {
    /// Reads this project.
    ///
    /// # Errors
    /// A file cannot be read or is not Rust.
    pub fn read() -> Result<Project> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).context("the project's root")?.to_owned();
        let mut sources = Vec::new();
        read_directory(&root, &root, &mut sources)?;
        sources.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(Project { root, sources })
    }

    /// The sources below a directory.
    pub fn below<'a>(&'a self, directory: &'a str) -> impl Iterator<Item = &'a Source> {
        self.sources.iter().filter(move |source| source.path.starts_with(directory))
    }
}

fn read_directory(root: &Path, directory: &Path, sources: &mut Vec<Source>) -> Result<()> {
    for entry in fs::read_dir(directory).with_context(|| format!("reading {}", directory.display()))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            if name != "target" && !name.starts_with('.') {
                read_directory(root, &path, sources)?;
            }
        } else if name.ends_with(".rs") {
            let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
            let below = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            sources.push(Source::new(&below, &text)?);
        }
    }
    Ok(())
}
