//! Where a program begins: `_start` calls into here, and `main` from here.
//!
//! Nothing has to be set up: whoever starts the program has set `sp`, and loaded `.data` and `.bss`.
#![allow(unsafe_code)]

use core::hint::black_box;
use core::marker::PhantomData;
use core::slice;
use core::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use crate::abi::boot::{BootInformation, Entry};
use crate::abi::{VERSION_MAJOR, VERSION_MINOR};
use crate::exit::{IntoStatus, exit};
use crate::startup::{Arguments, Origin, set_origin};

/// The ABI version that a program was built for, in its section `.l4k.abi`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct AbiNote {
    major: u16,
    minor: u16,
}

impl AbiNote {
    /// The version of this crate.
    pub const CURRENT: AbiNote = AbiNote { major: VERSION_MAJOR, minor: VERSION_MINOR };
}

/// A `main` of an ordinary program: with or without [`Arguments`]. `Kind` only tells the two apart.
pub trait ProgramMain<Kind> {
    /// A pointer to such a function.
    type Pointer: ProgramMain<Kind>;

    /// Runs it and gives back what it returned.
    fn run(self, arguments: Arguments) -> impl IntoStatus;
}

/// Kind of a `main` without arguments.
#[derive(Debug)]
pub struct WithoutArguments;

/// Kind of a `main` with arguments.
#[derive(Debug)]
pub struct WithArguments;

impl<F: FnOnce() -> R, R: IntoStatus> ProgramMain<WithoutArguments> for F {
    type Pointer = fn() -> R;

    fn run(self, _: Arguments) -> impl IntoStatus {
        self()
    }
}

impl<F: FnOnce(Arguments) -> R, R: IntoStatus> ProgramMain<WithArguments> for F {
    type Pointer = fn(Arguments) -> R;

    fn run(self, arguments: Arguments) -> impl IntoStatus {
        self(arguments)
    }
}

/// The type of pointers to a `main`. For [`entry!`](crate::entry!), which cannot write it down.
pub fn pointer_to<Kind, Main: ProgramMain<Kind>>(_: &Main) -> PhantomData<Main::Pointer> {
    PhantomData
}

/// Runs an ordinary program and ends it. For [`entry!`](crate::entry!).
///
/// `main` is a pointer of which the compiler knows nothing here. So it puts `main` nowhere else, and `main` keeps a symbol in every profile:
/// a debugger finds it by name.
pub fn run_program<Kind, Main: ProgramMain<Kind>>(
    name: &'static &'static str,
    _: PhantomData<Main>,
    main: Main,
    words: [u64; 3],
) -> ! {
    note_name(name);
    set_origin(Origin::Program);
    exit(black_box(main).run(Arguments::new(words)).into_status())
}

/// Runs the first program and ends it. For [`first_program!`](crate::first_program!). `main` keeps a symbol, as in [`run_program`].
///
/// # Safety
/// `address` and `length` are the boot information that the kernel passed at the start of this program.
pub unsafe fn run_first_program<R: IntoStatus>(
    name: &'static &'static str,
    main: fn(BootInformation<'static>) -> R,
    address: u64,
    length: u64,
) -> ! {
    note_name(name);
    set_origin(Origin::Kernel);
    // SAFETY: the kernel has mapped these bytes readable and never changes or unmaps them (the caller's claim).
    let bytes = unsafe { slice::from_raw_parts(address as *const u8, length as usize) };
    let information = BootInformation::new(bytes);
    note_package(&information);
    exit(black_box(main)(information).into_status())
}

/// The program's name, written once, before `main`. It points at a reference, since an atomic has no room for an address and a length.
static NAME: AtomicPtr<&'static str> = AtomicPtr::new(core::ptr::null_mut());

fn note_name(name: &'static &'static str) {
    NAME.store(core::ptr::from_ref(name).cast_mut(), Ordering::Relaxed);
}

/// The name of this program's file, as [`program_name!`](crate::program_name!) tells it; before the program began, `program`.
#[must_use]
pub fn program_name() -> &'static str {
    let name = NAME.load(Ordering::Relaxed);
    if name.is_null() {
        return "program";
    }
    // SAFETY: `name` is not null only if `note_name` has put it there, from a reference that lives as long as the program and that nobody changes.
    unsafe { *name }
}

