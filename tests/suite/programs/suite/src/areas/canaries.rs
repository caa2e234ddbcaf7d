//! Canaries in every register of two threads that deal with each other: after each of the kernel's short ways, each register of both is a result,
//! zero, or as it was. All of it with and without FP/SIMD registers in either thread.

use l4k_sys::abi::message::{REGISTER_WORDS, Tag};
use l4k_sys::abi::thread::register;
use l4k_sys::abi::{Access, Arrival, FaultCause, FaultKind, MapAttributes, Rights, SystemCall};
use l4k_sys::{Endpoint, Nanoseconds, Reply, Thread};
use suite_support::canaries::{Action, Units, filling};
use suite_support::instructions::{END, RETURN};
use suite_support::machine;
use suite_support::misdeed::UNKNOWN_CALL;

use crate::harness::bench::{READ_EXECUTE, READ_WRITE, SPACE, map, page};
use crate::harness::failure::Failure;
use crate::harness::plans::{self, Player, Step};
use crate::harness::routine::write_instructions;
use crate::harness::threads::{Helper, Manner, URGENT, at_priority, until};
use crate::harness::{Bench, Outcome};

crate::tests![
    a_call_and_its_answer,
    a_call_to_a_passive_server_and_its_answer,
    an_answer_alone_to_a_less_urgent_caller,
    an_answer_alone_to_a_more_urgent_caller,
    a_signal_to_a_less_urgent_waiter,
    a_signal_to_a_more_urgent_waiter,
    a_signal_that_nobody_waits_for,
    threads_that_give_way_to_each_other,
    a_thread_that_gives_way_to_one_that_was_preempted,
    faults_and_their_handler,
    faults_and_their_passive_handler,
];

/// Units of the caller and of the server.
type Pair = [Units; 2];

const PAIRS: [Pair; 4] = [
    [Units::None, Units::None],
    [Units::FloatingPoint, Units::FloatingPoint],
    [Units::FloatingPoint, Units::None],
    [Units::None, Units::FloatingPoint],
];

const BADGE: u64 = 0xbad9e;

/// In registers, as many as there are, one more, and the longest.
const LENGTHS: [usize; 7] = [0, 1, 2, 6, 7, 10, 120];

/// Where a thread that spins looks for the end.
const SIGN: u64 = page(0);

const SHORT: Nanoseconds = Nanoseconds::from_milliseconds(1);

/// Whose time a server works on.
#[derive(Clone, Copy)]
enum Time {
    Own,
    Lent,
}

/// Plays with each pair of units. Says with which a failure came.
fn with_each_pair(bench: &mut Bench<'_>, mut play: impl FnMut(&mut Bench<'_>, Pair) -> Outcome) -> Outcome {
    PAIRS.into_iter().try_for_each(|pair| {
        play(bench, pair).map_err(|failure| Failure::new(format_args!("units {pair:?}: {failure}")))
    })
}

/// A thread that was not resumed yet, with a message buffer.
fn player(bench: &mut Bench<'_>, manner: Manner, player: Player, units: Units) -> Outcome<Helper> {
    let manner = match units {
        Units::None => manner,
        Units::FloatingPoint => manner.floating_point(),
    };
    let body = match player {
        Player::Caller => plans::caller,
        Player::Server => plans::server,
    };
    let helper = bench.thread(manner, body, [units as u64, 0])?;
    bench.give_buffer(&helper)?;
    Ok(helper)
}

/// A server that has run until it waits.
fn server(bench: &mut Bench<'_>, manner: Manner, units: Units, time: Time) -> Outcome {
    let helper = player(bench, manner, Player::Server, units)?;
    helper.thread.resume()?;
    match (time, helper.context) {
        (Time::Lent, Some(context)) => Ok(context.unbind()?),
        _ => Ok(()),
    }
}

/// The tag of the caller's n-th message.
fn question(index: usize) -> Outcome<Tag> {
    Ok(Tag::new(0x100 + index as u32, LENGTHS[index])?)
}

/// The tag of the answer to it: of another length.
fn answer(index: usize) -> Outcome<Tag> {
    Ok(Tag::new(0x200 + index as u32, LENGTHS[LENGTHS.len() - 1 - index])?)
}

