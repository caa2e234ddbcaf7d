//! The rules of the house, applied to the project's sources. Each test is a rule, or a few that go together.

use l4k_house::{
    Project, Source, Violation, cfg, closed_sets, confined_indices, conformance_map, errors_speak, floors, header,
    hexadecimal, length, no_logic, proven_addresses, top_level, trusted, words, zero_bytes,
};

/// The kernel and the ABI: where the strictest rules hold.
const CORE: [&str; 2] = ["l4k/src/", "l4k-sys/src/"];

fn project() -> Project {
    Project::read().expect("the project's sources")
}

fn judge(violations: Vec<Violation>) {
    let lines: Vec<String> = violations.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "{} violations:\n{}", lines.len(), lines.join("\n"));
}

fn everywhere(check: fn(&Source) -> Vec<Violation>) {
    let project = project();
    assert!(project.sources.len() > 50, "only {} sources were found", project.sources.len());
    judge(project.sources.iter().flat_map(check).collect());
}

fn in_core(check: fn(&Source) -> Vec<Violation>) {
    let project = project();
    let sources: Vec<&Source> = CORE.iter().flat_map(|directory| project.below(directory)).collect();
    assert!(sources.len() > 30, "only {} sources were found", sources.len());
    judge(sources.into_iter().flat_map(check).collect());
}

#[test]
fn each_floor_uses_only_lower_ones() {
    in_core(floors::check);
}

#[test]
fn unsafe_is_only_in_trusted_files() {
    judge(trusted::check(&project()));
}

#[test]
fn no_safe_function_writes_where_it_is_told() {
    judge(proven_addresses::check(&project()));
}

#[test]
fn files_and_functions_are_short() {
    everywhere(length::check);
}

#[test]
fn files_say_what_they_own() {
    everywhere(header::check);
}

#[test]
fn roots_hold_no_logic() {
    everywhere(no_logic::check);
}

#[test]
fn closed_sets_are_enums() {
    in_core(closed_sets::check);
}

#[test]
fn errors_speak() {
    judge(errors_speak::check(project().sources.iter()));
}

#[test]
fn addresses_are_hexadecimal() {
    everywhere(hexadecimal::check);
}

#[test]
fn indices_are_confined() {
    judge(confined_indices::check(project().sources.iter()));
}

#[test]
fn objects_begin_as_zero_bytes_that_are_a_value() {
    judge(zero_bytes::check(project().sources.iter()));
}

#[test]
fn conditions_are_at_the_door() {
    in_core(cfg::check);
}

#[test]
fn names_are_whole_words() {
    in_core(words::check);
}

#[test]
fn top_level_names_are_those_of_the_design() {
    judge(top_level::check(&project().root).expect("the project's root"));
}

#[test]
fn each_test_of_sel4test_is_covered_or_has_a_reason() {
    judge(conformance_map::check(&project()).expect("the map"));
}
