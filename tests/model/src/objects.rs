//! Objects made by system calls, as a program would make them.

use crate::world::{World, slot};
use l4k::base::store::Ref;
use l4k::object::capability::Capability;
use l4k::object::thread::Thread;
use l4k_sys::abi::{ObjectKind, Rights, SystemCall};

/// A thread made by system calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spawned {
    /// Slot of the thread.
    pub slot: u64,
    /// Slot of its scheduling context, if it was given one.
    pub context: u64,
    /// The thread.
    pub thread: Ref<Thread>,
}

/// Whether a new thread has time of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    /// A context of its own.
    Own,
    /// None: a passive server.
    Lent,
}

impl World {
    /// Makes an object out of [`slot::UNTYPED`] and returns its slot.
    pub fn make(&mut self, kind: ObjectKind, size_bits: u64) -> u64 {
        self.make_from(slot::UNTYPED, kind, size_bits)
    }

    /// Makes an object out of an untyped and returns its slot.
    pub fn make_from(&mut self, untyped: u64, kind: ObjectKind, size_bits: u64) -> u64 {
        let target = self.new_slot();
        let arguments = [untyped, kind as u64, size_bits, 0, target, 1];
        self.call(SystemCall::UntypedRetype, &arguments).expect("memory for an object");
        target
    }

    /// Copies a capability with fewer rights and returns its slot.
    pub fn copy(&mut self, source: u64, rights: Rights) -> u64 {
        let target = self.new_slot();
        self.call(SystemCall::CNodeCopy, &[0, target, 0, source, rights.bits()]).expect("a copy");
        target
    }

    /// Mints a badged copy and returns its slot.
    pub fn mint(&mut self, source: u64, rights: Rights, badge: u64) -> u64 {
        let target = self.new_slot();
        self.call(SystemCall::CNodeMint, &[0, target, 0, source, rights.bits(), badge]).expect("a copy");
        target
    }

    /// Makes and starts a thread in the root's spaces.
    pub fn spawn(&mut self, priority: u64, time: Time) -> Spawned {
        self.spawn_with_handler(priority, time, 0)
    }

    /// Makes and starts a thread whose faults go to an endpoint (0: to nobody).
    ///
    /// # Panics
    /// If memory is used up.
    pub fn spawn_with_handler(&mut self, priority: u64, time: Time, handler: u64) -> Spawned {
        let thread = self.make(ObjectKind::Thread, 0);
        let spaces = [thread, slot::CNODE, slot::ADDRESS_SPACE, handler];
        self.call(SystemCall::ThreadConfigure, &spaces).expect("spaces");
        self.call(SystemCall::ThreadSetPriority, &[thread, priority, priority]).expect("a priority");
        self.call(SystemCall::ThreadWriteRegisters, &[thread, 0x20_0000, 0x30_0000]).expect("registers");
        let mut context = 0;
        if time == Time::Own {
            context = self.make(ObjectKind::SchedContext, 0);
            let slice = [slot::SCHED_CONTROL, context, 5_000_000, 5_000_000];
            self.call(SystemCall::SchedControlConfigure, &slice).expect("time");
            self.call(SystemCall::SchedContextBind, &[context, thread]).expect("binding");
        }
        self.call(SystemCall::ThreadResume, &[thread]).expect("a configured thread");
        let Capability::Thread { object } = self.capability(thread) else { panic!("a thread") };
        Spawned { slot: thread, context, thread: object }
    }

    /// Suspends the current thread from outside.
    pub fn suspend_current(&mut self) {
        let current = self.current().expect("a thread runs");
        self.kernel.system.suspend(current, l4k::object::thread::Suspension::Stopped);
        let _ = self.kernel.start(crate::world::CORE);
        crate::invariants::check(self);
    }
}
