//! What the threads of a test do. Each begins with two words from the test and the slot of its own thread.

use l4k_sys::abi::message::{MESSAGE_WORDS_MAX, REGISTER_WORDS};
use l4k_sys::buffer::MessageBuffer;
use l4k_sys::registers::Registers;
use l4k_sys::{Endpoint, Error, Message, Notification, Received, Reply, Thread, stub, system};
use suite_support::machine;
use suite_support::misdeed::Misdeed;
use suite_support::role::{LABEL, echo};

use super::cells::{self, Cell};

/// The beginning of a thread.
pub type Body = extern "C" fn(u64, u64, u64) -> !;

/// An endpoint and a reply object in one word.
pub fn pair(endpoint: Endpoint, reply: Reply) -> u64 {
    endpoint.slot() | reply.slot() << 32
}

/// The two again.
pub fn split(pair: u64) -> (Endpoint, Reply) {
    (Endpoint::from_slot(pair & 0xffff_ffff), Reply::from_slot(pair >> 32))
}

/// Ends a thread: it stays suspended.
pub fn finish(thread: u64) -> ! {
    loop {
        let _ = Thread::from_slot(thread).suspend();
    }
}

/// The words that [`caller`] sends through a cell.
pub const fn words(cell: Cell) -> [u64; 6] {
    [cell.0, 22, 33, 44, 55, u64::MAX]
}

/// Calls once, and leaves the answer in the cell.
pub extern "C" fn caller(endpoint: u64, cell: u64, thread: u64) -> ! {
    let cell = Cell(cell);
    let answer = Endpoint::from_slot(endpoint).call(Message::new(LABEL, words(cell)));
    if let Ok(message) = answer {
        cell.put_message(message, 0);
    }
    cell.put_outcome(answer.map(drop));
    finish(thread)
}

/// Calls with 120 words, and leaves in the cell's value how many came back right.
pub extern "C" fn long_caller(endpoint: u64, cell: u64, thread: u64) -> ! {
    let cell = Cell(cell);
    let answer = fill_buffer().and_then(|()| {
        let message = Message::long(LABEL, MESSAGE_WORDS_MAX, [0, 1, 2, 3, 4, 5])?;
        Endpoint::from_slot(endpoint).call(message)
    });
    if let Ok(message) = answer {
        cell.put_message(message, right_words(&message));
    }
    cell.put_outcome(answer.map(drop));
    finish(thread)
}

fn fill_buffer() -> Result<(), Error> {
    let buffer = MessageBuffer::current().ok_or(Error::NoBuffer)?;
    (REGISTER_WORDS..MESSAGE_WORDS_MAX).try_for_each(|index| buffer.set_word(index, index as u64))
}

fn right_words(message: &Message) -> u64 {
    let word = |index| message.words.get(index).copied().or_else(|| MessageBuffer::current()?.word(index));
    (0..MESSAGE_WORDS_MAX).filter(|index| word(*index) == Some(echo(*index as u64))).count() as u64
}

/// Answers every call with its words, each plus one; leaves the last call's badge, and the error that ends it, in the cell.
pub extern "C" fn echo_server(pair: u64, cell: u64, thread: u64) -> ! {
    let ((endpoint, reply), cell) = (split(pair), Cell(cell));
    let mut received = endpoint.receive(reply);
    loop {
        received = match received.and_then(|received| echoed(received, cell)) {
            Ok(answer) => endpoint.reply_receive(reply, answer),
            Err(error) => {
                cell.put_outcome(Err(error));
                finish(thread)
            }
        }
    }
}

fn echoed(received: Received, cell: Cell) -> Result<Message, Error> {
    let Received::Message { message, badge } = received else { return Err(Error::NotSupported) };
    cell.put_message(message, badge.value());
    for index in REGISTER_WORDS..message.length() {
        let buffer = MessageBuffer::current().ok_or(Error::NoBuffer)?;
        buffer.set_word(index, echo(buffer.word(index).ok_or(Error::NoBuffer)?))?;
    }
    Message::long(message.label() + 1, message.length(), message.words.map(echo))
}

