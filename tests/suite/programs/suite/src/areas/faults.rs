//! Faults: of every kind, as messages with address and access, and what the handler can do about them.

use l4k_sys::abi::thread::register;
use l4k_sys::abi::{Access, Error, Fault, FaultCause, FaultKind, ThreadState};
use l4k_sys::{Endpoint, Message, Received, Reply};
use suite_support::arena::KERNEL_ADDRESS;
use suite_support::instructions::{END, NOP, breakpoint};
use suite_support::machine;
use suite_support::misdeed::{Misdeed, UNKNOWN_CALL};
use suite_support::role::Role;

use crate::harness::bench::{READ_WRITE, map, own, page};
use crate::harness::bodies;
use crate::harness::failure::{Failure, holds, refused, same};
use crate::harness::partner::BADGE;
use crate::harness::routine::CODE;
use crate::harness::threads::{Helper, IDLE, Manner, URGENT, let_others_run};
use crate::harness::{Bench, Cell, Outcome};

crate::tests![
    reading_address_zero,
    reading_the_kernels_half,
    writing_the_kernels_half,
    jumping_into_the_kernels_half,
    executing_the_stack,
    writing_its_own_code,
    an_undefined_instruction,
    a_privileged_register,
    instructions_that_only_some_cores_have,
    instructions_that_all_cores_have,
    accesses_that_only_some_cores_check,
    a_system_call_that_does_not_exist,
    a_system_call_with_an_immediate,
    a_misaligned_stack_pointer,
    a_misaligned_jump,
    a_breakpoint,
    using_the_fp_unit,
    a_program_can_fault_again_and_again,
    a_handler_that_maps_the_page_lets_the_thread_go_on,
    an_answer_that_is_not_zero_leaves_the_thread_suspended,
    without_a_handler_the_thread_stays_suspended,
    faults_carry_the_badge_of_their_endpoint,
    a_handler_that_goes_away_leaves_the_thread_suspended,
    two_faulted_threads_wait_for_their_handler,
];

/// Receives a fault; with its badge.
#[track_caller]
fn fault_at(endpoint: Endpoint, reply: Reply) -> Outcome<(Fault, u64)> {
    match endpoint.receive(reply)? {
        Received::Fault { message, badge } => match message.fault() {
            Some(fault) => Ok((fault, badge.value())),
            None => Err(Failure::new(format_args!("{message:?} does not decode"))),
        },
        other => Err(Failure::new(format_args!("{other:?} instead of a fault"))),
    }
}

/// Lets the partner, in an address space of its own, commit a misdeed, and takes its fault.
#[track_caller]
fn fault_of(bench: &mut Bench<'_>, misdeed: Misdeed) -> Outcome<Fault> {
    let ties = bench.ties()?;
    bench.partner(&ties, IDLE, Role::Misdeed, misdeed as u64)?;
    let (fault, badge) = fault_at(ties.supervisor, ties.reply)?;
    same("badge", badge, BADGE)?;
    holds("the instruction pointer or the address tells the place", fault.instruction_pointer != 0)?;
    Ok(fault)
}

#[track_caller]
fn same_access(fault: Fault, access: Access, address: u64) -> Outcome {
    same("fault", (fault.kind, fault.access, fault.address), (FaultKind::Page, access, address))
}

fn reading_address_zero(bench: &mut Bench<'_>) -> Outcome {
    let fault = fault_of(bench, Misdeed::ReadZero)?;
    same_access(fault, Access::Read, 0)?;
    same("cause", fault.cause, FaultCause::NotMapped)
}

fn reading_the_kernels_half(bench: &mut Bench<'_>) -> Outcome {
    same_access(fault_of(bench, Misdeed::ReadKernel)?, Access::Read, KERNEL_ADDRESS)
}

fn writing_the_kernels_half(bench: &mut Bench<'_>) -> Outcome {
    same_access(fault_of(bench, Misdeed::WriteKernel)?, Access::Write, KERNEL_ADDRESS)
}

fn jumping_into_the_kernels_half(bench: &mut Bench<'_>) -> Outcome {
    let fault = fault_of(bench, Misdeed::JumpKernel)?;
    same_access(fault, Access::Execute, KERNEL_ADDRESS)?;
    same("instruction pointer", fault.instruction_pointer, KERNEL_ADDRESS)
}

fn executing_the_stack(bench: &mut Bench<'_>) -> Outcome {
    let fault = fault_of(bench, Misdeed::ExecuteStack)?;
    same("fault", (fault.kind, fault.access), (FaultKind::Page, Access::Execute))?;
    same("cause", fault.cause, FaultCause::Permission)?;
    holds("the address is on the stack", fault.address.abs_diff(fault.stack_pointer) < 4096)
}

