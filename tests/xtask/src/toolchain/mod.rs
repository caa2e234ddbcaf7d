//! Which compiler builds for the target: the user's own where it has the target's library, else Debian's with a library that is built
//! here from its source.
//!
//! [`choice`] is the result, [`debian`] knows Debian's compiler, [`sysroot`] builds its library for the target,
//! [`llvm`] finds the tools that belong to the compiler for this computer, [`symbols`] makes the same code in every folder.

pub mod choice;
pub mod debian;
pub mod llvm;
pub mod symbols;
pub mod sysroot;

pub use choice::Toolchain;
