//! What is read from instructions, on code made by hand.

use std::collections::{BTreeMap, BTreeSet};

use super::call_graph::{Address, CallGraph, Function, Index};
use super::kernel_code::{Code, Kind, Symbol};

const START: u64 = 0x8000_0000;
const RETURN: u32 = 0xd65f_03c0;
const CALL_NEXT: u32 = 0x9400_0001;
const JUMP_NEXT: u32 = 0x1400_0001;
const CALL_REGISTER_8: u32 = 0xd63f_0100;
const JUMP_REGISTER_6: u32 = 0xd61f_00c0;
/// `adr x6, #8`
const ADDRESS_OF_REGISTER_6: u32 = 0x1000_0046;
/// `add x6, x6, x7, lsl #2`
const SUM_IN_REGISTER_6: u32 = 0x8b07_08c6;
/// `sub sp, sp, #64`
const STACK_DOWN_64: u32 = 0xd101_03ff;
/// `mov sp, x19`
const STACK_FROM_REGISTER_19: u32 = 0x9100_027f;

/// Functions in a row.
fn code(functions: &[(&str, &[u32])]) -> Code {
    let mut code = Code { start: START, ..Code::default() };
    for (name, words) in functions {
        let address = START + code.words.len() as u64 * 4;
        let kind = Kind::Function(words.len() as u64 * 4);
        code.symbols.push(Symbol { name: (*name).to_owned(), address, kind });
        code.stack_sizes.insert(address, 16);
        code.words.extend(*words);
    }
    code
}

fn function<'a>(graph: &'a CallGraph, name: &str) -> &'a Function {
    graph.function(graph.find(name).expect("the function"))
}

#[test]
fn calls_and_tail_calls_are_found_and_loops_are_none() {
    let to_self = 0x17ff_ffff; // b, one back
    let code = code(&[("a", &[0xd503_201f, to_self, CALL_NEXT]), ("b", &[JUMP_NEXT]), ("c", &[RETURN])]);
    let graph = code.call_graph();
    assert_eq!(function(&graph, "a").calls, [Index(1)]);
    assert_eq!(function(&graph, "b").calls, [Index(2)]);
    assert!(function(&graph, "c").calls.is_empty());
    assert!(graph.iter().all(|(_, function)| function.indirect_calls.is_empty() && function.stack == Some(16)));
}

#[test]
fn call_to_nowhere_is_found() {
    let graph = code(&[("a", &[RETURN, CALL_NEXT])]).call_graph();
    assert_eq!(function(&graph, "a").unknown_calls, [START + 8]);
}

#[test]
fn call_through_a_register_is_found() {
    let graph = code(&[("a", &[CALL_REGISTER_8, RETURN]), ("b", &[JUMP_REGISTER_6])]).call_graph();
    assert_eq!(function(&graph, "a").indirect_calls, [START]);
    assert_eq!(function(&graph, "b").indirect_calls, [START + 8]);
}

#[test]
fn jump_table_is_no_call_and_must_lead_into_the_function() {
    let table = [ADDRESS_OF_REGISTER_6, SUM_IN_REGISTER_6, JUMP_REGISTER_6, RETURN];
    let graph = code(&[("a", &table)]).call_graph();
    assert!(function(&graph, "a").indirect_calls.is_empty());
    assert_eq!(function(&graph, "a").jump_tables, [START + 8]);
    let without_sum = [ADDRESS_OF_REGISTER_6, RETURN, JUMP_REGISTER_6, RETURN];
    let elsewhere = [0x1000_0806, SUM_IN_REGISTER_6, JUMP_REGISTER_6]; // adr x6, #256
    for wrong in [&without_sum[..], &elsewhere[..]] {
        let graph = code(&[("a", wrong)]).call_graph();
        assert_eq!(function(&graph, "a").indirect_calls, [START + 8]);
    }
}

#[test]
fn function_without_a_note_takes_what_its_instructions_take() {
    let mut code = code(&[("a", &[STACK_DOWN_64, RETURN]), ("b", &[STACK_FROM_REGISTER_19, RETURN])]);
    code.stack_sizes = BTreeMap::new();
    let graph = code.call_graph();
    assert_eq!(function(&graph, "a").stack, Some(64));
    assert_eq!(function(&graph, "b").stack, None);
}

#[test]
fn what_an_aligned_frame_leaves_unused_is_added_to_the_note() {
    let aligned_to_32 = 0x927b_e93f; // and sp, x9, #~31
    let mut code = code(&[("a", &[aligned_to_32, RETURN])]);
    assert_eq!(function(&code.call_graph(), "a").stack, Some(32));
    code.stack_sizes = BTreeMap::new();
    assert_eq!(function(&code.call_graph(), "a").stack, None);
}

#[test]
fn addresses_in_constants_and_registers_are_taken() {
    let mut code = code(&[("a", &[0x1000_0040, RETURN]), ("b", &[RETURN]), ("c", &[RETURN]), ("d", &[RETURN])]); // adr x0, #8
    code.constants = BTreeSet::from([START + 12]);
    let graph = code.call_graph();
    let taken: Vec<_> = graph.iter().filter(|(_, function)| function.address == Address::Taken).collect();
    assert_eq!(taken.iter().map(|(_, function)| function.name.as_str()).collect::<Vec<_>>(), ["b", "c"]);
}

#[test]
fn assembly_runs_into_what_follows_and_is_named_if_it_is_unknown() {
    let mut code = code(&[]);
    code.words = vec![0xd503_201f, RETURN, 0x9400_0000, RETURN]; // the third is data
    for (name, at, kind) in [
        ("first", 0, Kind::Assembly),
        ("$x", 0, Kind::Instructions),
        ("second", 4, Kind::Assembly),
        ("$d", 8, Kind::Constants),
    ] {
        code.symbols.push(Symbol { name: name.to_owned(), address: START + at, kind });
    }
    code.assembly = BTreeMap::from([("first".to_owned(), 0)]);
    let graph = code.call_graph();
    assert_eq!(function(&graph, "first").calls, [Index(1)]);
    assert!(function(&graph, "second").calls.is_empty());
    assert_eq!((function(&graph, "first").stack, function(&graph, "second").stack), (Some(0), None));
    assert_eq!(code.unknown_assembly(), ["second"]);
}
