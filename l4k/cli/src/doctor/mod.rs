//! `cargo l4k doctor`: what of the tools is there, what is missing, and what to type.
//!
//! [`examine`] looks at this computer, [`host`] says which system it is, [`remedy`] which commands help there. [`finding`] is one result,
//! [`command`] tells them and types the commands.

pub mod command;
pub mod examine;
pub mod finding;
pub mod host;
pub mod remedy;
