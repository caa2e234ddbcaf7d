//! How deep the kernel's stacks get, by the instructions in its file, and how much is reserved for them. May call `call_graph`, `kernel_code` and
//! `stack_sizes`.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, bail, ensure};
use object::{File, Object, ObjectSection, ObjectSymbol, Section, SymbolKind};

use super::call_graph::{CallGraph, Deepest, Index, IndirectCalls};
use super::kernel_code::{Code, Kind, Symbol};
use super::stack_sizes;

/// Places in assembly, of the kernel and of its boards. None uses the stack that it finds: those of boot run without one, the vectors leave the
/// stack pointer at the thread's context until they set it to the stack's top, the others do nothing with it.
const ASSEMBLY: [&str; 38] = [
    "l4k_start",
    "l4k_join",
    "l4k_wait_for_ever",
    "l4k_fill_early_tables",
    "l4k_translate",
    "l4k_drop_to_el1",
    "l4k_decide_el3",
    "l4k_decide_el2",
    "l4k_decide_el1",
    "l4k_nothing_secure",
    "l4k_el3_vectors",
    "l4k_el2_vectors",
    "l4k_level_exception",
    "l4k_save_floating_point",
    "l4k_load_floating_point",
    "l4k_vectors",
    "l4k_kernel_exception",
    "l4k_semihosting",
    "l4k_try_to_read",
    "l4k_probe",
    "l4k_take_system_error",
    "l4k_system_error_may_come",
    "l4k_system_call",
    "l4k_call_alone",
    "l4k_call_slowly",
    "l4k_deliver",
    "l4k_deliver_fault",
    "l4k_deliver_signals",
    "l4k_load",
    "l4k_load_badge",
    "l4k_other_call",
    "l4k_fault",
    "l4k_interrupt",
    "l4k_resume",
    "l4k_results",
    "l4k_succeed",
    // The boards.
    "l4k_secure_set_up",
    "l4k_park",
];

/// Sections with constants in which a function's address may stand.
const CONSTANTS: [&str; 2] = [".rodata", ".data"];

/// The use of a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// System calls, faults and interrupts of programs, on the core's stack.
    Exceptions,
    /// Start-up, on the first core's stack.
    Boot,
    /// Start-up of another core, on its stack.
    Join,
    /// An exception in the kernel, on the emergency stack.
    Emergency,
}

impl Use {
    /// Each.
    pub const ALL: [Use; 4] = [Use::Exceptions, Use::Boot, Use::Join, Use::Emergency];

    /// The functions that begin it, each with an empty stack.
    const fn entries(self) -> &'static [&'static str] {
        match self {
            Use::Exceptions => &[
                "l4k::machine::aarch64::fast_entry::fast_call",
                "l4k::machine::aarch64::fast_entry::fast_fault",
                "l4k::machine::aarch64::fast_entry::fast_reply",
                "l4k::machine::aarch64::fast_entry::fast_reply_receive",
                "l4k::machine::aarch64::fast_entry::fast_signal",
                "l4k::machine::aarch64::fast_entry::fast_yield",
                "l4k::machine::aarch64::trap::system_call",
                "l4k::machine::aarch64::trap::system_call_alone",
                "l4k::machine::aarch64::trap::fault",
                "l4k::machine::aarch64::trap::interrupt",
            ],
            Use::Boot => &["l4k::machine::aarch64::startup::start"],
            Use::Join => &["l4k::machine::aarch64::cores::join"],
            Use::Emergency => {
                &["l4k::machine::aarch64::trap::unexpected", "l4k::machine::aarch64::trap::level_exception"]
            }
        }
    }

    /// Messages are put together by indirect calls; programs can bring about none.
    const fn indirect_calls(self) -> IndirectCalls {
        match self {
            Use::Exceptions => IndirectCalls::Refused,
            Use::Boot | Use::Join | Use::Emergency => IndirectCalls::EachTargetOnce,
        }
    }
}

/// A stack in one of its uses.
#[derive(Debug)]
pub struct Stack {
    /// Which.
    pub purpose: Use,
    /// Bytes that are reserved.
    pub reserved: u64,
    /// The deepest it gets.
    pub deepest: Deepest,
}

/// All stacks.
#[derive(Debug)]
pub struct Stacks {
    /// The functions that are spoken of.
    pub graph: CallGraph,
    /// One for each use, in the order of [`Use::ALL`].
    pub all: Vec<Stack>,
}

impl Stacks {
    /// Of a kernel's file that holds the compiler's notes. An error if there is something that no bound can be told for.
    pub fn of(elf: &File<'_>) -> Result<Stacks> {
        let code = read(elf)?;
        let unknown = code.unknown_assembly();
        ensure!(unknown.is_empty(), "assembly of which nobody says how much stack it takes: {}", unknown.join(", "));
        let graph = code.call_graph();
        check_entries(&graph)?;
        let all: Result<_> = Use::ALL.into_iter().map(|purpose| stack(elf, &graph, purpose)).collect();
        Ok(Stacks { all: all?, graph })
    }

