//! The cases.

mod all;
mod calls;
mod derivation;
mod faults;
mod interrupts;
mod mapping;
mod objects;
mod scale;
mod signals;
mod simple;

pub use all::ALL;