/// A message of each length there and back. A server's step waits for the next message, the last one for good.
fn plan_calls(endpoint: u64, called: u64, reply: Reply) -> Outcome {
    let receive = Step::call(SystemCall::Receive).with(0, endpoint).with(9, reply.slot()).finds(9, BADGE);
    let mut serving = [receive; LENGTHS.len() + 1];
    let mut calling = [Step::call(SystemCall::Call).with(0, called); LENGTHS.len()];
    for index in 0..LENGTHS.len() {
        let (question, answer) = (question(index)?, answer(index)?);
        serving[index] = serving[index].finds_message(Player::Caller, index, question);
        serving[index + 1] = serving[index + 1].with(8, SystemCall::ReplyReceive as u64).with(1, answer.bits());
        calling[index] = calling[index].with(1, question.bits()).finds_message(Player::Server, index + 1, answer);
    }
    Player::Server.plan(&serving)?;
    Player::Caller.plan(&calling)
}

fn calls(bench: &mut Bench<'_>, time: Time) -> Outcome {
    with_each_pair(bench, |bench, [caller_units, server_units]| {
        let (endpoint, reply) = (bench.endpoint()?, bench.reply()?);
        plan_calls(endpoint.slot(), bench.mint(endpoint.slot(), Rights::CALL, BADGE)?, reply)?;
        server(bench, Manner::of(URGENT), server_units, time)?;
        player(bench, Manner::of(URGENT), Player::Caller, caller_units)?.thread.resume()?;
        Player::Caller.has_done(LENGTHS.len())?;
        Player::Server.has_done(LENGTHS.len())
    })
}

fn a_call_and_its_answer(bench: &mut Bench<'_>) -> Outcome {
    calls(bench, Time::Own)
}

fn a_call_to_a_passive_server_and_its_answer(bench: &mut Bench<'_>) -> Outcome {
    calls(bench, Time::Lent)
}

/// Three calls that a server receives and answers with two system calls.
fn plan_answers(endpoint: u64, called: u64, reply: Reply) -> Outcome {
    let receive = Step::call(SystemCall::Receive).with(0, endpoint).with(9, reply.slot()).finds(9, BADGE);
    let mut serving = [receive; 6];
    let mut calling = [Step::call(SystemCall::Call).with(0, called); 3];
    for (index, length) in [0, 2, 6].into_iter().enumerate() {
        let (question, answer) = (question(index)?, Tag::new(7, length)?);
        serving[2 * index] = receive.finds_message(Player::Caller, index, question);
        serving[2 * index + 1] = Step::call(SystemCall::Reply).with(0, reply.slot()).with(1, answer.bits());
        calling[index] = calling[index].with(1, question.bits()).finds_message(Player::Server, 2 * index + 1, answer);
    }
    Player::Server.plan(&serving)?;
    Player::Caller.plan(&calling)
}

fn answers(bench: &mut Bench<'_>, caller_priority: u8) -> Outcome {
    with_each_pair(bench, |bench, [caller_units, server_units]| {
        let (endpoint, reply) = (bench.endpoint()?, bench.reply()?);
        plan_answers(endpoint.slot(), bench.mint(endpoint.slot(), Rights::CALL, BADGE)?, reply)?;
        server(bench, Manner::of(URGENT), server_units, Time::Own)?;
        player(bench, Manner::of(caller_priority), Player::Caller, caller_units)?.thread.resume()?;
        Player::Caller.has_done(3)?;
        Player::Server.has_done(6)
    })
}

fn an_answer_alone_to_a_less_urgent_caller(bench: &mut Bench<'_>) -> Outcome {
    answers(bench, URGENT - 10)
}

fn an_answer_alone_to_a_more_urgent_caller(bench: &mut Bench<'_>) -> Outcome {
    answers(bench, URGENT + 10)
}

/// Signals, and as many waits.
fn plan_signals(bench: &mut Bench<'_>, count: usize) -> Outcome {
    let notification = bench.notification()?;
    let signalled = bench.mint(notification.slot(), Rights::SIGNAL, BADGE)?;
    let wait = Step::call(SystemCall::Wait).with(0, notification.slot()).finds_signals(BADGE);
    Player::Server.plan(&[wait; 3][..count])?;
    Player::Caller.plan(&[Step::call(SystemCall::Signal).with(0, signalled); 3][..count])
}

fn signals(bench: &mut Bench<'_>, waiter_priority: u8, count: usize) -> Outcome {
    with_each_pair(bench, |bench, [caller_units, server_units]| {
        plan_signals(bench, count)?;
        server(bench, Manner::of(waiter_priority), server_units, Time::Own)?;
        player(bench, Manner::of(URGENT), Player::Caller, caller_units)?.thread.resume()?;
        Player::Caller.has_done(count)?;
        Player::Server.has_done(count)
    })
}

