//! System calls on the fast paths, as long as there is one core: the message stays in registers from the sender to the receiver.
#![allow(unsafe_code)]

use super::kernel_tables::WINDOW;
use super::machine::Machine;
use super::trap::{KERNEL, leave, leave_after_call};
use crate::base::arch::CoreNumber;
use crate::kernel::Kernel;
use crate::object::thread::Use;
use crate::operation::fast::checks::Cores;
use crate::operation::fast::message::{Delivered, Reach, Sent};
use crate::operation::fast::reply_receive::Answered;
use crate::operation::fast::switch::Switched;
use l4k_sys::abi::Fault;

unsafe extern "C" {
    /// In the vectors: to the program, with x1–x7.
    fn l4k_deliver(context: u64, tag: u64, a: u64, b: u64, c: u64, d: u64, e: u64, f: u64) -> !;
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
        Some(Answered::Message(delivered)) => deliver(delivered),
        Some(Answered::Fault(switched)) => resume(switched),
        None => long_reply_receive(address, tag, a, b, c, d, e, f),
    }
}

/// The same with more words than registers.
#[inline(never)]
extern "C" fn long_reply_receive(address: u64, tag: u64, a: u64, b: u64, c: u64, d: u64, e: u64, f: u64) -> ! {
    let sent = Sent { address, tag, words: [a, b, c, d, e, f] };
    match alone(|kernel| kernel.system.fast_reply_receive(HERE, Cores::One, sent, Reach::Buffers)) {
        Some(Answered::Message(delivered)) => deliver(delivered),
        Some(Answered::Fault(switched)) => resume(switched),
        None => call_slowly(address, tag, a, b, c, d, e, f),
    }
}

/// An answer.
pub(super) extern "C" fn fast_reply(address: u64, tag: u64, a: u64, b: u64, c: u64, d: u64, e: u64, f: u64) -> ! {
    let sent = Sent { address, tag, words: [a, b, c, d, e, f] };
    match alone(|kernel| kernel.system.fast_reply(HERE, Cores::One, sent)) {
        Some(switched) => resume(switched),
        None => call_slowly(address, tag, a, b, c, d, e, f),
    }
}

/// A signal, which has one argument.
pub(super) extern "C" fn fast_signal(address: u64) -> ! {
    match alone(|kernel| kernel.system.fast_signal(HERE, Cores::One, address)) {
        Some(switched) => resume(switched),
        None => call_slowly(address, 0, 0, 0, 0, 0, 0, 0),
    }
}

/// A thread gives way; it says nothing else.
pub(super) extern "C" fn fast_yield() -> ! {
    match alone(|kernel| kernel.system.fast_yield(HERE, Cores::One)) {
        Some(switched) => resume(switched),
        None => call_slowly(0, 0, 0, 0, 0, 0, 0, 0),
    }
}

/// A fault. Who runs then, if there is a fast path for it.
#[inline(always)]
pub(super) fn fast_fault(fault: &Fault) -> Option<Switched> {
    alone(|kernel| kernel.system.fast_fault(HERE, Cores::One, fault))
}

/// A fast path has refused: the arguments go where they would be without it.
#[cold]
#[inline(never)]
extern "C" fn call_slowly(address: u64, tag: u64, a: u64, b: u64, c: u64, d: u64, e: u64, f: u64) -> ! {
    let sent = &Sent { address, tag, words: [a, b, c, d, e, f] };
    alone(|kernel| kernel.put_arguments(HERE, sent));
    leave_after_call()
}

/// To a thread whose registers are in its context.
#[inline(always)]
fn resume(switched: Switched) -> ! {
    leave(context_of(switched))
}

/// The address of its context. Its registers of units are loaded.
#[inline(always)]
pub(super) fn context_of(Switched { thread, units }: Switched) -> u64 {
    if units == Use::Yes {
        switch_units();
    }
    WINDOW + thread.address().value()
}

#[inline(never)]
fn switch_units() {
    alone(|kernel| kernel.system.switch_units(HERE));
}

/// The same with the registers of units that not every thread uses. The arguments are all in registers, as those of `l4k_deliver` are.
#[inline(never)]
extern "C" fn deliver_with_units(thread: u64, tag: u64, a: u64, b: u64, c: u64, d: u64, e: u64, f: u64) -> ! {
    switch_units();
    // SAFETY: as for `deliver`.
    unsafe { l4k_deliver(thread, tag, a, b, c, d, e, f) }
}

#[inline(always)]
fn deliver(Delivered { thread, tag, words: [a, b, c, d, e, f], units }: Delivered) -> ! {
    let (context, tag) = (WINDOW + thread.address().value(), tag.bits());
    match units {
        // SAFETY: the context is that of a thread that the kernel chose, which waits in a system call; the stack is not used again.
        Use::No => unsafe { l4k_deliver(context, tag, a, b, c, d, e, f) },
        Use::Yes => deliver_with_units(context, tag, a, b, c, d, e, f),
    }
}
