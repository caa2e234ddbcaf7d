//! The one way into the kernel and out of it: [`Kernel::handle`].

use super::dispatch::dispatch;
use crate::base::arch::{Arch, CoreNumber, Event};
use crate::base::firmware::FirmwareCall;
use crate::base::registers::{BADGE, NUMBER};
use crate::base::store::{Ref, Store};
use crate::object::thread::{Thread, Use};
use crate::operation::fast::checks::Cores;
use crate::operation::fast::message::{Delivered, Reach, Sent};
use crate::operation::fault::Handled;
use crate::operation::next::{Ended, Next, Progress};
use crate::operation::schedule::Chosen;
use crate::operation::system::System;
use l4k_sys::Error;
use l4k_sys::abi::{Access, Fault, FaultCause, FaultKind, SystemCall};

/// Number of a call with a fast path.
pub const CALL: u64 = SystemCall::Call as u64;
/// Number of an answer, which has one.
pub const REPLY: u64 = SystemCall::Reply as u64;
/// Number of an answer and a receive, which has one.
pub const REPLY_RECEIVE: u64 = SystemCall::ReplyReceive as u64;
/// Number of a signal, which has one.
pub const SIGNAL: u64 = SystemCall::Signal as u64;
/// Number of `yield`, the last one that has one: no call with a greater number has.
pub const YIELD: u64 = SystemCall::Yield as u64;

/// What the core does when it leaves the kernel.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resume {
    /// It runs this thread; its address space and own registers are loaded.
    Thread(Ref<Thread>),
    /// It waits for an interrupt.
    Idle,
    /// It lets those go first that wait for the kernel, and comes back with [`Kernel::start`].
    Again,
    /// It makes the call of [`Kernel::firmware_call`] for its current thread, without the kernel's lock, and brings what that returns to
    /// [`Kernel::answer_firmware`].
    Firmware,
}

/// What the core does when it leaves the kernel after a system call.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Return {
    /// It goes on with the thread that made the call: of its registers only the results have changed, and they are those of a thread in a
    /// system call. They stand in the context, or are still to be given to it.
    Same(Ref<Thread>, Ended),
    /// It does this, whatever it is.
    Any(Resume),
}

/// The kernel of one machine.
#[derive(Debug)]
pub struct Kernel<A> {
    /// Its state.
    pub system: System<A>,
}

impl<A: Arch> Kernel<A> {
    /// A kernel that has not booted.
    pub const fn new(store: Store<A>) -> Self {
        Kernel { system: System::new(store) }
    }

    /// Chooses a thread for a core that has nothing to tell.
    pub fn start(&mut self, core: CoreNumber) -> Resume {
        self.system.here = core;
        self.resume()
    }

    /// Deals with an event on a core. The registers of the core's current thread are stored in its context.
    #[inline(always)]
    pub fn handle(&mut self, core: CoreNumber, event: Event) -> Resume {
        match self.take_fast_path(core, event) {
            Some(thread) => Resume::Thread(thread),
            None => self.handle_slowly(core, event),
        }
    }

    /// The same without the fast paths. Nothing that a program, or a test, can see is different.
    #[inline(always)]
    pub fn handle_slowly(&mut self, core: CoreNumber, event: Event) -> Resume {
        match event {
            Event::SystemCall => match self.begin_system_call(core) {
                Return::Same(thread, ended) => {
                    self.set_results(thread, ended);
                    Resume::Thread(thread)
                }
                Return::Any(resume) => resume,
            },
            Event::Interrupt => self.interrupt(core),
            Event::Fault(fault) => self.fault(core, &fault),
        }
    }

    /// An interrupt is pending on a core.
    pub fn interrupt(&mut self, core: CoreNumber) -> Resume {
        self.system.here = core;
        self.system.interrupt();
        self.resume()
    }

    /// A core's current thread cannot go on.
    pub fn fault(&mut self, core: CoreNumber, fault: &Fault) -> Resume {
        self.system.here = core;
        if let Some(thread) = self.system.core(core).current {
            if self.system.is_of_break(fault) {
                self.system.step_again(thread);
            } else {
                self.fault_of(thread, fault);
            }
        }
        self.resume()
    }

    #[inline(always)]
    fn begin_system_call(&mut self, core: CoreNumber) -> Return {
        self.system.here = core;
        let caller = self.system.core(core).current;
        let number = caller.map_or(0, |caller| self.system.store.get(caller).context.x[NUMBER]);
        self.system_call(core, number)
    }

    /// The system call of this core's current thread, which has this number in its context too. Which core that is was said: the only one need not
    /// say it again.
    #[inline(always)]
    pub fn system_call(&mut self, core: CoreNumber, number: u64) -> Return {
        let system = &mut self.system;
        debug_assert!(system.here == core);
        let Some(caller) = system.core(core).current else { return Return::Any(self.resume()) };
        system.caller = Some(caller);
        let ended = dispatch(system, caller, number);
        if system.is_settled(core) && ended.has_results() {
            system.caller = None;
            return Return::Same(caller, ended);
        }
        Return::Any(self.finish(ended))
    }

