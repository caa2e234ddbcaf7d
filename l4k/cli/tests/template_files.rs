//! The project that `cargo l4k new` makes is `examples/template`, byte for byte, apart from the name.
//!
//! `L4K_WRITE_TEMPLATE=1 cargo test -p cargo-l4k --test template_files` writes anew what is made from `examples/template`: `template.txt` in this package,
//! and the manifest for cargo-generate.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use cargo_l4k::new::archive::{self, TemplateFile};
use cargo_l4k::new::make::{Request, make};
use l4k_qemu::Board;

/// The manifest as cargo-generate reads it.
const LIQUID: &str = "Cargo.toml.liquid";

/// Files of `examples/template` that are not the template's: what says where the crates come from, and what only cargo-generate reads.
const LEFT_OUT: [&str; 4] = ["Cargo.lock", ".cargo/crates.toml", "cargo-generate.toml", LIQUID];

/// How to bring what is made into line.
const HINT: &str = "write it anew: L4K_WRITE_TEMPLATE=1 cargo test -p cargo-l4k --test template_files";

fn template() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/template")
}

/// Every file below a directory, by its path from there. What cargo makes is left out.
fn files_below(directory: &Path) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut open = vec![directory.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).expect("a directory") {
            let path = entry.expect("an entry").path();
            let below = path.strip_prefix(directory).expect("below").to_str().expect("a name").to_owned();
            if path.is_dir() && below != "target" {
                open.push(path);
            } else if path.is_file() {
                files.insert(below, fs::read_to_string(&path).expect("a text"));
            }
        }
    }
    files
}

/// The template's files, as they are in the repository.
fn template_files() -> BTreeMap<String, String> {
    let mut files = files_below(&template());
    for name in LEFT_OUT {
        files.remove(name);
    }
    files
}

/// The manifest for cargo-generate: the same with placeholders.
fn liquid(manifest: &str) -> String {
    let named = manifest.replace("name = \"template\"\n", "name = \"{{project-name}}\"\n");
    named.replace("default = [\"board-qemu-virt\", ", "default = [\"board-{{board}}\", ")
}

fn is_to_be_written() -> bool {
    std::env::var_os("L4K_WRITE_TEMPLATE").is_some()
}

#[test]
fn the_archive_holds_the_template() {
    let files = template_files();
    let listed: Vec<TemplateFile<'_>> = files.iter().map(|(path, contents)| TemplateFile { path, contents }).collect();
    assert!(listed.iter().all(|file| file.contents.ends_with('\n')), "a file does not end with a line's end");
    let expected = archive::write(&listed);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("template.txt");
    if is_to_be_written() {
        fs::write(&file, &expected).expect("template.txt");
    }
    assert!(fs::read_to_string(&file).expect("template.txt") == expected, "template.txt is old; {HINT}");
}

#[test]
fn what_cargo_generate_reads_is_the_template() {
    let expected = liquid(&template_files()["Cargo.toml"]);
    assert_eq!(expected.matches("{{").count(), 3);
    let file = template().join(LIQUID);
    if is_to_be_written() {
        fs::write(&file, &expected).expect("the manifest for cargo-generate");
    }
    assert!(fs::read_to_string(&file).expect("a manifest") == expected, "{LIQUID} is old; {HINT}");
}

#[test]
fn a_new_project_is_the_template_apart_from_its_name() {
    let parent = tempfile::tempdir().expect("a directory");
    let name = "first-robot".to_owned();
    let request = Request { name, board: Board::QemuVirt, template: "firmware".to_owned(), crates: None };
    make(&request, parent.path()).expect("a project");
    let made = files_below(&parent.path().join("first-robot"));
    let template = template_files();
    let paths = |files: &BTreeMap<String, String>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(paths(&made), paths(&template), "{HINT}");
    for (path, contents) in &made {
        let expected = match path.as_str() {
            "Cargo.toml" => template[path].replace("name = \"template\"", "name = \"first-robot\""),
            _ => template[path].clone(),
        };
        assert!(*contents == expected, "{path} differs; {HINT}");
    }
}

#[test]
fn only_the_manifest_names_the_project() {
    for (path, contents) in template_files() {
        let words = contents.split(|letter: char| !letter.is_alphanumeric()).filter(|word| *word == "template").count();
        assert_eq!(words, if path == "Cargo.toml" { 2 } else { 0 }, "{path}");
    }
}
