//! What the [vectors](super::vectors) call: a core's turn in the kernel.
//!
//! While a program runs, SP_EL1 is the address of its thread's context, so that the vectors store straight into it; the kernel's
//! stack begins below the core's [`CoreLocal`], which TPIDR_EL1 points to.
#![allow(unsafe_code)]

use super::board::{Board, Cores};
use super::branch_history;
use super::console::say;
use super::cores::CORES_MAX;
use super::firmware_call;
use super::image_layout::{
    CONSOLE_VIRTUAL, CORE_LOCAL_BYTES, FIRST_STACK_BYTES, FIRST_STACK_TOP, PAGE, STACK_BYTES, STACK_STRIDE,
};
use super::instructions::{Registers, bytes_at, call_core, wait_for_interrupt};
use super::kernel_tables::WINDOW;
use super::lock_times::Measure;
use super::machine::{Machine, reason};
use super::stop::stop;
use super::system_errors::take_pending_error;
use crate::base::arch::{CoreNumber, Entered, Event};
use crate::base::lock::{Gate, Ticket, TicketLock};
use crate::base::registers::Context;
use crate::base::store::Store;
use crate::kernel::{Kernel, Resume, Return};
use crate::machine::syndrome::{Exception, fault_of};
use aarch64_cpu::registers::{ELR_EL1, ESR_EL1, FAR_EL1, TPIDR_EL1, TTBR1_EL1, VBAR_EL1};
use core::mem::offset_of;
use core::sync::atomic::{AtomicU64, Ordering};
use tock_registers::interfaces::{Readable, Writeable};

/// The kernel. Cores take turns.
pub(super) static KERNEL: TicketLock<Kernel<Machine>> = TicketLock::new(Kernel::new(STORE));

// SAFETY: this constant is used once, for the kernel, which is the only one. The window of a machine is the linear map, which has the object memory, and
// start-up gives that memory to nobody else.
const STORE: Store<Machine> = unsafe { Store::new(Machine::NEW) };

/// A place in the queue for it.
type KernelTicket = Ticket<'static, Kernel<Machine>>;

/// Where each core is.
static GATES: [Gate; CORES_MAX] = [const { Gate::inside() }; CORES_MAX];

/// What a core finds by TPIDR_EL1, at the upper end of its stack: where this begins, the stack is empty.
#[derive(Debug)]
#[repr(C, align(32))]
pub struct CoreLocal {
    /// 1 as long as this is the only core: it takes the fast paths without the lock.
    is_alone: AtomicU64,
    /// The kernel: whoever works with it keeps this in a register.
    kernel: &'static TicketLock<Kernel<Machine>>,
    number: CoreNumber,
    /// Rounds of the loop that clears the core's branch history.
    history_rounds: u32,
}

impl CoreLocal {
    /// Whether it is the only core.
    #[inline(always)]
    fn is_alone(&self) -> bool {
        self.is_alone.load(Ordering::Relaxed) != 0
    }

    /// The core's number.
    pub fn number(&self) -> CoreNumber {
        self.number
    }
}

const _: () = assert!(offset_of!(CoreLocal, is_alone) == 0 && size_of::<CoreLocal>() == CORE_LOCAL_BYTES as usize);

/// Where the vectors find the kernel.
pub(super) const KERNEL_OFFSET: usize = offset_of!(CoreLocal, kernel);

/// Where they find how often the loop goes round that clears the branch history.
pub(super) const HISTORY_ROUNDS_OFFSET: usize = offset_of!(CoreLocal, history_rounds);

unsafe extern "Rust" {
    /// The board, defined by the board support crate's `firmware!` macro.
    safe static L4K_BOARD: &'static Board;
}

unsafe extern "C" {
    static __image_end: u8;
    static __stacks: u8;
    static __programs_start: u8;
    static __programs_end: u8;
    static l4k_early_tables: u8;
    static l4k_empty_table: u8;
    static l4k_join: u8;
    static l4k_vectors: u8;
    static l4k_secure_set_up: u8;
    static l4k_nothing_secure: u8;
    fn l4k_resume(context: u64) -> !;
}