fn writing_its_own_code(bench: &mut Bench<'_>) -> Outcome {
    let fault = fault_of(bench, Misdeed::WriteCode)?;
    same("fault", (fault.kind, fault.access), (FaultKind::Page, Access::Write))?;
    same("cause", fault.cause, FaultCause::Permission)?;
    same("address", fault.address, fault.instruction_pointer + 8)
}

fn an_undefined_instruction(bench: &mut Bench<'_>) -> Outcome {
    let fault = fault_of(bench, Misdeed::Undefined)?;
    same("fault", (fault.kind, fault.access), (FaultKind::BadInstruction, Access::None))
}

fn a_privileged_register(bench: &mut Bench<'_>) -> Outcome {
    same("kind", fault_of(bench, Misdeed::PrivilegedRegister)?.kind, FaultKind::BadInstruction)
}

/// Instructions and registers of extensions. Where a core has one and the kernel forbids it at no level, the thread goes on to the end of its code. Nothing
/// else may come of it: a trap to a level that nobody serves stopped the core for ever.
const EXTENSIONS: [u32; 23] = [
    0x9ac2_3020, // pacga x0, x1, x2: the one that EL1 cannot forbid
    0xdac1_33e0, // autiza x0
    0xdac1_43e0, // xpaci x0
    0xd53b_d0e0, // mrs x0, SCXTNUM_EL0
    0xd53b_d0a0, // mrs x0, TPIDR2_EL0
    0x04bf_5020, // rdvl x0, #1
    0x04bf_5820, // rdsvl x0, #1
    0xd503_477f, // smstart
    0xd53b_e020, // mrs x0, CNTPCT_EL0
    0xd53b_2400, // mrs x0, RNDR
    0xd53b_2420, // mrs x0, RNDRRS
    0xd400_0002, // hvc #0
    0xd400_0003, // smc #0
    0xd503_40df, // msr DAIFSet, #0
    0x9ac0_1020, // irg x0, x1
    0xd53b_42e0, // mrs x0, TCO
    0xd53b_9d00, // mrs x0, PMCCNTR_EL0
    0xd53b_d400, // mrs x0, AMEVCNTR00_EL0
    0xd533_0100, // mrs x0, MDCCSR_EL0
    0xd513_0500, // msr DBGDTR_EL0, x0
    0xd533_d040, // mrs of a register that does not exist
    0xf83f_90a0, // st64b
    0x1901_0440, // cpyfp [x0]!, [x1]!, x2!
];

fn instructions_that_only_some_cores_have(bench: &mut Bench<'_>) -> Outcome {
    let code = EXTENSIONS.map(|instruction| [instruction, END]);
    bench.code(CODE, code.as_flattened())?;
    let routine = bench.routine([0; 3])?;
    for (place, instruction) in (CODE..).step_by(8).zip(EXTENSIONS) {
        routine.thread.suspend()?;
        routine.set(register::INSTRUCTION_POINTER, &[place])?;
        let fault = routine.start()?;
        let after = fault.instruction_pointer.wrapping_sub(place);
        // `rdsvl` needs the closed FP unit and `st64b` writes to address 0, where a core has them.
        let is_known = match fault.kind {
            FaultKind::BadInstruction => matches!(after, 0 | 4),
            FaultKind::FloatingPoint | FaultKind::Page => after == 0,
            _ => false,
        };
        if !is_known {
            return Err(Failure::new(format_args!("{instruction:#x}: {:?}, {after} bytes further on", fault.kind)));
        }
    }
    Ok(())
}

/// Instructions that each core has, and what comes of each: the kind of the fault, and how many bytes further on. Where the thread goes on, that is
/// the end of its code.
const COMMON: [(u32, FaultKind, u64); 9] = [
    (NOP, FaultKind::BadInstruction, 4),
    (0xd503_203f, FaultKind::BadInstruction, 4), // yield
    (0xd503_207f, FaultKind::BadInstruction, 4), // wfi: the end of its time lets the thread go on
    (0xd53b_00e0, FaultKind::BadInstruction, 4), // mrs x0, DCZID_EL0
    (0x1e6e_1000, FaultKind::FloatingPoint, 0),  // fmov d0, #1
    (0xd45e_0000, FaultKind::BadInstruction, 0), // hlt #0xf000: semihosting is the kernel's only
    (0xd538_0400, FaultKind::BadInstruction, 0), // mrs x0, ID_AA64PFR0_EL1
    (0xd50b_7b2a, FaultKind::BadInstruction, 0), // dc cvau, x10: programs have `FrameMaintain` for it
    (breakpoint(0), FaultKind::Breakpoint, 0),
];

