//! Floor 3: system calls and boot.

pub mod arguments;
pub mod boot;
mod boot_error;
mod boot_information;
mod boot_input;
mod boot_memory;
mod boot_program;
mod capability_calls;
mod dispatch;
mod entry;
mod ground;
mod ipc_calls;
mod machine_calls;
mod memory_calls;
mod thread_calls;

pub use entry::{CALL, Kernel, REPLY, REPLY_RECEIVE, Resume, Return, SIGNAL, YIELD};
