//! For programs with several threads, behind the feature `critical-section-multi-thread`. May call `exclusion`, `handle` and `stub`.
#![allow(unsafe_code)]

use critical_section::{Impl, RawRestoreState, set_impl};

use super::exclusion::{Depth, Exclusion, Identity};
use crate::abi::Error;
use crate::handle::Notification;
use crate::stub;

static EXCLUSION: Exclusion = Exclusion::new();

struct MultiThread;

set_impl!(MultiThread);

// SAFETY: `EXCLUSION` lets in one thread at a time, and the same one again (`tests/concurrency` explores it); what it knows a thread by is
// its own, because the program, which has enabled the feature, gives each thread a message buffer of its own.
unsafe impl Impl for MultiThread {
    unsafe fn acquire() -> RawRestoreState {
        EXCLUSION.enter(Identity::of_buffer(stub::buffer_address())) == Depth::Nested
    }

    unsafe fn release(nested: RawRestoreState) {
        EXCLUSION.leave(if nested { Depth::Nested } else { Depth::Outermost });
    }
}

/// Names the notification on which threads wait for the critical section. It is used for nothing else, is bound to no thread, and stays: if
/// its capability is moved or deleted, threads that wait may wait for ever. Once is enough; best before the program's second thread starts.
///
/// # Errors
/// `MissingRight` without the right to signal or the right to wait; `InvalidCapability` and the like if it is no notification. Nothing is
/// named then.
pub fn use_notification(notification: Notification) -> Result<(), Error> {
    notification.signal()?;
    match notification.poll() {
        // Somebody who waits has taken the signal.
        Ok(_) | Err(Error::WouldBlock) => (),
        Err(error) => return Err(error),
    }
    EXCLUSION.name(notification.slot());
    Ok(())
}
