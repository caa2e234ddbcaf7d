//! Where the image is linked, and the console's page behind it. The linker script says the same.

/// Bytes of a page.
pub const PAGE: u64 = 4096;

/// Virtual address of the image; the linker script's `IMAGE_VIRTUAL`.
pub const IMAGE_VIRTUAL: u64 = 0xffff_ffff_8000_0000;

/// Pages that the early tables can map, the console's included: one table of level 3.
pub const IMAGE_PAGES: u64 = 512;

/// Virtual address of the early console's registers: the last page of the table.
pub const CONSOLE_VIRTUAL: u64 = IMAGE_VIRTUAL + (IMAGE_PAGES - 1) * PAGE;

/// Bytes of a core's kernel stack; the linker script's `STACK_BYTES`.
pub const STACK_BYTES: u64 = 0x4000;

/// From one core's stack to the next: the stack, and the page below it that is not mapped.
pub const STACK_STRIDE: u64 = PAGE + STACK_BYTES;
