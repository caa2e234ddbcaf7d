//! Capabilities in messages: what arrives, where, and what is refused.

use l4k_sys::abi::{Error, ObjectKind, Rights, SystemCall, ThreadState};
use l4k_sys::handle::{NewObject, SlotContents, StartRegisters};
use l4k_sys::registers::Registers;
use l4k_sys::{Badge, Endpoint, Frame, Message, Notification, Received, Reply, stub, window};
use suite_support::machine;
use suite_support::role::{LABEL, Role};

use crate::harness::bench::{READ_WRITE, SPACE, map, own, page};
use crate::harness::bodies::{Body, pair, reader};
use crate::harness::couriers::{asker, cargo, load, long_receiver, long_sender, receiver, sender};
use crate::harness::failure::{Failure, refused, same};
use crate::harness::partner::BADGE;
use crate::harness::threads::{Helper, Manner, URGENT};
use crate::harness::{Bench, Cell, Outcome};

crate::tests![
    a_capability_arrives_with_its_rights_and_its_badge,
    what_has_arrived_is_a_child_of_what_was_sent,
    four_capabilities_fill_the_window_in_order,
    an_answer_brings_capabilities_to_its_caller,
    a_frame_arrives_unmapped_and_can_be_mapped,
    two_programs_exchange_four_capabilities_each,
    a_long_message_brings_capabilities,
    a_window_serves_one_message,
    a_message_without_capabilities_leaves_the_window,
    without_a_window_nothing_is_taken,
    a_window_that_is_too_small_takes_nothing,
    a_window_that_was_filled_by_then_takes_nothing,
    one_capability_that_is_missing_holds_all_of_them_back,
    untyped_memory_is_not_sent,
    sending_needs_the_grant_right,
    an_answer_follows_the_grant_right_of_its_receive,
    queued_callers_are_turned_away_for_want_of_a_window,
    a_capability_that_is_revoked_while_queued_is_not_sent,
    a_caller_whose_endpoint_is_revoked_while_queued_is_turned_away,
    the_answer_to_a_fault_brings_none,
    a_message_is_as_long_as_its_capabilities_at_least,
    a_window_is_of_empty_slots_of_the_own_table,
    new_registers_and_new_spaces_take_the_window_away,
];

/// An endpoint, a reply object, four notifications in a row, and four empty slots in a row.
struct Table {
    endpoint: Endpoint,
    reply: Reply,
    goods: u64,
    window: u64,
}

impl Table {
    fn new(bench: &mut Bench<'_>) -> Outcome<Table> {
        let (endpoint, reply) = (bench.endpoint()?, bench.reply()?);
        let goods = bench.make_many(NewObject::Notification, 4)?;
        Ok(Table { endpoint, reply, goods, window: bench.slots(4)? })
    }

    /// A thread that calls with so many of the goods, or names a window of so many slots.
    fn start(&self, bench: &mut Bench<'_>, body: Body, count: u64, cell: Cell) -> Outcome<Helper> {
        let is_sender = body as usize == sender as Body as usize;
        let cargo = cargo(if is_sender { self.goods } else { self.window }, count, cell);
        let is_receiver = body as usize == receiver as Body as usize;
        let first = if is_receiver { pair(self.endpoint, self.reply) } else { self.endpoint.slot() };
        bench.start(Manner::of(URGENT), body, [first, cargo])
    }

    fn take(&self) -> Outcome<Message> {
        match self.endpoint.try_receive(self.reply)? {
            Received::Message { message, .. } => Ok(message),
            other => Err(Failure::new(format_args!("{other:?} instead of a message"))),
        }
    }

    /// Nothing has arrived.
    fn is_untouched(&self) -> Outcome {
        (0..4).try_for_each(|index| same("window", own(self.window + index).query()?, None))
    }
}

fn contents(slot: u64) -> Outcome<Option<SlotContents>> {
    Ok(own(slot).query()?)
}

fn a_capability_arrives_with_its_rights_and_its_badge(bench: &mut Bench<'_>) -> Outcome {
    let table = Table::new(bench)?;
    let badged = bench.mint(table.goods, Rights::SIGNAL, 0x77)?;
    bench.start(Manner::of(URGENT), sender, [table.endpoint.slot(), cargo(badged, 1, Cell(0))])?;
    window::set(table.window, 1)?;
    let message = table.take()?;
    same("message", message, Message::with_capabilities(LABEL, [table.window], [5])?)?;
    let expected = SlotContents { kind: ObjectKind::Notification, rights: Rights::SIGNAL, badge: Badge::new(0x77) };
    same("what has arrived", contents(table.window)?, Some(expected))?;
    Notification::from_slot(table.window).signal()?;
    same("word", Notification::from_slot(table.goods).poll()?, 0x77)?;
    table.reply.send(Message::EMPTY)?;
    same("the sender's call", Cell(0).outcome(), Some(Ok(())))
}

