//! The client: calls a server that crashes now and then. A call that the server did not live to answer is an error, and is made again.
#![no_std]
#![no_main]

use l4k_sys::startup::FIRST_FREE_SLOT;
use l4k_sys::{Endpoint, Error, Message, println};

l4k_sys::entry!(main);
l4k_sys::panic_handler!(report);

/// Answers that it wants.
const ANSWERS: u64 = 20;

fn main() -> Result<(), Error> {
    let server = Endpoint::from_slot(FIRST_FREE_SLOT);
    let (mut answers, mut errors) = (0, 0);
    while answers < ANSWERS {
        match server.call(Message::new(1, [answers])) {
            Ok(answer) if answer.words[0] == answers => answers += 1,
            Ok(_) => return Err(Error::InvalidArgument),
            // The server has died with the call; the endpoint is init's, and waits for the next server.
            Err(Error::PeerGone) => errors += 1,
            Err(error) => return Err(error),
        }
    }
    println!("client: {answers} answers, {errors} errors");
    Ok(())
}
