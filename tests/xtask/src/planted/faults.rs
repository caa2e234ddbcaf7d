//! The faults. May call nothing of this crate.
//!
//! Each is a piece of source that stands in for another one, so that it builds and does something wrong.

/// A fault.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// Its name.
    pub name: &'static str,
    /// What it is, and what of the long test is there for its kind.
    pub what: &'static str,
    /// The file that it is in.
    pub file: &'static str,
    /// The piece of source that it takes the place of. The file has it once.
    pub source: &'static str,
    /// The fault.
    pub fault: &'static str,
    /// The job of the usual test that finds it: a piece of its name.
    pub found_by: &'static str,
}

/// All of them.
pub const ALL: [Fault; 14] = [
    Fault {
        name: "gicv2-priority",
        what: "GICv2 only: shared lines get a priority that the mask keeps back",
        file: "l4k/src/machine/aarch64/gic_v2.rs",
        source: "GICD_IPRIORITYR + u64::from(number), PRIORITY);",
        fault: "GICD_IPRIORITYR + u64::from(number), PRIORITY | 0xf8);",
        found_by: "suite: qemu-virt, 1 x cortex-a53, GICv2, EL1",
    },
    Fault {
        name: "gicv3-routing",
        what: "GICv3 with several cores: a shared line goes to the first core whatever was asked",
        file: "l4k/src/machine/aarch64/gic_v3.rs",
        source: "set_routing(line, Some(affinity))",
        fault: "set_routing(line, Some(affinity & 0))",
        found_by: "suite: qemu-virt, 4 x cortex-a72, GICv3, EL1",
    },
    Fault {
        name: "entry-at-el2",
        what: "entered at EL2 only: floating point is left trapped there",
        file: "l4k/src/machine/cpu/features.rs",
        source: "pub const CPTR_EL2_OPEN: u64 = 0x33ff;",
        fault: "pub const CPTR_EL2_OPEN: u64 = 0x37ff;",
        found_by: "suite: qemu-virt, 1 x cortex-a53, GICv2, EL2",
    },
    Fault {
        name: "entry-at-el3",
        what: "entered at EL3 only: floating point is left trapped there",
        file: "l4k/src/machine/cpu/features.rs",
        source: "        CPTR_EL3,\n        0,\n",
        fault: "        CPTR_EL3,\n        1 << 10,\n",
        found_by: "suite: rpi4, 4 x cortex-a72, GICv2, EL3",
    },
    Fault {
        name: "cortex-a76",
        what: "cores with PAN only: the data of programs becomes big-endian",
        file: "l4k/src/machine/aarch64/early_tables.rs",
        source: "\"bic x0, x0, #{span}\",",
        fault: "\"bic x0, x0, #{span}\", \"orr x0, x0, #0x1000000\",",
        found_by: "suite: qemu-virt, 1 x cortex-a76, GICv2, EL1",
    },
    Fault {
        name: "little-memory",
        what: "64 MiB of memory: boot wants more than it needs",
        file: "l4k/src/kernel/boot_memory.rs",
        source: "    bytes.next_power_of_two()\n",
        fault: "    bytes.next_power_of_two() << 6\n",
        found_by: "suite: qemu-virt, 1 x cortex-a72, GICv3, EL1, 64M",
    },
    Fault {
        name: "much-memory",
        what: "5000 MiB of memory: what lies above 4 GiB is left out",
        file: "l4k/src/machine/memory_map.rs",
        source: "end.min(OBJECT_MEMORY_END)",
        fault: "end.min(OBJECT_MEMORY_END.min(1 << 32))",
        found_by: "shell: hello, qemu-virt",
    },
    Fault {
        name: "lost-wake-up",
        what: "several cores: a core is not told that a thread of its own is ready",
        file: "l4k/src/machine/aarch64/gic_v3.rs",
        source: "target_list: 1 << (affinity % REACHED),",
        fault: "target_list: 0,",
        found_by: "suite: qemu-virt, 2 x cortex-a72, GICv3, EL1",
    },
    Fault {
        name: "release-only",
        what: "the release build only: memory is given out again without being cleared",
        file: "l4k/src/operation/untyped.rs",
        source: "        self.store.zero(place, bytes);\n",
        fault: "        if cfg!(debug_assertions) {\n            self.store.zero(place, bytes);\n        }\n",
        found_by: "suite: qemu-virt, release build",
    },
    Fault {
        name: "model-untyped",
        what: "millions of model steps: an object that is asked for at the first free byte is refused",
        file: "l4k/src/operation/untyped.rs",
        source: "if offset < self.free_offset() {",
        fault: "if offset <= self.free_offset() {",
        found_by: "model: usual steps",
    },
    Fault {
        name: "model-refills",
        what: "millions of model steps: of time that was used beyond a budget only half is owed",
        file: "l4k/src/object/refills.rs",
        source: "self.list[0].release.after(Ticks(used));",
        fault: "self.list[0].release.after(Ticks(used / 2));",
        found_by: "model: usual steps",
    },
    Fault {
        name: "model-lending",
        what: "more than a million model steps: time whose lender is gone does not go to whoever lent it before",
        file: "l4k/src/operation/lending.rs",
        source: "let (mut next, mut steps) = (to, LENDERS_MAX);",
        fault: "let (mut next, mut steps) = (to, LENDERS_MAX.min(0));",
        found_by: "host: tests of the workspace",
    },
    Fault {
        name: "hostile-call",
        what: "200,000 hostile calls on every machine: a capability for a CNode serves without the right to manage it",
        file: "l4k/src/kernel/arguments.rs",
        source: "Capability::CNode { rights, .. } if !rights.contains(Rights::MANAGE)",
        fault: "Capability::CNode { rights, .. } if !rights.contains(Rights::NONE)",
        found_by: "suite: qemu-virt, 1 x cortex-a72, GICv3, EL1, 1G",
    },
    Fault {
        name: "budget",
        what: "shares of time on every machine: what was used comes back before the period is over",
        file: "l4k/src/object/refills.rs",
        source: "self.add(Refill { release: first.release.after(period), amount: Ticks(amount) });",
        fault: "self.add(Refill { release: first.release.after(Ticks(period.0 / 2)), amount: Ticks(amount) });",
        found_by: "suite: budgets",
    },
];
