//! The macro that makes a firmware of a board and a package of programs.

/// Makes the crate a firmware: names the board to the kernel and puts the package of programs, a file that `l4k-build` made, into the
/// image. Boards call it from their own macro of the same name.
#[macro_export]
macro_rules! firmware {
    ($board:path, $package:expr) => {
        #[allow(unsafe_code)]
        const _: () = {
            const LENGTH: usize = include_bytes!($package).len();

            #[repr(C, align(4096))]
            struct Package([u8; LENGTH]);

            // SAFETY: the section holds nothing else; the linker script keeps it page aligned and apart from the kernel's own data.
            #[unsafe(link_section = ".l4k.programs")]
            #[used]
            static PACKAGE: Package = Package(*include_bytes!($package));

            // SAFETY: the kernel declares one symbol of this name and type, and a firmware has one kernel.
            #[unsafe(no_mangle)]
            static L4K_BOARD: &$crate::machine::aarch64::board::Board = &$board;
        };
    };
}
