//! What `symbolize` looks for is what the kernel and `l4k-init` print: the words are searched for in their sources.

use std::fs;
use std::path::Path;

/// Each word that is looked for, as it stands in the format of the line that has it.
const WORDS: [(&str, &[&str]); 4] = [
    ("suspended, no fault handler", &["l4k: thread '{name}' ", ", pc {:#x}, "]),
    ("\"l4k:   x{first:<2}\"", &["\" {value:016x}\""]),
    ("exception in the kernel", &[", pc {pc:#x}, link {link:#x}, "]),
    ("crashed: {fault}", &["{program} crashed: {fault}"]),
];

/// All sources below a directory, in one text.
fn sources(directory: &Path, text: &mut Vec<String>) {
    for entry in fs::read_dir(directory).expect("a directory of the project") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && name != "cli" && name != "target" {
            sources(&path, text);
        } else if name.ends_with(".rs") {
            text.push(fs::read_to_string(&path).expect("a source"));
        }
    }
}

#[test]
fn reports_of_faults_have_the_words_that_are_looked_for() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut all = Vec::new();
    for room in ["l4k", "l4k-sys"] {
        sources(&root.join(room), &mut all);
    }
    for (line, words) in WORDS {
        let source = all.iter().find(|source| source.contains(line)).unwrap_or_else(|| panic!("nobody prints {line}"));
        for word in words {
            assert!(source.contains(word), "the line with {line} has no {word} any more");
        }
    }
}
