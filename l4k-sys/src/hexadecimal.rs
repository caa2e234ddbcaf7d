//! What programs print for debugging has its addresses in hexadecimal, as every other message has them.

use core::fmt::{Debug, DebugStruct, Formatter, Result};

use crate::abi::boot::Entry;
use crate::handle::{Breakpoint, FrameStatus, StartRegisters, ThreadStatus, UntypedStatus};
use crate::package::{Program, Segment};

/// One more field, which is an address.
fn address<'f, 'a, 'b>(fields: &'f mut DebugStruct<'a, 'b>, name: &str, address: u64) -> &'f mut DebugStruct<'a, 'b> {
    fields.field(name, &format_args!("{address:#x}"))
}

impl Debug for StartRegisters {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        let StartRegisters { instruction_pointer, stack_pointer, arguments } = *self;
        let fields = &mut formatter.debug_struct("StartRegisters");
        let fields = address(fields, "instruction_pointer", instruction_pointer);
        address(fields, "stack_pointer", stack_pointer).field("arguments", &arguments).finish()
    }
}

impl Debug for Breakpoint {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        let Breakpoint { kind, address: at, length } = *self;
        let fields = &mut formatter.debug_struct("Breakpoint");
        address(fields.field("kind", &kind), "address", at).field("length", &length).finish()
    }
}

impl Debug for ThreadStatus {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        let ThreadStatus { state, priority, maximum_priority, time_used, instruction_pointer } = *self;
        let fields = &mut formatter.debug_struct("ThreadStatus");
        let fields = fields.field("state", &state).field("priority", &priority);
        let fields = fields.field("maximum_priority", &maximum_priority).field("time_used", &time_used);
        address(fields, "instruction_pointer", instruction_pointer).finish()
    }
}

impl Debug for FrameStatus {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        let FrameStatus { physical_address, size_bits, rights, memory, mapped_at } = *self;
        let fields = &mut formatter.debug_struct("FrameStatus");
        let fields = address(fields, "physical_address", physical_address).field("size_bits", &size_bits);
        let fields = fields.field("rights", &rights).field("memory", &memory);
        match mapped_at {
            Some(at) => fields.field("mapped_at", &format_args!("Some({at:#x})")).finish(),
            None => fields.field("mapped_at", &mapped_at).finish(),
        }
    }
}

impl Debug for UntypedStatus {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        let UntypedStatus { physical_address, size_bits, used_bytes, memory } = *self;
        let fields = &mut formatter.debug_struct("UntypedStatus");
        let fields = address(fields, "physical_address", physical_address).field("size_bits", &size_bits);
        fields.field("used_bytes", &used_bytes).field("memory", &memory).finish()
    }
}

impl Debug for Entry<'_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        let fields = &mut formatter.debug_struct(entry_name(self));
        match *self {
            Entry::Kernel { major, minor, cores, features, ticks_per_second } => {
                let fields = fields.field("major", &major).field("minor", &minor).field("cores", &cores);
                fields.field("features", &features).field("ticks_per_second", &ticks_per_second)
            }
            Entry::Untyped { slot, address: at, size_bits, device } => {
                let fields = address(fields.field("slot", &slot), "address", at);
                fields.field("size_bits", &size_bits).field("device", &device)
            }
            Entry::FreeSlots { first, count } => fields.field("first", &first).field("count", &count),
            Entry::Package { address: at, length } => address(fields, "address", at).field("length", &length),
            Entry::Device { address: at, length, interrupt, trigger, role, compatible, clock_hertz } => {
                let fields = address(fields, "address", at).field("length", &format_args!("{length:#x}"));
                let fields = fields.field("interrupt", &interrupt).field("trigger", &trigger).field("role", &role);
                fields.field("compatible", &compatible).field("clock_hertz", &clock_hertz)
            }
            Entry::Board { name } => fields.field("name", &name),
            Entry::UsedAddresses { start, end } => address(address(fields, "start", start), "end", end),
            Entry::SchedControl { slot, core } => fields.field("slot", &slot).field("core", &core),
            Entry::Unknown { tag, payload } => fields.field("tag", &tag).field("payload", &payload),
        }
        .finish()
    }
}

