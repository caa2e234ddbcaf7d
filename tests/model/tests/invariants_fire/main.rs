//! Each invariant fires on a state corrupted by hand: a check that cannot fail checks nothing.

mod capabilities;
mod memory;
mod queues;
mod stage;
mod tables;
mod threads;
mod time_and_interrupts;