/// The board that the firmware was built for.
pub fn board() -> &'static Board {
    L4K_BOARD
}

/// The registers of the board's console.
#[inline(always)]
pub const fn console_registers() -> Registers {
    // SAFETY: the early tables map this page, which is the last of the image's and holds nothing else, as device memory before any Rust code runs. It is
    // never unmapped. A console does not write memory.
    unsafe { Registers::new(CONSOLE_VIRTUAL, PAGE) }
}

/// Has the core go on that waits at a place of the board's spin table. A number that is not in the table names no core.
pub fn call_waiting_core(number: usize, entry: u64) {
    if let Cores::SpinTable(places) = board().cores
        && let Some(place) = places.get(number)
    {
        // SAFETY: start-up has put each place of the board's table into the linear map. The memory map hands out none of them.
        unsafe { call_core(WINDOW + place, entry) }
    }
}

/// Addresses from the linker script, virtual.
#[derive(Clone, Copy, Debug)]
pub struct Symbols {
    /// First address behind the image.
    pub image_end: u64,
    /// The package.
    pub programs_start: u64,
    /// First address behind the package.
    pub programs_end: u64,
    /// The top-level table of the kernel's half.
    pub early_tables: u64,
    /// A table without entries.
    pub empty_table: u64,
    /// Where another core enters.
    pub join: u64,
}

impl Symbols {
    /// Reads them.
    pub fn get() -> Symbols {
        Symbols {
            image_end: (&raw const __image_end) as u64,
            programs_start: (&raw const __programs_start) as u64,
            programs_end: (&raw const __programs_end) as u64,
            early_tables: (&raw const l4k_early_tables) as u64,
            empty_table: (&raw const l4k_empty_table) as u64,
            join: (&raw const l4k_join) as u64,
        }
    }

    /// Whether the board sets up what only EL3 can.
    pub fn has_secure_set_up() -> bool {
        &raw const l4k_secure_set_up != &raw const l4k_nothing_secure
    }

    /// How many cores have a stack.
    pub fn stacks(&self) -> u32 {
        let start = (&raw const __stacks) as u64;
        (self.image_end.wrapping_sub(start + FIRST_STACK_BYTES) / STACK_BYTES) as u32 + 1
    }

    /// The package. It is used when the linear map has it.
    pub fn package(&self) -> &'static [u8] {
        // SAFETY: the linker script places the package between these symbols, the loader has filled it, and no memory that is handed out has it.
        unsafe { bytes_at(WINDOW + self.physical(self.programs_start), self.programs_end - self.programs_start) }
    }

    /// The physical address of something in the image: as far from the top-level table as its virtual one.
    pub fn physical(&self, address: u64) -> u64 {
        TTBR1_EL1.get_baddr().wrapping_add(address.wrapping_sub(self.early_tables))
    }
}

/// Sets the vectors and the core's own structure.
pub fn install(core: CoreNumber) {
    let stacks = (&raw const __stacks).expose_provenance() as u64;
    let local = stacks + FIRST_STACK_TOP + u64::from(core.0) * STACK_STRIDE;
    let is_alone = AtomicU64::new((core.0 == 0).into());
    VBAR_EL1.set((&raw const l4k_vectors) as u64);
    // SAFETY: each core calls this once, on its own stack, which begins below: it has so many bytes more in the memory that the linker script
    // reserves for stacks, and nobody else uses them.
    unsafe {
        core::ptr::with_exposed_provenance_mut::<CoreLocal>(local as usize).write(CoreLocal {
            is_alone,
            kernel: &KERNEL,
            number: core,
            history_rounds: branch_history::rounds(),
        })
    };
    TPIDR_EL1.set(local);
}

/// The core that runs this.
pub fn this_core() -> &'static CoreLocal {
    // SAFETY: `install` set TPIDR_EL1 to the address of one, which it has written; it is not written again.
    unsafe { &*core::ptr::with_exposed_provenance(TPIDR_EL1.get() as usize) }
}

/// A core's gate.
pub fn gate(core: CoreNumber) -> &'static Gate {
    &GATES[usize::from(core.0) % CORES_MAX]
}

/// Whether another core waits for the kernel.
pub fn is_kernel_wanted() -> bool {
    KERNEL.is_wanted()
}

