//! System calls and faults on the fast paths, as long as there is one core: what is sent stays in registers up to who receives it.
#![allow(unsafe_code)]

use super::kernel_tables::WINDOW;
use super::machine::Machine;
use super::trap::{KERNEL, leave, leave_after_call, leave_after_fault};
use crate::base::arch::CoreNumber;
use crate::kernel::Kernel;
use crate::machine::syndrome::{Exception, fault_of};
use crate::object::thread::Use;
use crate::operation::fast::checks::Cores;
use crate::operation::fast::message::{Delivered, Reach, Results, Sent};

unsafe extern "C" {
    /// In the vectors: to the program, with a message.
    fn l4k_deliver(context: u64, tag: u64, a: u64, b: u64, c: u64, d: u64, e: u64, f: u64) -> !;
    /// The same with a fault.
    fn l4k_deliver_fault(context: u64, tag: u64, a: u64, b: u64, c: u64, d: u64, e: u64, f: u64) -> !;
    /// The same with the word of a notification.
    fn l4k_deliver_signals(context: u64, word: u64) -> !;
    /// Back to the program, whose system call has done what it was to do.
    fn l4k_succeed(context: u64) -> !;
}

/// The kernel as an address in one register: to the compiler it is a variable of its own at each place otherwise, whose address it makes anew.
#[inline(always)]
fn opaque(kernel: &mut Kernel<Machine>) -> &mut Kernel<Machine> {
    let mut address = core::ptr::from_mut(kernel).expose_provenance();
    // SAFETY: no instruction at all.
    unsafe { core::arch::asm!("/* {0} */", inout(reg) address, options(nomem, nostack, preserves_flags)) };
    // SAFETY: the address is that of the borrow that came in, which is not used again.
    unsafe { &mut *core::ptr::with_exposed_provenance_mut(address) }
}

/// Works with the kernel, for what the vectors come to while there is one core.
#[inline(always)]
fn alone<R>(work: impl FnOnce(&mut Kernel<Machine>) -> R) -> R {
    // SAFETY: the vectors come here only while `is_alone` is set, which is cleared when the lock is shared; no work calls this.
    unsafe { KERNEL.with_alone(|kernel| work(opaque(kernel))) }
}

const HERE: CoreNumber = CoreNumber(0);

/// A call, on the only core: x0–x7 are as the program left them, all else is in its context. Like the others it does not return, so that nothing
/// of the program has to be kept for that.
pub(super) extern "C" fn fast_call(address: u64, tag: u64, a: u64, b: u64, c: u64, d: u64, e: u64, f: u64) -> ! {
    let sent = Sent { address, tag, words: [a, b, c, d, e, f] };
    match alone(|kernel| kernel.system.fast_call(HERE, Cores::One, sent, Reach::Registers)) {
        Some(delivered) => deliver(delivered),
        None => long_call(address, tag, a, b, c, d, e, f),
    }
}

/// The same with more words than registers.
#[inline(never)]
extern "C" fn long_call(address: u64, tag: u64, a: u64, b: u64, c: u64, d: u64, e: u64, f: u64) -> ! {
    let sent = Sent { address, tag, words: [a, b, c, d, e, f] };
    match alone(|kernel| kernel.system.fast_call(HERE, Cores::One, sent, Reach::Buffers)) {
        Some(delivered) => deliver(delivered),
        None => call_slowly(address, tag, a, b, c, d, e, f),
    }
}

/// An answer, and the wait for the next call.
pub(super) extern "C" fn fast_reply_receive(
    address: u64,
    tag: u64,
    a: u64,
    b: u64,
    c: u64,
    d: u64,
    e: u64,
    f: u64,
) -> ! {
    let sent = Sent { address, tag, words: [a, b, c, d, e, f] };
    match alone(|kernel| kernel.system.fast_reply_receive(HERE, Cores::One, sent, Reach::Registers)) {
        Some(delivered) => deliver(delivered),
        None => long_reply_receive(address, tag, a, b, c, d, e, f),
    }
}

/// The same with more words than registers.
#[inline(never)]
extern "C" fn long_reply_receive(address: u64, tag: u64, a: u64, b: u64, c: u64, d: u64, e: u64, f: u64) -> ! {
    let sent = Sent { address, tag, words: [a, b, c, d, e, f] };
    match alone(|kernel| kernel.system.fast_reply_receive(HERE, Cores::One, sent, Reach::Buffers)) {
        Some(delivered) => deliver(delivered),
        None => call_slowly(address, tag, a, b, c, d, e, f),
    }
}

/// An answer.
pub(super) extern "C" fn fast_reply(address: u64, tag: u64, a: u64, b: u64, c: u64, d: u64, e: u64, f: u64) -> ! {
    let sent = Sent { address, tag, words: [a, b, c, d, e, f] };
    match alone(|kernel| kernel.system.fast_reply(HERE, Cores::One, sent)) {
        Some(delivered) => deliver(delivered),
        None => call_slowly(address, tag, a, b, c, d, e, f),
    }
}

