//! Typed handles: one type for each kind of object, holding the capability address in the caller's CNode and nothing else.
//!
//! A handle is a name, not the authority: the capability is in the slot, and the kernel checks it in
//! each call. Every call can therefore fail with `InvalidCapability` (slot out of range or empty) or `WrongKind`
//! (something else is in it); the methods list what they fail with beside these two.

mod cnode;
mod debug_console;
mod endpoint;
mod interrupt;
mod memory;
mod notification;
mod reply;
mod smc_control;
mod thread;
mod time;
mod untyped;

pub use cnode::{CNode, Place, SlotContents};
pub use debug_console::{DebugConsole, LockTimes};
pub use endpoint::Endpoint;
pub use interrupt::{Irq, IrqControl, Trigger};
pub use memory::{AddressSpace, AddressSpaceStatus, AsidPool, Frame, FrameStatus};
pub use notification::Notification;
pub use reply::Reply;
pub use smc_control::SmcControl;
pub use thread::{Breakpoint, StartRegisters, Thread, ThreadStatus};
pub use time::{SchedContext, SchedContextStatus, SchedControl};
pub use untyped::{MemoryKind, NewObject, Untyped, UntypedStatus};
