//! The kernel's text by the files that it was written in: how many bytes of it each is, and what the file is for.
//!
//! `places` counts, `purpose` reads what a file says of itself, `rooms` puts both together by directories, `chapter` tells it in the book.

mod chapter;
mod places;
mod purpose;
mod rooms;

pub use chapter::{CHAPTER, check_book, write};
