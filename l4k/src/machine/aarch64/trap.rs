//! Exceptions: the vectors store a thread's registers in its context, call the kernel, and load those of the thread that runs next.
//!
//! While a program runs, SP_EL1 is the address of its thread's context, so that the vectors store straight into it; the kernel's
//! stack is kept in the core's [`CoreLocal`], which TPIDR_EL1 points to.
#![allow(unsafe_code)]

use super::board::Board;
use super::console::say;
use super::cores::CORES_MAX;
use super::firmware_call;
use super::image_layout::STACK_STRIDE;
use super::instructions::wait_for_interrupt;
use super::kernel_tables::WINDOW;
use super::lock_times::Measure;
use super::machine::{Machine, reason};
use super::stop::stop;
use crate::base::arch::{CoreNumber, Entered, Event};
use crate::base::lock::{Gate, Ticket, TicketLock};
use crate::base::registers::{Context, Shape};
use crate::kernel::{Kernel, Resume};
use crate::machine::syndrome::{Exception, fault_of};
use aarch64_cpu::registers::{ELR_EL1, ESR_EL1, FAR_EL1, TPIDR_EL1, TTBR1_EL1, VBAR_EL1};
use core::arch::global_asm;
use core::mem::offset_of;
use tock_registers::interfaces::{Readable, Writeable};

/// The kernel. Cores take turns.
static KERNEL: TicketLock<Kernel<Machine>> = TicketLock::new(Kernel::new(Machine::NEW));

/// A place in the queue for it.
type KernelTicket = Ticket<'static, Kernel<Machine>>;

/// Where each core is.
static GATES: [Gate; CORES_MAX] = [const { Gate::inside() }; CORES_MAX];

/// What a core finds by TPIDR_EL1.
#[derive(Debug)]
#[repr(C)]
pub struct CoreLocal {
    /// Top of the core's kernel stack; a constant once the core is set up.
    stack_top: u64,
    number: CoreNumber,
}

impl CoreLocal {
    /// The core's number.
    pub fn number(&self) -> CoreNumber {
        self.number
    }
}

const _: () = assert!(offset_of!(CoreLocal, stack_top) == 0);

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
    static l4k_join_with_number: u8;
    static l4k_vectors: u8;
    fn l4k_resume(context: u64) -> !;
}

/// The board that the firmware was built for.
pub fn board() -> &'static Board {
    L4K_BOARD
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
    /// The same, with its number in x0.
    pub join_with_number: u64,
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
            join_with_number: (&raw const l4k_join_with_number) as u64,
        }
    }

    /// How many cores have a stack.
    pub fn stacks(&self) -> u32 {
        let start = (&raw const __stacks) as u64;
        (self.image_end.wrapping_sub(start) / STACK_STRIDE) as u32
    }

    /// The physical address of something in the image: as far from the top-level table as its virtual one.
    pub fn physical(&self, address: u64) -> u64 {
        TTBR1_EL1.get_baddr().wrapping_add(address.wrapping_sub(self.early_tables))
    }
}

/// Sets the vectors and the core's own structure.
pub fn install(core: CoreNumber) {
    const NEW: CoreLocal = CoreLocal { stack_top: 0, number: CoreNumber(0) };
    static mut LOCALS: [CoreLocal; CORES_MAX] = [NEW; CORES_MAX];
    let index = usize::from(core.0) % CORES_MAX;
    let stack_top = (&raw const __stacks) as u64 + (index as u64 + 1) * STACK_STRIDE;
    VBAR_EL1.set((&raw const l4k_vectors) as u64);
    // SAFETY: the index is below the array's length.
    let local = unsafe { (&raw mut LOCALS).cast::<CoreLocal>().add(index) };
    // SAFETY: each core calls this once, before interrupts or programs, for its own number: nobody else uses the element.
    unsafe { local.write(CoreLocal { stack_top, number: core }) };
    TPIDR_EL1.set(local as u64);
}

