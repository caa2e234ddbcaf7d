//! Where the image is linked, and the console's page behind it. The linker script says the same.

/// Bytes of a page.
pub const PAGE: u64 = 4096;

/// Virtual address of the image; the linker script's `IMAGE_VIRTUAL`.
pub const IMAGE_VIRTUAL: u64 = 0xffff_ffff_8000_0000;

/// Pages that the early tables can map, the console's included: one table of level 3.
pub const IMAGE_PAGES: u64 = 512;

/// Virtual address of the early console's registers: the last page of the table.
pub const CONSOLE_VIRTUAL: u64 = IMAGE_VIRTUAL + (IMAGE_PAGES - 1) * PAGE;

/// Bytes of a core's kernel stack, a multiple of a page; the linker script knows them as `l4k_stack_bytes`. Builds for development put messages
/// together at any depth. In a release start-up is what goes deepest; `cargo xtask test --only no-panic` tells that each stack suffices.
pub const STACK_BYTES: u64 = if cfg!(any(debug_assertions, feature = "debug")) { 4 * PAGE } else { PAGE };

/// The same of the first core, which starts the machine up and has the tables of what it finds there; for the linker script, `l4k_first_stack_bytes`.
pub const FIRST_STACK_BYTES: u64 = if cfg!(any(debug_assertions, feature = "debug")) { 4 * PAGE } else { 3 * PAGE };

/// Bytes at the upper end of each stack for what a core finds by TPIDR_EL1: in one line of memory with what is pushed first. They are a multiple
/// of the stack's alignment, and of its own.
pub const CORE_LOCAL_BYTES: u64 = 32;

/// From the stacks' beginning to where the first one is empty: the page below it that is not mapped, and the stack.
pub const FIRST_STACK_TOP: u64 = PAGE + FIRST_STACK_BYTES - CORE_LOCAL_BYTES;

/// From one core's stack to the next, in virtual addresses. In memory there is no page between them.
pub const STACK_STRIDE: u64 = PAGE + STACK_BYTES;
