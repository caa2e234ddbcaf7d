//! `cargo l4k`: reads the command line and calls the library.

fn main() {}
