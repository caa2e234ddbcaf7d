//! Facts that the texts for readers state and the code knows.

use crate::chapters::{chapters, read};
use l4k_sys::abi::{Arrival, Error, Rights, VERSION_MAJOR, VERSION_MINOR};

/// The versions that a text gives to the ABI: the number behind 'ABI version', 'ABI is at version' or 'ABI is version'.
fn abi_versions(text: &str) -> Vec<String> {
    let words = text.split_whitespace().collect::<Vec<_>>();
    let mut found = Vec::new();
    for (index, word) in words.iter().enumerate().skip(1) {
        let is_stated = *word == "version" && words[index.saturating_sub(3)..index].contains(&"ABI");
        let Some(number) = words.get(index + 1).filter(|_| is_stated) else { continue };
        let number = number.trim_matches(|character: char| !character.is_ascii_digit());
        if number
            .split_once('.')
            .is_some_and(|(major, minor)| major.parse::<u16>().is_ok() && minor.parse::<u16>().is_ok())
        {
            found.push(number.to_owned());
        }
    }
    found
}

#[test]
fn texts_state_todays_abi_version() {
    let today = format!("{VERSION_MAJOR}.{VERSION_MINOR}");
    let mut texts = chapters();
    texts.extend(["README.md", "CHANGELOG.md"].map(read));
    for text in &texts {
        let wrong = abi_versions(&text.text).into_iter().filter(|version| *version != today).collect::<Vec<_>>();
        assert!(wrong.is_empty(), "{} states the ABI version {wrong:?}; it is {today}", text.name);
    }
    for name in ["README.md", "book/src/abi.md"] {
        assert!(!abi_versions(&read(name).text).is_empty(), "{name} states no ABI version");
    }
}

#[test]
fn a_stated_version_is_found() {
    assert_eq!(abi_versions("It describes ABI version 1.1."), ["1.1"]);
    assert_eq!(abi_versions("The ABI is at version 12.34 and"), ["12.34"]);
    assert!(abi_versions("the ABI version that it was built for; l4k: version 0.1.0").is_empty());
}

#[test]
fn the_table_of_arrivals_has_every_error_code() {
    let text = read("book/src/ipc.md").text;
    let last = Error::ALL.len();
    assert_eq!(Error::ALL[last - 1].code(), last as u64);
    assert!(text.contains(&format!("\n| 1 to {last} | an [error]")), "errors go from 1 to {last}");
    for arrival in [Arrival::Notification, Arrival::Fault] {
        assert!(text.contains(&format!("\n| {:#x} |", arrival as u64)), "no row for {arrival:?}");
    }
}

/// The rows of the table of rights, without what a comment puts before them.
fn rights(text: &str) -> Vec<&str> {
    let lines = text.lines().map(|line| line.trim_start_matches("/// "));
    lines.skip_while(|line| !line.starts_with("| bit | endpoint |")).take_while(|line| line.starts_with('|')).collect()
}

#[test]
fn each_right_has_one_name() {
    let (page, source) = (read("book/src/objects.md").text, read("l4k-sys/src/abi/rights.rs").text);
    let table = rights(&page);
    assert_eq!(table, rights(&source), "the book and the documentation of Rights");
    assert_eq!(table.len(), 5, "a head, a rule and three bits");
    let named = [
        (0, "call", Rights::CALL),
        (0, "signal", Rights::SIGNAL),
        (0, "read", Rights::READ),
        (0, "print", Rights::PRINT),
        (1, "receive", Rights::RECEIVE),
        (1, "wait", Rights::WAIT),
        (1, "write", Rights::WRITE),
        (1, "manage", Rights::MANAGE),
        (1, "control", Rights::CONTROL),
        (2, "grant", Rights::GRANT),
        (2, "execute", Rights::EXECUTE),
    ];
    for (bit, name, right) in named {
        assert_eq!(right.bits(), 1 << bit, "{name}");
        let row = table[bit + 2];
        assert!(row.contains(&format!("| {name} ")), "bit {bit} has no right '{name}': {row}");
    }
}

#[test]
fn the_suite_chapter_tells_how_long_the_stress_is() {
    let source = read("tests/xtask/src/test/suite.rs").text;
    let seconds = |name: &str| {
        let line = source.lines().find_map(|line| line.strip_prefix(&format!("const {name}: u64 = ")));
        line.unwrap_or_else(|| panic!("suite.rs has no {name}")).trim_end_matches(';').to_owned()
    };
    let (short, long) = (seconds("STRESS_SECONDS"), seconds("LONG_STRESS_SECONDS"));
    let told = format!("`cargo xtask test` does {short} seconds of it, and `cargo xtask test --long` does {long}.");
    assert!(read("book/src/conformance.md").text.contains(&told), "the chapter does not say: {told}");
}