/// The core that runs this.
pub fn this_core() -> &'static CoreLocal {
    // SAFETY: `install` set TPIDR_EL1 to a static of this type; it is not written again.
    unsafe { &*(TPIDR_EL1.get() as *const CoreLocal) }
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
    let context = settle(turn(core, KERNEL.ask(), |kernel| kernel.start(core)), core);
    // SAFETY: the context is that of a thread that the kernel chose, fully set; the stack of this function is not used again.
    unsafe { l4k_resume(context) }
}

/// A core's turn in the kernel. It leaves its gate if a program is what comes next.
#[inline(always)]
fn turn(core: CoreNumber, ticket: KernelTicket, work: impl FnOnce(&mut Kernel<Machine>) -> Resume) -> Resume {
    let measure = Measure::begin();
    ticket.with(|kernel| {
        let measure = measure.end_of_wait(core);
        let resume = work(kernel);
        measure.end_of_hold(core);
        match resume {
            Resume::Thread(_) => gate(core).leave(),
            Resume::Firmware(_) => gate(core).enter(reason(Entered::Firmware)),
            Resume::Idle | Resume::Again => gate(core).enter(reason(Entered::Otherwise)),
        }
        resume
    })
}

/// Waits until there is a thread to run and returns the address of its context. Calls of firmware are made here, where nobody waits for the
/// kernel's lock.
#[inline(always)]
fn settle(mut resume: Resume, core: CoreNumber) -> u64 {
    loop {
        resume = match resume {
            Resume::Thread(thread) => return WINDOW + thread.address().value(),
            Resume::Idle => {
                wait_for_interrupt();
                turn(core, KERNEL.ask(), |kernel| kernel.handle(core, Event::Interrupt))
            }
            Resume::Again => turn(core, KERNEL.ask(), |kernel| kernel.start(core)),
            Resume::Firmware(call) => {
                let conduit = with_kernel(|kernel| kernel.system.store.machine.conduit);
                let answer = conduit.map(|conduit| firmware_call::call(conduit, call));
                turn(core, KERNEL.ask(), |kernel| kernel.answer_firmware(core, answer))
            }
        }
    }
}

#[inline(always)]
fn enter(event: Event) -> u64 {
    let core = this_core().number;
    let ticket = KERNEL.ask();
    gate(core).enter(reason(match event {
        Event::SystemCall => Entered::SystemCall,
        Event::Interrupt | Event::Fault(_) => Entered::Otherwise,
    }));
    settle(turn(core, ticket, |kernel| kernel.handle(core, event)), core)
}

extern "C" fn system_call() -> u64 {
    enter(Event::SystemCall)
}

extern "C" fn interrupt() -> u64 {
    enter(Event::Interrupt)
}

extern "C" fn fault(context: &Context) -> u64 {
    let exception = Exception {
        syndrome: ESR_EL1.get(),
        address: FAR_EL1.get(),
        instruction_pointer: context.pc,
        stack_pointer: context.sp,
        link_register: context.x[30],
    };
    enter(Event::Fault(fault_of(&exception)))
}

/// An exception that must not happen: in the kernel, or of a kind that programs cannot cause.
extern "C" fn unexpected(vector: u64, link: u64, stack: u64) -> ! {
    let (syndrome, address, pc) = (ESR_EL1.get(), FAR_EL1.get(), ELR_EL1.get());
    say!(
        "exception in the kernel (vector {vector}): syndrome {syndrome:#x} (class {:#x}), address {address:#x}, pc {pc:#x}, link {link:#x}, sp {stack:#x}",
        syndrome >> 26
    );
    stop()
}

