//! The areas in the order in which they run.

use super::{
    budgets, caches, canaries, capabilities, cores, critical_sections, debugging, faults, firmware, floating_point,
    grants, hostile, interrupts, ipc, lending, memory, notifications, pages_elsewhere, passive, preemption,
    raised_interrupts, registers, serving, stress, system_calls, threads, time, untyped, waits,
};
use crate::harness::runner::Area;

/// All areas, in the order in which they run.
pub const ALL: &[Area] = &[
    Area { name: "system_calls", tests: system_calls::TESTS },
    Area { name: "untyped", tests: untyped::TESTS },
    Area { name: "capabilities", tests: capabilities::TESTS },
    Area { name: "ipc", tests: ipc::TESTS },
    Area { name: "grants", tests: grants::TESTS },
    Area { name: "lending", tests: lending::TESTS },
    Area { name: "passive", tests: passive::TESTS },
    Area { name: "notifications", tests: notifications::TESTS },
    Area { name: "critical_sections", tests: critical_sections::TESTS },
    Area { name: "faults", tests: faults::TESTS },
    Area { name: "registers", tests: registers::TESTS },
    Area { name: "serving", tests: serving::TESTS },
    Area { name: "debugging", tests: debugging::TESTS },
    Area { name: "memory", tests: memory::TESTS },
    Area { name: "caches", tests: caches::TESTS },
    Area { name: "threads", tests: threads::TESTS },
    Area { name: "floating_point", tests: floating_point::TESTS },
    Area { name: "canaries", tests: canaries::TESTS },
    Area { name: "interrupts", tests: interrupts::TESTS },
    Area { name: "raised_interrupts", tests: raised_interrupts::TESTS },
    Area { name: "time", tests: time::TESTS },
    Area { name: "budgets", tests: budgets::TESTS },
    Area { name: "firmware", tests: firmware::TESTS },
    Area { name: "preemption", tests: preemption::TESTS },
    Area { name: "cores", tests: cores::TESTS },
    Area { name: "pages_elsewhere", tests: pages_elsewhere::TESTS },
    Area { name: "waits", tests: waits::TESTS },
    Area { name: "stress", tests: stress::TESTS },
    Area { name: "hostile", tests: hostile::TESTS },
];
