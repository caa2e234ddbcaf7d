//! Implementations of the crate `critical-section`, of which a program has one, by feature.
//!
//! `critical-section-single-thread` is for programs with one thread and costs nothing. `critical-section-multi-thread` is for programs with
//! several; with both features, which may come from different dependencies, it is the one that counts. A library enables neither: that is
//! the program's business.
//!
//! # Several threads
//! Threads that have to wait do so in the kernel, on a notification that the program names with `use_notification`, best before it
//! starts its second thread. Until then whoever has to wait gives up its time slice, again and again: threads exclude each other all the
//! same, but one that is more urgent than the one inside would wait for ever. Who is inside is not made more urgent by those that wait:
//! sections are to be short.
//!
//! A thread is known by the address of its message buffer. So **each thread of the program that uses critical sections has a message
//! buffer of its own**; one of them may have none. A thread that ends, or is destroyed, inside a section leaves it closed for ever.

#[cfg(feature = "critical-section-multi-thread")]
mod exclusion;
#[cfg(feature = "critical-section-multi-thread")]
mod means;
#[cfg(feature = "critical-section-multi-thread")]
mod multi_thread;
#[cfg(not(feature = "critical-section-multi-thread"))]
mod single_thread;
#[cfg(all(test, feature = "critical-section-multi-thread"))]
mod tests;

#[cfg(feature = "critical-section-multi-thread")]
pub use multi_thread::use_notification;