fn what_has_arrived_is_a_child_of_what_was_sent(bench: &mut Bench<'_>) -> Outcome {
    let table = Table::new(bench)?;
    table.start(bench, sender, 1, Cell(0))?;
    window::set(table.window, 1)?;
    table.take()?;
    own(table.window).revoke()?;
    same("revoking the child spares the parent", contents(table.goods)?.is_some(), true)?;
    own(table.goods).revoke()?;
    table.is_untouched()
}

fn four_capabilities_fill_the_window_in_order(bench: &mut Bench<'_>) -> Outcome {
    let table = Table::new(bench)?;
    table.start(bench, sender, 4, Cell(0))?;
    window::set(table.window, 4)?;
    let slots: [u64; 4] = core::array::from_fn(|index| table.window + index as u64);
    same("message", table.take()?, Message::with_capabilities(LABEL, slots, [5])?)?;
    for index in 0..4 {
        Notification::from_slot(table.window + index).signal()?;
        same("word", Notification::from_slot(table.goods + index).poll()?, 1)?;
    }
    Ok(())
}

fn an_answer_brings_capabilities_to_its_caller(bench: &mut Bench<'_>) -> Outcome {
    let table = Table::new(bench)?;
    table.start(bench, asker, 2, Cell(0))?;
    table.take()?;
    table.reply.send(load(table.goods, 2)?)?;
    let expected = Message::with_capabilities(LABEL, [table.window, table.window + 1], [5])?;
    same("answer", (Cell(0).outcome(), Cell(0).message()), (Some(Ok(())), expected))?;
    Notification::from_slot(table.window + 1).signal()?;
    same("word", Notification::from_slot(table.goods + 1).poll()?, 1)
}

fn a_frame_arrives_unmapped_and_can_be_mapped(bench: &mut Bench<'_>) -> Outcome {
    let table = Table::new(bench)?;
    let frame = bench.mapped(page(0), READ_WRITE)?;
    machine::write(page(0), 0x1dea);
    bench.start(Manner::of(URGENT), sender, [table.endpoint.slot(), cargo(frame.slot(), 1, Cell(0))])?;
    window::set(table.window, 1)?;
    table.take()?;
    let arrived = Frame::from_slot(table.window);
    same("where it is mapped", arrived.query()?.mapped_at, None)?;
    map(arrived, page(1), Rights::READ)?;
    same("its word", machine::read(page(1)), 0x1dea)?;
    same("where the sender's is mapped", frame.query()?.mapped_at, Some(page(0)))
}

/// The partner has a table of its own, of 32 slots: each side names its own slots and finds its own.
fn two_programs_exchange_four_capabilities_each(bench: &mut Bench<'_>) -> Outcome {
    let table = Table::new(bench)?;
    let ties = bench.ties()?;
    bench.partner(&ties, URGENT, Role::Exchanger, 0)?;
    window::set(table.window, 4)?;
    let Received::Message { message, .. } = ties.endpoint.try_receive(table.reply)? else {
        return Err(Failure::new(format_args!("no message")));
    };
    let slots: [u64; 4] = core::array::from_fn(|index| table.window + index as u64);
    same("message", message, Message::with_capabilities(LABEL, slots, [77])?)?;
    let kinds = [ObjectKind::Endpoint, ObjectKind::Thread, ObjectKind::Reply, ObjectKind::Notification];
    for (slot, kind) in slots.into_iter().zip(kinds) {
        same("kind", contents(slot)?.map(|contents| contents.kind), Some(kind))?;
    }
    let badge = contents(slots[0])?.map(|contents| contents.badge);
    same("badge of the partner's endpoint", badge, Some(Badge::new(BADGE)))?;
    let goods: [u64; 4] = core::array::from_fn(|index| table.goods + index as u64);
    table.reply.send(Message::with_capabilities(LABEL + 1, goods, [78])?)?;
    same("the partner's status", ties.ended()?, 0)?;
    for slot in goods {
        same("word", Notification::from_slot(slot).poll()?, 1)?;
    }
    Ok(())
}

