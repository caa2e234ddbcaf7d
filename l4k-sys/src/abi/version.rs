//! The version of the binary interface. Semantic: a program built for major version `n` runs on every
//! kernel of major version `n` with an equal or later minor version.

/// Major version of the ABI. It changes when a number or a layout changes its meaning.
pub const VERSION_MAJOR: u16 = 1;

/// Minor version of the ABI. It changes when numbers are appended.
pub const VERSION_MINOR: u16 = 2;

/// Feature bits that the kernel reports to [`SystemCall::Probe`](super::SystemCall::Probe) in word 1.
pub mod features {
    /// The kernel was built with its `debug` feature: the debug console exists.
    pub const DEBUG: u64 = 1 << 0;
    /// The kernel was built with its `firmware-calls` feature: the first program holds SmcControl.
    pub const FIRMWARE_CALLS: u64 = 1 << 1;
}