fn instructions_that_all_cores_have(bench: &mut Bench<'_>) -> Outcome {
    let code = COMMON.map(|(instruction, ..)| [instruction, END]);
    bench.code(CODE, code.as_flattened())?;
    let routine = bench.routine([0; 3])?;
    for (place, (instruction, kind, after)) in (CODE..).step_by(8).zip(COMMON) {
        routine.thread.suspend()?;
        routine.set(register::INSTRUCTION_POINTER, &[place])?;
        let fault = routine.start()?;
        let seen = (instruction, fault.kind, fault.instruction_pointer.wrapping_sub(place));
        same("instruction, kind, bytes further on", seen, (instruction, kind, after))?;
    }
    Ok(())
}

/// Accesses whose alignment a core checks or not: QEMU 10.0.2 does not check that of the stack pointer, and a core with FEAT_LSE2 lets exclusive
/// accesses be misaligned inside of 16 bytes. Each is the last instruction before the end of the code; it stops the thread there or at itself.
const MISALIGNED: [[u32; 4]; 2] = [
    [0xd100_33ff, 0xf940_03ea, END, END],         // sub sp, sp, #12; ldr x10, [sp]
    [0xc8df_ffea, 0x9100_07e9, 0xc85f_fd2a, END], // ldar x10, [sp]; add x9, sp, #1; ldaxr x10, [x9]
];

fn accesses_that_only_some_cores_check(bench: &mut Bench<'_>) -> Outcome {
    bench.code(CODE, MISALIGNED.as_flattened())?;
    let routine = bench.routine([0; 3])?;
    let stack = routine.register(register::STACK_POINTER)? - 64;
    for (place, code) in (CODE..).step_by(16).zip(MISALIGNED) {
        routine.thread.suspend()?;
        routine.set(register::STACK_POINTER, &[stack])?;
        routine.set(register::INSTRUCTION_POINTER, &[place])?;
        let fault = routine.start()?;
        let end = place + 4 * code.iter().take_while(|instruction| **instruction != END).count() as u64;
        let seen = (fault.kind, fault.instruction_pointer);
        if seen != (FaultKind::Alignment, end - 4) && seen != (FaultKind::BadInstruction, end) {
            return Err(Failure::new(format_args!("{seen:x?}, the code ends at {end:#x}")));
        }
    }
    Ok(())
}

fn a_system_call_that_does_not_exist(bench: &mut Bench<'_>) -> Outcome {
    let fault = fault_of(bench, Misdeed::UnknownCall)?;
    same("fault", (fault.kind, fault.address), (FaultKind::UnknownSystemCall, UNKNOWN_CALL))
}

fn a_system_call_with_an_immediate(bench: &mut Bench<'_>) -> Outcome {
    same("kind", fault_of(bench, Misdeed::CallWithImmediate)?.kind, FaultKind::UnknownSystemCall)
}

/// The processor refuses it (Arm ARM D1.3.10.2). QEMU 10.0.2 was seen not to: there the access goes through and the partner comes to
/// its end, so that this says something of the kernel on real processors only.
fn a_misaligned_stack_pointer(bench: &mut Bench<'_>) -> Outcome {
    let ties = bench.ties()?;
    bench.partner(&ties, IDLE, Role::Misdeed, Misdeed::MisalignedStack as u64)?;
    match ties.supervisor.receive(ties.reply)? {
        Received::Fault { message, .. } => {
            let fault = message.fault().map(|fault| (fault.kind, fault.stack_pointer % 16));
            same("kind, stack pointer modulo 16", fault, Some((FaultKind::Alignment, 8)))
        }
        Received::Message { message, .. } => same("label", message.label(), l4k_sys::startup::label::EXIT),
        Received::Notification { .. } => Err(Failure::new(format_args!("a notification"))),
    }
}

fn a_misaligned_jump(bench: &mut Bench<'_>) -> Outcome {
    let fault = fault_of(bench, Misdeed::MisalignedJump)?;
    same("kind", fault.kind, FaultKind::Alignment)?;
    same("address", fault.address, fault.instruction_pointer)
}

fn a_breakpoint(bench: &mut Bench<'_>) -> Outcome {
    same("kind", fault_of(bench, Misdeed::Breakpoint)?.kind, FaultKind::Breakpoint)
}

fn using_the_fp_unit(bench: &mut Bench<'_>) -> Outcome {
    same("kind", fault_of(bench, Misdeed::FloatingPoint)?.kind, FaultKind::FloatingPoint)
}

