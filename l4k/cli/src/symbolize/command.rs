//! `cargo l4k symbolize`: of addresses, or of a report on standard input. May call `annotate` and `symbols`.

use std::io::BufRead;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::annotate::{Annotator, MARK};
use super::symbols::{KERNEL, Kind, Symbols};

/// Tells addresses, each as that of an instruction.
///
/// # Errors
/// The program is not in the firmware, or nothing is known of any address.
pub fn addresses(symbols: &Symbols, list: &[u64], program: Option<&str>, root: &Path) -> Result<(String, Value)> {
    if let Some(name) = program
        && name != KERNEL
        && symbols.program(name).is_none()
    {
        bail!("the firmware has no program `{name}`; it has: {}, {KERNEL}", symbols.programs().join(", "));
    }
    let (mut text, mut values) = (String::new(), Vec::new());
    let mut known = false;
    for address in list {
        let places = symbols.places(*address, Kind::Instruction, program);
        text += &format!("{address:#x}\n");
        known |= !places.is_empty();
        if places.is_empty() {
            text += &format!("{MARK}nothing is known of it\n");
        }
        for line in places.iter().flat_map(|place| place.lines(root)) {
            text += &format!("{MARK}{line}\n");
        }
        let places: Vec<Value> = places.iter().map(super::symbols::Place::json).collect();
        values.push(json!({ "address": format!("{address:#x}"), "places": places }));
    }
    if !known {
        let list: Vec<String> = list.iter().map(|address| format!("{address:#x}")).collect();
        bail!("nothing of {} has an instruction at {}", program.unwrap_or("the firmware"), list.join(", "));
    }
    Ok((text, Value::Array(values)))
}

/// Tells every address of a report.
///
/// # Errors
/// The report cannot be read, or has no address of a fault.
pub fn report(annotator: &mut Annotator, report: impl BufRead) -> Result<(String, Value)> {
    let (mut text, mut values) = (String::new(), Vec::new());
    for line in report.split(b'\n') {
        let line = String::from_utf8_lossy(&line.context("reading the report on stdin")?).into_owned();
        text += &format!("{}\n", line.trim_end_matches('\r'));
        for mention in annotator.mentions(&line) {
            let places = annotator.symbols().places(mention.address, mention.kind, mention.program.as_deref());
            let lines = annotator.lines(&mention);
            text.extend(lines.iter().map(|line| format!("{MARK}{line}\n")));
            let places: Vec<Value> = places.iter().map(super::symbols::Place::json).collect();
            let kind = match mention.kind {
                Kind::Instruction => "instruction",
                Kind::Return => "return",
            };
            values.push(json!({ "address": format!("{:#x}", mention.address), "kind": kind, "places": places }));
        }
    }
    if values.is_empty() {
        bail!(
            "the text on stdin has no address of a fault: no `pc 0x…`, no `link 0x…`, and no row of registers of the kernel"
        );
    }
    Ok((text, Value::Array(values)))
}
