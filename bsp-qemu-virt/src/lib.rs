//! l4k on QEMU's `virt` machine: the board as data, and the macro that makes a firmware of it.
//!
//! # Re-exports
//!
//! [`l4k`]: the macro [`firmware!`] needs it, and a firmware may use it.
//!
//! # Features
//!
//! | feature | what it does |
//! |---|---|
//! | `debug` | Turns on the kernel's debug console, the names of threads, and a message for each fault that nobody handles. |
//! | `lock-times` | Measures how long cores wait for the kernel's lock and hold it. The system call `DebugLockTimes` tells the figures. It needs `debug`. |
//! | `clear-branch-history` | Clears the branch history at each entry from a program (Spectre-BHB), on cores that need it. The book tells the price. |
//! | `firmware-calls` | Adds `SmcControl`. The first program may call the machine's firmware, and may let other programs do so. |
//! | `critical-section` | Provides the implementation of the crate `critical-section` for code that is linked into the kernel's image. |
//!
// The files of this crate that may contain `unsafe` (checked by tests/house):
// trusted-files-begin
// src/entry.rs
// trusted-files-end
#![no_std]

#[cfg(all(target_arch = "aarch64", target_os = "none"))]
mod board;
#[cfg(all(target_arch = "aarch64", target_os = "none"))]
mod entry;

#[cfg(all(target_arch = "aarch64", target_os = "none"))]
pub use board::BOARD;

pub use l4k;

/// Makes the crate a firmware for this board: names the board to the kernel and puts the package of programs, a file that `l4k-build` made,
/// into the image.
///
/// ```ignore
/// #![no_std]
/// #![no_main]
/// bsp_qemu_virt::firmware!(concat!(env!("OUT_DIR"), "/programs.l4k"));
/// ```
#[macro_export]
macro_rules! firmware {
    ($package:expr) => {
        $crate::l4k::firmware!($crate::BOARD, $package);
    };
}
