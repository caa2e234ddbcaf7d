//! The arguments of a system call: registers, and the kinds of objects that capability addresses must mean.

use crate::base::arch::Arch;
use crate::base::registers::{BADGE, Context};
use crate::base::store::Ref;
use crate::object::address_space::AddressSpace;
use crate::object::asid_pool::AsidPool;
use crate::object::capability::Capability;
use crate::object::irq::Irq;
use crate::object::sched_context::SchedContext;
use crate::object::thread::Thread;
use crate::operation::look_up::Table;
use crate::operation::system::System;
use l4k_sys::Error;
use l4k_sys::abi::Rights;

/// Where x9 is among the arguments.
pub const X9: usize = 8;

/// The registers of a system call, and who makes it.
#[derive(Clone, Copy, Debug)]
pub struct Arguments {
    /// The calling thread.
    pub caller: Ref<Thread>,
    /// x0–x7, and x9 at [`X9`].
    pub x: [u64; 9],
}

impl Arguments {
    /// Reads them from the caller's context.
    #[inline(always)]
    pub fn of<A: Arch>(system: &System<A>, caller: Ref<Thread>) -> Arguments {
        let Context { x, .. } = &*system.store.get(caller).context;
        Arguments { caller, x: [x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7], x[BADGE]] }
    }
}

impl<A: Arch> System<A> {
    /// The CNode that a slot operation works on: the caller's own for 0, else one given with the right to manage it.
    ///
    /// # Errors
    /// `InvalidCapability`, `WrongKind`, `MissingRight`.
    pub fn table(&self, thread: Ref<Thread>, address: u64) -> Result<Table, Error> {
        if address == 0 {
            return self.own_table(thread);
        }
        match self.capability(thread, address)? {
            Capability::CNode { rights, .. } if !rights.contains(Rights::MANAGE) => Err(Error::MissingRight),
            Capability::CNode { size_bits, object, last, .. } => Ok(Table { object, size_bits, last }),
            _ => Err(Error::WrongKind),
        }
    }

    /// A thread.
    ///
    /// # Errors
    /// `InvalidCapability`, `WrongKind`.
    #[inline(never)]
    pub fn thread_at(&self, thread: Ref<Thread>, address: u64) -> Result<Ref<Thread>, Error> {
        match self.capability(thread, address)? {
            Capability::Thread { object } => Ok(object),
            _ => Err(Error::WrongKind),
        }
    }

    /// A scheduling context.
    ///
    /// # Errors
    /// `InvalidCapability`, `WrongKind`.
    #[inline(never)]
    pub fn context_at(&self, thread: Ref<Thread>, address: u64) -> Result<Ref<SchedContext>, Error> {
        match self.capability(thread, address)? {
            Capability::SchedContext { object } => Ok(object),
            _ => Err(Error::WrongKind),
        }
    }

    /// An address space.
    ///
    /// # Errors
    /// `InvalidCapability`, `WrongKind`.
    pub fn space_at(&self, thread: Ref<Thread>, address: u64) -> Result<Ref<AddressSpace>, Error> {
        match self.capability(thread, address)? {
            Capability::AddressSpace { object } => Ok(object),
            _ => Err(Error::WrongKind),
        }
    }

    /// A pool of identifiers.
    ///
    /// # Errors
    /// `InvalidCapability`, `WrongKind`.
    #[inline(never)]
    pub fn pool_at(&self, thread: Ref<Thread>, address: u64) -> Result<Ref<AsidPool>, Error> {
        match self.capability(thread, address)? {
            Capability::AsidPool { object } => Ok(object),
            _ => Err(Error::WrongKind),
        }
    }

    /// An interrupt.
    ///
    /// # Errors
    /// `InvalidCapability`, `WrongKind`.
    pub fn irq_at(&self, thread: Ref<Thread>, address: u64) -> Result<Ref<Irq>, Error> {
        match self.capability(thread, address)? {
            Capability::Irq { object } => Ok(object),
            _ => Err(Error::WrongKind),
        }
    }
}
