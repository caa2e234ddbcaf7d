//! What a first program prints for debugging has its addresses in hexadecimal, as every other message has them.

use core::fmt::{Debug, Formatter, Result};

use crate::boot::Device;
use crate::description::DeviceMapping;
use crate::image::{Image, Segment};
use crate::layout::{AddressRange, Layout};

impl Debug for Device<'_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        let Device { compatible, physical_address, length, interrupt, clock_hertz } = *self;
        let mut fields = formatter.debug_struct("Device");
        fields.field("compatible", &compatible).field("physical_address", &format_args!("{physical_address:#x}"));
        fields.field("length", &format_args!("{length:#x}")).field("interrupt", &interrupt);
        fields.field("clock_hertz", &clock_hertz).finish()
    }
}

impl Debug for DeviceMapping {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        let DeviceMapping { frame, size, address } = *self;
        let mut fields = formatter.debug_struct("DeviceMapping");
        fields.field("frame", &frame).field("size", &size).field("address", &format_args!("{address:#x}")).finish()
    }
}

/// Without its contents.
impl Debug for Segment<'_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        let Segment { address, bytes, rights, .. } = *self;
        let mut fields = formatter.debug_struct("Segment");
        fields.field("address", &format_args!("{address:#x}")).field("bytes", &bytes).field("rights", &rights);
        fields.finish_non_exhaustive()
    }
}

impl Debug for Image<'_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        let Image { name, entry, stack_bytes, abi, segments } = self;
        let mut fields = formatter.debug_struct("Image");
        fields.field("name", name).field("entry", &format_args!("{entry:#x}")).field("stack_bytes", stack_bytes);
        fields.field("abi", abi).field("segments", segments).finish()
    }
}

impl Debug for AddressRange {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        write!(formatter, "{:#x}..{:#x}", self.start, self.end)
    }
}

impl Debug for Layout {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        let Layout { stack, buffer, space_bits } = *self;
        let mut fields = formatter.debug_struct("Layout");
        fields.field("stack", &stack).field("buffer", &format_args!("{buffer:#x}")).field("space_bits", &space_bits);
        fields.finish()
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use l4k_sys::Frame;
    use l4k_sys::abi::{FrameSize, Rights};
    use std::format;

    #[test]
    fn addresses_of_devices_are_hexadecimal() {
        let (compatible, interrupt, clock_hertz) = ("arm,pl011", None, Some(24_000_000));
        let device = Device { compatible, physical_address: 0x900_0000, length: 0x1000, interrupt, clock_hertz };
        let said = "Device { compatible: \"arm,pl011\", physical_address: 0x9000000, length: 0x1000, interrupt: None, \
                    clock_hertz: Some(24000000) }";
        assert_eq!(format!("{device:?}"), said);
        let mapping = DeviceMapping { frame: Frame::from_slot(5), size: FrameSize::Small, address: 0x80_0000 };
        assert_eq!(format!("{mapping:?}"), "DeviceMapping { frame: Frame(5), size: Small, address: 0x800000 }");
    }

    #[test]
    fn addresses_of_programs_are_hexadecimal() {
        let image = crate::testing::image();
        let said = format!("{image:?}");
        assert!(said.contains(&format!("entry: {:#x}, ", image.entry)), "{said}");
        let segment = Segment { address: 0x20_0000, bytes: 4096, rights: Rights::READ, contents: &[1] };
        assert!(format!("{segment:?}").starts_with("Segment { address: 0x200000, bytes: 4096, rights: "));
        let stack = AddressRange { start: 0x21_0000, end: 0x21_4000 };
        let layout = Layout { stack, buffer: 0x21_5000, space_bits: 15 };
        assert_eq!(format!("{layout:?}"), "Layout { stack: 0x210000..0x214000, buffer: 0x215000, space_bits: 15 }");
    }
}
