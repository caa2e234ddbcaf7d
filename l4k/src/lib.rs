//! l4k: a capability microkernel of the L4 family for AArch64, as a library.
//!
//! The core (`base`, `object`, `operation`, `kernel`: floors 0 to 3) is independent of the machine and runs on the host under
//! tests; `machine` (floor 4) holds the real core and the simulated one. Each floor uses only itself and lower floors.
//!
// The files of this crate that may contain `unsafe` (checked by tests/house):
// trusted-files-begin
// src/base/hint_aarch64.rs
// src/base/lock.rs
// src/base/store.rs
// src/machine/aarch64/boot.rs
// src/machine/aarch64/critical_section.rs
// src/machine/aarch64/debug_registers.rs
// src/machine/aarch64/early_tables.rs
// src/machine/aarch64/exception_levels.rs
// src/machine/aarch64/fast_entry.rs
// src/machine/aarch64/firmware.rs
// src/machine/aarch64/floating_point.rs
// src/machine/aarch64/gic_v3.rs
// src/machine/aarch64/instructions.rs
// src/machine/aarch64/kernel_tables.rs
// src/machine/aarch64/panic_release.rs
// src/machine/aarch64/trap.rs
// src/machine/aarch64/vectors.rs
// src/machine/simulated/ram.rs
// trusted-files-end
#![no_std]

pub mod base;
pub mod kernel;
pub mod machine;
pub mod object;
pub mod operation;

pub use kernel::boot::{BootError, BootInput, Device, MemoryRange};
pub use kernel::{Kernel, Resume};