global_asm!(
    // An entry that must not be taken: its number, the link register and the stack pointer are told; the stack is the emergency one.
    ".macro unexpected_entry number",
    ".balign 128",
    "mov x0, #\\number",
    "b l4k_kernel_exception",
    ".endm",
    // The return, and behind it what keeps a processor from guessing that the code goes on there: never executed.
    ".macro leave_kernel",
    "eret",
    "dsb nsh",
    "isb",
    "b .",
    ".endm",
    // Stores x2 to x30 and the exception's own registers; x0 and x1 are stored already. Marks the context as full.
    ".macro store_full",
    "stp x2, x3, [sp, #16]",
    "stp x4, x5, [sp, #32]",
    "stp x6, x7, [sp, #48]",
    "stp x8, x9, [sp, #64]",
    "stp x10, x11, [sp, #80]",
    "stp x12, x13, [sp, #96]",
    "stp x14, x15, [sp, #112]",
    "stp x16, x17, [sp, #128]",
    "stp x18, x19, [sp, #144]",
    "stp x20, x21, [sp, #160]",
    "stp x22, x23, [sp, #176]",
    "stp x24, x25, [sp, #192]",
    "stp x26, x27, [sp, #208]",
    "stp x28, x29, [sp, #224]",
    "mrs x19, sp_el0",
    "mrs x20, elr_el1",
    "mrs x21, spsr_el1",
    "stp x30, x19, [sp, #{x30}]",
    "stp x20, x21, [sp, #{pc}]",
    "mov x19, #{full}",
    "str x19, [sp, #{shape}]",
    ".endm",
    // The context's address to x0, and the kernel's stack.
    ".macro enter_kernel",
    "mov x0, sp",
    "mrs x19, tpidr_el1",
    "ldr x19, [x19]",
    "mov sp, x19",
    "mov x29, xzr",
    "mov x30, xzr",
    ".endm",
    // From EL1, synchronous: the semihosting instruction is undefined where no debugger takes it, and is passed over.
    ".macro kernel_exception_entry number",
    ".balign 128",
    "mrs x2, elr_el1",
    "adr x3, l4k_semihosting",
    "cmp x2, x3",
    "b.eq 1f",
    "mov x0, #\\number",
    "b l4k_kernel_exception",
    "1: add x2, x2, #4",
    "msr elr_el1, x2",
    "eret",
    ".endm",
    ".section .text.vectors, \"ax\"",
    ".balign 2048",
    ".global l4k_vectors",
    "l4k_vectors:",
    // From EL1 with SP_EL0, from EL1 with SP_EL1.
    "unexpected_entry 0",
    "unexpected_entry 1",
    "unexpected_entry 2",
    "unexpected_entry 3",
    "kernel_exception_entry 4",
    "unexpected_entry 5",
    "unexpected_entry 6",
    "unexpected_entry 7",
    // From a program: synchronous. A system call is class 0x15 with immediate 0 (D24.2.40); everything else is a fault.
    ".balign 128",
    "stp x0, x1, [sp]",
    "mrs x0, esr_el1",
    "lsr x1, x0, #26",
    "cmp x1, #0x15",
    "b.ne 1f",
    "and x0, x0, #0xffff",
    "cbz x0, l4k_system_call",
    "1: b l4k_fault",
    // From a program: interrupt.
    ".balign 128",
    "stp x0, x1, [sp]",
    "b l4k_interrupt",
    "unexpected_entry 10",
    // From a program: system error, an access that the memory system refused late. It is the program's fault, not the kernel's.
    ".balign 128",
    "stp x0, x1, [sp]",
    "b l4k_fault",
    // From 32-bit programs, of which there are none.
    "unexpected_entry 12",
    "unexpected_entry 13",
    "unexpected_entry 14",
    "unexpected_entry 15",
    ".balign 128",
    "l4k_kernel_exception:",
    "mov x1, x30",
    "mov x2, sp",
    "adrp x3, l4k_emergency_stack_top",
    "add x3, x3, :lo12:l4k_emergency_stack_top",
    "mov sp, x3",
    "b {unexpected}",
    ".global l4k_semihosting",
    "l4k_semihosting:",
    "hlt #0xf000",
    "ret",
    // A system call: arguments and the registers that survive.
    "l4k_system_call:",
    "stp x2, x3, [sp, #16]",
    "stp x4, x5, [sp, #32]",
    "stp x6, x7, [sp, #48]",
    "stp x8, x9, [sp, #64]",
    "stp x19, x20, [sp, #152]",
    "stp x21, x22, [sp, #168]",
    "stp x23, x24, [sp, #184]",
    "stp x25, x26, [sp, #200]",
    "stp x27, x28, [sp, #216]",
    "mrs x20, sp_el0",
    "mrs x21, elr_el1",
    "mrs x22, spsr_el1",
    "str x29, [sp, #232]",
    "str x20, [sp, #{sp}]",
    "stp x21, x22, [sp, #{pc}]",
    "str xzr, [sp, #{shape}]",
    "enter_kernel",
    "bl {system_call}",
    "b 2f",
    "l4k_fault:",
    "store_full",
    "enter_kernel",
    "bl {fault}",
    "b 2f",
    "l4k_interrupt:",
    "store_full",
    "enter_kernel",
    "bl {interrupt}",
    "b 2f",
    // x0 context. Entered here once, from `enter_first_program`.
    ".global l4k_resume",
    "l4k_resume:",
    "2:",
    "mov sp, x0",
    "ldr x1, [sp, #{shape}]",
    "ldr x2, [sp, #{sp}]",
    "ldp x3, x4, [sp, #{pc}]",
    "msr sp_el0, x2",
    "msr elr_el1, x3",
    "msr spsr_el1, x4",
    "ldp x19, x20, [sp, #152]",
    "ldp x21, x22, [sp, #168]",
    "ldp x23, x24, [sp, #184]",
    "ldp x25, x26, [sp, #200]",
    "ldp x27, x28, [sp, #216]",
    "ldr x29, [sp, #232]",
    "cbnz x1, 3f",
    // After a system call: results, and nothing of the kernel's in the other registers.
    "mov x8, xzr",
    "mov x10, xzr",
    "mov x11, xzr",
    "mov x12, xzr",
    "mov x13, xzr",
    "mov x14, xzr",
    "mov x15, xzr",
    "mov x16, xzr",
    "mov x17, xzr",
    "mov x18, xzr",
    "mov x30, xzr",
    "ldr x9, [sp, #72]",
    "ldp x6, x7, [sp, #48]",
    "ldp x4, x5, [sp, #32]",
    "ldp x2, x3, [sp, #16]",
    "ldp x0, x1, [sp]",
    "leave_kernel",
    // After an interrupt or a fault: everything.
    "3:",
    "ldr x30, [sp, #{x30}]",
    "ldr x18, [sp, #144]",
    "ldp x16, x17, [sp, #128]",
    "ldp x14, x15, [sp, #112]",
    "ldp x12, x13, [sp, #96]",
    "ldp x10, x11, [sp, #80]",
    "ldp x8, x9, [sp, #64]",
    "ldp x6, x7, [sp, #48]",
    "ldp x4, x5, [sp, #32]",
    "ldp x2, x3, [sp, #16]",
    "ldp x0, x1, [sp]",
    "leave_kernel",
    ".section .bss.l4k_emergency_stack, \"aw\", @nobits",
    ".balign 16",
    "l4k_emergency_stack:",
    ".space 4096",
    "l4k_emergency_stack_top:",
    x30 = const offset_of!(Context, x) + 30 * 8,
    sp = const offset_of!(Context, sp),
    pc = const offset_of!(Context, pc),
    shape = const offset_of!(Context, shape),
    full = const Shape::Full as u64,
    system_call = sym system_call,
    fault = sym fault,
    interrupt = sym interrupt,
    unexpected = sym unexpected,
);

const _: () = assert!(offset_of!(Context, x) == 0 && offset_of!(Context, sp) == 31 * 8);
const _: () = assert!(offset_of!(Context, pstate) == offset_of!(Context, pc) + 8);
const _: () = assert!(Shape::SystemCall as u64 == 0);
