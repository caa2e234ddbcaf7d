//! A call of firmware, as it leaves the kernel.

/// A firmware function and its arguments (SMC Calling Convention, DEN0028).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirmwareCall {
    /// The function's identifier, w0.
    pub function: u32,
    /// x1–x6.
    pub arguments: [u64; 6],
}
