//! The stubs on a host, where there is no kernel: every call answers `NotSupported`, unless a test has
//! installed a function that plays the kernel for its thread. Same functions as the real stubs.

extern crate std;

use core::cell::{Cell, RefCell};

use crate::abi::message::REGISTER_WORDS;
use crate::abi::{Error, SystemCall};
use crate::registers::Registers;

/// What plays the kernel: number and registers in, registers out.
pub type Kernel = fn(u64, Registers) -> Registers;

const BUFFER_WORDS: usize = 512;

std::thread_local! {
    static KERNEL: Cell<Option<Kernel>> = const { Cell::new(None) };
    static BUFFER: RefCell<Option<[u64; BUFFER_WORDS]>> = const { RefCell::new(None) };
}

/// Installs what plays the kernel for this host thread.
pub fn install(kernel: Kernel) {
    KERNEL.set(Some(kernel));
}

/// Gives this host thread a message buffer.
pub fn install_buffer() {
    BUFFER.set(Some([0; BUFFER_WORDS]));
}

/// Any system call, with any number and arguments.
#[must_use]
pub fn system_call(number: u64, registers: Registers) -> Registers {
    match KERNEL.get() {
        Some(kernel) => kernel(number, registers),
        None => Registers::new([Error::NotSupported.code()]),
    }
}

/// [`SystemCall::Call`].
#[must_use]
pub fn call(endpoint: u64, tag: u64, words: [u64; REGISTER_WORDS]) -> Registers {
    let [a, b, c, d, e, f] = words;
    system_call(SystemCall::Call as u64, Registers::new([endpoint, tag, a, b, c, d, e, f]))
}

/// [`SystemCall::ReplyReceive`].
#[must_use]
pub fn reply_receive(endpoint: u64, reply: u64, tag: u64, words: [u64; REGISTER_WORDS]) -> Registers {
    let [a, b, c, d, e, f] = words;
    let registers = Registers { x: [endpoint, tag, a, b, c, d, e, f], x9: reply };
    system_call(SystemCall::ReplyReceive as u64, registers)
}

/// [`SystemCall::Receive`] (or another receiving call).
#[must_use]
pub fn receive(call: SystemCall, endpoint: u64, reply: u64) -> Registers {
    system_call(call as u64, Registers { x9: reply, ..Registers::new([endpoint]) })
}

/// A call on one capability without further arguments. Returns the status and `x9`.
#[must_use]
pub fn on_capability(call: SystemCall, capability: u64) -> (u64, u64) {
    let registers = system_call(call as u64, Registers::new([capability]));
    (registers.x[0], registers.x9)
}

/// Address of this host thread's message buffer; 0 if it has none.
#[must_use]
pub fn buffer_address() -> u64 {
    BUFFER.with_borrow(|buffer| buffer.as_ref().map_or(0, |words| words.as_ptr() as u64))
}

/// A word of this thread's message buffer; `None` without a buffer or past its end.
#[must_use]
pub fn buffer_word(index: usize) -> Option<u64> {
    BUFFER.with_borrow(|buffer| buffer.as_ref()?.get(index).copied())
}

/// Writes a word of this thread's message buffer; `None` without a buffer or past its end.
#[must_use]
pub fn set_buffer_word(index: usize, word: u64) -> Option<()> {
    BUFFER.with_borrow_mut(|buffer| {
        *buffer.as_mut()?.get_mut(index)? = word;
        Some(())
    })
}

/// Time does not pass here.
#[must_use]
pub fn counter_ticks() -> u64 {
    0
}

/// One tick a nanosecond.
#[must_use]
pub fn counter_frequency() -> u64 {
    1_000_000_000
}
