//! The figures as text and as JSON. May call `functions`.

use std::fmt::Write as _;

use l4k_paths::{Class, Row, Sample, Stretch, Table};
use serde_json::{Value, json};

use super::functions::{Functions, Part};

/// What a count means, in front of the table.
const MEANING: &str = "\
unit: instructions of the kernel, from the first one at the exception vector to the `eret` to a program, or to the `wfi` of a core that has
nothing to run; waiting does not count. Every instruction counts as one. One core, qemu-virt, an instruction a nanosecond of virtual time.
stretch: the longest part of an entry between two preemption points (reads of ISR_EL1), or between one and the entry's beginning or end.
gave way: entries that passed a preemption point, after which an interrupt was taken before the program's next instruction.";

/// From how many instructions on a stretch is told with its place.
const LONG: u64 = 1000;

/// Functions named for each figure.
const NAMED: usize = 3;

/// For people.
pub fn text(table: &Table, functions: &Functions) -> String {
    let mut out = format!("{MEANING}\n\n");
    let _ = writeln!(
        out,
        "{:<24}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}  where the longest went",
        "cause", "entries", "gave way", "shortest", "mean", "longest", "stretch"
    );
    for row in &table.rows {
        let _ = writeln!(
            out,
            "{:<24}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}  {}",
            row.cause.to_string(),
            row.entries,
            row.gave_way,
            row.shortest.instructions,
            row.mean(),
            row.longest.instructions,
            row.stretch.instructions,
            named(&functions.parts(&row.longest.visits))
        );
    }
    out.push_str(&costs(table));
    out.push_str(&preemption(table, functions));
    out
}

/// The shortest entry of each cause by what it does to a real core.
fn costs(table: &Table) -> String {
    let mut out = String::from("\nthe shortest entry, in detail; lines are of 64 bytes\n");
    let _ = writeln!(
        out,
        "{:<24}{:>9}{:>7}{:>7}{:>9}{:>6}{:>6}{:>6}{:>12}{:>12}",
        "cause", "in all", "loads", "stores", "barriers", "isb", "msr", "mrs", "code lines", "data lines"
    );
    for row in &table.rows {
        let Sample { instructions, code_lines, data_lines, .. } = row.shortest;
        let of = |class| count(&row.shortest, class);
        let _ = writeln!(
            out,
            "{:<24}{instructions:>9}{:>7}{:>7}{:>9}{:>6}{:>6}{:>6}{code_lines:>12}{data_lines:>12}",
            row.cause.to_string(),
            of(Class::Load),
            of(Class::Store),
            of(Class::Barrier) + of(Class::Maintenance),
            of(Class::InstructionBarrier),
            of(Class::RegisterWrite),
            of(Class::RegisterRead),
        );
    }
    out
}

fn count(sample: &Sample, wanted: Class) -> u64 {
    sample.classes.iter().filter(|(class, _)| *class == wanted).map(|(_, count)| count).sum()
}

fn preemption(table: &Table, functions: &Functions) -> String {
    let mut out = String::from("\nlong stretches\n");
    let mut rows: Vec<&Row> = table.rows.iter().filter(|row| row.stretch.instructions >= LONG).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.stretch.instructions));
    for row in rows {
        let where_it_is = named(&functions.parts(&row.stretch.visits));
        let _ = writeln!(out, "{:<24}{:>9}  {where_it_is}", row.cause.to_string(), row.stretch.instructions);
    }
    let interrupted = &table.interrupted;
    let longest = table.longest_stretch().map_or(0, |row| row.stretch.instructions);
    let _ = write!(
        out,
        "\npreemption (`fault, told` left out: it is the debug console's)\n\
         longest stretch without a preemption point                        {longest:>9}\n\
         the same and the longest way out: no interrupt waited longer      {:>9}\n\
         entries that gave way to an interrupt                             {:>9}\n\
         longest way of these from their last point to the program         {:>9}  {}\n\
         longest that the interrupt of one of these can have waited        {:>9}\n\
         longest wait of one of 4 cores: a longest stretch of each other   {:>9}\n",
        longest + interrupted.way_out.instructions,
        table.rows.iter().map(|row| row.gave_way).sum::<u64>(),
        interrupted.way_out.instructions,
        named(&functions.parts(&interrupted.way_out.visits)),
        interrupted.answer,
        3 * longest,
    );
    out
}

fn named(parts: &[Part]) -> String {
    let name = |part: &Part| format!("{} {}", part.function, part.instructions);
    parts.iter().take(NAMED).map(name).collect::<Vec<String>>().join(", ")
}

/// For tools.
pub fn json(table: &Table, functions: &Functions) -> Value {
    let rows: Vec<Value> = table.rows.iter().map(|row| row_json(row, functions)).collect();
    let interrupted = &table.interrupted;
    json!({
        "unit": MEANING,
        "rows": rows,
        "longest_stretch": table.longest_stretch().map(|row| json!({
            "cause": row.cause.to_string(), "stretch": stretch(&row.stretch, functions),
        })),
        "interrupted": {
            "way_out": stretch(&interrupted.way_out, functions),
            "answer": interrupted.answer,
        },
    })
}

fn row_json(row: &Row, functions: &Functions) -> Value {
    json!({
        "cause": row.cause.to_string(), "entries": row.entries, "gave_way": row.gave_way, "mean": row.mean(),
        "shortest": sample(&row.shortest, functions), "longest": sample(&row.longest, functions),
        "stretch": stretch(&row.stretch, functions),
    })
}

fn sample(sample: &Sample, functions: &Functions) -> Value {
    let classes: serde_json::Map<String, Value> =
        sample.classes.iter().map(|(class, count)| (format!("{class:?}"), json!(count))).collect();
    json!({
        "instructions": sample.instructions, "classes": classes,
        "code_lines": sample.code_lines, "data_lines": sample.data_lines,
        "functions": parts(&functions.parts(&sample.visits)),
    })
}

fn stretch(stretch: &Stretch, functions: &Functions) -> Value {
    json!({ "instructions": stretch.instructions, "functions": parts(&functions.parts(&stretch.visits)) })
}

fn parts(parts: &[Part]) -> Vec<Value> {
    parts.iter().map(|part| json!({ "function": part.function, "instructions": part.instructions })).collect()
}
