//! Calls, answers, signals, and time that goes along with calls.

use super::call::Answer;
use super::state::{Capability, Errors, Object, Own, Place, Reply, State, ThreadState};
use super::waiting::Ending;
use l4k_sys::Error;
use l4k_sys::abi::message::{CAPABILITIES_MAX, MESSAGE_WORDS_MAX, REGISTER_WORDS};
use l4k_sys::abi::{Arrival, FaultKind, ObjectKind};

const CALL: u64 = 1;
const RECEIVE: u64 = 2;
const GRANT: u64 = 4;
const SIGNAL: u64 = 1;
const WAIT: u64 = 2;

/// Whether a receiving call waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// It does.
    Waits,
    /// It answers `WouldBlock`.
    Polls,
}

/// Words of a message by its tag.
const fn length(tag: u64) -> usize {
    (tag & 0x7f) as usize
}

/// Capabilities of a message by its tag.
const fn capabilities(tag: u64) -> usize {
    (tag >> 8 & 7) as usize
}

const fn label(tag: u64) -> u64 {
    tag >> 32
}

impl State {
    /// `SetWindow`.
    pub fn set_window(&mut self, caller: Object, x: [u64; 8]) -> Answer {
        let mut errors = Errors::default();
        let [_, first, count, ..] = x;
        errors.when(count > CAPABILITIES_MAX as u64, Error::InvalidCount);
        if count > 0 {
            for index in 0..count.min(4) {
                let slot = first.checked_add(index).ok_or(Error::SlotOutOfRange);
                let slot = slot.and_then(|number| self.slot(caller, 0, number));
                if let Some(place) = errors.note(slot) {
                    errors.when(self.at(place).is_some(), Error::SlotOccupied);
                }
            }
        }
        if !errors.is_empty() {
            return Answer::Refused(errors);
        }
        self.thread(caller).window = if count == 0 { [0, 0] } else { [first, count] };
        Answer::Done([0; 7])
    }

    /// What is wrong with what a thread sends: its tag, its buffer, its capabilities.
    fn sending(&self, sender: Object, grant: bool) -> Vec<Error> {
        let registers = self.threads[&sender].registers;
        let tag = registers[1];
        if tag & 0xffff_ffff & !(0x7f | 7 << 8) != 0 {
            return vec![Error::InvalidTag];
        }
        if length(tag) > MESSAGE_WORDS_MAX {
            return vec![Error::MessageTooLong];
        }
        if capabilities(tag) > CAPABILITIES_MAX {
            return vec![Error::TooManyCapabilities];
        }
        if capabilities(tag) > length(tag) {
            return vec![Error::InvalidTag];
        }
        let mut errors = Vec::new();
        if capabilities(tag) > 0 && !grant {
            errors.push(Error::MissingRight);
        }
        if length(tag) > REGISTER_WORDS && self.at(Place::Thread(sender, Own::Buffer)).is_none() {
            errors.push(Error::NoBuffer);
        }
        for index in 0..capabilities(tag) {
            match self.look_up(sender, registers[2 + index]) {
                Err(error) => errors.push(error),
                Ok((_, granted)) => errors.extend(Self::derived(&granted, 7, 0).err()),
            }
        }
        errors
    }

    /// What keeps a thread from taking a message with this tag.
    fn taking(&self, receiver: Object, tag: u64) -> Vec<Error> {
        let mut errors = Vec::new();
        if length(tag) > REGISTER_WORDS && self.at(Place::Thread(receiver, Own::Buffer)).is_none() {
            errors.push(Error::NoBuffer);
        }
        let count = capabilities(tag) as u64;
        let [first, named] = self.threads[&receiver].window;
        let free = |index| self.slot(receiver, 0, first + index).is_ok_and(|place| self.at(place).is_none());
        if count > 0 && (count > named || !(0..count).all(free)) {
            errors.push(Error::NoWindow);
        }
        errors
    }