fn a_long_message_brings_capabilities(bench: &mut Bench<'_>) -> Outcome {
    let table = Table::new(bench)?;
    let receiving = [pair(table.endpoint, table.reply), cargo(table.window, 1, Cell(0))];
    let sending = [table.endpoint.slot(), cargo(table.goods, 1, Cell(1))];
    for (body, arguments) in [(long_receiver as Body, receiving), (long_sender, sending)] {
        let helper = bench.thread(Manner::of(URGENT), body, arguments)?;
        bench.give_buffer(&helper)?;
        helper.thread.resume()?;
    }
    same("received", Cell(0).outcome(), Some(Ok(())))?;
    same("words that are right", Cell(0).value(), 120)?;
    Notification::from_slot(table.window).signal()?;
    same("word", Notification::from_slot(table.goods).poll()?, 1)
}

fn a_window_serves_one_message(bench: &mut Bench<'_>) -> Outcome {
    let table = Table::new(bench)?;
    window::set(table.window, 4)?;
    table.start(bench, sender, 1, Cell(0))?;
    table.start(bench, sender, 1, Cell(1))?;
    table.take()?;
    table.reply.send(Message::EMPTY)?;
    refused("the second", table.endpoint.try_receive(table.reply), Error::WouldBlock)?;
    same("the first sender", Cell(0).outcome(), Some(Ok(())))?;
    same("the second sender", Cell(1).outcome(), Some(Err(Error::NoWindow)))?;
    same("the window's second slot", contents(table.window + 1)?, None)
}

fn a_message_without_capabilities_leaves_the_window(bench: &mut Bench<'_>) -> Outcome {
    let table = Table::new(bench)?;
    window::set(table.window, 1)?;
    for (count, cell) in [(0, Cell(0)), (1, Cell(1))] {
        table.start(bench, sender, count, cell)?;
        same("capabilities", table.take()?.capabilities(), count as usize)?;
        table.reply.send(Message::EMPTY)?;
    }
    Ok(())
}

fn without_a_window_nothing_is_taken(bench: &mut Bench<'_>) -> Outcome {
    let table = Table::new(bench)?;
    let server = table.start(bench, receiver, 0, Cell(0))?;
    refused("call", table.endpoint.call(load(table.goods, 1)?), Error::NoWindow)?;
    server.is_in(ThreadState::Receiving)?;
    window::set(table.window, 1)?;
    window::clear()?;
    let (endpoint, reply) = (bench.endpoint()?, bench.reply()?);
    bench.start(Manner::of(URGENT), sender, [endpoint.slot(), cargo(table.goods, 1, Cell(1))])?;
    refused("receive after clearing", endpoint.try_receive(reply), Error::WouldBlock)?;
    same("its sender", Cell(1).outcome(), Some(Err(Error::NoWindow)))?;
    table.start(bench, asker, 1, Cell(2))?;
    same("a caller that asks in vain is served all the same", Cell(0).outcome(), Some(Ok(())))?;
    table.is_untouched()
}

fn a_window_that_is_too_small_takes_nothing(bench: &mut Bench<'_>) -> Outcome {
    let table = Table::new(bench)?;
    let server = table.start(bench, receiver, 2, Cell(0))?;
    refused("three into two", table.endpoint.call(load(table.goods, 3)?), Error::NoWindow)?;
    server.is_in(ThreadState::Receiving)?;
    table.is_untouched()?;
    table.endpoint.call(load(table.goods, 2)?)?;
    same("two into two", Cell(0).message().capabilities(), 2)
}

fn a_window_that_was_filled_by_then_takes_nothing(bench: &mut Bench<'_>) -> Outcome {
    let table = Table::new(bench)?;
    let server = table.start(bench, receiver, 2, Cell(0))?;
    own(table.window + 1).copy_from(own(table.reply.slot()), Rights::ALL)?;
    refused("call", table.endpoint.call(load(table.goods, 2)?), Error::NoWindow)?;
    same("the first slot", contents(table.window)?, None)?;
    server.is_in(ThreadState::Receiving)?;
    own(table.window + 1).delete()?;
    table.endpoint.call(load(table.goods, 2)?)?;
    same("when it is empty again", Cell(0).outcome(), Some(Ok(())))
}

