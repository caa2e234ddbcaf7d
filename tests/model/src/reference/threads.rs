//! Threads and their time.

use super::call::Answer;
use super::state::{Context, Errors, Object, Own, Place, State, ThreadState};
use l4k_sys::Error;
use l4k_sys::abi::memory::USER_END;
use l4k_sys::abi::{BreakpointKind, ObjectKind, ThreadState as Told};

/// Shortest and longest budget in nanoseconds.
const TIMES: std::ops::RangeInclusive<u64> = 10_000..=3_600_000_000_000;

impl State {
    fn named(&self, caller: Object, address: u64) -> Result<Object, Error> {
        self.of_kind(caller, address, ObjectKind::Thread).map(|(_, thread)| thread.object)
    }

    fn is_suspended(&self, thread: Object) -> bool {
        matches!(self.threads[&thread].state, ThreadState::Suspended | ThreadState::Faulted)
    }

    /// Suspended, or stopped by a fault that somebody hears of.
    fn is_stopped(&self, thread: Object) -> bool {
        self.is_suspended(thread) || self.calls_with_fault(thread)
    }

    /// `ThreadConfigure`.
    pub fn configure(&mut self, caller: Object, x: [u64; 8]) -> Answer {
        let mut errors = Errors::default();
        let thread = errors.note(self.named(caller, x[0]));
        errors.when(thread.is_some_and(|thread| !self.is_suspended(thread)), Error::NotSuspended);
        let cnode = errors.note(self.of_kind(caller, x[1], ObjectKind::CNode)).map(|(place, _)| place);
        let space = errors.note(self.of_kind(caller, x[2], ObjectKind::AddressSpace)).map(|(place, _)| place);
        let mut faults = None;
        if x[3] != 0
            && let Some((place, endpoint)) = errors.note(self.of_kind(caller, x[3], ObjectKind::Endpoint))
        {
            errors.when(endpoint.rights & 1 == 0, Error::MissingRight);
            faults = Some(place);
        }
        let (true, Some(thread)) = (errors.is_empty(), thread) else { return Answer::Refused(errors) };
        for own in [Own::CNode, Own::Space, Own::Faults] {
            self.delete(Place::Thread(thread, own));
        }
        for (source, own) in [(cnode, Own::CNode), (space, Own::Space), (faults, Own::Faults)] {
            if let Some(source) = source {
                self.copy_to(source, Place::Thread(thread, own), 7, 0);
            }
        }
        self.thread(thread).window = [0, 0];
        Answer::Done([0; 7])
    }

    /// `ThreadSetPriority`.
    pub fn set_priority(&mut self, caller: Object, x: [u64; 8]) -> Answer {
        let mut errors = Errors::default();
        let thread = errors.note(self.named(caller, x[0]));
        let bound = self.threads[&caller].priorities[1];
        errors.when(x[1] > bound || x[2] > bound, Error::PriorityTooHigh);
        let (true, Some(thread)) = (errors.is_empty(), thread) else { return Answer::Refused(errors) };
        self.leave_queue(thread);
        self.change_priority(thread, x[1]);
        self.thread(thread).priorities[1] = x[2];
        self.join_queue(thread);
        Answer::Done([0; 7])
    }

    /// `ThreadWriteRegisters`.
    pub fn write_registers(&mut self, caller: Object, x: [u64; 8]) -> Answer {
        let mut errors = Errors::default();
        let thread = errors.note(self.named(caller, x[0]));
        errors.when(thread.is_some_and(|thread| !self.is_suspended(thread)), Error::NotSuspended);
        errors.when(!x[1].is_multiple_of(4) || !x[2].is_multiple_of(16), Error::Misaligned);
        errors.when(x[1] >= USER_END || x[2] > USER_END, Error::InvalidAddress);
        let (true, Some(thread)) = (errors.is_empty(), thread) else { return Answer::Refused(errors) };
        let object = self.thread(thread);
        object.registers = [x[3], x[4], x[5], 0, 0, 0, 0, 0, 0];
        object.window = [0, 0];
        Answer::Done([0; 7])
    }

    /// `ThreadResume`.
    pub fn resume(&mut self, caller: Object, x: [u64; 8]) -> Answer {
        let mut errors = Errors::default();
        let thread = errors.note(self.named(caller, x[0]));
        if let Some(thread) = thread {
            errors.when(!self.is_suspended(thread), Error::NotSuspended);
            let lacks = |own| self.at(Place::Thread(thread, own)).is_none();
            errors.when(lacks(Own::CNode) || lacks(Own::Space), Error::NotConfigured);
        }
        let (true, Some(thread)) = (errors.is_empty(), thread) else { return Answer::Refused(errors) };
        self.thread(thread).fault = None;
        self.wake(thread);
        Answer::Done([0; 7])
    }

