//! The end of a program: what `main` returns becomes a status, and the status reaches the supervisor.

use core::fmt::{self, Debug};

use crate::abi::boot;
use crate::entry::program_name;
use crate::handle::{DebugConsole, Thread};
use crate::message::Message;
use crate::registers::Registers;
use crate::startup::{self, Origin, SUPERVISOR};
use crate::{println, refusal, stub, system};

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
                report(format_args!("{cause:?}"));
                Status::FAILURE
            }
        }
    }
}

/// Says which program failed, and why. If it is the kernel's last refusal, it names the call and the slot.
fn report(cause: fmt::Arguments<'_>) {
    let name = program_name();
    match refusal::last().filter(|last| last.is_named_in(cause)) {
        Some(refusal) => println!("[{name}] main returned {cause} ({refusal})"),
        None => println!("[{name}] main returned {cause}"),
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
    extern crate std;
    use super::*;
    use crate::abi::{Error, SystemCall};
    use core::cell::RefCell;
    use std::string::String;
    use std::vec::Vec;

    std::thread_local! {
        static PRINTED: RefCell<String> = const { RefCell::new(String::new()) };
    }

    /// Prints, and refuses everything else.
    fn kernel(number: u64, registers: Registers) -> Registers {
        if number != SystemCall::DebugWrite as u64 {
            return Registers::new([Error::InvalidCapability.code()]);
        }
        let bytes: Vec<u8> = registers.x[2..].iter().flat_map(|word| word.to_le_bytes()).collect();
        PRINTED.with_borrow_mut(|all| all.push_str(std::str::from_utf8(&bytes[..registers.x[1] as usize]).unwrap()));
        Registers::default()
    }

    #[test]
    fn an_error_of_main_is_told_with_program_call_and_slot() {
        stub::install(kernel);
        let name = program_name();
        let _ = Err::<(), _>("nothing of the kernel's").into_status();
        assert_eq!(PRINTED.take(), std::format!("[{name}] main returned \"nothing of the kernel's\"\n"));
        let told = std::format!("[{name}] main returned InvalidCapability (ThreadResume on slot 77)\n");
        // The last refusal is one for the whole program, and other tests run at the same time: one of theirs can come in between.
        let is_told = (0..1000).any(|_| {
            let _ = Thread::from_slot(77).resume().into_status();
            PRINTED.take() == told
        });
        assert!(is_told, "nobody said {told}");
    }

    #[test]
    fn what_main_returns_becomes_a_status() {
        assert_eq!(().into_status(), Status::SUCCESS);
        assert_eq!(Ok::<(), u8>(()).into_status(), Status::SUCCESS);
        assert_eq!(Ok::<Status, u8>(Status::new(7)).into_status().code(), 7);
        assert_eq!(Err::<(), u8>(3).into_status(), Status::FAILURE);
    }
}