fn one_capability_that_is_missing_holds_all_of_them_back(bench: &mut Bench<'_>) -> Outcome {
    let table = Table::new(bench)?;
    let server = table.start(bench, receiver, 4, Cell(0))?;
    let message = |third| Message::with_capabilities(LABEL, [table.goods, table.goods + 1, third], []);
    for missing in [0, table.window, 1 << 40, u64::MAX] {
        refused("call", table.endpoint.call(message(missing)?), Error::InvalidCapability)?;
    }
    table.is_untouched()?;
    server.is_in(ThreadState::Receiving)?;
    table.endpoint.call(message(table.goods + 2)?)?;
    same("afterwards", Cell(0).message().capabilities(), 3)
}

fn untyped_memory_is_not_sent(bench: &mut Bench<'_>) -> Outcome {
    let table = Table::new(bench)?;
    let memory = bench.untyped(12)?;
    table.start(bench, receiver, 1, Cell(0))?;
    refused("call", table.endpoint.call(load(memory.slot(), 1)?), Error::NotCopyable)?;
    table.is_untouched()
}

fn sending_needs_the_grant_right(bench: &mut Bench<'_>) -> Outcome {
    let table = Table::new(bench)?;
    let server = table.start(bench, receiver, 1, Cell(0))?;
    let call_only = Endpoint::from_slot(bench.copy(table.endpoint.slot(), Rights::CALL)?);
    refused("call", call_only.call(load(table.goods, 1)?), Error::MissingRight)?;
    let grant_only = Endpoint::from_slot(bench.copy(table.endpoint.slot(), Rights::GRANT)?);
    refused("without the right to call", grant_only.call(load(table.goods, 1)?), Error::MissingRight)?;
    server.is_in(ThreadState::Receiving)?;
    call_only.call(load(table.goods, 0)?)?;
    same("a message without capabilities", Cell(0).outcome(), Some(Ok(())))?;
    table.is_untouched()
}

fn an_answer_follows_the_grant_right_of_its_receive(bench: &mut Bench<'_>) -> Outcome {
    let table = Table::new(bench)?;
    table.start(bench, asker, 1, Cell(0))?;
    let receive_only = Endpoint::from_slot(bench.copy(table.endpoint.slot(), Rights::RECEIVE)?);
    receive_only.try_receive(table.reply)?;
    refused("answer", table.reply.send(load(table.goods, 1)?), Error::MissingRight)?;
    let both = table.endpoint.reply_receive(table.reply, load(table.goods, 1)?);
    refused("answer and receive", both, Error::MissingRight)?;
    same("the caller still waits", Cell(0).outcome(), None)?;
    table.reply.send(Message::EMPTY)?;
    same("an answer without capabilities", Cell(0).outcome(), Some(Ok(())))?;
    table.is_untouched()?;
    let granting = bench.copy(table.endpoint.slot(), Rights::RECEIVE.union(Rights::GRANT))?;
    table.start(bench, asker, 1, Cell(1))?;
    Endpoint::from_slot(granting).try_receive(table.reply)?;
    refused("more than the caller takes", table.reply.send(load(table.goods, 2)?), Error::NoWindow)?;
    table.reply.send(load(table.goods, 1)?)?;
    same("with the right", Cell(1).message().capabilities(), 1)
}

fn queued_callers_are_turned_away_for_want_of_a_window(bench: &mut Bench<'_>) -> Outcome {
    let table = Table::new(bench)?;
    let senders = [(2, Cell(0)), (1, Cell(1)), (0, Cell(2))];
    for (count, cell) in senders {
        table.start(bench, sender, count, cell)?.is_in(ThreadState::Calling)?;
    }
    window::set(table.window, 1)?;
    same("who is taken", table.take()?.capabilities(), 1)?;
    same("who brought too many", Cell(0).outcome(), Some(Err(Error::NoWindow)))?;
    same("who is taken has no answer yet", Cell(1).outcome(), None)?;
    table.reply.send(Message::EMPTY)?;
    same("the next", table.take()?, Message::new(LABEL, [5]))
}

fn a_capability_that_is_revoked_while_queued_is_not_sent(bench: &mut Bench<'_>) -> Outcome {
    let table = Table::new(bench)?;
    for cell in 0..2 {
        let copy = bench.copy(table.goods, Rights::ALL)?;
        let arguments = [table.endpoint.slot(), cargo(copy, 1, Cell(cell))];
        bench.start(Manner::of(URGENT), sender, arguments)?;
        if cell == 0 {
            own(table.goods).revoke()?;
        }
    }
    window::set(table.window, 1)?;
    table.take()?;
    same("the first", Cell(0).outcome(), Some(Err(Error::InvalidCapability)))?;
    same("the second was taken", (Cell(1).outcome(), contents(table.window)?.is_some()), (None, true))
}

