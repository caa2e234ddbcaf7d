//! What the texts for readers say, held against the code, and what the compiler says to a reader's program. [`chapters`] reads the
//! texts; each other file is a subject.

mod chapters;
mod console;
mod facts;
mod markdown;
mod panic_handler;
mod picture;
mod template;