/// Where the kernel has mapped the package. Written once, by `run_first_program`, before `main`.
static PACKAGE: AtomicPtr<u8> = AtomicPtr::new(core::ptr::null_mut());
static PACKAGE_BYTES: AtomicUsize = AtomicUsize::new(0);

fn note_package(information: &BootInformation<'static>) {
    for entry in information.entries() {
        if let Entry::Package { address, length } = entry {
            PACKAGE.store(address as *mut u8, Ordering::Relaxed);
            PACKAGE_BYTES.store(length as usize, Ordering::Relaxed);
        }
    }
}

/// The package of programs that the kernel has mapped for the first program; empty in every other program.
#[must_use]
pub fn package_bytes() -> &'static [u8] {
    let address = PACKAGE.load(Ordering::Relaxed);
    if address.is_null() {
        return &[];
    }
    // SAFETY: `address` is not null only if `run_first_program` has put it there, from the kernel's boot information: the
    // kernel has mapped these bytes readable and never changes or unmaps them.
    unsafe { slice::from_raw_parts(address, PACKAGE_BYTES.load(Ordering::Relaxed)) }
}

/// Makes a function the beginning of an ordinary program.
///
/// It takes nothing or [`startup::Arguments`](crate::startup::Arguments), and returns nothing, a
/// [`Status`](crate::exit::Status) or a `Result` of these. A program whose `main` returns exits cleanly.
#[macro_export]
macro_rules! entry {
    ($main:path) => {
        $crate::abi_note!();
        $crate::require_panic_handler!();

        #[unsafe(no_mangle)]
        extern "C" fn _start(x0: u64, x1: u64, x2: u64) -> ! {
            let pointer = $crate::entry::pointer_to(&$main);
            $crate::entry::run_program(&$crate::program_name!(), pointer, $main, [x0, x1, x2])
        }
    };
}

/// Makes a function the beginning of the first program, the one that the kernel starts. It takes
/// [`BootInformation<'static>`](crate::abi::boot::BootInformation).
#[macro_export]
macro_rules! first_program {
    ($main:path) => {
        $crate::abi_note!();
        $crate::require_panic_handler!();

        #[unsafe(no_mangle)]
        extern "C" fn _start(address: u64, length: u64) -> ! {
            // SAFETY: only the kernel starts a first program, and it passes these two.
            unsafe { $crate::entry::run_first_program(&$crate::program_name!(), $main, address, length) }
        }
    };
}

/// The name of the program that this stands in: that of the executable file.
///
/// It is not the name of the package, since one package can be several programs. And it is not what init calls the program: a program would have to be told
/// that by whoever starts it, and a message before it was told would have no name. Cargo tells the name while it compiles an executable; for a test on the
/// target, and without Cargo, it is the name of the crate.
#[doc(hidden)]
#[macro_export]
macro_rules! program_name {
    () => {{
        const NAME: &str = match option_env!("CARGO_BIN_NAME") {
            Some(name) => name,
            None => module_path!(),
        };
        NAME
    }};
}

/// The section that tells the ABI version of a program. Part of [`entry!`](crate::entry!).
#[doc(hidden)]
#[macro_export]
macro_rules! abi_note {
    () => {
        #[used]
        #[unsafe(link_section = ".l4k.abi")]
        static L4K_ABI_NOTE: $crate::entry::AbiNote = $crate::entry::AbiNote::CURRENT;
    };
}

#[cfg(test)]
mod tests {
    use super::{note_name, program_name};

    #[test]
    fn a_program_has_the_name_that_it_was_begun_with() {
        assert_eq!(program_name(), "program");
        note_name(&crate::program_name!());
        assert_eq!(program_name(), module_path!());
    }
}