fn a_caller_whose_endpoint_is_revoked_while_queued_is_turned_away(bench: &mut Bench<'_>) -> Outcome {
    let table = Table::new(bench)?;
    let copy = bench.copy(table.endpoint.slot(), Rights::ALL)?;
    bench.start(Manner::of(URGENT), sender, [copy, cargo(table.goods, 1, Cell(0))])?;
    own(table.endpoint.slot()).revoke()?;
    window::set(table.window, 1)?;
    refused("receive", table.endpoint.try_receive(table.reply), Error::WouldBlock)?;
    same("the caller", Cell(0).outcome(), Some(Err(Error::InvalidCapability)))?;
    table.is_untouched()
}

fn the_answer_to_a_fault_brings_none(bench: &mut Bench<'_>) -> Outcome {
    let table = Table::new(bench)?;
    let helper = bench.start(Manner::of(URGENT).faults(table.endpoint), reader, [page(0), 0])?;
    let Received::Fault { .. } = table.endpoint.try_receive(table.reply)? else {
        return Err(Failure::new(format_args!("no fault")));
    };
    let answer = Message::with_capabilities(0, [table.goods], [])?;
    refused("answer", table.reply.send(answer), Error::TooManyCapabilities)?;
    helper.is_in(ThreadState::Faulted)?;
    bench.mapped(page(0), READ_WRITE)?;
    table.reply.resume()?;
    same("it can be answered without", Cell(0).outcome(), Some(Ok(())))
}

fn a_message_is_as_long_as_its_capabilities_at_least(bench: &mut Bench<'_>) -> Outcome {
    let table = Table::new(bench)?;
    table.start(bench, receiver, 4, Cell(0))?;
    for (count, length) in [(1, 0), (2, 1), (4, 3)] {
        let registers = Registers::new([table.endpoint.slot(), count << 8 | length, table.goods, table.goods + 1]);
        let status = stub::system_call(SystemCall::Call as u64, registers).x[0];
        same("status", status, Error::InvalidTag.code())?;
    }
    table.is_untouched()
}

fn a_window_is_of_empty_slots_of_the_own_table(bench: &mut Bench<'_>) -> Outcome {
    let table = Table::new(bench)?;
    refused("five slots", window::set(table.window, 5), Error::InvalidCount)?;
    refused("very many", window::set(table.window, u64::MAX), Error::InvalidCount)?;
    refused("from slot 0", window::set(0, 1), Error::SlotOutOfRange)?;
    for first in [1 << 24, u64::MAX - 2, u64::MAX] {
        refused("outside", window::set(first, 4), Error::SlotOutOfRange)?;
    }
    refused("an occupied slot", window::set(table.goods, 1), Error::SlotOccupied)?;
    refused("the last is occupied", window::set(bench.next_full()? - 3, 4), Error::SlotOccupied)?;
    window::set(table.window, 1)?;
    refused("in place of a good one", window::set(table.goods, 1), Error::SlotOccupied)?;
    table.start(bench, sender, 1, Cell(0))?;
    same("the good one is still there", table.take()?.words[0], table.window)
}

impl Bench<'_> {
    /// A full slot behind three empty ones.
    fn next_full(&mut self) -> Outcome<u64> {
        self.slots(3)?;
        self.make(NewObject::Notification)
    }
}

fn new_registers_and_new_spaces_take_the_window_away(bench: &mut Bench<'_>) -> Outcome {
    let table = Table::new(bench)?;
    for change in 0..2 {
        let helper = table.start(bench, receiver, 1, Cell(0))?;
        helper.is_in(ThreadState::Receiving)?;
        helper.thread.suspend()?;
        if change == 0 {
            helper.thread.configure(Manner::of(URGENT).cnode, SPACE, None)?;
        } else {
            let arguments = [pair(table.endpoint, table.reply), cargo(0, 0, Cell(1)), helper.thread.slot()];
            let instruction_pointer = receiver as *const () as usize as u64;
            let start = StartRegisters { instruction_pointer, stack_pointer: helper.stack_end, arguments };
            helper.thread.write_registers(start)?;
        }
        helper.thread.resume()?;
        helper.is_in(ThreadState::Receiving)?;
        refused("call", table.endpoint.call(load(table.goods, 1)?), Error::NoWindow)?;
        table.is_untouched()?;
        own(helper.thread.slot()).delete()?;
    }
    Ok(())
}