/// Runs work with the kernel, for a core that is inside its gate.
pub fn with_kernel<R>(work: impl FnOnce(&mut Kernel<Machine>) -> R) -> R {
    KERNEL.ask().with(work)
}

/// Leaves the kernel for the first program of a core, or for none.
pub fn enter_first_program() -> ! {
    let core = this_core().number;
    take_pending_error(core);
    let context = settle(turn(core, KERNEL.ask(), |kernel| kernel.start(core)), core);
    // SAFETY: the kernel has just chosen the thread for this core.
    unsafe { leave(context) }
}

/// Tells that there is more than one core from now on. Called by the first one before it lets others in.
pub fn share_kernel() {
    KERNEL.share();
    this_core().is_alone.store(0, Ordering::Relaxed);
}

/// A core's turn in the kernel. It leaves its gate if a program is what comes next. Where there is one core, nobody looks at its gate.
#[inline(always)]
fn turn(core: CoreNumber, ticket: KernelTicket, work: impl FnOnce(&mut Kernel<Machine>) -> Resume) -> Resume {
    let measure = Measure::begin();
    let is_shared = ticket.is_shared();
    ticket.with(|kernel| {
        let measure = measure.end_of_wait(core);
        let resume = work(kernel);
        measure.end_of_hold(core);
        if is_shared {
            match resume {
                Resume::Thread(_) => gate(core).leave(),
                Resume::Firmware => gate(core).enter(reason(Entered::Firmware)),
                Resume::Idle | Resume::Again => gate(core).enter(reason(Entered::Otherwise)),
            }
        }
        resume
    })
}

/// Waits until there is a thread to run and returns the address of its context. Calls of firmware are made here, where nobody waits for the
/// kernel's lock.
#[inline(always)]
fn settle(resume: Resume, core: CoreNumber) -> u64 {
    match resume {
        Resume::Thread(thread) => WINDOW + thread.address().value(),
        other => wait(other, core),
    }
}

#[inline(never)]
fn wait(mut resume: Resume, core: CoreNumber) -> u64 {
    loop {
        resume = match resume {
            Resume::Thread(thread) => return WINDOW + thread.address().value(),
            Resume::Idle => {
                wait_for_interrupt();
                take_pending_error(core);
                turn(core, KERNEL.ask(), |kernel| kernel.handle(core, Event::Interrupt))
            }
            Resume::Again => turn(core, KERNEL.ask(), |kernel| kernel.start(core)),
            Resume::Firmware => {
                let ask =
                    |kernel: &mut Kernel<Machine>| (kernel.system.store.machine.conduit, kernel.firmware_call(core));
                let (conduit, call) = with_kernel(ask);
                let answer = conduit.map(|conduit| firmware_call::call(conduit, call));
                turn(core, KERNEL.ask(), |kernel| kernel.answer_firmware(core, answer))
            }
        }
    }
}

#[inline(always)]
fn enter(core: CoreNumber, event: Event) -> u64 {
    let ticket = KERNEL.ask();
    if ticket.is_shared() {
        gate(core).enter(reason(match event {
            Event::SystemCall => Entered::SystemCall,
            Event::Interrupt | Event::Fault(_) => Entered::Otherwise,
        }));
    }
    settle(turn(core, ticket, |kernel| kernel.handle(core, event)), core)
}

/// A system call where there are several cores. Its arguments are in the context.
pub(super) extern "C" fn system_call(local: &CoreLocal) -> u64 {
    enter(local.number, Event::SystemCall)
}

/// What the way out of a system call does, in x0 and x1.
#[derive(Debug)]
#[repr(C)]
pub(super) struct WayOut {
    /// A context's address, of which bit 63 is set: whoever it is of goes on. Else the program that made the call goes on, with this status;
    /// if [`Ended::SETTLED`] is set in it, with the results in its context.
    first: u64,
    /// x1 with a status.
    second: u64,
}