    /// Moves a message: words past the length are zero, capabilities are copied into the window.
    fn transfer(&mut self, from: Object, to: Object, badge: u64) {
        let registers = self.threads[&from].registers;
        let tag = registers[1];
        let mut values = [0; 7];
        values[0] = tag;
        values[1..=length(tag).min(REGISTER_WORDS)].copy_from_slice(&registers[2..2 + length(tag).min(REGISTER_WORDS)]);
        if capabilities(tag) > 0 {
            let [first, _] = std::mem::take(&mut self.thread(to).window);
            for index in 0..capabilities(tag) {
                let (source, _) = self.look_up(from, registers[2 + index]).expect("checked before");
                let target = self.slot(to, 0, first + index as u64).expect("checked before");
                self.copy_to(source, target, 7, 0);
                values[1 + index] = first + index as u64;
            }
        }
        self.answer(to, Arrival::Message as u64, values, badge);
    }

    /// `Call`.
    pub fn call(&mut self, caller: Object, x: [u64; 8]) -> Answer {
        let mut errors = Errors::default();
        let endpoint = errors.note(self.with_right(caller, x[0], ObjectKind::Endpoint, CALL));
        let grant = endpoint.is_some_and(|endpoint| endpoint.rights & GRANT != 0);
        let wrong = self.sending(caller, grant);
        if let (Some(endpoint), true) = (endpoint, wrong.is_empty()) {
            match self.first_receiver(endpoint.object) {
                Some(receiver) => {
                    self.taking(receiver, x[1]).into_iter().for_each(|error| errors.add(error));
                    errors.when(self.is_elsewhere(caller, receiver), Error::WrongCore);
                }
                None => errors.when(self.is_refused(caller, endpoint.object), Error::WrongCore),
            }
        }
        wrong.into_iter().for_each(|error| errors.add(error));
        let (true, Some(endpoint)) = (errors.is_empty(), endpoint) else { return Answer::Refused(errors) };
        let Capability { object: endpoint, badge, .. } = endpoint;
        self.thread(caller).state = ThreadState::Calling { endpoint, badge, fault: false };
        self.displace(caller);
        let receiver = self.first_receiver(endpoint);
        self.meet_or_queue(caller, endpoint);
        if let Some(receiver) = receiver {
            self.tell_if_used_up(receiver);
        }
        Answer::Settled
    }

    fn first_receiver(&self, endpoint: Object) -> Option<Object> {
        let first = *self.endpoints[&endpoint].first()?;
        matches!(self.threads[&first].state, ThreadState::Receiving { .. }).then_some(first)
    }

    /// The current thread faults: it calls its fault endpoint, or stops.
    pub fn fault(&mut self, thread: Object, message: [u64; 7]) {
        self.fault_to(thread, Own::Faults, message);
    }

    /// A thread calls one of its endpoints with a fault, or stops.
    pub fn fault_to(&mut self, thread: Object, hears: Own, message: [u64; 7]) {
        self.thread(thread).fault = Some(message);
        match self.at(Place::Thread(thread, hears)) {
            Some(endpoint) if endpoint.rights & CALL != 0 => {
                let Capability { object: endpoint, badge, .. } = endpoint;
                self.thread(thread).state = ThreadState::Calling { endpoint, badge, fault: true };
                self.meet_or_queue(thread, endpoint);
            }
            _ => self.nobody_handles(thread),
        }
    }

    fn meet_or_queue(&mut self, caller: Object, endpoint: Object) {
        match self.first_receiver(endpoint) {
            Some(receiver) if self.is_elsewhere(caller, receiver) => self.end_wait(caller, Error::WrongCore),
            Some(receiver) => {
                self.leave_queue(receiver);
                self.deliver(caller, receiver);
                self.thread(receiver).state = ThreadState::Ready;
            }
            None if self.is_refused(caller, endpoint) => self.end_wait(caller, Error::WrongCore),
            None => self.join_queue(caller),
        }
    }

    /// Whether a receiver would have to run on time of another core than its own, or on none.
    fn is_elsewhere(&self, caller: Object, receiver: Object) -> bool {
        let receiver = &self.threads[&receiver];
        receiver.context.is_none() && self.core_of(caller) != Some(receiver.core)
    }

    /// A caller that calls and a receiver that receives meet.
    fn deliver(&mut self, caller: Object, receiver: Object) {
        let ThreadState::Calling { badge, fault, .. } = self.threads[&caller].state else { panic!("a caller") };
        let ThreadState::Receiving { reply, grant, .. } = self.threads[&receiver].state else { panic!("a receiver") };
        if fault {
            let message = self.threads[&caller].fault.expect("its fault");
            self.answer(receiver, Arrival::Fault as u64, message, badge);
        } else {
            self.transfer(caller, receiver, badge);
        }
        let time = self.threads[&caller].context.filter(|_| self.threads[&receiver].context.is_none());
        if let Some(context) = time {
            self.detach(context);
            self.attach(context, receiver);
        }
        self.replies.insert(reply, Reply::Owed { caller, server: receiver, grant, lent: time });
        self.thread(caller).state = ThreadState::AwaitingReply { reply, fault };
    }

