//! The place of a thread's registers inside the thread, which vectors write while the thread runs. Calls nobody.
//!
//! A reference to a whole thread may exist while it runs on another core, whose vectors store into the context. So that reference must make no claim on
//! the context's bytes: they lie in an `UnsafeCell`, for `&`, in a type that is not `Unpin`, for `&mut`. That the second suffices is what today's compiler does;
//! the language will promise it of a type that it is to call `UnsafePinned`. That nobody looks at the context of a thread that runs elsewhere is kept by
//! the callers: no type says so.
#![allow(unsafe_code)]

use super::registers::Context;
use core::cell::UnsafeCell;
use core::fmt::{Debug, Formatter};
use core::marker::PhantomPinned;
use core::ops::{Deref, DerefMut};

/// The place of a [`Context`].
#[repr(C)]
pub struct ThreadContext {
    place: UnsafeCell<Context>,
    pinned: PhantomPinned,
}

impl ThreadContext {
    /// The program counter that was stored last, also of a thread that runs on another core: it may change at any time.
    #[must_use]
    pub fn last_pc(&self) -> u64 {
        // SAFETY: the place is in this object; no reference to the context is made, and any bits are a number.
        unsafe { (&raw const (*self.place.get()).pc).read_volatile() }
    }
}

impl Deref for ThreadContext {
    type Target = Context;

    #[inline(always)]
    fn deref(&self) -> &Context {
        // SAFETY: whoever looks at registers holds the kernel's lock, and the thread runs on no other core: it is this core's current one, it is not
        // current anywhere, or the core was stopped, which waits until its vectors have stored them.
        unsafe { &*self.place.get() }
    }
}

impl DerefMut for ThreadContext {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut Context {
        // SAFETY: as for `deref`.
        unsafe { &mut *self.place.get() }
    }
}

impl Debug for ThreadContext {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> core::fmt::Result {
        write!(formatter, "pc {:#x}", self.last_pc())
    }
}
