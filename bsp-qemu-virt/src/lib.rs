//! l4k on QEMU's `virt` machine: the board as data, and the macro that makes a firmware of it.
//!
// The files of this crate that may contain `unsafe` (checked by tests/house):
// trusted-files-begin
// src/board.rs
// src/lib.rs
// trusted-files-end
#![no_std]

#[cfg(all(target_arch = "aarch64", target_os = "none"))]
mod board;

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
        #[allow(unsafe_code)]
        const _: () = {
            const LENGTH: usize = include_bytes!($package).len();

            #[repr(C, align(4096))]
            struct Package([u8; LENGTH]);

            // SAFETY: the section holds nothing else; the linker script keeps it page aligned and apart from the kernel's own data.
            #[unsafe(link_section = ".l4k.programs")]
            #[used]
            static PACKAGE: Package = Package(*include_bytes!($package));
        };

        // The board is part of the image because this names it.
        #[used]
        static BOARD: &$crate::l4k::machine::aarch64::board::Board = &$crate::BOARD;
    };
}