fn a_program_can_fault_again_and_again(bench: &mut Bench<'_>) -> Outcome {
    for _ in 0..3 {
        for misdeed in [Misdeed::ReadZero, Misdeed::Undefined] {
            bench.system.home.destroy()?;
            fault_of(bench, misdeed)?;
        }
    }
    Ok(())
}

/// A thread of the suite's address space that has faulted.
fn faulted(bench: &mut Bench<'_>, handler: Endpoint, address: u64, cell: Cell) -> Outcome<Helper> {
    let helper = bench.start(Manner::of(URGENT).faults(handler), bodies::reader, [address, cell.0])?;
    helper.is_in(ThreadState::Faulted)?;
    Ok(helper)
}

fn a_handler_that_maps_the_page_lets_the_thread_go_on(bench: &mut Bench<'_>) -> Outcome {
    let (endpoint, reply) = (bench.endpoint()?, bench.reply()?);
    faulted(bench, endpoint, page(3) + 16, Cell(0))?;
    let (fault, _) = fault_at(endpoint, reply)?;
    same_access(fault, Access::Read, page(3) + 16)?;
    same("cause", fault.cause, FaultCause::NotMapped)?;
    let frame = bench.frame()?;
    map(frame, page(3), READ_WRITE)?;
    machine::write(page(3) + 16, 0x1234);
    reply.resume()?;
    same("outcome and word", (Cell(0).outcome(), Cell(0).value()), (Some(Ok(())), 0x1234))
}

fn an_answer_that_is_not_zero_leaves_the_thread_suspended(bench: &mut Bench<'_>) -> Outcome {
    let (endpoint, reply) = (bench.endpoint()?, bench.reply()?);
    let helper = faulted(bench, endpoint, page(3), Cell(0))?;
    fault_at(endpoint, reply)?;
    reply.send(Message::new::<0>(1, []))?;
    let_others_run()?;
    same("outcome", Cell(0).outcome(), None)?;
    holds("it does not run", helper.state()? != Some(ThreadState::Ready))?;
    bench.mapped(page(3), READ_WRITE)?;
    helper.thread.resume()?;
    same("outcome after a resume", Cell(0).outcome(), Some(Ok(())))
}

fn without_a_handler_the_thread_stays_suspended(bench: &mut Bench<'_>) -> Outcome {
    let helper = bench.start(Manner::of(URGENT), bodies::reader, [page(3), 0])?;
    let_others_run()?;
    helper.is_in(ThreadState::Faulted)?;
    same("outcome", Cell(0).outcome(), None)?;
    refused("cancel", helper.thread.cancel(), Error::NotBlocked)
}

fn faults_carry_the_badge_of_their_endpoint(bench: &mut Bench<'_>) -> Outcome {
    let (endpoint, reply) = (bench.endpoint()?, bench.reply()?);
    let badged = Endpoint::from_slot(bench.mint(endpoint.slot(), l4k_sys::abi::Rights::CALL, 0x99)?);
    let helper = faulted(bench, badged, page(3), Cell(0))?;
    let (fault, badge) = fault_at(endpoint, reply)?;
    same("badge", badge, 0x99)?;
    holds("the stack pointer is on its stack", helper.stack_end - fault.stack_pointer < 4096)?;
    let query = helper.thread.query()?;
    same("instruction pointer", query.instruction_pointer, fault.instruction_pointer)
}

fn a_handler_that_goes_away_leaves_the_thread_suspended(bench: &mut Bench<'_>) -> Outcome {
    let (endpoint, reply) = (bench.endpoint()?, bench.reply()?);
    let helper = faulted(bench, endpoint, page(3), Cell(0))?;
    fault_at(endpoint, reply)?;
    own(reply.slot()).delete()?;
    let_others_run()?;
    same("outcome", Cell(0).outcome(), None)?;
    holds("it does not run", helper.state()? != Some(ThreadState::Ready))
}

fn two_faulted_threads_wait_for_their_handler(bench: &mut Bench<'_>) -> Outcome {
    let (endpoint, reply) = (bench.endpoint()?, bench.reply()?);
    for cell in 0..2 {
        faulted(bench, endpoint, page(4 + cell), Cell(cell))?;
    }
    for cell in 0..2 {
        let (fault, _) = fault_at(endpoint, reply)?;
        same("address", fault.address, page(4 + cell))?;
        bench.mapped(page(4 + cell), READ_WRITE)?;
        reply.resume()?;
        same("outcome", Cell(cell).outcome(), Some(Ok(())))?;
    }
    Ok(())
}