    /// The bytes of the deepest stack in a use.
    pub fn bound(&self, purpose: Use) -> u64 {
        self.of_use(purpose).map_or(0, |stack| stack.deepest.bytes)
    }

    /// The bytes that are reserved for a use.
    pub fn reserved(&self, purpose: Use) -> u64 {
        self.of_use(purpose).map_or(0, |stack| stack.reserved)
    }

    fn of_use(&self, purpose: Use) -> Option<&Stack> {
        self.all.iter().find(|stack| stack.purpose == purpose)
    }

    /// Functions that take more than a page, so that they may reach over the page below the stack that is not mapped.
    pub fn larger_than_guard(&self) -> Vec<Index> {
        const GUARD: u64 = 4096;
        let larger = self.graph.iter().filter(|(_, function)| function.stack.is_some_and(|bytes| bytes > GUARD));
        larger.map(|(index, _)| index).collect()
    }
}

/// Everything that assembly calls begins one of the uses, so that none is forgotten.
fn check_entries(graph: &CallGraph) -> Result<()> {
    for (_, function) in graph.iter().filter(|(_, function)| ASSEMBLY.contains(&function.name.as_str())) {
        for call in &function.calls {
            let name = graph.function(*call).name.as_str();
            let is_entry = Use::ALL.iter().any(|purpose| purpose.entries().contains(&name));
            ensure!(
                is_entry || ASSEMBLY.contains(&name),
                "{} calls {name}, which is not among the entries",
                function.name
            );
        }
    }
    Ok(())
}

fn stack(elf: &File<'_>, graph: &CallGraph, purpose: Use) -> Result<Stack> {
    let mut deepest = Deepest::default();
    let mut message = String::new();
    for name in purpose.entries() {
        let entry = graph.find(name).with_context(|| format!("there is no function {name} in the kernel"))?;
        match graph.deepest(entry, purpose.indirect_calls()) {
            Ok(found) if found.bytes >= deepest.bytes => deepest = found,
            Ok(_) => {}
            Err(defects) => message.extend(defects.iter().map(|defect| {
                format!(
                    "
  {defect}"
                )
            })),
        }
    }
    if !message.is_empty() {
        bail!("the depth of a stack cannot be told:{message}");
    }
    Ok(Stack { purpose, reserved: reserved(elf, purpose)?, deepest })
}

/// Bytes that the linker script and the vectors reserve.
fn reserved(elf: &File<'_>, purpose: Use) -> Result<u64> {
    let symbol = |name: &str| {
        let found = elf.symbols().find(|symbol| symbol.name() == Ok(name));
        found.map(|symbol| symbol.address()).with_context(|| format!("there is no symbol {name} in the kernel"))
    };
    match purpose {
        Use::Exceptions | Use::Join => Ok(symbol("l4k_stack_bytes")? - symbol("l4k_core_local_bytes")?),
        Use::Boot => Ok(symbol("l4k_first_stack_bytes")? - symbol("l4k_core_local_bytes")?),
        Use::Emergency => Ok(symbol("l4k_emergency_stack_top")? - symbol("l4k_emergency_stack")?),
    }
}

fn read(elf: &File<'_>) -> Result<Code> {
    let text = elf.section_by_name(".text").context("the kernel has no section .text")?;
    let sizes =
        elf.section_by_name(stack_sizes::SECTION).context("the kernel was built without -Z emit-stack-sizes")?;
    let mut constants = BTreeSet::new();
    for section in CONSTANTS.iter().filter_map(|name| elf.section_by_name(name)) {
        constants.extend(section.data()?.as_chunks::<8>().0.iter().map(|bytes| u64::from_le_bytes(*bytes)));
    }
    Ok(Code {
        start: text.address(),
        words: text.data()?.as_chunks::<4>().0.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect(),
        symbols: symbols(elf, &text),
        constants,
        stack_sizes: stack_sizes::read(sizes.data()?)?,
        assembly: ASSEMBLY.iter().map(|name| ((*name).to_owned(), 0)).collect::<BTreeMap<_, _>>(),
    })
}

/// Symbols in the text. Marks of the linker script are no places in assembly: they begin with two underscores, or are physical addresses.
fn symbols(elf: &File<'_>, text: &Section<'_, '_>) -> Vec<Symbol> {
    let mut symbols = Vec::new();
    let addresses = text.address()..text.address() + text.size();
    for symbol in elf.symbols().filter(|symbol| symbol.section_index() == Some(text.index())) {
        if !addresses.contains(&symbol.address()) {
            continue;
        }
        let name = symbol.name().unwrap_or_default();
        let kind = match symbol.kind() {
            SymbolKind::Text if symbol.size() > 0 => Kind::Function(symbol.size()),
            _ if name.starts_with("$x") => Kind::Instructions,
            _ if name.starts_with("$d") => Kind::Constants,
            SymbolKind::Section => continue,
            _ if name.is_empty() || name.starts_with("__") => continue,
            _ => Kind::Assembly,
        };
        symbols.push(Symbol { name: format!("{:#}", rustc_demangle::demangle(name)), address: symbol.address(), kind });
    }
    symbols
}
