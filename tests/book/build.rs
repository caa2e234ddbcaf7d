//! Writes a module for each chapter of the book, whose documentation the chapter is.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let directory = env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR");
    let chapters = Path::new(&directory).join("../../book/src").canonicalize().expect("the book has chapters");
    println!("cargo::rerun-if-changed={}", chapters.display());
    let mut modules = String::new();
    for file in markdown_files(&chapters) {
        let name = file.file_stem().expect("a file's name").to_string_lossy().to_lowercase().replace(['-', '.'], "_");
        println!("cargo::rerun-if-changed={}", file.display());
        writeln!(modules, "#[doc = include_str!({file:?})]\npub mod {name} {{}}").expect("a string grows");
    }
    let output = env::var_os("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&output).join("chapters.rs"), modules).expect("OUT_DIR can be written");
}

fn markdown_files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).expect("the book's chapters can be listed");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("a directory entry").path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "md"));
    files.sort();
    files
}
