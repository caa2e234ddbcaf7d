//! The suite's partner: another program, in an address space of its own, that does what its first argument says.
#![no_std]
#![no_main]

use l4k_sys::abi::message::{MESSAGE_WORDS_MAX, REGISTER_WORDS};
use l4k_sys::buffer::MessageBuffer;
use l4k_sys::exit::Status;
use l4k_sys::startup::{Arguments, REPLY, SUPERVISOR, THREAD};
use l4k_sys::{Endpoint, Error, Message, Notification, Received, window};
use suite_support::machine;
use suite_support::misdeed::Misdeed;
use suite_support::role::{LABEL, Role, echo, slots};

l4k_sys::entry!(main);
l4k_sys::panic_handler!(report);

const ENDPOINT: Endpoint = Endpoint::from_slot(slots::ENDPOINT);

fn main(arguments: Arguments) -> Result<Status, Error> {
    let [role, argument, _] = arguments.words();
    match Role::from_number(role).ok_or(Error::InvalidArgument)? {
        Role::Echo => serve()?,
        Role::Caller => (0..argument).try_for_each(call)?,
        Role::LongCaller => call_long()?,
        Role::Misdeed => machine::commit(Misdeed::from_number(argument).ok_or(Error::InvalidArgument)?),
        Role::Signaller => Notification::from_slot(slots::NOTIFICATION).signal()?,
        Role::Reader => return Ok(Status::new(machine::read(argument) as u8)),
        Role::Exchanger => exchange()?,
        Role::Deserter => drop(ENDPOINT.receive(REPLY)?),
    }
    Ok(Status::SUCCESS)
}

fn serve() -> Result<(), Error> {
    let mut received = ENDPOINT.receive(REPLY)?;
    loop {
        let Received::Message { message, .. } = received else { return Err(Error::InvalidArgument) };
        received = ENDPOINT.reply_receive(REPLY, answer(message)?)?;
    }
}

fn answer(message: Message) -> Result<Message, Error> {
    let length = message.length();
    for index in REGISTER_WORDS..length {
        let buffer = MessageBuffer::current().ok_or(Error::NoBuffer)?;
        buffer.set_word(index, echo(buffer.word(index).ok_or(Error::NoBuffer)?))?;
    }
    Message::long(message.label() + 1, length, message.words.map(echo))
}

fn call(number: u64) -> Result<(), Error> {
    let words = [number, 2, 3, 4, 5, u64::MAX];
    let answer = ENDPOINT.call(Message::new(LABEL, words))?;
    if answer == Message::new(LABEL + 1, words.map(echo)) { Ok(()) } else { Err(Error::InvalidArgument) }
}

fn call_long() -> Result<(), Error> {
    let buffer = MessageBuffer::current().ok_or(Error::NoBuffer)?;
    (REGISTER_WORDS..MESSAGE_WORDS_MAX).try_for_each(|index| buffer.set_word(index, index as u64 * 3))?;
    let answer = ENDPOINT.call(Message::long(LABEL, MESSAGE_WORDS_MAX, [0, 3, 6, 9, 12, 15])?)?;
    let in_registers = answer.words == [0, 3, 6, 9, 12, 15].map(echo);
    let in_buffer = (REGISTER_WORDS..MESSAGE_WORDS_MAX).all(|index| buffer.word(index) == Some(echo(index as u64 * 3)));
    if in_registers && in_buffer { Ok(()) } else { Err(Error::InvalidArgument) }
}

fn exchange() -> Result<(), Error> {
    let own = [SUPERVISOR.slot(), THREAD.slot(), REPLY.slot(), slots::NOTIFICATION];
    let wanted: [u64; 4] = core::array::from_fn(|index| slots::WINDOW + index as u64);
    window::set(slots::WINDOW, 4)?;
    let answer = ENDPOINT.call(Message::with_capabilities(LABEL, own, [77])?)?;
    if answer != Message::with_capabilities(LABEL + 1, wanted, [78])? {
        return Err(Error::InvalidArgument);
    }
    wanted.into_iter().try_for_each(|slot| Notification::from_slot(slot).signal())
}
