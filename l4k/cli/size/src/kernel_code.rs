//! The kernel's instructions, taken apart into functions, and the graph of calls between these. May call `call_graph` and `instruction`.

use std::collections::{BTreeMap, BTreeSet};

use super::call_graph::{Address, CallGraph, Function, Index};
use super::instruction::{Instruction, decode};

/// Bytes of an instruction.
const WORD: u64 = 4;

/// What the stack pointer is always a multiple of.
const STACK_ALIGNMENT: u64 = 16;

/// Instructions before a `br` among which the jump table's address is computed.
const JUMP_TABLE_REACH: usize = 32;

/// What a symbol in the text stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A function of the compiler, with its bytes.
    Function(u64),
    /// A place in assembly; it ends where the next symbol stands.
    Assembly,
    /// From here on instructions follow.
    Instructions,
    /// From here on constants follow.
    Constants,
}

/// A symbol in the text.
#[derive(Clone, Debug)]
pub struct Symbol {
    /// Its name, for people.
    pub name: String,
    /// Where it is.
    pub address: u64,
    /// What it stands for.
    pub kind: Kind,
}

/// What is read of the kernel's file.
#[derive(Clone, Debug, Default)]
pub struct Code {
    /// Address of the text.
    pub start: u64,
    /// The text, word by word.
    pub words: Vec<u32>,
    /// All symbols in the text.
    pub symbols: Vec<Symbol>,
    /// Words of eight bytes outside of the text that could be addresses.
    pub constants: BTreeSet<u64>,
    /// Bytes of stack by the function's address, as the compiler notes them.
    pub stack_sizes: BTreeMap<u64, u64>,
    /// Bytes of stack by the name of the place in assembly, as people note them.
    pub assembly: BTreeMap<String, u64>,
}

/// A function's place in the text.
#[derive(Clone, Debug)]
struct Place {
    name: String,
    start: u64,
    end: u64,
    kind: Kind,
}

impl Place {
    fn contains(&self, address: u64) -> bool {
        (self.start..self.end).contains(&address)
    }
}

impl Code {
    /// The graph of calls.
    pub fn call_graph(&self) -> CallGraph {
        let places = self.places();
        let mut taken = self.constants.clone();
        let mut functions: Vec<Function> =
            places.iter().map(|place| self.function(place, &places, &mut taken)).collect();
        for (place, function) in places.iter().zip(&mut functions) {
            if matches!(place.kind, Kind::Function(_)) && taken.contains(&place.start) {
                function.address = Address::Taken;
            }
        }
        CallGraph::new(functions)
    }

    /// Names of places in assembly of which nobody says how much stack they take.
    pub fn unknown_assembly(&self) -> Vec<String> {
        let places = self.places().into_iter();
        let unknown = places.filter(|place| place.kind == Kind::Assembly && !self.assembly.contains_key(&place.name));
        unknown.map(|place| place.name).collect()
    }

    /// Functions in the order of their addresses, one an address. What has several names gets the one that is known.
    fn places(&self) -> Vec<Place> {
        let mut by_start: BTreeMap<u64, &Symbol> = BTreeMap::new();
        for symbol in &self.symbols {
            if matches!(symbol.kind, Kind::Instructions | Kind::Constants) {
                continue;
            }
            let place = by_start.entry(symbol.address).or_insert(symbol);
            let is_better = matches!(symbol.kind, Kind::Function(_)) || self.assembly.contains_key(&symbol.name);
            if is_better && place.kind == Kind::Assembly {
                *place = symbol;
            }
        }
        let text_end = self.start + self.words.len() as u64 * WORD;
        let ends = by_start.keys().copied().skip(1).chain([text_end]);
        let place = |(symbol, next): (&&Symbol, u64)| {
            let end = match symbol.kind {
                Kind::Function(bytes) => symbol.address + bytes,
                _ => next,
            };
            Place { name: symbol.name.clone(), start: symbol.address, end, kind: symbol.kind }
        };
        by_start.values().zip(ends).map(place).collect()
    }

    fn function(&self, place: &Place, places: &[Place], taken: &mut BTreeSet<u64>) -> Function {
        let instructions = self.instructions(place);
        let mut function =
            Function { name: place.name.clone(), stack: self.stack(place, &instructions), ..Function::default() };
        let mut calls = BTreeSet::new();
        for (at, (address, instruction)) in instructions.iter().enumerate() {
            let target = match *instruction {
                Instruction::Call(target) => target,
                Instruction::Jump(target) | Instruction::JumpIf(target) if !place.contains(target) => target,
                Instruction::CallRegister => {
                    function.indirect_calls.push(*address);
                    continue;
                }
                Instruction::JumpRegister(register) => {
                    let by_table = is_jump_table(&instructions[..at], register, place);
                    let place = if by_table { &mut function.jump_tables } else { &mut function.indirect_calls };
                    place.push(*address);
                    continue;
                }
                _ => continue,
            };
            match places.iter().position(|place| place.contains(target)) {
                Some(index) => drop(calls.insert(Index(index))),
                None => function.unknown_calls.push(target),
            }
        }
        if place.kind == Kind::Assembly && runs_on(&instructions) {
            calls.extend(places.iter().position(|next| next.start == place.end).map(Index));
        }
        function.calls = calls.into_iter().collect();
        taken.extend(addresses(&instructions));
        function
    }

