//! SD cards behind an SD host controller (SD Host Controller Simplified Specification 3.00): those of the BCM2711, and
//! whatever else keeps to it. Data go through the processor, the clock is 25 MHz, four lines.
//!
//! [`Host`] is the controller, [`SdCard`] the card in it, and [`SdBlockDevice`] what the FAT file system of
//! `embedded-sdmmc` takes. From the ground up: where registers lie (`layout`), the clock's divider (`clock`), what
//! errors there are (`error`, `status`), commands (`command`), the controller (`host`), data (`transfer`), and the card
//! (`identify`, `capacity`, `card`, `device`).

mod capacity;
mod card;
mod clock;
mod command;
mod device;
mod error;
mod host;
mod identify;
mod layout;
mod status;
mod transfer;

#[cfg(test)]
mod model;
#[cfg(test)]
mod model_card;

pub use capacity::BLOCK_BYTES;
pub use card::{SdCard, StartFailure};
pub use clock::{BaseClock, ClockOutOfRange};
pub use device::SdBlockDevice;
pub use error::{Awaited, BlockError, HostError, StartError, StopError};
pub use host::Host;
pub use identify::CardKind;
pub use status::CardFault;