    /// The rest of a system call after which something else is to be done than to go on.
    #[inline(never)]
    fn finish(&mut self, ended: Ended) -> Resume {
        let caller = self.system.caller.take();
        match (ended.next(), caller) {
            (Some(Next::Firmware), _) => {
                // Nothing of the thread stays in this core, which others cannot stop now.
                let _ = self.system.load(None);
                return Resume::Firmware;
            }
            (Some(Next::Unknown), Some(caller)) => return self.unknown_system_call(caller),
            (Some(_), Some(caller)) => self.system.store.get_mut(caller).context.restart_system_call(),
            (None, Some(caller)) => self.set_results(caller, ended),
            (_, None) => (),
        }
        self.resume()
    }

    /// What happened, if it is something that has a fast path and that this does. The thread that runs then.
    #[inline(always)]
    pub fn take_fast_path(&mut self, core: CoreNumber, event: Event) -> Option<Ref<Thread>> {
        let Delivered { thread, units, results } = match event {
            Event::SystemCall => self.take_fast_call(core)?,
            Event::Fault(fault) => self.system.fast_fault(core, Cores::Several, fault)?,
            Event::Interrupt => return None,
        };
        if units == Use::Yes {
            self.system.switch_units(core);
        }
        results.put(&mut self.system.store.get_mut(thread).context);
        Some(thread)
    }

    #[inline(always)]
    fn take_fast_call(&mut self, core: CoreNumber) -> Option<Delivered> {
        let system = &mut self.system;
        let caller = system.core(core).current?;
        let x = &system.store.get(caller).context.x;
        let (sent, cores) = (Sent::of(x), Cores::Several);
        match x[NUMBER] {
            CALL => Reach::ALL.into_iter().find_map(|reach| system.fast_call(core, cores, sent, reach)),
            REPLY => system.fast_reply(core, cores, sent),
            REPLY_RECEIVE => {
                Reach::ALL.into_iter().find_map(|reach| system.fast_reply_receive(core, cores, sent, reach))
            }
            SIGNAL => system.fast_signal(core, cores, sent.address),
            YIELD => system.fast_yield(core, cores),
            _ => None,
        }
    }

    /// Stores the arguments of the current thread's system call.
    pub fn put_arguments(&mut self, core: CoreNumber, sent: &Sent) {
        if let Some(caller) = self.system.core(core).current {
            sent.put(&mut self.system.store.get_mut(caller).context.x);
        }
    }

    /// The call of firmware that a core is to make.
    #[must_use]
    pub fn firmware_call(&self, core: CoreNumber) -> FirmwareCall {
        self.system.core(core).firmware
    }

    /// What firmware returned to the current thread's call; `None` if this machine has none.
    pub fn answer_firmware(&mut self, core: CoreNumber, answer: Option<[u64; 4]>) -> Resume {
        self.system.here = core;
        self.system.caller = self.system.core(core).current;
        let result = match answer {
            Some([a, b, c, d]) => Ok(self.system.answer([a, b, c, d, 0, 0, 0])),
            None => Err(Error::NotSupported),
        };
        self.finish(Ended::of(result))
    }

    /// The one place that writes results of system calls, but for messages and queries; where there is one core, they need not be written.
    #[inline(always)]
    fn set_results(&mut self, caller: Ref<Thread>, ended: Ended) {
        if let Some([status, value]) = ended.results() {
            self.system.store.get_mut(caller).context.set_results(status, [value, 0, 0, 0, 0, 0, 0], 0);
        }
    }

    #[cold]
    fn unknown_system_call(&mut self, caller: Ref<Thread>) -> Resume {
        let context = &mut self.system.store.get_mut(caller).context;
        let number = context.x[NUMBER];
        context.x[BADGE] = 0;
        context.own_all();
        let fault = Fault {
            kind: FaultKind::UnknownSystemCall,
            access: Access::None,
            cause: FaultCause::Other,
            level: 0,
            instruction_pointer: context.pc.wrapping_sub(4),
            address: number,
            syndrome: 0,
            stack_pointer: context.sp,
            link_register: 0,
        };
        self.fault_of(caller, &fault);
        self.resume()
    }

    fn fault_of(&mut self, thread: Ref<Thread>, fault: &Fault) {
        if self.system.raise(thread, fault) == Handled::ByNobody {
            self.system.report_fault(thread);
        }
    }

    fn resume(&mut self) -> Resume {
        match self.system.schedule() {
            Chosen::Thread(thread) => Resume::Thread(thread),
            Chosen::Nobody => match self.system.watch_silence() {
                Progress::Complete => Resume::Idle,
                Progress::More => Resume::Again,
            },
            Chosen::Elsewhere => Resume::Again,
        }
    }
}
