//! Judges the crates that can be published.
//!
//! [`workspace`] finds them. [`rules`] says what the manifest, the licence files and the texts of each have to hold, with
//! [`feature_table`] and [`order`]. [`pack`] packs and unpacks them, [`origin`] proves that a project uses nothing else, and [`firmware`] builds
//! and boots a project that is made of the packed crates alone, by the [`tool`] `cargo l4k` from its package. [`console`] talks to it.
//! [`judges`] runs cargo-deny and cargo-semver-checks, [`public`] asks the compiler which dependencies are public.

pub mod console;
pub mod date;
pub mod feature_table;
pub mod firmware;
pub mod judges;
pub mod order;
pub mod origin;
pub mod pack;
pub mod public;
pub mod rules;
pub mod tool;
pub mod workspace;

pub use workspace::Workspace;
