//! What `cargo l4k` does, as a library: each command is a module.