/// A system call of the only core that has no fast path, or was refused by it. Its arguments are in the context.
/// The number is the third argument, as it is of what this calls.
pub(super) extern "C" fn system_call_alone(kernel: &TicketLock<Kernel<Machine>>, _: u64, number: u64) -> WayOut {
    // SAFETY: who calls this has seen `is_alone`, which is cleared when the lock is shared.
    match unsafe { kernel.with_alone(|kernel| kernel.system_call(CoreNumber(0), number)) } {
        Return::Same(_, ended) => {
            let [first, second] = ended.words();
            WayOut { first, second }
        }
        Return::Any(resume) => WayOut { first: settle(resume, CoreNumber(0)), second: 0 },
    }
}

/// A system call of the only core that a fast path has refused.
pub(super) fn leave_after_call() -> ! {
    // SAFETY: as for `system_call_alone`.
    let resume =
        unsafe { this_core().kernel.with_alone(|kernel| kernel.handle_slowly(CoreNumber(0), Event::SystemCall)) };
    // SAFETY: the kernel has just chosen the thread for this core.
    unsafe { leave(settle(resume, CoreNumber(0))) }
}

/// To the program whose context is at an address.
///
/// # Safety
/// The context is that of a thread that the kernel chose for this core, and complete.
#[inline(always)]
pub(super) unsafe fn leave(context: u64) -> ! {
    // SAFETY: as the caller has promised; the stacks of those who called this are not used again.
    unsafe { l4k_resume(context) }
}

pub(super) extern "C" fn interrupt(local: &CoreLocal) -> u64 {
    if local.is_alone() {
        // SAFETY: `is_alone` is cleared when the lock is shared.
        return settle(unsafe { local.kernel.with_alone(|kernel| kernel.interrupt(CoreNumber(0))) }, CoreNumber(0));
    }
    enter(local.number, Event::Interrupt)
}

/// A fault of the only core that the fast path has refused.
pub(super) fn leave_after_fault(exception: &Exception) -> ! {
    let fault = fault_of(exception);
    // SAFETY: as for `system_call_alone`.
    let resume = unsafe { this_core().kernel.with_alone(|kernel| kernel.fault(CoreNumber(0), &fault)) };
    // SAFETY: the kernel has just chosen the thread for this core.
    unsafe { leave(settle(resume, CoreNumber(0))) }
}

/// A fault where there are several cores.
///
/// The context is read before the lock is held. Another core that has it may change the same thread in this time, so there is no reference to it here.
///
/// # Safety
/// The context is that of the thread that has faulted on this core, and is stored.
pub(super) unsafe extern "C" fn fault(local: &CoreLocal, context: *const Context) -> u64 {
    // SAFETY: as the caller has promised, and the vectors are the only one. Who stops this core from another one
    // waits at its gate before it changes or ends the thread, and this core goes through the gate only below.
    let [instruction_pointer, stack_pointer, link_register] = unsafe {
        [
            (&raw const (*context).pc).read_volatile(),
            (&raw const (*context).sp).read_volatile(),
            (&raw const (*context).x[30]).read_volatile(),
        ]
    };
    let exception = Exception {
        syndrome: ESR_EL1.get(),
        address: FAR_EL1.get(),
        instruction_pointer,
        stack_pointer,
        link_register,
    };
    let fault = fault_of(&exception);
    enter(local.number, Event::Fault(fault))
}

/// An exception that must not happen: in the kernel, or of a kind that programs cannot cause.
pub(super) extern "C" fn unexpected(vector: u64, link: u64, stack: u64) -> ! {
    let (syndrome, address, pc) = (ESR_EL1.get(), FAR_EL1.get(), ELR_EL1.get());
    say!(
        "exception in the kernel (vector {vector}): syndrome {syndrome:#x} (class {:#x}), address {address:#x}, pc {pc:#x}, link {link:#x}, sp {stack:#x}",
        syndrome >> 26
    );
    stop()
}

/// An exception at a level below which the kernel runs, of which nothing can be given back.
pub(super) extern "C" fn level_exception(level: u64, syndrome: u64, pc: u64, address: u64, vector: u64) -> ! {
    say!(
        "exception at EL{level} (vector {vector}), which nobody serves: syndrome {syndrome:#x} (class {:#x}), address {address:#x}, pc {pc:#x}",
        syndrome >> 26
    );
    stop()
}