/// Receives once, leaves what came in the cell, and does not answer.
pub extern "C" fn taker(pair: u64, cell: u64, thread: u64) -> ! {
    let ((endpoint, reply), cell) = (split(pair), Cell(cell));
    let received = endpoint.receive(reply);
    match received {
        Ok(Received::Message { message, badge } | Received::Fault { message, badge }) => {
            cell.put_message(message, badge.value());
        }
        Ok(Received::Notification { signals }) => cell.put_value(signals),
        Err(_) => {}
    }
    cell.put_outcome(received.map(drop));
    finish(thread)
}

/// Serves for ever. That nobody waits for an answer is no reason to stop.
pub extern "C" fn steady(pair: u64, cell: u64, thread: u64) -> ! {
    let (endpoint, reply) = split(pair);
    let mut received = endpoint.receive(reply);
    loop {
        received = match received.and_then(|_| endpoint.reply_receive(reply, Message::EMPTY)) {
            Err(Error::NobodyWaiting) => endpoint.receive(reply),
            Err(error) => {
                Cell(cell).put_outcome(Err(error));
                finish(thread)
            }
            received => received,
        }
    }
}

/// Calls, leaves what came of it, and stops until it is resumed.
pub extern "C" fn client_by_turns(endpoint: u64, cell: u64, thread: u64) -> ! {
    loop {
        Cell(cell).put_outcome(Endpoint::from_slot(endpoint).call(Message::EMPTY).map(drop));
        Cell(cell).count();
        let _ = Thread::from_slot(thread).suspend();
    }
}

/// Waits once, and leaves the word in the cell.
pub extern "C" fn waiter(notification: u64, cell: u64, thread: u64) -> ! {
    let cell = Cell(cell);
    let word = Notification::from_slot(notification).wait();
    cell.put_value(word.unwrap_or(0));
    cell.put_outcome(word.map(drop));
    cells::come(cell.0);
    finish(thread)
}

/// Counts for ever.
pub extern "C" fn spinner(cell: u64, _: u64, _: u64) -> ! {
    loop {
        Cell(cell).count();
    }
}

/// Comes three times and yields after each.
pub extern "C" fn comer(digit: u64, _: u64, thread: u64) -> ! {
    for _ in 0..3 {
        cells::come(digit);
        system::yield_now();
    }
    finish(thread)
}

/// Comes once.
pub extern "C" fn once(digit: u64, _: u64, thread: u64) -> ! {
    cells::come(digit);
    finish(thread)
}

/// Reads the address, and leaves what is there in the cell.
pub extern "C" fn reader(address: u64, cell: u64, thread: u64) -> ! {
    Cell(cell).put_value(machine::read(address));
    Cell(cell).put_outcome(Ok(()));
    finish(thread)
}

/// Writes 77 to the address.
pub extern "C" fn writer(address: u64, cell: u64, thread: u64) -> ! {
    machine::write(address, 77);
    Cell(cell).put_outcome(Ok(()));
    finish(thread)
}

/// Calls the code at the address, and leaves its result in the cell.
pub extern "C" fn jumper(address: u64, cell: u64, thread: u64) -> ! {
    Cell(cell).put_value(machine::call(address));
    Cell(cell).put_outcome(Ok(()));
    finish(thread)
}

/// Commits a misdeed.
pub extern "C" fn wrongdoer(misdeed: u64, cell: u64, thread: u64) -> ! {
    if let Some(misdeed) = Misdeed::from_number(misdeed) {
        machine::commit(misdeed);
    }
    Cell(cell).put_outcome(Ok(()));
    finish(thread)
}

/// Makes the system call with this number, and leaves its status as value.
pub extern "C" fn system_caller(number: u64, cell: u64, thread: u64) -> ! {
    let registers = stub::system_call(number, Registers::default());
    Cell(cell).put_value(registers.x[0]);
    Cell(cell).put_outcome(Ok(()));
    finish(thread)
}

/// Keeps values in registers until the word at the address is set; leaves 1 as value if they have survived.
pub extern "C" fn register_keeper(address: u64, cell: u64, thread: u64) -> ! {
    let values = [address ^ 0x1111, cell ^ 0x2222, thread ^ 0x3333];
    let survived = machine::spin_with_registers(address, values) == values;
    Cell(cell).put_value(u64::from(survived));
    Cell(cell).put_outcome(Ok(()));
    finish(thread)
}