    /// `ThreadSuspend`.
    pub fn suspend(&mut self, caller: Object, x: [u64; 8]) -> Answer {
        match self.named(caller, x[0]) {
            Err(error) => Answer::refused(error),
            Ok(thread) => {
                self.stop(thread, ThreadState::Suspended);
                Answer::Done([0; 7])
            }
        }
    }

    /// `ThreadCancel`.
    pub fn cancel(&mut self, caller: Object, x: [u64; 8]) -> Answer {
        let thread = match self.named(caller, x[0]) {
            Err(error) => return Answer::refused(error),
            Ok(thread) => thread,
        };
        if self.is_stopped(thread) || self.threads[&thread].state == ThreadState::Ready {
            return Answer::refused(Error::NotBlocked);
        }
        self.stop(thread, ThreadState::Ready);
        self.wake(thread);
        Answer::Done([0; 7])
    }

    /// `ThreadQuery`: state and priorities; the rest is time and the instruction pointer.
    #[must_use]
    pub fn query_thread(&self, caller: Object, x: [u64; 8]) -> Answer {
        let thread = match self.named(caller, x[0]) {
            Err(error) => return Answer::refused(error),
            Ok(thread) => &self.threads[&thread],
        };
        let state = match thread.state {
            ThreadState::Suspended => Told::Suspended,
            ThreadState::Faulted
            | ThreadState::Calling { fault: true, .. }
            | ThreadState::AwaitingReply { fault: true, .. } => Told::Faulted,
            ThreadState::Ready if thread.context.is_none() => Told::NoContext,
            ThreadState::Ready => Told::Ready,
            ThreadState::Calling { .. } => Told::Calling,
            ThreadState::AwaitingReply { .. } => Told::AwaitingReply,
            ThreadState::Receiving { .. } => Told::Receiving,
            ThreadState::Waiting { .. } => Told::Waiting,
        };
        Answer::begins([state as u64, thread.priorities[0] | thread.priorities[1] << 8])
    }

    /// `ThreadSetBuffer`.
    pub fn set_buffer(&mut self, caller: Object, x: [u64; 8]) -> Answer {
        let mut errors = Errors::default();
        let thread = errors.note(self.named(caller, x[0]));
        errors.when(thread.is_some_and(|thread| !self.is_suspended(thread)), Error::NotSuspended);
        let mut frame = None;
        if x[1] != 0 {
            errors.when(!x[2].is_multiple_of(4096), Error::Misaligned);
            errors.when(!(4096..=USER_END - 4096).contains(&x[2]), Error::InvalidAddress);
            if let Some((place, held)) = errors.note(self.of_kind(caller, x[1], ObjectKind::Frame)) {
                errors.when(held.device, Error::DeviceMemory);
                errors.when(held.size_bits != 12, Error::InvalidSize);
                errors.when(held.rights & 3 != 3, Error::MissingRight);
                frame = Some(place);
            }
        }
        let (true, Some(thread)) = (errors.is_empty(), thread) else { return Answer::Refused(errors) };
        self.delete(Place::Thread(thread, Own::Buffer));
        self.thread(thread).buffer_address = if frame.is_some() { x[2] } else { 0 };
        if let Some(frame) = frame {
            self.copy_to(frame, Place::Thread(thread, Own::Buffer), 7, 0);
        }
        Answer::Done([0; 7])
    }

    /// Whether a thread has a register with this number.
    fn has_register(&self, thread: Object, number: u64) -> bool {
        matches!(number, 0..=34) || self.threads[&thread].floating_point && matches!(number, 64..=129)
    }

    /// `ThreadReadRegisters`: the model keeps some registers only.
    #[must_use]
    pub fn read_registers(&self, caller: Object, x: [u64; 8]) -> Answer {
        let mut errors = Errors::default();
        if let Some(thread) = errors.note(self.named(caller, x[0])) {
            errors.when(!self.is_stopped(thread), Error::NotSuspended);
            errors.when(!self.has_register(thread, x[1]), Error::InvalidRegister);
            if errors.is_empty() && x[1] <= 2 {
                let first = x[1] as usize;
                let registers = self.threads[&thread].registers;
                return Answer::begins([registers[first], registers[first + 1]]);
            }
        }
        if errors.is_empty() { Answer::begins([]) } else { Answer::Refused(errors) }
    }