/// The second signal stays in the notification.
fn a_signal_to_a_less_urgent_waiter(bench: &mut Bench<'_>) -> Outcome {
    signals(bench, URGENT - 10, 2)
}

fn a_signal_to_a_more_urgent_waiter(bench: &mut Bench<'_>) -> Outcome {
    signals(bench, URGENT + 10, 3)
}

fn a_signal_that_nobody_waits_for(bench: &mut Bench<'_>) -> Outcome {
    with_each_pair(bench, |bench, [caller_units, server_units]| {
        plan_signals(bench, 1)?;
        player(bench, Manner::of(URGENT), Player::Caller, caller_units)?.thread.resume()?;
        Player::Caller.has_done(1)?;
        server(bench, Manner::of(URGENT), server_units, Time::Own)?;
        Player::Server.has_done(1)
    })
}

fn threads_that_give_way_to_each_other(bench: &mut Bench<'_>) -> Outcome {
    const ROUNDS: usize = 6;
    with_each_pair(bench, |bench, [caller_units, server_units]| {
        Player::Caller.plan(&[Step::call(SystemCall::Yield); ROUNDS])?;
        Player::Server.plan(&[Step::call(SystemCall::Yield); ROUNDS])?;
        let caller = player(bench, Manner::of(URGENT), Player::Caller, caller_units)?.thread;
        let server = player(bench, Manner::of(URGENT), Player::Server, server_units)?.thread;
        // Neither runs before both can.
        at_priority(u8::MAX, || caller.resume().and_then(|()| server.resume()))??;
        Player::Caller.has_done(ROUNDS)?;
        Player::Server.has_done(ROUNDS)
    })
}

/// A server that spins is preempted again and again, while a caller gives way to it.
fn a_thread_that_gives_way_to_one_that_was_preempted(bench: &mut Bench<'_>) -> Outcome {
    const ROUNDS: usize = 12;
    const PRIORITY: u8 = 80;
    bench.mapped(SIGN, READ_WRITE)?;
    with_each_pair(bench, |bench, [caller_units, server_units]| {
        machine::write(SIGN, 0);
        Player::Caller.plan(&[Step::call(SystemCall::Yield); ROUNDS])?;
        Player::Server.plan(&[Step::at(Action::Spin, SIGN)])?;
        let manner = Manner::of(PRIORITY);
        // In this order, so that it is the caller who comes before the server, and not the test.
        player(bench, manner, Player::Caller, caller_units)?.thread.resume()?;
        player(bench, manner.slice(Some(SHORT)), Player::Server, server_units)?.thread.resume()?;
        at_priority(PRIORITY, || {
            until("the end of the caller", || Player::Caller.done() == ROUNDS)?;
            machine::write(SIGN, filling(Player::Server.seed(0), 28));
            until("the end of the server", || Player::Server.done() == 1)
        })??;
        Player::Caller.has_done(ROUNDS)?;
        Player::Server.has_done(1)
    })
}

/// What a caller does that faults, what its handler finds, and what that does before it answers.
#[derive(Clone, Copy)]
struct Trouble {
    step: Step,
    kind: FaultKind,
    address: u64,
    detail: u64,
    remedy: Option<Step>,
}

/// A page that the handler maps.
fn missing(bench: &mut Bench<'_>, action: Action, address: u64) -> Outcome<Trouble> {
    let frame = bench.frame()?;
    map(frame, address, READ_WRITE)?;
    write_instructions(address, &[RETURN]);
    frame.unmap()?;
    let (access, rights) = match action {
        Action::Jump => (Access::Execute, READ_EXECUTE),
        _ => (Access::Read, Rights::READ),
    };
    let mapping = Step::call(SystemCall::FrameMap).with(0, frame.slot()).with(1, SPACE.slot()).with(2, address);
    let mapping = mapping.with(3, rights.bits()).with(4, MapAttributes::NORMAL.bits()).with(7, 0);
    Ok(Trouble {
        step: Step::at(action, address),
        kind: FaultKind::Page,
        address,
        detail: access as u64 | (FaultCause::NotMapped as u64) << 8 | 3 << 16,
        remedy: Some(mapping),
    })
}

/// A system call that does not exist.
const fn wrong_call(step: Step, number: u64) -> Trouble {
    Trouble { step, kind: FaultKind::UnknownSystemCall, address: number, detail: 0, remedy: None }
}

