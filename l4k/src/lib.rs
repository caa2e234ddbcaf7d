//! l4k: a capability microkernel of the L4 family for AArch64, as a library.
//!
//! The core (`base`, `object`, `operation`, `kernel`: floors 0 to 3) is independent of the machine and runs on the host under
//! tests; `machine` (floor 4) holds the real core and the simulated one. Each floor uses only itself and lower floors.
//!
//! # Re-exports
//!
//! [`l4k_sys`]: the numbers and layouts of the system calls are its types.
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
//! | `simulation` | Adds the simulated machine, on which the kernel's core runs in tests on the host. |
//!
// The files of this crate that may contain `unsafe` (checked by tests/house):
// trusted-files-begin
// src/base/hint_aarch64.rs
// src/base/lock.rs
// src/base/store.rs
// src/base/thread_context.rs
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
// src/machine/aarch64/level_vectors.rs
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
pub use l4k_sys;