    /// `Receive`, `TryReceive`.
    pub fn receive_call(&mut self, receiver: Object, x: [u64; 8], x9: u64, patience: Patience) -> Answer {
        let mut errors = Errors::default();
        let endpoint = errors.note(self.with_right(receiver, x[0], ObjectKind::Endpoint, RECEIVE));
        let reply = errors.note(self.of_kind(receiver, x9, ObjectKind::Reply));
        errors.when(reply.is_some_and(|(_, reply)| self.replies[&reply.object] != Reply::Idle), Error::Busy);
        let (true, Some(endpoint), Some((_, reply))) = (errors.is_empty(), endpoint, reply) else {
            return Answer::Refused(errors);
        };
        self.turn_callers_away(receiver, endpoint.object, None);
        self.receive(receiver, endpoint, reply.object, patience)
    }

    fn first_caller(&self, endpoint: Object) -> Option<Object> {
        let first = *self.endpoints[&endpoint].first()?;
        matches!(self.threads[&first].state, ThreadState::Calling { .. }).then_some(first)
    }

    /// Before a receive that no signals end, and before the answer that precedes it: callers that could not be received are sent away, as
    /// far as the first that can. What the receiver has to offer is judged by how it will be after its answer.
    fn turn_callers_away(&mut self, receiver: Object, endpoint: Object, answered: Option<(Object, (Object, bool))>) {
        if self.threads[&receiver].notification.is_some_and(|bound| self.notifications[&bound].word != 0) {
            return;
        }
        let mut after = self.clone();
        if let Some((reply, whom)) = answered {
            after.give_answer(receiver, reply, whom);
        }
        after.give_back_overdue(receiver);
        after.give_back_time_of_signals(receiver);
        while let Some(caller) = self.first_caller(endpoint)
            && let Some(error) = self.turned_away(caller, receiver, &after)
        {
            self.leave_queue(caller);
            self.end_wait(caller, error);
        }
    }

    fn receive(&mut self, receiver: Object, endpoint: Capability, reply: Object, patience: Patience) -> Answer {
        if let Some(notification) = self.threads[&receiver].notification
            && self.notifications[&notification].word != 0
        {
            self.take_word(receiver, notification);
            self.give_back_overdue(receiver);
            self.take_time_of_signals(receiver, notification);
            return Answer::Settled;
        }
        let grant = endpoint.rights & GRANT != 0;
        let receiving = ThreadState::Receiving { endpoint: endpoint.object, reply, grant };
        if let Some(caller) = self.first_caller(endpoint.object) {
            self.leave_queue(caller);
            if self.threads[&caller].context.is_some() {
                self.give_back_overdue(receiver);
                self.give_back_time_of_signals(receiver);
            }
            self.thread(receiver).state = receiving;
            self.note_receiver(receiver);
            self.deliver(caller, receiver);
            self.thread(receiver).state = ThreadState::Ready;
            self.tell_if_used_up(receiver);
            return Answer::Settled;
        }
        if patience == Patience::Polls {
            self.answer(receiver, Error::WouldBlock.code(), [0; 7], 0);
            return Answer::Settled;
        }
        self.give_back_overdue(receiver);
        self.give_back_time_of_signals(receiver);
        self.thread(receiver).state = receiving;
        self.note_receiver(receiver);
        self.replies.insert(reply, Reply::Offered(receiver));
        self.join_queue(receiver);
        Answer::Settled
    }