    /// The compiler's note, and what may be left over where a frame is aligned more than the stack is, which is not in the note. Without a note,
    /// what the instructions take together, as in functions of a library that was built without notes.
    fn stack(&self, place: &Place, instructions: &[(u64, Instruction)]) -> Option<u64> {
        match place.kind {
            Kind::Assembly => self.assembly.get(&place.name).copied(),
            _ => match self.stack_sizes.get(&place.start) {
                Some(noted) => Some(noted + left_over(instructions)),
                None => stack_by_instructions(instructions),
            },
        }
    }

    /// A function's instructions with their addresses, without the constants between them.
    fn instructions(&self, place: &Place) -> Vec<(u64, Instruction)> {
        let mut marks: Vec<(u64, Kind)> = self.symbols.iter().map(|symbol| (symbol.address, symbol.kind)).collect();
        marks.retain(|(_, kind)| matches!(kind, Kind::Instructions | Kind::Constants));
        marks.sort_by_key(|(address, _)| *address);
        let is_instruction = |address: &u64| {
            let before = marks.iter().take_while(|(mark, _)| mark <= address).last();
            before.is_none_or(|(_, kind)| *kind == Kind::Instructions)
        };
        let addresses = (place.start..place.end).step_by(WORD as usize).filter(is_instruction);
        let decoded = addresses.filter_map(|address| {
            let word = self.words.get(((address - self.start) / WORD) as usize)?;
            Some((address, decode(*word, address)))
        });
        decoded.collect()
    }
}

/// What frames that are aligned more than the stack is may leave unused.
fn left_over(instructions: &[(u64, Instruction)]) -> u64 {
    let left_over = |instruction: &Instruction| match instruction {
        Instruction::StackAligned(alignment) => alignment.saturating_sub(STACK_ALIGNMENT),
        _ => 0,
    };
    instructions.iter().map(|(_, instruction)| left_over(instruction)).sum()
}

/// What all instructions together take from the stack: at least what is taken at once.
fn stack_by_instructions(instructions: &[(u64, Instruction)]) -> Option<u64> {
    instructions.iter().try_fold(0, |bytes, (_, instruction)| match instruction {
        Instruction::StackDown(more) => Some(bytes + more),
        Instruction::StackAligned(_) | Instruction::StackUnknown => None,
        _ => Some(bytes),
    })
}

/// Whether a `br` goes by a table of distances: to the sum of a distance and of an address inside the function.
fn is_jump_table(before: &[(u64, Instruction)], register: u8, place: &Place) -> bool {
    let mut before = before.iter().rev().take(JUMP_TABLE_REACH).map(|(_, instruction)| *instruction);
    let ends = |instruction: &Instruction| {
        matches!(
            instruction,
            Instruction::Jump(_) | Instruction::Return | Instruction::Call(_) | Instruction::CallRegister
        )
    };
    let sum = Instruction::AddRegisters { to: register, from: register };
    if before.by_ref().take_while(|instruction| !ends(instruction)).all(|instruction| instruction != sum) {
        return false;
    }
    let address = before.take_while(|instruction| !ends(instruction)).find_map(|instruction| match instruction {
        Instruction::Address { to, address } if to == register => Some(address),
        _ => None,
    });
    address.is_some_and(|address| place.contains(address))
}

/// Whether control goes on behind the last instruction.
fn runs_on(instructions: &[(u64, Instruction)]) -> bool {
    !matches!(
        instructions.last(),
        None | Some((_, Instruction::Jump(_) | Instruction::Return | Instruction::JumpRegister(_)))
    )
}

/// Every address that the instructions may bring into a register: those of `adr`, and the sums of each page with each constant that is added
/// to a register in which a page was. More than there are, and none too few.
fn addresses(instructions: &[(u64, Instruction)]) -> BTreeSet<u64> {
    let mut addresses = BTreeSet::new();
    let mut pages: BTreeMap<u8, BTreeSet<u64>> = BTreeMap::new();
    for (_, instruction) in instructions {
        match instruction {
            Instruction::Address { address, .. } => drop(addresses.insert(*address)),
            Instruction::Page { to, page } => drop(pages.entry(*to).or_default().insert(*page)),
            _ => {}
        }
    }
    for (_, instruction) in instructions {
        if let Instruction::AddConstant { from, constant, .. } = instruction {
            addresses.extend(pages.get(from).into_iter().flatten().map(|page| page.wrapping_add(*constant)));
        }
    }
    addresses
}
