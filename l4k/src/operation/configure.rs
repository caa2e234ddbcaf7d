//! What a thread is given: its spaces, its message buffer, its priority.

use super::next::Next;
use super::next::Progress;
use super::system::System;
use crate::base::address::{Badge, UserPage};
use crate::base::arch::Arch;
use crate::base::store::Ref;
use crate::object::capability::MemoryClass;
use crate::object::slot::Slot;
use crate::object::thread::{State, Suspension, Thread, ThreadSlot, Window};
use l4k_sys::Error;
use l4k_sys::abi::memory::PAGE_SIZE;
use l4k_sys::abi::{FrameSize, Rights};

impl<A: Arch> System<A> {
    /// Whether a thread is stopped and may be changed.
    ///
    /// # Errors
    /// `NotSuspended`, `Dying`.
    pub fn check_suspended(&self, thread: Ref<Thread>) -> Result<(), Error> {
        match self.store.get(thread).state {
            State::Suspended(Suspension::Dying) => Err(Error::Dying),
            State::Suspended(_) => Ok(()),
            _ => Err(Error::NotSuspended),
        }
    }

    /// Gives a suspended thread new spaces and a new fault endpoint, each a copy of the capability in a slot. What was there is deleted
    /// first; that may be interrupted and made again.
    ///
    /// # Errors
    /// `NotSuspended`, `Dying`, `MissingRight` for a fault endpoint without the call right.
    pub fn configure(
        &mut self,
        thread: Ref<Thread>,
        cnode: Ref<Slot>,
        space: Ref<Slot>,
        fault_endpoint: Option<Ref<Slot>>,
    ) -> Result<Next, Error> {
        self.check_suspended(thread)?;
        self.check_handler(fault_endpoint)?;
        let cleared = self.in_steps(|system| {
            let kept = [ThreadSlot::CNode, ThreadSlot::AddressSpace, ThreadSlot::FaultEndpoint];
            system.clear_thread_slots(thread, &kept)
        });
        if cleared == Next::Restart {
            return Ok(Next::Restart);
        }
        let sources = [
            (Some(cnode), ThreadSlot::CNode),
            (Some(space), ThreadSlot::AddressSpace),
            (fault_endpoint, ThreadSlot::FaultEndpoint),
        ];
        for (source, which) in sources {
            if let Some(source) = source {
                self.copy(source, thread.slot(which), Rights::ALL, Badge::NONE)?;
            }
        }
        let object = self.store.get_mut(thread);
        object.window = Window::NONE;
        // It may have run in no space since it lost its last one, and remember that.
        object.tables_of = 0;
        Ok(Next::Done)
    }

    fn clear_thread_slots(&mut self, thread: Ref<Thread>, which: &[ThreadSlot]) -> Progress {
        for slot in which {
            if self.deletion_step(thread.slot(*slot), &mut None) == Progress::More {
                return Progress::More;
            }
        }
        Progress::Complete
    }

    /// Gives a suspended thread a message buffer: a copy of the frame capability in a slot, and its address in the thread's space.
    ///
    /// # Errors
    /// `NotSuspended`, `Dying`, `WrongKind`, `InvalidSize`, `DeviceMemory`, `MissingRight`, `Misaligned`, `InvalidAddress`.
    pub fn set_buffer(&mut self, thread: Ref<Thread>, frame: Option<Ref<Slot>>, address: u64) -> Result<(), Error> {
        self.check_suspended(thread)?;
        if let Some(slot) = frame {
            self.check_buffer_frame(slot)?;
            UserPage::new(address, PAGE_SIZE)?;
        }
        // A frame capability goes away in one step: inside a thread it has no children and no object.
        let _ = self.clear_thread_slots(thread, &[ThreadSlot::Buffer]);
        let address = if frame.is_some() { address } else { 0 };
        self.store.get_mut(thread).context.buffer_address = address;
        match frame {
            Some(slot) => self.copy(slot, thread.slot(ThreadSlot::Buffer), Rights::ALL, Badge::NONE),
            None => Ok(()),
        }
    }

    /// Names who hears when a suspended thread's budget is used up: a copy of the endpoint capability in a slot.
    ///
    /// # Errors
    /// `NotSuspended`, `Dying`; `MissingRight` for an endpoint without the call right.
    pub fn set_timeout_endpoint(&mut self, thread: Ref<Thread>, endpoint: Option<Ref<Slot>>) -> Result<Next, Error> {
        self.check_suspended(thread)?;
        self.check_handler(endpoint)?;
        let cleared = self.in_steps(|system| system.clear_thread_slots(thread, &[ThreadSlot::TimeoutEndpoint]));
        if let (Next::Done, Some(endpoint)) = (cleared, endpoint) {
            self.copy(endpoint, thread.slot(ThreadSlot::TimeoutEndpoint), Rights::ALL, Badge::NONE)?;
        }
        Ok(cleared)
    }

    fn check_handler(&self, endpoint: Option<Ref<Slot>>) -> Result<(), Error> {
        match endpoint {
            Some(slot) if !self.store.get(slot).capability.rights().contains(Rights::CALL) => Err(Error::MissingRight),
            _ => Ok(()),
        }
    }

    fn check_buffer_frame(&self, slot: Ref<Slot>) -> Result<(), Error> {
        let frame = self.frame_in(slot)?;
        if frame.memory == MemoryClass::Device {
            return Err(Error::DeviceMemory);
        }
        if frame.size != FrameSize::Small {
            return Err(Error::InvalidSize);
        }
        if !frame.rights.contains(Rights::READ.union(Rights::WRITE)) {
            return Err(Error::MissingRight);
        }
        Ok(())
    }

    /// Lets a suspended thread run.
    ///
    /// # Errors
    /// `NotSuspended`, `Dying`; `NotConfigured` without CNode or address space.
    pub fn resume(&mut self, thread: Ref<Thread>) -> Result<(), Error> {
        self.check_suspended(thread)?;
        let empty = |which| self.store.get(thread.slot(which)).capability.is_gone();
        if empty(ThreadSlot::CNode) || empty(ThreadSlot::AddressSpace) {
            return Err(Error::NotConfigured);
        }
        self.store.get_mut(thread).fault.forget();
        self.wake(thread);
        Ok(())
    }

    /// Sets priorities; `authority` is the thread whose maximum bounds them.
    ///
    /// # Errors
    /// `PriorityTooHigh`.
    pub fn set_priority(
        &mut self,
        authority: Ref<Thread>,
        thread: Ref<Thread>,
        priority: u64,
        maximum: u64,
    ) -> Result<(), Error> {
        let bound = u64::from(self.store.get(authority).maximum_priority);
        if priority > bound || maximum > bound {
            return Err(Error::PriorityTooHigh);
        }
        self.change_priority(thread, priority as u8);
        self.store.get_mut(thread).maximum_priority = maximum as u8;
        Ok(())
    }
}
