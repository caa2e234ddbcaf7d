//! What went wrong when a program was to be started: which program, at which step, why.

use core::fmt;

use l4k_sys::Error;
use l4k_sys::abi::{VERSION_MAJOR, VERSION_MINOR};

/// A step of starting a program.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Checking what it was built for.
    Check,
    /// Setting memory and slots aside.
    Reserve,
    /// Making its address space.
    AddressSpace,
    /// Making the frames of its memory.
    Frames,
    /// Loading a segment.
    Segment {
        /// Where it belongs.
        address: u64,
    },
    /// Mapping its stack.
    Stack,
    /// Mapping its message buffer.
    MessageBuffer,
    /// Mapping a device.
    Device {
        /// Where it was to be mapped.
        address: u64,
    },
    /// Making its capability table.
    CNode,
    /// Filling a slot of its capability table.
    Slot(u64),
    /// Making and configuring its thread.
    Thread,
    /// Giving it processor time.
    Time,
    /// Letting it run.
    Start,
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Check => write!(formatter, "check"),
            Self::Reserve => write!(formatter, "set memory and slots aside"),
            Self::AddressSpace => write!(formatter, "make the address space"),
            Self::Frames => write!(formatter, "make the frames"),
            Self::Segment { address } => write!(formatter, "load the segment at {address:#x}"),
            Self::Stack => write!(formatter, "map the stack"),
            Self::MessageBuffer => write!(formatter, "map the message buffer"),
            Self::Device { address } => write!(formatter, "map the device at {address:#x}"),
            Self::CNode => write!(formatter, "make the capability table"),
            Self::Slot(slot) => write!(formatter, "fill slot {slot}"),
            Self::Thread => write!(formatter, "make the thread"),
            Self::Time => write!(formatter, "give it time"),
            Self::Start => write!(formatter, "let it run"),
        }
    }
}

/// As [`Display`](fmt::Display): addresses are hexadecimal wherever a step is printed.
impl fmt::Debug for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// Why a step failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The kernel refused.
    Kernel(Error),
    /// It was built for another ABI version than this one.
    AbiVersion {
        /// Major version that it was built for.
        major: u16,
        /// Minor version that it was built for.
        minor: u16,
    },
    /// It has more segments than can be handled.
    TooManySegments,
    /// Segments, stack and message buffer do not fit the address range of programs or the largest address space.
    TooLarge,
    /// No slots left.
    NoSlots,
}

impl From<Error> for Cause {
    fn from(error: Error) -> Cause {
        Cause::Kernel(error)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kernel(error) => write!(formatter, "the kernel answers {error}"),
            Self::AbiVersion { major, minor } => write!(
                formatter,
                "it was built for ABI version {major}.{minor}, and this is {VERSION_MAJOR}.{VERSION_MINOR}"
            ),
            Self::TooManySegments => write!(formatter, "it has too many segments"),
            Self::TooLarge => write!(formatter, "it does not fit an address space"),
            Self::NoSlots => write!(formatter, "no slots are left"),
        }
    }
}

/// A program could not be started.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Failure<'a> {
    /// Which.
    pub program: &'a str,
    /// At which step.
    pub step: Step,
    /// Why.
    pub cause: Cause,
}

impl fmt::Display for Failure<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Failure { program, step, cause } = self;
        write!(formatter, "program {program}: cannot {step}: {cause}")
    }
}

/// As [`Display`](fmt::Display): this is what `expect` and a `main` that returns the failure print.
impl fmt::Debug for Failure<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl core::error::Error for Failure<'_> {}

/// A failure that still lacks the program's name.
pub(crate) type Stepped<T> = Result<T, (Step, Cause)>;

/// Names the step in which something failed.
pub(crate) trait AtStep<T> {
    fn at(self, step: Step) -> Stepped<T>;
}

impl<T, C: Into<Cause>> AtStep<T> for Result<T, C> {
    fn at(self, step: Step) -> Stepped<T> {
        self.map_err(|cause| (step, cause.into()))
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::{Cause, Failure, Step};
    use l4k_sys::Error;

    #[test]
    fn a_failure_is_the_same_in_every_format_with_a_hexadecimal_address() {
        let step = Step::Segment { address: 0x20_0000 };
        let failure = Failure { program: "greeter", step, cause: Cause::Kernel(Error::NotEnoughMemory) };
        let said = "program greeter: cannot load the segment at 0x200000: the kernel answers NotEnoughMemory";
        assert_eq!(std::format!("{failure}"), said);
        assert_eq!(std::format!("{failure:?}"), said);
        assert_eq!(std::format!("{step:?}"), "load the segment at 0x200000");
    }
}
