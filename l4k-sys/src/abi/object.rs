//! Object kinds and their sizes.

/// The kinds of objects that capabilities name. Kinds up to [`AsidPool`](Self::AsidPool) and [`Irq`](Self::Irq) can be made by retype.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum ObjectKind {
    /// Memory not yet used. Size in bits: 12 (device) or 5 (normal) up to the parent's.
    Untyped = 1,
    /// A table of 2^n capability slots of 32 bytes; slot 0 is the kernel's. Size in bits: n, 2 to 24.
    CNode = 2,
    /// A thread. Size in bits: 10 (or 0), or 11 for one that uses the FP/SIMD unit and keeps its registers here.
    Thread = 3,
    /// A meeting point of callers and receivers. Fixed size.
    Endpoint = 4,
    /// A word of signals. Fixed size.
    Notification = 5,
    /// Authority to answer one caller. Fixed size.
    Reply = 6,
    /// Processor time. Fixed size.
    SchedContext = 7,
    /// A user address space with its tables. Size in bits of the whole object: 15 to 22.
    AddressSpace = 8,
    /// Memory that programs can map. Size in bits: 12, 21 or 30.
    Frame = 9,
    /// 511 address-space identifiers. Fixed size.
    AsidPool = 10,
    /// One interrupt. Fixed size; inert until issued.
    Irq = 11,
    /// Authority to give out the processor time of one core.
    SchedControl = 12,
    /// Authority to issue interrupts.
    IrqControl = 13,
    /// Authority to call firmware functions.
    SmcControl = 14,
    /// The kernel's console. Only in kernels with the `debug` feature.
    DebugConsole = 15,
}

impl ObjectKind {
    /// The kind with this number.
    #[must_use]
    pub const fn from_number(number: u64) -> Option<ObjectKind> {
        Some(match number {
            1 => Self::Untyped,
            2 => Self::CNode,
            3 => Self::Thread,
            4 => Self::Endpoint,
            5 => Self::Notification,
            6 => Self::Reply,
            7 => Self::SchedContext,
            8 => Self::AddressSpace,
            9 => Self::Frame,
            10 => Self::AsidPool,
            11 => Self::Irq,
            12 => Self::SchedControl,
            13 => Self::IrqControl,
            14 => Self::SmcControl,
            15 => Self::DebugConsole,
            _ => return None,
        })
    }

    /// Size of an object in bits (2^n bytes) for a size argument, or `None` if the kind cannot be made
    /// by retype or the argument is out of its range. Objects are aligned to their size.
    #[must_use]
    pub const fn object_bits(self, size_bits: u64) -> Option<u8> {
        match self {
            Self::Untyped => in_range(size_bits, SMALLEST_UNTYPED_BITS, 47),
            Self::CNode => match in_range(size_bits, 2, 24) {
                Some(bits) => Some(bits + SLOT_BITS),
                None => None,
            },
            Self::AddressSpace => in_range(size_bits, 15, 22),
            Self::Frame => match size_bits {
                12 | 21 | 30 => Some(size_bits as u8),
                _ => None,
            },
            Self::Thread => match size_bits {
                0 | 10 => Some(THREAD_BITS),
                11 => Some(FLOATING_POINT_THREAD_BITS),
                _ => None,
            },
            Self::Endpoint => fixed(size_bits, 5),
            Self::Notification | Self::Reply => fixed(size_bits, 6),
            Self::SchedContext => fixed(size_bits, 7),
            Self::AsidPool => fixed(size_bits, 12),
            Self::Irq => fixed(size_bits, 6),
            Self::SchedControl | Self::IrqControl | Self::SmcControl | Self::DebugConsole => None,
        }
    }
}

/// Size of a capability slot in bits: 32 bytes.
pub const SLOT_BITS: u8 = 5;

/// Size in bits of a thread object without FP/SIMD registers.
pub const THREAD_BITS: u8 = 10;

/// Size in bits of a thread object with FP/SIMD registers.
pub const FLOATING_POINT_THREAD_BITS: u8 = 11;

/// Size in bits of the smallest untyped in normal memory.
pub const SMALLEST_UNTYPED_BITS: u64 = 5;

/// Most objects that one retype makes.
pub const RETYPE_COUNT_MAX: u64 = 256;

const fn in_range(bits: u64, low: u64, high: u64) -> Option<u8> {
    if bits < low || bits > high { None } else { Some(bits as u8) }
}

const fn fixed(argument: u64, bits: u8) -> Option<u8> {
    if argument == 0 { Some(bits) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_kinds_are_one_to_one() {
        let known = (0..=256).filter_map(ObjectKind::from_number);
        assert!(known.enumerate().all(|(index, kind)| kind as usize == index + 1));
        assert_eq!(ObjectKind::from_number(u64::MAX), None);
    }

    #[test]
    fn sizes_out_of_range_are_refused() {
        assert_eq!(ObjectKind::Frame.object_bits(13), None);
        assert_eq!(ObjectKind::CNode.object_bits(u64::MAX), None);
        assert_eq!(ObjectKind::CNode.object_bits(4), Some(9));
        assert_eq!(ObjectKind::Endpoint.object_bits(5), None);
        assert_eq!(ObjectKind::IrqControl.object_bits(0), None);
        assert_eq!(
            [0, 9, 10, 11, 12].map(|bits| ObjectKind::Thread.object_bits(bits)),
            [Some(10), None, Some(10), Some(11), None]
        );
        assert_eq!(ObjectKind::Untyped.object_bits(64), None);
    }
}
