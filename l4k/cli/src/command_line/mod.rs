//! The command line: [`options`] are its types, [`machine`] the options that choose a machine, [`perform`] does what was typed.

pub mod machine;
pub mod options;
pub mod perform;

pub use machine::MachineChoice;
pub use options::CommandLine;
