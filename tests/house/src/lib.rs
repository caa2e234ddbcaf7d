//! Reads the project's sources and judges them by the rules of the house.
//!
//! [`source`] is a file that was read, [`violation`] what a rule finds in it. Every other file is one rule, beside a test that shows that
//! the rule fires. The rules meet the sources in `tests/sources.rs`.

pub mod cfg;
pub mod closed_sets;
pub mod confined_indices;
pub mod conformance_map;
pub mod errors_speak;
pub mod floors;
pub mod header;
pub mod hexadecimal;
pub mod length;
pub mod no_logic;
pub mod proven_addresses;
pub mod source;
pub mod top_level;
pub mod trusted;
pub mod violation;
pub mod words;
pub mod zero_bytes;

pub use source::{Project, Source};
pub use violation::Violation;
