//! The real core as the kernel sees it: [`Arch`].

use super::console;
use super::debug_registers;
use super::floating_point;
use super::instructions as instruction;
use super::interrupts::{Interrupts, TIMER};
use super::kernel_tables::WINDOW;
use super::lock_times;
use super::trap;
use crate::base::address::{Asid, PhysicalAddress};
use crate::base::arch::{
    Arch, CacheOperation, Claimed, CoreNumber, Entered, Invalidation, Level, Line, LockTimes, Mask, SpaceRoot,
    TableEntry, Trigger,
};
use crate::base::debugging::Debugging;
use crate::base::store::Ref;
use crate::base::time::{Instant, TicksPerSecond};
use crate::base::vector_registers::FloatingPoint;
use crate::machine::device_tree::Conduit;
use crate::machine::table_format;
use aarch64_cpu::registers::{
    CNTFRQ_EL0, CNTV_CTL_EL0, CNTV_CVAL_EL0, CNTVCT_EL0, CPACR_EL1, TPIDR_EL0, TPIDRRO_EL0, TTBR0_EL1,
};
use tock_registers::interfaces::{Readable, Writeable};

/// The machine.
#[derive(Debug)]
pub struct Machine {
    /// Its interrupt controller.
    pub interrupts: Interrupts,
    /// Physical address of a table without entries: the user half when no program runs.
    pub empty_table: u64,
    /// How firmware is called, if there is any.
    pub conduit: Option<Conduit>,
}

impl Machine {
    /// Before start-up has looked at it.
    pub const NEW: Machine = Machine { interrupts: Interrupts::None, empty_table: 0, conduit: None };
}

/// What stands for a rate of 0, which start-up refuses.
const NO_RATE: TicksPerSecond = match TicksPerSecond::new(1) {
    Some(rate) => rate,
    None => panic!("not zero"),
};

/// Position of the identifier in TTBR0_EL1 and in operands of `tlbi`.
const ASID_SHIFT: u32 = 48;

const fn shifted(asid: Asid) -> u64 {
    (asid.value() as u64) << ASID_SHIFT
}

/// A gate's reason for what brought a core into the kernel.
#[inline(always)]
pub const fn reason(entered: Entered) -> u32 {
    match entered {
        Entered::Otherwise => 1,
        Entered::SystemCall => 2,
        Entered::Firmware => 3,
    }
}

const fn entered(reason: u32) -> Entered {
    match reason {
        2 => Entered::SystemCall,
        3 => Entered::Firmware,
        _ => Entered::Otherwise,
    }
}

impl Arch for Machine {
    #[inline(always)]
    fn window(&self) -> *mut u8 {
        instruction::in_register::<WINDOW>() as *mut u8
    }

    /// No `isb` before the read: a few instructions more or less do not matter for slices of microseconds.
    #[inline(always)]
    fn now(&self) -> Instant {
        Instant(CNTVCT_EL0.get())
    }

    fn ticks_per_second(&self) -> TicksPerSecond {
        TicksPerSecond::new(CNTFRQ_EL0.get()).unwrap_or(NO_RATE)
    }

    fn set_deadline(&mut self, deadline: Option<Instant>) {
        match deadline {
            Some(Instant(value)) => {
                CNTV_CVAL_EL0.set(value);
                CNTV_CTL_EL0.write(CNTV_CTL_EL0::ENABLE::SET);
            }
            None => CNTV_CTL_EL0.write(CNTV_CTL_EL0::ENABLE::CLEAR),
        }
    }

    #[inline(always)]
    fn move_deadline(&mut self, Instant(value): Instant) {
        CNTV_CVAL_EL0.set(value);
    }

    #[inline(always)]
    fn is_due(&self, _: Instant) -> bool {
        // The interrupt is taken before the next instruction of a program.
        false
    }

    fn interrupt_pending(&self) -> bool {
        instruction::pending_exceptions().interrupt() || trap::is_kernel_wanted()
    }

    fn interrupt_core(&mut self, core: CoreNumber) {
        self.interrupts.interrupt_core(core);
    }

    fn stop_core(&mut self, core: CoreNumber) -> Entered {
        let gate = trap::gate(core);
        if gate.reason().is_none() {
            self.interrupt_core(core);
        }
        entered(gate.wait())
    }

    fn route_line(&mut self, line: Line, core: CoreNumber) {
        self.interrupts.route(line, core);
    }

    fn claim_interrupt(&mut self) -> Claimed {
        let claimed = self.interrupts.claim();
        if claimed == Claimed::Timer {
            self.set_deadline(None);
            self.interrupts.complete(TIMER);
        }
        claimed
    }

    fn complete_interrupt(&mut self, line: Line) {
        self.interrupts.complete(u32::from(line.0));
    }

