//! The Rust code in the book, as documentation tests: `cargo test --package l4k-book`. A block is compiled as it is for a reader
//! on the host; `no_run` where it needs a kernel, `ignore` with a reason in the text where it is a part of something.

#[cfg(doctest)]
mod chapters;