    /// Why a caller that was queued cannot be received, if so: what it called through must still be there. `after` is how the receiver will
    /// be.
    fn turned_away(&self, caller: Object, receiver: Object, after: &State) -> Option<Error> {
        let ThreadState::Calling { endpoint, badge, fault } = self.threads[&caller].state else { panic!("a caller") };
        let registers = self.threads[&caller].registers;
        let used = match fault {
            true => self.at(Place::Thread(caller, self.hears(caller))),
            false => self.look_up(caller, registers[0]).ok().map(|(_, used)| used),
        };
        let still = |used: &Capability| {
            used.kind == ObjectKind::Endpoint
                && used.object == endpoint
                && used.badge == badge
                && used.rights & CALL != 0
        };
        let Some(used) = used.filter(still) else { return Some(Error::InvalidCapability) };
        let mut errors = Vec::new();
        if !fault {
            errors = self.sending(caller, used.rights & GRANT != 0);
            errors.extend(after.taking(receiver, registers[1]));
        }
        // The caller's time may be gone. Then nobody has any, and the receiver would never run again.
        if after.is_elsewhere(caller, receiver) {
            errors.push(Error::WrongCore);
        }
        errors.first().copied()
    }

    /// Which of a thread's endpoints hears of what stopped it.
    fn hears(&self, thread: Object) -> Own {
        let timeout = self.threads[&thread].fault.is_some_and(|message| label(message[0]) == FaultKind::Timeout as u64);
        if timeout { Own::Timeouts } else { Own::Faults }
    }

    /// The answer that a reply object gives, if it can.
    fn answering(&self, sender: Object, reply: Object) -> Result<(Object, bool), Vec<Error>> {
        let Reply::Owed { caller, grant, .. } = self.replies[&reply] else { return Err(vec![Error::NobodyWaiting]) };
        let ThreadState::AwaitingReply { fault, .. } = self.threads[&caller].state else { panic!("a caller") };
        let tag = self.threads[&sender].registers[1];
        let mut errors = self.sending(sender, grant);
        if errors.is_empty() && !fault {
            errors.extend(self.taking(caller, tag));
        }
        if fault && capabilities(tag) > 0 {
            errors.push(Error::TooManyCapabilities);
        }
        if errors.is_empty() { Ok((caller, fault)) } else { Err(errors) }
    }

    fn give_answer(&mut self, sender: Object, reply: Object, (caller, fault): (Object, bool)) {
        let tag = self.threads[&sender].registers[1];
        if !fault {
            self.transfer(sender, caller, 0);
        }
        self.settle(reply, Ending::Answered);
        self.thread(caller).fault = None;
        if !fault || label(tag) == 0 {
            self.wake(caller);
        } else {
            self.thread(caller).state = ThreadState::Faulted;
        }
    }

    /// `Reply`.
    pub fn reply_call(&mut self, sender: Object, x: [u64; 8]) -> Answer {
        let mut errors = Errors::default();
        if let Some((_, reply)) = errors.note(self.of_kind(sender, x[0], ObjectKind::Reply)) {
            match self.answering(sender, reply.object) {
                Ok(whom) => {
                    self.give_answer(sender, reply.object, whom);
                    return Answer::Done([0; 7]);
                }
                Err(wrong) => wrong.into_iter().for_each(|error| errors.add(error)),
            }
        }
        Answer::Refused(errors)
    }

    /// `ReplyReceive`.
    pub fn reply_receive(&mut self, server: Object, x: [u64; 8], x9: u64) -> Answer {
        let mut errors = Errors::default();
        let endpoint = errors.note(self.with_right(server, x[0], ObjectKind::Endpoint, RECEIVE));
        let reply = errors.note(self.of_kind(server, x9, ObjectKind::Reply)).map(|(_, reply)| reply.object);
        let whom = reply.map(|reply| self.answering(server, reply));
        if let Some(Err(wrong)) = &whom {
            wrong.iter().for_each(|error| errors.add(*error));
        }
        let (true, Some(endpoint), Some(reply), Some(Ok(whom))) = (errors.is_empty(), endpoint, reply, whom) else {
            return Answer::Refused(errors);
        };
        self.turn_callers_away(server, endpoint.object, Some((reply, whom)));
        self.give_answer(server, reply, whom);
        self.receive(server, endpoint, reply, Patience::Waits)
    }

    /// `Signal`.
    pub fn signal_call(&mut self, caller: Object, x: [u64; 8]) -> Answer {
        match self.with_right(caller, x[0], ObjectKind::Notification, SIGNAL) {
            Err(error) => Answer::refused(error),
            Ok(notification) => {
                self.signal(notification.object, notification.badge);
                Answer::Done([0; 7])
            }
        }
    }