    fn line_usable(&self, line: Line) -> bool {
        self.interrupts.usable(line)
    }

    fn configure_line(&mut self, line: Line, trigger: Trigger) {
        self.interrupts.configure(line, trigger, trap::this_core().number());
    }

    fn mask_line(&mut self, line: Line, mask: Mask) {
        self.interrupts.mask(line, mask);
    }

    /// No barrier: the kernel itself uses no user address, and the return to the program synchronises.
    #[inline(always)]
    fn enter_space(&mut self, root: SpaceRoot) {
        TTBR0_EL1.set(if root == SpaceRoot::NOTHING { self.empty_table } else { root.bits() });
    }

    #[inline(always)]
    fn enter_tables(&mut self, root: SpaceRoot) {
        TTBR0_EL1.set(root.bits());
    }

    #[inline(always)]
    fn will_write_entry(&mut self, _: PhysicalAddress, _: u64) {}

    #[inline(always)]
    fn will_write(&mut self, _: PhysicalAddress, _: u64) {}

    #[inline(always)]
    fn publish_tables(&mut self) {
        instruction::publish_stores_to_programs();
    }

    #[inline(always)]
    fn invalidate(&mut self, what: Invalidation) {
        match what {
            Invalidation::Page(asid, page) => instruction::invalidate_page(shifted(asid) | page.number()),
            Invalidation::Space(asid) => instruction::invalidate_space(shifted(asid)),
        }
    }

    #[inline(always)]
    fn maintain_lines(&mut self, start: PhysicalAddress, bytes: u64, operation: CacheOperation) {
        // CTR_EL0.DminLine: words of the smallest data cache line, as a power of two.
        let line: u64 = 4 << (instruction::cache_type() >> 16 & 0xf);
        let (first, end) = (WINDOW + start.value(), WINDOW + start.value() + bytes);
        let mut address = first & !(line - 1);
        while address < end {
            match operation {
                CacheOperation::Clean => instruction::clean(address),
                CacheOperation::CleanToUnification => instruction::clean_to_unification(address),
                CacheOperation::CleanAndInvalidate => instruction::clean_and_invalidate(address),
            }
            address += line;
        }
    }

    #[inline(always)]
    fn forget_instructions(&mut self) {
        instruction::forget_instructions();
    }

    #[inline(always)]
    fn complete_maintenance(&mut self) {
        instruction::complete_maintenance();
    }

    #[inline(always)]
    fn complete_for_devices(&mut self) {
        instruction::complete_for_devices();
    }

    #[inline(always)]
    fn synchronize(&mut self) {
        instruction::synchronize();
    }

    #[inline(always)]
    fn encode(entry: TableEntry, level: Level) -> u64 {
        table_format::encode(entry, level)
    }

    #[inline(always)]
    fn needs_break(before: u64, after: u64) -> bool {
        table_format::needs_break(before, after)
    }

    #[inline(always)]
    fn broken(leaf: u64) -> u64 {
        table_format::broken(leaf)
    }

    #[inline(always)]
    fn decode(bits: u64, level: Level) -> TableEntry {
        table_format::decode(bits, level)
    }

    #[inline(always)]
    fn thread_pointer(&self) -> u64 {
        TPIDR_EL0.get()
    }

    #[inline(always)]
    fn load_thread_registers(&mut self, thread_pointer: u64, buffer_address: u64) {
        TPIDR_EL0.set(thread_pointer);
        TPIDRRO_EL0.set(buffer_address);
    }

    fn open_floating_point(&mut self, registers: Ref<FloatingPoint>) {
        CPACR_EL1.write(CPACR_EL1::FPEN::TrapNothing);
        floating_point::synchronize();
        floating_point::load(registers);
    }

    fn save_floating_point(&mut self, registers: Ref<FloatingPoint>) {
        floating_point::save(registers);
    }

    /// No barrier: the return to the program synchronises.
    #[inline(always)]
    fn exchange_floating_point(&mut self, from: Ref<FloatingPoint>, to: Ref<FloatingPoint>) {
        floating_point::save(from);
        floating_point::load(to);
    }

    fn close_floating_point(&mut self) {
        CPACR_EL1.write(CPACR_EL1::FPEN::TrapEl0El1);
    }

    fn breakpoint_registers(&self) -> [u64; 2] {
        debug_registers::count()
    }

    fn load_debugging(&mut self, debugging: &Debugging) {
        debug_registers::load(debugging);
    }

    fn write_console(&mut self, bytes: &[u8]) {
        console::write(bytes);
    }

    fn lock_times(&self, core: CoreNumber) -> Option<LockTimes> {
        lock_times::of(core)
    }

    fn end_machine(&mut self, status: u8) {
        instruction::semihosting_exit(status);
    }
}
