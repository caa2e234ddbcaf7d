//! Everything that serves Debian's compiler and Debian's packages. Debian's compiler has no library for the target, so that one is built
//! here from Debian's source.
//!
//! [`compiler`] knows where Debian's packages put things, [`sysroot`] builds the library, [`environment`] makes cargo take both.
//! [`packages`] plans what has to be installed, [`system`] is the system that it is installed on.
//!
//! To do without: delete this directory, the variant `Debian` of `toolchain::Toolchain`, and what then does not compile.

pub mod compiler;
pub mod environment;
pub mod packages;
pub mod sysroot;
pub mod system;