/// A signal, which has one argument.
pub(super) extern "C" fn fast_signal(address: u64) -> ! {
    match alone(|kernel| kernel.system.fast_signal(HERE, Cores::One, address)) {
        Some(delivered) => deliver(delivered),
        None => call_slowly(address, 0, 0, 0, 0, 0, 0, 0),
    }
}

/// A thread gives way; it says nothing else.
pub(super) extern "C" fn fast_yield() -> ! {
    match alone(|kernel| kernel.system.fast_yield(HERE, Cores::One)) {
        Some(delivered) => deliver(delivered),
        None => call_slowly(0, 0, 0, 0, 0, 0, 0, 0),
    }
}

/// A fault, with what the processor says of it in the registers in which a handler finds it; all others are in the context.
pub(super) extern "C" fn fast_fault(
    _: u64,
    _: u64,
    instruction_pointer: u64,
    address: u64,
    _: u64,
    syndrome: u64,
    stack_pointer: u64,
    link_register: u64,
) -> ! {
    let exception = Exception { syndrome, address, instruction_pointer, stack_pointer, link_register };
    match alone(|kernel| kernel.system.fast_fault(HERE, Cores::One, fault_of(&exception))) {
        Some(delivered) => deliver(delivered),
        None => fault_slowly(exception),
    }
}

/// The fast path has refused.
#[cold]
#[inline(never)]
fn fault_slowly(exception: Exception) -> ! {
    leave_after_fault(&exception)
}

/// A fast path has refused: the arguments go where they would be without it.
#[cold]
#[inline(never)]
extern "C" fn call_slowly(address: u64, tag: u64, a: u64, b: u64, c: u64, d: u64, e: u64, f: u64) -> ! {
    let sent = &Sent { address, tag, words: [a, b, c, d, e, f] };
    alone(|kernel| kernel.put_arguments(HERE, sent));
    leave_after_call()
}

/// To the thread that runs next.
#[inline(always)]
fn deliver(Delivered { thread, units, results }: Delivered) -> ! {
    let context = WINDOW + thread.address().value();
    // SAFETY: in each case the context is that of a thread that the kernel chose, which waits in a system call, or has all its registers in it if
    // they are kept; the stack is not used again.
    unsafe {
        match (results, units) {
            (Results::Message { tag, words: [a, b, c, d, e, f] }, Use::No) => {
                l4k_deliver(context, tag.bits(), a, b, c, d, e, f)
            }
            (Results::Message { tag, words: [a, b, c, d, e, f] }, Use::Yes) => {
                deliver_with_units(context, tag.bits(), a, b, c, d, e, f)
            }
            (Results::Fault { tag, words: [a, b, c, d, e, f] }, Use::No) => {
                l4k_deliver_fault(context, tag.bits(), a, b, c, d, e, f)
            }
            (Results::Fault { tag, words: [a, b, c, d, e, f] }, Use::Yes) => {
                deliver_fault_with_units(context, tag.bits(), a, b, c, d, e, f)
            }
            (Results::Signals(word), Use::No) => l4k_deliver_signals(context, word),
            (Results::Signals(word), Use::Yes) => deliver_signals_with_units(context, word),
            (Results::Success, _) => l4k_succeed(context),
            (Results::Kept, Use::No) => leave(context),
            (Results::Kept, Use::Yes) => leave_with_units(context),
        }
    }
}

/// Each of these with the registers of units that not every thread uses. The arguments are all in registers, as those of the way out are.
#[inline(never)]
extern "C" fn deliver_with_units(context: u64, tag: u64, a: u64, b: u64, c: u64, d: u64, e: u64, f: u64) -> ! {
    switch_units();
    // SAFETY: as for `deliver`.
    unsafe { l4k_deliver(context, tag, a, b, c, d, e, f) }
}

#[inline(never)]
extern "C" fn deliver_fault_with_units(context: u64, tag: u64, a: u64, b: u64, c: u64, d: u64, e: u64, f: u64) -> ! {
    switch_units();
    // SAFETY: as for `deliver`.
    unsafe { l4k_deliver_fault(context, tag, a, b, c, d, e, f) }
}

#[inline(never)]
extern "C" fn deliver_signals_with_units(context: u64, word: u64) -> ! {
    switch_units();
    // SAFETY: as for `deliver`.
    unsafe { l4k_deliver_signals(context, word) }
}

#[inline(never)]
extern "C" fn leave_with_units(context: u64) -> ! {
    switch_units();
    // SAFETY: as for `deliver`.
    unsafe { leave(context) }
}

#[inline(never)]
fn switch_units() {
    alone(|kernel| kernel.system.switch_units(HERE));
}