    /// Signals arrive: with a bound thread that receives, else with the first who waits, else they stay.
    pub fn signal(&mut self, notification: Object, badge: u64) {
        let object = self.notifications.get_mut(&notification).expect("a notification");
        object.word |= if badge == 0 { 1 } else { badge };
        let bound = object.bound;
        let waiting = object.waiting.first().copied();
        let receives = |thread: &Object| matches!(self.threads[thread].state, ThreadState::Receiving { .. });
        if let Some(thread) = bound.filter(receives).or(waiting) {
            self.wake_by_signal(thread, notification);
        }
    }

    /// Who waits gets the signals, and the notification's time if it has none.
    fn wake_by_signal(&mut self, thread: Object, notification: Object) {
        self.stop_waiting(thread, Ending::Answered);
        self.take_word(thread, notification);
        self.take_time_of_signals(thread, notification);
        self.wake(thread);
    }

    fn take_time_of_signals(&mut self, thread: Object, notification: Object) {
        let idle = |context: &Object| self.contexts[context].thread.is_none();
        let time = self.notifications[&notification].context.filter(idle);
        if let (Some(context), None) = (time, self.threads[&thread].context) {
            self.attach(context, thread);
        }
    }

    /// A thread that owes nobody an answer gives back time that came with a signal.
    fn give_back_time_of_signals(&mut self, thread: Object) {
        let owes = self.replies.values().any(|reply| matches!(reply, Reply::Owed { server, .. } if *server == thread));
        let Some(context) = self.threads[&thread].context.filter(|_| !owes) else { return };
        if self.threads[&thread].overdue.is_some_and(|(lent, _)| lent == context) {
            return;
        }
        if self.contexts[&context].owner.is_some_and(|owner| self.notifications.contains_key(&owner)) {
            self.detach(context);
        }
    }

    fn take_word(&mut self, thread: Object, notification: Object) {
        let word = std::mem::take(&mut self.notifications.get_mut(&notification).expect("a notification").word);
        self.answer(thread, Arrival::Notification as u64, [0; 7], word);
    }

    /// `Wait`, `Poll`.
    pub fn wait_call(&mut self, caller: Object, x: [u64; 8], patience: Patience) -> Answer {
        let notification = match self.with_right(caller, x[0], ObjectKind::Notification, WAIT) {
            Err(error) => return Answer::refused(error),
            Ok(notification) => notification.object,
        };
        if self.notifications[&notification].word != 0 {
            self.take_word(caller, notification);
            return Answer::Settled;
        }
        if patience == Patience::Polls {
            return Answer::refused(Error::WouldBlock);
        }
        self.give_back_time_of_signals(caller);
        self.thread(caller).state = ThreadState::Waiting { notification };
        self.join_queue(caller);
        Answer::Settled
    }

    /// `ThreadBindNotification`.
    pub fn bind_notification(&mut self, caller: Object, x: [u64; 8]) -> Answer {
        let mut errors = Errors::default();
        let thread = errors.note(self.of_kind(caller, x[0], ObjectKind::Thread)).map(|(_, thread)| thread.object);
        let bound = thread.and_then(|thread| self.threads[&thread].notification);
        if x[1] == 0 {
            errors.when(thread.is_some() && bound.is_none(), Error::NotBound);
            let (true, Some(thread), Some(bound)) = (errors.is_empty(), thread, bound) else {
                return Answer::Refused(errors);
            };
            self.thread(thread).notification = None;
            self.notifications.get_mut(&bound).expect("bound").bound = None;
            return Answer::Done([0; 7]);
        }
        let notification = errors.note(self.with_right(caller, x[1], ObjectKind::Notification, WAIT));
        let notification = notification.map(|notification| notification.object);
        let taken = notification.is_some_and(|notification| self.notifications[&notification].bound.is_some());
        errors.when(bound.is_some() || taken, Error::AlreadyBound);
        let (true, Some(thread), Some(notification)) = (errors.is_empty(), thread, notification) else {
            return Answer::Refused(errors);
        };
        self.thread(thread).notification = Some(notification);
        let object = self.notifications.get_mut(&notification).expect("a notification");
        object.bound = Some(thread);
        if object.word != 0 && matches!(self.threads[&thread].state, ThreadState::Receiving { .. }) {
            self.wake_by_signal(thread, notification);
        }
        Answer::Done([0; 7])
    }
}