const fn entry_name(entry: &Entry<'_>) -> &'static str {
    match entry {
        Entry::Kernel { .. } => "Kernel",
        Entry::Untyped { .. } => "Untyped",
        Entry::FreeSlots { .. } => "FreeSlots",
        Entry::Package { .. } => "Package",
        Entry::Device { .. } => "Device",
        Entry::Board { .. } => "Board",
        Entry::UsedAddresses { .. } => "UsedAddresses",
        Entry::SchedControl { .. } => "SchedControl",
        Entry::Unknown { .. } => "Unknown",
    }
}

/// Without the package that it lies in.
impl Debug for Program<'_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        let fields = &mut formatter.debug_struct("Program");
        let fields = address(fields.field("name", &self.name()), "entry", self.entry());
        let fields = fields.field("stack_size", &self.stack_size()).field("abi_version", &self.abi_version());
        fields.finish_non_exhaustive()
    }
}

/// Without its contents.
impl Debug for Segment<'_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        address(&mut formatter.debug_struct("Segment"), "virtual_address", self.virtual_address())
            .field("memory_size", &self.memory_size())
            .field("file_offset", &self.file_offset())
            .field("file_size", &self.file_size())
            .field("rights", &self.rights())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::Nanoseconds;
    use crate::abi::{BreakpointKind, Rights, ThreadState};
    use crate::handle::MemoryKind;
    use std::format;

    #[test]
    fn addresses_of_what_is_asked_for_are_hexadecimal() {
        let (state, time_used) = (Some(ThreadState::Ready), Nanoseconds::new(7));
        let thread =
            ThreadStatus { state, priority: 1, maximum_priority: 20, time_used, instruction_pointer: 0x20_0010 };
        let said = format!("{thread:?}");
        assert!(said.starts_with("ThreadStatus { state: Some(Ready), priority: 1, maximum_priority: 20, "), "{said}");
        assert!(said.ends_with("instruction_pointer: 0x200010 }"), "{said}");
        let (rights, memory) = (Rights::ALL, MemoryKind::Device);
        let frame = FrameStatus { physical_address: 0x900_0000, size_bits: 12, rights, memory, mapped_at: None };
        assert!(format!("{frame:?}").starts_with("FrameStatus { physical_address: 0x9000000, size_bits: 12, "));
        assert!(format!("{frame:?}").ends_with("memory: Device, mapped_at: None }"));
        let mapped = format!("{:?}", FrameStatus { mapped_at: Some(0x4000), ..frame });
        assert!(mapped.ends_with("mapped_at: Some(0x4000) }"), "{mapped}");
        let untyped = UntypedStatus { physical_address: 0x4000_0000, size_bits: 20, used_bytes: 64, memory };
        let said = "UntypedStatus { physical_address: 0x40000000, size_bits: 20, used_bytes: 64, memory: Device }";
        assert_eq!(format!("{untyped:?}"), said);
    }

    #[test]
    fn addresses_that_are_given_are_hexadecimal() {
        let registers =
            StartRegisters { instruction_pointer: 0x20_0000, stack_pointer: 0x21_0000, arguments: [1, 2, 3] };
        let said = "StartRegisters { instruction_pointer: 0x200000, stack_pointer: 0x210000, arguments: [1, 2, 3] }";
        assert_eq!(format!("{registers:?}"), said);
        let breakpoint = Breakpoint { kind: BreakpointKind::Execute, address: 0x20_0004, length: 4 };
        assert_eq!(format!("{breakpoint:?}"), "Breakpoint { kind: Execute, address: 0x200004, length: 4 }");
    }

    #[test]
    fn addresses_of_the_boot_information_are_hexadecimal() {
        for (entry, said) in [
            (
                Entry::Untyped { slot: 17, address: 0x4000_0000, size_bits: 30, device: false },
                "Untyped { slot: 17, address: 0x40000000, size_bits: 30, device: false }",
            ),
            (Entry::Package { address: 0x40_0000, length: 10 }, "Package { address: 0x400000, length: 10 }"),
            (
                Entry::UsedAddresses { start: 0x20_0000, end: 0x50_0000 },
                "UsedAddresses { start: 0x200000, end: 0x500000 }",
            ),
            (Entry::FreeSlots { first: 20, count: 10 }, "FreeSlots { first: 20, count: 10 }"),
        ] {
            assert_eq!(format!("{entry:?}"), said);
        }
        let (interrupt, trigger, role, compatible, clock_hertz) = (Some(33), 0, "console", "arm,pl011", None);
        let device =
            Entry::Device { address: 0x900_0000, length: 0x1000, interrupt, trigger, role, compatible, clock_hertz };
        let said = "Device { address: 0x9000000, length: 0x1000, interrupt: Some(33), trigger: 0, role: \"console\", \
                    compatible: \"arm,pl011\", clock_hertz: None }";
        assert_eq!(format!("{device:?}"), said);
    }
}
