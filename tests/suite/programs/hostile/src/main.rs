//! A hostile program: it does its worst with the capabilities that it has.
#![no_std]
#![no_main]

mod attack;
mod random;

use l4k_sys::startup::{Arguments, THREAD};
use l4k_sys::{CNode, Error, stub, system};
use suite_support::hostile::{ACCEPTED, Attack, DONE, TALLY, slots};
use suite_support::machine;

use crate::random::Random;

l4k_sys::entry!(main);
l4k_sys::panic_handler!(report);

fn main(arguments: Arguments) -> Result<(), Error> {
    let [attack, seed, calls] = arguments.words();
    match Attack::from_number(attack).ok_or(Error::InvalidArgument)? {
        Attack::Random => attack_at_random(seed, calls),
        Attack::RevokeItself => CNode::OWN.at(slots::MEMORY).revoke()?,
        Attack::DeleteItself => {
            CNode::OWN.at(slots::TABLE).delete()?;
            (1..1 << slots::TABLE_BITS).try_for_each(|slot| CNode::OWN.at(slot).delete())?;
        }
    }
    machine::write(DONE, 1);
    loop {
        let _ = THREAD.suspend();
        system::yield_now();
    }
}

/// Counts each call before it is made, since it may be the last.
fn attack_at_random(seed: u64, calls: u64) {
    let mut random = Random::new(seed);
    let mut accepted = 0;
    for call in 1..=calls {
        machine::write(TALLY, call);
        let (number, registers) = attack::next(&mut random);
        let status = stub::system_call(number, registers).x[0];
        accepted += u64::from(Error::from_code(status).is_none());
        machine::write(ACCEPTED, accepted);
    }
}
