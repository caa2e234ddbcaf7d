//! What differs from core model to core model, as data: pure, and tested on the host.

pub mod errata;
pub mod features;
pub mod fitness;
pub mod history_rounds;
