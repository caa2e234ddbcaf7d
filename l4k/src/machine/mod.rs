//! Floor 4: the machine. The real core, and the simulated one.

pub mod table_format;

#[cfg(any(test, feature = "simulation"))]
pub mod simulated;
