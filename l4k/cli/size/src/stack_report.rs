//! Stacks in words: the bound of each use, its share of what is reserved, and the functions of the deepest path. May call `call_graph` and
//! `stack`.

use std::fmt;

use super::stack::{Stack, Stacks, Use};

impl fmt::Display for Use {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Use::Exceptions => "system calls, faults, interrupts",
            Use::Boot => "start-up",
            Use::Join => "start-up of another core",
            Use::Emergency => "an exception in the kernel, on the emergency stack",
        })
    }
}

impl fmt::Display for Stacks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for stack in &self.all {
            self.write(stack, f)?;
        }
        for index in self.larger_than_guard() {
            writeln!(f, "larger than the page below the stack: {}", self.graph.function(index).name)?;
        }
        Ok(())
    }
}

impl Stacks {
    fn write(&self, stack: &Stack, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (bytes, reserved) = (stack.deepest.bytes, stack.reserved);
        let share = bytes * 100 / reserved.max(1);
        writeln!(f, "stack of {}\n  at most    {bytes:>8} bytes, {share}% of {reserved}", stack.purpose)?;
        for index in &stack.deepest.path {
            let function = self.graph.function(*index);
            writeln!(f, "    {:>10} {}", function.stack.unwrap_or(0), function.name)?;
        }
        if !stack.deepest.by_address.is_empty() {
            writeln!(f, "  and by indirect calls, each once, with what it calls")?;
        }
        for (index, bytes) in &stack.deepest.by_address {
            writeln!(f, "    {bytes:>10} {}", self.graph.function(*index).name)?;
        }
        Ok(())
    }
}
