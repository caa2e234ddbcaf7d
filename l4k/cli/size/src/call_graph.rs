//! Which function calls which, how much stack each takes, and the deepest that calls from one of them get. May call `call_graph_defect`.

use std::collections::BTreeMap;

use super::call_graph_defect::Defect;

/// A function by its place in the graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Index(pub usize);

/// A function.
#[derive(Clone, Debug, Default)]
pub struct Function {
    /// Its name, for people.
    pub name: String,
    /// Bytes of stack that it takes itself, if they are known.
    pub stack: Option<u64>,
    /// What it calls or ends in, each once.
    pub calls: Vec<Index>,
    /// Where it calls what a register holds.
    pub indirect_calls: Vec<u64>,
    /// Where it jumps inside itself by a table.
    pub jump_tables: Vec<u64>,
    /// Addresses that it calls and at which no function is.
    pub unknown_calls: Vec<u64>,
    /// What becomes of its address.
    pub address: Address,
}

/// What becomes of a function's address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Address {
    /// It is called by name only.
    #[default]
    NotTaken,
    /// It stands in a constant, or in a register: an indirect call may lead there.
    Taken,
}

/// What is made of indirect calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndirectCalls {
    /// Each is a defect.
    Refused,
    /// Each may lead to each function whose address is taken, and none of these is at work twice at the same time. So it is with the
    /// formatters of messages, if no value prints one of its own type.
    EachTargetOnce,
}

/// A bound, and how it comes about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deepest {
    /// Bytes of stack.
    pub bytes: u64,
    /// The functions that are at work where the stack is deepest, each with its own bytes.
    pub path: Vec<Index>,
    /// Chains of calls that begin with a function whose address is taken, each with its bytes; they add to the path's.
    pub by_address: Vec<(Index, u64)>,
}

/// The functions of a program.
#[derive(Clone, Debug, Default)]
pub struct CallGraph {
    functions: Vec<Function>,
}

impl CallGraph {
    /// With these functions.
    pub const fn new(functions: Vec<Function>) -> CallGraph {
        CallGraph { functions }
    }

    /// A function.
    pub fn function(&self, index: Index) -> &Function {
        &self.functions[index.0]
    }

    /// The function of a name.
    pub fn find(&self, name: &str) -> Option<Index> {
        self.functions.iter().position(|function| function.name == name).map(Index)
    }

    /// All functions.
    pub fn iter(&self) -> impl Iterator<Item = (Index, &Function)> {
        self.functions.iter().enumerate().map(|(index, function)| (Index(index), function))
    }

    /// The deepest stack of all calls that begin with `root`, or everything that stands against telling it.
    pub fn deepest(&self, root: Index, indirect_calls: IndirectCalls) -> Result<Deepest, Vec<Defect>> {
        let mut walk =
            Walk { graph: self, indirect_calls, path: Vec::new(), done: BTreeMap::new(), defects: Vec::new() };
        let bytes = walk.enter(root);
        let mut by_address = Vec::new();
        if indirect_calls == IndirectCalls::EachTargetOnce && walk.has_indirect_call() {
            for (target, _) in self.iter().filter(|(_, function)| function.address == Address::Taken) {
                by_address.push((target, walk.enter(target)));
            }
        }
        if !walk.defects.is_empty() {
            return Err(walk.defects);
        }
        let bytes = bytes + by_address.iter().map(|(_, bytes)| bytes).sum::<u64>();
        Ok(Deepest { bytes, path: walk.path_from(root), by_address })
    }
}

/// A walk over all functions that a root reaches.
struct Walk<'a> {
    graph: &'a CallGraph,
    indirect_calls: IndirectCalls,
    /// From the root to where the walk is.
    path: Vec<Index>,
    /// Of functions that are left for good: the bytes, and what is called where the stack is deepest.
    done: BTreeMap<Index, (u64, Option<Index>)>,
    defects: Vec<Defect>,
}

impl Walk<'_> {
    /// The bytes of a function and of what it calls.
    fn enter(&mut self, index: Index) -> u64 {
        if let Some((bytes, _)) = self.done.get(&index) {
            return *bytes;
        }
        let again = self.path.contains(&index);
        self.path.push(index);
        let bytes = if again {
            self.defects.push(Defect::Recursion(self.names()));
            0
        } else {
            self.judge(index);
            let mut below = (0, None);
            for call in &self.graph.function(index).calls {
                let bytes = self.enter(*call);
                if below.1.is_none() || bytes > below.0 {
                    below = (bytes, Some(*call));
                }
            }
            let bytes = self.graph.function(index).stack.unwrap_or(0) + below.0;
            self.done.insert(index, (bytes, below.1));
            bytes
        };
        self.path.pop();
        bytes
    }

    /// Notes what stands against a bound in a function itself.
    fn judge(&mut self, index: Index) {
        let function = self.graph.function(index);
        if function.stack.is_none() {
            self.defects.push(Defect::NoSize(self.names()));
        }
        for target in &function.unknown_calls {
            self.defects.push(Defect::NoFunction(self.names(), *target));
        }
        if self.indirect_calls == IndirectCalls::Refused {
            for place in &function.indirect_calls {
                self.defects.push(Defect::IndirectCall(self.names(), *place));
            }
        }
    }

    fn has_indirect_call(&self) -> bool {
        self.done.keys().any(|index| !self.graph.function(*index).indirect_calls.is_empty())
    }

    /// The functions at work where the stack is deepest. Ends only where there is no recursion.
    fn path_from(&self, root: Index) -> Vec<Index> {
        let mut path = Vec::new();
        let mut next = Some(root);
        while let Some(index) = next {
            path.push(index);
            next = self.done.get(&index).and_then(|(_, below)| *below);
        }
        path
    }

    fn names(&self) -> Vec<String> {
        self.path.iter().map(|index| self.graph.function(*index).name.clone()).collect()
    }
}
