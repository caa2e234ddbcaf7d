//! Panic handlers that a program can choose from, with [`panic_handler!`](crate::panic_handler!).

use core::panic::PanicInfo;
use core::sync::atomic::{AtomicBool, Ordering};

use crate::entry::program_name;
use crate::exit::{Status, exit};
use crate::{println, refusal};

/// Set while a panic is reported, so that a panic in the report does not report itself.
static REPORTING: AtomicBool = AtomicBool::new(false);

/// Prints the message to the debug console, with the program's name, and ends the program with status 101. If the message tells of the kernel's last
/// refusal, a line names the call and the slot.
pub fn report(information: &PanicInfo<'_>) -> ! {
    if !REPORTING.swap(true, Ordering::Relaxed) {
        let name = program_name();
        println!("[{name}] {information}");
        if let Some(refusal) =
            refusal::last().filter(|last| last.is_named_in(format_args!("{}", information.message())))
        {
            println!("[{name}] {} is what {refusal} returned", refusal.error);
        }
    }
    exit(Status::PANIC)
}

/// Ends the program with status 101, without a word (and without the code that formats one).
pub fn exit_silently(_: &PanicInfo<'_>) -> ! {
    exit(Status::PANIC)
}

/// What [`panic_handler!`](crate::panic_handler!) implements for the program. [`entry!`](crate::entry!) and
/// [`first_program!`](crate::first_program!) require it: without it the compiler would name its own attribute and not the macro.
#[diagnostic::on_unimplemented(
    message = "this program lacks `l4k_sys::panic_handler!`",
    label = "a program needs a panic handler beside its entry",
    note = "write `l4k_sys::panic_handler!(report);` in the module that contains `entry!` or `first_program!`"
)]
#[doc(hidden)]
pub trait Chosen {}

/// What a program finds when it has not chosen: a name that `panic_handler!` shadows.
#[doc(hidden)]
pub mod absent {
    /// Does not implement [`Chosen`](super::Chosen).
    #[derive(Debug)]
    pub struct L4kPanicHandler;
}

/// Compiles only if a panic handler was chosen. For [`require_panic_handler!`](crate::require_panic_handler!).
#[doc(hidden)]
pub const fn require<Handler: Chosen>() {}

/// Chooses what happens when the program panics. Write it in the module that contains [`entry!`](crate::entry!) or
/// [`first_program!`](crate::first_program!).
///
/// - `panic_handler!(report)` prints the program's name and the message to the debug console and ends the program with status 101.
/// - `panic_handler!(exit)` ends the program with status 101 and prints nothing.
/// - `panic_handler!(crate::on_panic)` calls a function of the program: `fn(&PanicInfo<'_>) -> !`.
///
/// On a host with an operating system it only checks the function's type: there the standard library has the handler.
#[macro_export]
macro_rules! panic_handler {
    (report) => {
        $crate::panic_handler!($crate::panic::report);
    };
    (exit) => {
        $crate::panic_handler!($crate::panic::exit_silently);
    };
    ($handler:path) => {
        struct L4kPanicHandler;

        impl $crate::panic::Chosen for L4kPanicHandler {}

        const _: fn(&core::panic::PanicInfo<'_>) -> ! = $handler;

        #[cfg(target_os = "none")]
        #[panic_handler]
        fn panic(information: &core::panic::PanicInfo<'_>) -> ! {
            $handler(information)
        }
    };
}

/// Refuses a program that has no `panic_handler!`. Part of [`entry!`](crate::entry!).
///
/// The glob import is what a program finds that has not chosen; the item that `panic_handler!` defines shadows it.
#[doc(hidden)]
#[macro_export]
macro_rules! require_panic_handler {
    () => {
        #[allow(unused_imports)]
        use $crate::panic::absent::*;

        const _: () = $crate::panic::require::<L4kPanicHandler>();
    };
}