    /// `ThreadSetRegisters`.
    pub fn set_registers(&mut self, caller: Object, x: [u64; 8]) -> Answer {
        let mut errors = Errors::default();
        let thread = errors.note(self.named(caller, x[0]));
        let [_, first, count, values @ ..] = x;
        errors.when(count == 0 || count > 5, Error::InvalidCount);
        let set: Vec<(u64, u64)> = (0..count.min(5)).map(|index| first.wrapping_add(index)).zip(values).collect();
        if let Some(thread) = thread {
            errors.when(!self.is_stopped(thread), Error::NotSuspended);
            let missing = set.iter().any(|(number, _)| !self.has_register(thread, *number));
            errors.when(missing || first.checked_add(count.saturating_sub(1)).is_none(), Error::InvalidRegister);
        }
        for (number, value) in &set {
            errors.when(*number == 31 && value % 16 != 0 || *number == 32 && value % 4 != 0, Error::Misaligned);
            errors
                .when(*number == 31 && *value > USER_END || *number == 32 && *value >= USER_END, Error::InvalidAddress);
            errors.when(*number == 33 && value & !(0xf << 28) != 0, Error::InvalidArgument);
        }
        let (true, Some(thread)) = (errors.is_empty(), thread) else { return Answer::Refused(errors) };
        for (number, value) in set {
            match number {
                0..=7 => self.thread(thread).registers[number as usize] = value,
                9 => self.thread(thread).registers[8] = value,
                _ => (),
            }
        }
        Answer::Done([0; 7])
    }

    /// `ThreadSetBreakpoint`.
    pub fn set_breakpoint(&mut self, caller: Object, x: [u64; 8]) -> Answer {
        let mut errors = Errors::default();
        let thread = errors.note(self.named(caller, x[0]));
        let [_, index, kind, address, length, ..] = x;
        errors.when(thread.is_some_and(|thread| !self.is_stopped(thread)), Error::NotSuspended);
        let fits = match kind {
            0 => index < 8,
            1 => index < 4 && length == 4,
            2..=4 => (4..8).contains(&index) && matches!(length, 1 | 2 | 4 | 8),
            _ => false,
        };
        errors.when(!fits, Error::InvalidArgument);
        errors.when(kind != 0 && length != 0 && !address.is_multiple_of(length), Error::Misaligned);
        errors.when(kind != 0 && address >= USER_END, Error::InvalidAddress);
        let (true, Some(thread)) = (errors.is_empty(), thread) else { return Answer::Refused(errors) };
        let is_off = kind == BreakpointKind::Off as u64;
        self.thread(thread).breakpoints[index as usize] = if is_off { [0; 3] } else { [kind, address, length] };
        Answer::Done([0; 7])
    }

    /// `ThreadQueryBreakpoint`.
    #[must_use]
    pub fn query_breakpoint(&self, caller: Object, x: [u64; 8]) -> Answer {
        let mut errors = Errors::default();
        let thread = errors.note(self.named(caller, x[0]));
        errors.when(x[1] >= 8, Error::InvalidArgument);
        let (true, Some(thread)) = (errors.is_empty(), thread) else { return Answer::Refused(errors) };
        let [kind, address, length] = self.threads[&thread].breakpoints[x[1] as usize];
        Answer::Done([kind, address, length, 0, 0, 0, 0])
    }

    /// `ThreadSetStepping`.
    pub fn set_stepping(&mut self, caller: Object, x: [u64; 8]) -> Answer {
        let mut errors = Errors::default();
        let thread = errors.note(self.named(caller, x[0]));
        errors.when(thread.is_some_and(|thread| !self.is_stopped(thread)), Error::NotSuspended);
        errors.when(x[1] > 1, Error::InvalidArgument);
        let (true, Some(thread)) = (errors.is_empty(), thread) else { return Answer::Refused(errors) };
        self.thread(thread).stepped = x[1] == 1;
        Answer::Done([0; 7])
    }

    /// `SchedControlConfigure`.
    pub fn fill_context(&mut self, caller: Object, x: [u64; 8]) -> Answer {
        let mut errors = Errors::default();
        let control = errors.note(self.of_kind(caller, x[0], ObjectKind::SchedControl));
        let context = errors.note(self.of_kind(caller, x[1], ObjectKind::SchedContext));
        errors.when(!TIMES.contains(&x[2]) || !TIMES.contains(&x[3]) || x[2] > x[3], Error::InvalidTime);
        let (true, Some((_, context)), Some((_, control))) = (errors.is_empty(), context, control) else {
            return Answer::Refused(errors);
        };
        let (now, core) = (self.now, control.object);
        if !self.came_with_signals(context.object) {
            self.take_from_server(context.object, self.contexts[&context.object].owner);
        }
        if let Some(thread) = self.contexts[&context.object].thread {
            self.displace(thread);
            self.thread(thread).core = core;
        }
        let object = self.contexts.get_mut(&context.object).expect("a context");
        (object.budget, object.period, object.core) = (x[2], x[3], core);
        object.fill(now);
        Answer::Done([0; 7])
    }

