//! Floor 2: behaviour. Each file is one concept, written as `impl System<A>`.
//!
//! Every operation checks everything first and then changes things with code that cannot fail; an error has changed nothing.

pub mod asid;
pub mod binding;
pub mod call;
pub mod cancel;
pub mod configure;
pub mod console;
pub mod copy;
pub mod cores;
#[cfg(feature = "debug")]
pub mod cycle;
pub mod debugging;
pub mod derivation;
pub mod destroy;
pub mod destroy_thread;
pub mod dying;
pub mod fast;
pub mod fault;
#[cfg_attr(not(feature = "debug"), path = "no_fault_report.rs")]
pub mod fault_report;
pub mod grant;
pub mod interrupt;
pub mod lending;
pub mod loading;
pub mod look_up;
pub mod maintenance;
pub mod mapping;
pub mod next;
pub mod notify;
pub mod queue;
pub mod ready;
pub mod receive;
pub mod registers;
pub mod release;
mod release_heap;
pub mod reply;
pub mod retype;
pub mod revoke;
pub mod schedule;
#[cfg_attr(not(feature = "debug"), path = "no_silence.rs")]
pub mod silence;
pub mod stack_overflow;
pub mod system;
pub mod table_walk;
#[cfg(feature = "debug")]
pub mod thread_line;
pub mod time;
pub mod transfer;
pub mod untyped;
