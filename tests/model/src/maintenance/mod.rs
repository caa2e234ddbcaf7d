//! What the reference says of translations and cached contents: what a program may meet while the kernel works, and after.

pub mod contents;
pub mod judge;
pub mod mutants;
pub mod play;
pub mod snapshot;
pub mod stage;
