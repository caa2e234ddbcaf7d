//! The kernel's lines on a console, as the texts for readers show them: each is one that the kernel can print.

use std::fs;
use std::path::Path;

use crate::chapters::{blocks, chapters, read, root};
use crate::picture::is_like;

/// What the kernel's lines begin with.
const KERNEL: &str = "l4k: ";

/// What the kernel's source says with `say!`, in every file below a directory. `…` stands for what is put in.
fn said_below(directory: &Path, patterns: &mut Vec<String>) {
    for entry in fs::read_dir(directory).expect("the kernel's source") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            said_below(&path, patterns);
        } else {
            patterns.extend(said_in(&fs::read_to_string(&path).expect("a source file")));
        }
    }
}

fn said_in(source: &str) -> Vec<String> {
    let after = source.split("say!(").skip(1);
    after.filter_map(|text| text.trim_start().strip_prefix('"')?.split('"').next()).map(pattern).collect()
}

/// A format as a pattern: `{…}` becomes `…`.
fn pattern(format: &str) -> String {
    let mut pattern = String::new();
    for (index, piece) in format.split('{').enumerate() {
        match piece.split_once('}') {
            Some((_, rest)) if index > 0 => pattern.extend(["…", rest]),
            _ => pattern.push_str(piece),
        }
    }
    pattern
}

#[test]
fn the_kernels_lines_are_what_the_kernel_says() {
    let mut patterns = Vec::new();
    said_below(&root().join("l4k/src"), &mut patterns);
    assert!(patterns.len() > 5, "the kernel says only {patterns:?}");
    let mut texts = chapters();
    texts.extend(["README.md", "examples/template/README.md"].map(read));
    let mut shown = 0;
    for text in &texts {
        for line in blocks(&text.text).iter().flat_map(|block| &block.lines) {
            let Some(line) = line.strip_prefix(KERNEL) else { continue };
            assert!(patterns.iter().any(|said| is_like(line, said)), "{}: the kernel never says: {line}", text.name);
            shown += 1;
        }
    }
    assert!(shown > 5, "the texts show only {shown} lines of the kernel");
}

#[test]
fn formats_become_patterns() {
    assert_eq!(said_in(r#"say!("{up} cores are up"); say!("{} KiB", 1 + 1)"#), ["… cores are up", "… KiB"]);
    assert!(is_like("4 cores are up", "… cores are up") && !is_like("4 cores are up; more", "… cores are up"));
}