/// An instruction that does not exist, at the beginning of a page; the handler lets the thread go on behind it.
fn undefined(bench: &mut Bench<'_>, thread: Thread, address: u64) -> Outcome<Trouble> {
    bench.code(address, &[END, RETURN])?;
    let change = Step::call(SystemCall::ThreadSetRegisters).with(0, thread.slot()).with(2, 1);
    let remedy = change.with(1, register::INSTRUCTION_POINTER).with(3, address + 4);
    let step = Step::at(Action::Jump, address);
    Ok(Trouble { step, kind: FaultKind::BadInstruction, address: 0, detail: 0, remedy: Some(remedy) })
}

/// A receiving step that finds a fault of the caller's n-th step.
fn finds_trouble(receiving: Step, index: usize, trouble: &Trouble) -> Outcome<Step> {
    let tag = Tag::new(trouble.kind as u32, REGISTER_WORDS)?;
    let found = receiving.finds(0, Arrival::Fault as u64).finds(1, tag.bits()).finds(9, BADGE);
    // The instruction pointer, the syndrome and the stack pointer are what they are.
    let found = found.finds(3, trouble.address).finds(4, trouble.detail).ignores(2).ignores(6);
    Ok(match trouble.step.action() {
        // No syndrome and no link register.
        Action::SystemCall => found.finds(5, 0).finds(7, 0),
        // The link register is for the jump.
        Action::Jump => found.ignores(5).ignores(7),
        _ => found.ignores(5).finds(7, filling(Player::Caller.seed(index), 30)),
    })
}

/// The handler of all these faults. Its answers have words that nobody is to see.
fn plan_handler(endpoint: Endpoint, reply: Reply, troubles: &[Trouble]) -> Outcome<usize> {
    let mut receiving = Step::call(SystemCall::Receive).with(0, endpoint.slot()).with(9, reply.slot());
    let mut steps = heapless::Vec::<Step, 16>::new();
    let full = |_| Failure::new(format_args!("too many steps"));
    for (index, trouble) in troubles.iter().enumerate() {
        steps.push(finds_trouble(receiving, index, trouble)?).map_err(full)?;
        trouble.remedy.map_or(Ok(()), |remedy| steps.push(remedy)).map_err(full)?;
        let answer = Tag::new(0, LENGTHS[index % 4])?;
        receiving = receiving.with(8, SystemCall::ReplyReceive as u64).with(1, answer.bits());
    }
    steps.push(receiving).map_err(full)?;
    Player::Server.plan(&steps)?;
    Ok(steps.len() - 1)
}

/// At these pages of the tests.
fn troubles(bench: &mut Bench<'_>, thread: Thread, pages: u64) -> Outcome<[Trouble; 7]> {
    Ok([
        missing(bench, Action::Load, page(pages))?,
        missing(bench, Action::Jump, page(pages + 1))?,
        missing(bench, Action::Load, page(pages + 2))?,
        wrong_call(Step::unknown_call(UNKNOWN_CALL), UNKNOWN_CALL),
        wrong_call(Step::odd_call(), 1),
        undefined(bench, thread, page(pages + 3))?,
        missing(bench, Action::Load, page(pages + 4))?,
    ])
}

fn faults(bench: &mut Bench<'_>, time: Time) -> Outcome {
    let mut pages = 1;
    with_each_pair(bench, |bench, [caller_units, server_units]| {
        let (endpoint, reply) = (bench.endpoint()?, bench.reply()?);
        let handler = Endpoint::from_slot(bench.mint(endpoint.slot(), Rights::CALL, BADGE)?);
        let faulter = player(bench, Manner::of(URGENT).faults(handler), Player::Caller, caller_units)?.thread;
        let troubles = troubles(bench, faulter, pages)?;
        pages += 5;
        Player::Caller.plan(&troubles.map(|trouble| trouble.step))?;
        let steps = plan_handler(endpoint, reply, &troubles)?;
        server(bench, Manner::of(URGENT), server_units, time)?;
        faulter.resume()?;
        Player::Caller.has_done(troubles.len())?;
        Player::Server.has_done(steps)
    })
}

fn faults_and_their_handler(bench: &mut Bench<'_>) -> Outcome {
    faults(bench, Time::Own)
}

fn faults_and_their_passive_handler(bench: &mut Bench<'_>) -> Outcome {
    faults(bench, Time::Lent)
}
