//! Where the image is linked, and the console's page behind it. The linker scripts of the boards say the same.

/// Virtual address of the image; the linker script's `IMAGE_VIRTUAL`.
pub const IMAGE_VIRTUAL: u64 = 0xffff_ffff_8000_0000;

/// Pages that the early tables can map, the console's included: one table of level 3.
pub const IMAGE_PAGES: u64 = 512;

/// Virtual address of the early console's registers: the last page of the table.
pub const CONSOLE_VIRTUAL: u64 = IMAGE_VIRTUAL + (IMAGE_PAGES - 1) * 4096;