    /// `SchedContextBind`.
    pub fn bind_context(&mut self, caller: Object, x: [u64; 8]) -> Answer {
        let mut errors = Errors::default();
        let context = errors.note(self.of_kind(caller, x[0], ObjectKind::SchedContext)).map(|(_, held)| held.object);
        if let Some(context) = context.map(|context| &self.contexts[&context]) {
            errors.when(context.owner.is_some() || context.thread.is_some(), Error::AlreadyBound);
            errors.when(context.budget == 0, Error::NotConfigured);
        }
        let target = errors.note(self.look_up(caller, x[1])).map(|(_, held)| held);
        match target {
            Some(held) if held.kind == ObjectKind::Thread => {
                let thread = &self.threads[&held.object];
                errors.when(thread.own_context.is_some() || thread.context.is_some(), Error::AlreadyBound);
            }
            Some(held) if held.kind == ObjectKind::Notification => {
                errors.when(held.rights & 2 == 0, Error::MissingRight);
                errors.when(self.notifications[&held.object].context.is_some(), Error::AlreadyBound);
            }
            Some(_) => errors.add(Error::WrongKind),
            None => (),
        }
        let (true, Some(context), Some(target)) = (errors.is_empty(), context, target) else {
            return Answer::Refused(errors);
        };
        self.contexts.get_mut(&context).expect("a context").owner = Some(target.object);
        if target.kind == ObjectKind::Thread {
            self.give_back_overdue(target.object);
            self.thread(target.object).own_context = Some(context);
            self.attach(context, target.object);
            self.note_receiver(target.object);
        } else {
            self.notifications.get_mut(&target.object).expect("a notification").context = Some(context);
        }
        Answer::Done([0; 7])
    }

    /// `SchedContextUnbind`.
    pub fn unbind_context(&mut self, caller: Object, x: [u64; 8]) -> Answer {
        let context = match self.of_kind(caller, x[0], ObjectKind::SchedContext) {
            Err(error) => return Answer::refused(error),
            Ok((_, held)) => held.object,
        };
        if self.contexts[&context].owner.is_none() && self.contexts[&context].thread.is_none() {
            return Answer::refused(Error::NotBound);
        }
        self.disown(context);
        Answer::Done([0; 7])
    }

    /// Nobody has a context any more.
    pub fn disown(&mut self, context: Object) {
        let owner = self.contexts.get_mut(&context).expect("a context").owner.take();
        if let Some(thread) = owner.and_then(|owner| self.threads.get_mut(&owner)) {
            thread.own_context = None;
        }
        if let Some(notification) = owner.and_then(|owner| self.notifications.get_mut(&owner)) {
            notification.context = None;
        }
        self.take_from_server(context, owner);
        self.forget_loans(context);
        self.detach(context);
        if let Some(thread) = owner.filter(|owner| self.threads.contains_key(owner)) {
            self.note_receiver(thread);
        }
    }

    /// `SchedContextSetBadge`.
    pub fn set_context_badge(&mut self, caller: Object, x: [u64; 8]) -> Answer {
        match self.of_kind(caller, x[0], ObjectKind::SchedContext) {
            Err(error) => Answer::refused(error),
            Ok((_, held)) => {
                self.contexts.get_mut(&held.object).expect("a context").badge = x[1];
                Answer::Done([0; 7])
            }
        }
    }

    /// `ThreadSetTimeoutEndpoint`.
    pub fn set_timeout_endpoint(&mut self, caller: Object, x: [u64; 8]) -> Answer {
        let mut errors = Errors::default();
        let thread = errors.note(self.named(caller, x[0]));
        errors.when(thread.is_some_and(|thread| !self.is_suspended(thread)), Error::NotSuspended);
        let mut timeouts = None;
        if x[1] != 0
            && let Some((place, endpoint)) = errors.note(self.of_kind(caller, x[1], ObjectKind::Endpoint))
        {
            errors.when(endpoint.rights & 1 == 0, Error::MissingRight);
            timeouts = Some(place);
        }
        let (true, Some(thread)) = (errors.is_empty(), thread) else { return Answer::Refused(errors) };
        self.delete(Place::Thread(thread, Own::Timeouts));
        if let Some(source) = timeouts {
            self.copy_to(source, Place::Thread(thread, Own::Timeouts), 7, 0);
        }
        Answer::Done([0; 7])
    }

    /// `SchedContextQuery`: budget and period; time used is not modelled.
    #[must_use]
    pub fn query_context(&self, caller: Object, x: [u64; 8]) -> Answer {
        match self.of_kind(caller, x[0], ObjectKind::SchedContext) {
            Err(error) => Answer::refused(error),
            Ok((_, held)) => {
                let Context { budget, period, .. } = &self.contexts[&held.object];
                Answer::begins([*budget, *period])
            }
        }
    }
}
