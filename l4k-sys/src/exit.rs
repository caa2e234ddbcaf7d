//! The end of a program: what `main` returns becomes a status, and the status reaches the supervisor.

use core::fmt::Debug;

use crate::abi::boot;
use crate::handle::{DebugConsole, Thread};
use crate::message::Message;
use crate::registers::Registers;
use crate::startup::{self, Origin, SUPERVISOR};
use crate::{error, stub, system};

/// How a program ended. 0 is success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub struct Status(u8);

impl Status {
    /// All went well.
    pub const SUCCESS: Status = Status(0);
    /// `main` returned an error.
    pub const FAILURE: Status = Status(1);
    /// The program panicked.
    pub const PANIC: Status = Status(101);

    /// A status of one's own.
    #[must_use]
    pub const fn new(code: u8) -> Status {
        Status(code)
    }

    /// Its number.
    #[must_use]
    pub const fn code(self) -> u8 {
        self.0
    }
}

/// What `main` may return.
pub trait IntoStatus {
    /// The status that it stands for.
    fn into_status(self) -> Status;
}

impl IntoStatus for () {
    fn into_status(self) -> Status {
        Status::SUCCESS
    }
}

impl IntoStatus for Status {
    fn into_status(self) -> Status {
        self
    }
}

impl IntoStatus for core::convert::Infallible {
    fn into_status(self) -> Status {
        match self {}
    }
}

impl<T: IntoStatus, E: Debug> IntoStatus for Result<T, E> {
    fn into_status(self) -> Status {
        match self {
            Ok(value) => value.into_status(),
            Err(cause) => {
                error!("main failed: {cause:?}");
                Status::FAILURE
            }
        }
    }
}

/// Ends this program: tells the supervisor, or ends the machine if this is the first program.
pub fn exit(status: Status) -> ! {
    match startup::origin() {
        Origin::Program => tell_supervisor(status),
        Origin::Kernel => end_machine(status),
    }
    // Nobody took the status. A call that does not exist is a fault, so that at least the fault handler hears of the end.
    loop {
        let _ = stub::system_call(NO_SUCH_CALL, Registers::default());
        system::yield_now();
    }
}

const NO_SUCH_CALL: u64 = 0;

/// Comes back only if there is no supervisor (any more): the call is never answered.
fn tell_supervisor(status: Status) {
    let _ = SUPERVISOR.call(Message::new(startup::label::EXIT, [u64::from(status.code())]));
}

/// Comes back only if the kernel has no debug console and this thread was resumed after that.
fn end_machine(status: Status) {
    let _ = DebugConsole::from_slot(boot::slot::DEBUG_CONSOLE).exit(status.code());
    let _ = Thread::from_slot(boot::slot::THREAD).suspend();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_main_returns_becomes_a_status() {
        assert_eq!(().into_status(), Status::SUCCESS);
        assert_eq!(Ok::<(), u8>(()).into_status(), Status::SUCCESS);
        assert_eq!(Ok::<Status, u8>(Status::new(7)).into_status().code(), 7);
        assert_eq!(Err::<(), u8>(3).into_status(), Status::FAILURE);
    }
}
