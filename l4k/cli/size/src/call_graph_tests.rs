//! What a call graph is found to be, on graphs made by hand.

use super::call_graph::{Address, CallGraph, Deepest, Function, Index, IndirectCalls};
use super::call_graph_defect::Defect;

/// Functions by name, bytes of stack, and what they call.
fn graph(functions: &[(&str, u64, &[usize])]) -> Vec<Function> {
    let make = |(name, stack, calls): &(&str, u64, &[usize])| Function {
        name: (*name).to_owned(),
        stack: Some(*stack),
        calls: calls.iter().copied().map(Index).collect(),
        ..Function::default()
    };
    functions.iter().map(make).collect()
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn defects(functions: Vec<Function>) -> Vec<Defect> {
    CallGraph::new(functions).deepest(Index(0), IndirectCalls::Refused).expect_err("a defect")
}

#[test]
fn path_is_the_deepest_and_not_the_longest() {
    let functions =
        graph(&[("root", 16, &[1, 3]), ("a", 16, &[2]), ("b", 16, &[4]), ("c", 100, &[4]), ("leaf", 8, &[])]);
    let deepest = CallGraph::new(functions).deepest(Index(0), IndirectCalls::Refused).expect("no defect");
    let path = [Index(0), Index(3), Index(4)].to_vec();
    assert_eq!(deepest, Deepest { bytes: 124, path, by_address: Vec::new() });
}

#[test]
fn deep_function_counts_only_if_it_is_reached() {
    let functions = graph(&[("root", 16, &[]), ("other", 10_000, &[])]);
    let deepest = CallGraph::new(functions).deepest(Index(0), IndirectCalls::Refused).expect("no defect");
    assert_eq!((deepest.bytes, deepest.path), (16, vec![Index(0)]));
}

#[test]
fn cycle_is_found_with_its_path() {
    let functions = graph(&[("root", 16, &[1]), ("a", 16, &[2]), ("b", 16, &[1])]);
    assert_eq!(defects(functions), [Defect::Recursion(names(&["root", "a", "b", "a"]))]);
    let text = Defect::Recursion(names(&["a", "a"])).to_string();
    assert_eq!(text, "recursion: a -> a");
}

#[test]
fn function_that_calls_itself_is_found() {
    let functions = graph(&[("root", 16, &[0])]);
    assert_eq!(defects(functions), [Defect::Recursion(names(&["root", "root"]))]);
}

#[test]
fn function_called_twice_is_no_recursion() {
    let functions = graph(&[("root", 16, &[1, 2]), ("a", 16, &[2]), ("b", 16, &[])]);
    let deepest = CallGraph::new(functions).deepest(Index(0), IndirectCalls::Refused).expect("no defect");
    assert_eq!(deepest.bytes, 48);
}

#[test]
fn indirect_call_is_found_with_its_place() {
    let mut functions = graph(&[("root", 16, &[1]), ("a", 16, &[])]);
    functions.extend(graph(&[("target", 16, &[2])]));
    functions[1].indirect_calls.push(0x1234);
    functions[2].address = Address::Taken;
    assert_eq!(
        defects(functions),
        [Defect::IndirectCall(names(&["root", "a"]), 0x1234)],
        "and not what it may lead to"
    );
}

#[test]
fn function_without_a_size_is_named() {
    let mut functions = graph(&[("root", 16, &[1]), ("a", 16, &[])]);
    functions[1].stack = None;
    functions[0].unknown_calls.push(0x8);
    let expected = [Defect::NoFunction(names(&["root"]), 0x8), Defect::NoSize(names(&["root", "a"]))];
    assert_eq!(defects(functions), expected);
}

#[test]
fn indirect_calls_that_count_take_every_target_once() {
    let mut functions = graph(&[("root", 16, &[1]), ("write", 32, &[]), ("first", 64, &[1]), ("second", 128, &[])]);
    functions[1].indirect_calls.push(0x1234);
    for target in [2, 3] {
        functions[target].address = Address::Taken;
    }
    let deepest = CallGraph::new(functions).deepest(Index(0), IndirectCalls::EachTargetOnce).expect("no defect");
    assert_eq!(deepest.path, [Index(0), Index(1)]);
    assert_eq!(deepest.by_address, [(Index(2), 96), (Index(3), 128)]);
    assert_eq!(deepest.bytes, 16 + 32 + 96 + 128);
}

#[test]
fn recursion_without_an_indirect_call_is_found_even_if_these_count() {
    let mut functions = graph(&[("root", 16, &[]), ("target", 32, &[1])]);
    functions[0].indirect_calls.push(0x1234);
    functions[1].address = Address::Taken;
    let found = CallGraph::new(functions).deepest(Index(0), IndirectCalls::EachTargetOnce).expect_err("a defect");
    assert_eq!(found, [Defect::Recursion(names(&["target", "target"]))]);
}
