//! Panic handlers that a program can choose from, with [`panic_handler!`](crate::panic_handler!).

use core::panic::PanicInfo;
use core::sync::atomic::{AtomicBool, Ordering};

use crate::error;
use crate::exit::{Status, exit};

/// Set while a panic is reported, so that a panic in the report does not report itself.
static REPORTING: AtomicBool = AtomicBool::new(false);

/// Prints the message to the debug console and ends the program with status 101.
pub fn report(information: &PanicInfo<'_>) -> ! {
    if !REPORTING.swap(true, Ordering::Relaxed) {
        error!("{information}");
    }
    exit(Status::PANIC)
}

/// Ends the program with status 101, without a word (and without the code that formats one).
pub fn exit_silently() -> ! {
    exit(Status::PANIC)
}

/// Chooses the panic handler: `panic_handler!(report)` prints the message to the debug console and exits
/// with status 101, `panic_handler!(exit)` just exits.
#[macro_export]
macro_rules! panic_handler {
    (report) => {
        #[panic_handler]
        fn panic(information: &core::panic::PanicInfo<'_>) -> ! {
            $crate::panic::report(information)
        }
    };
    (exit) => {
        #[panic_handler]
        fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
            $crate::panic::exit_silently()
        }
    };
}
