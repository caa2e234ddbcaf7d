//! System calls on the fast paths, as long as there is one core: the message stays in registers from the sender to the receiver.
#![allow(unsafe_code)]

use super::kernel_tables::WINDOW;
use super::machine::Machine;
use super::trap::{KERNEL, leave_after_call};
use crate::base::arch::CoreNumber;
use crate::kernel::Kernel;
use crate::object::thread::Use;
use crate::operation::fast::checks::Cores;
use crate::operation::fast::message::{Delivered, Sent};

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

/// A system call with a message in registers, on the only core: x0–x7 are as the program left them, all else is in its context. This does not
/// return, so that nothing of the program has to be kept for that.
macro_rules! fast_entry {
    ($name:ident, $path:ident) => {
        pub(super) extern "C" fn $name(address: u64, tag: u64, a: u64, b: u64, c: u64, d: u64, e: u64, f: u64) -> ! {
            let sent = Sent { address, tag, words: [a, b, c, d, e, f] };
            let take = |kernel: &mut Kernel<Machine>| opaque(kernel).system.$path(CoreNumber(0), Cores::One, sent);
            // SAFETY: the vectors come here only while `is_alone` is set, which is cleared when the lock is shared.
            let delivered = unsafe { KERNEL.with_alone(take) };
            match delivered {
                Some(delivered) => deliver(delivered),
                None => call_slowly(address, tag, a, b, c, d, e, f),
            }
        }
    };
}

fast_entry!(fast_call, fast_call);
fast_entry!(fast_reply_receive, fast_reply_receive);

/// A fast path has refused: the arguments go where they would be without it.
#[cold]
#[inline(never)]
extern "C" fn call_slowly(address: u64, tag: u64, a: u64, b: u64, c: u64, d: u64, e: u64, f: u64) -> ! {
    let sent = &Sent { address, tag, words: [a, b, c, d, e, f] };
    // SAFETY: as above; the closure of before is over.
    unsafe { KERNEL.with_alone(|kernel| kernel.put_arguments(CoreNumber(0), sent)) };
    leave_after_call()
}

/// The same with the registers of units that not every thread uses. The arguments are all in registers, as those of `l4k_deliver` are.
#[inline(never)]
extern "C" fn deliver_with_units(thread: u64, tag: u64, a: u64, b: u64, c: u64, d: u64, e: u64, f: u64) -> ! {
    // SAFETY: as above; and of `l4k_deliver`: the context is that of a thread that the kernel chose, which waits in a system call.
    unsafe {
        KERNEL.with_alone(|kernel| kernel.system.switch_units(CoreNumber(0)));
        l4k_deliver(thread, tag, a, b, c, d, e, f)
    }
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
