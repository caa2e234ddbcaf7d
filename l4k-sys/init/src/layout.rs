//! Where things lie in a program's address space, and how many tables that takes. Pure.
//!
//! Above the segments: a guard page, the stack, a guard page, the message buffer.

use heapless::Vec;
use l4k_sys::abi::FrameSize;
use l4k_sys::abi::memory::{PAGE_SIZE, USER_END};

use crate::description::DeviceMapping;
use crate::image::{Image, SEGMENTS_MAX};

/// Devices that a program can be given; pages that follow each other count as one.
pub const DEVICES_MAX: usize = 8;

const RANGES_MAX: usize = SEGMENTS_MAX + DEVICES_MAX + 2;

/// Address bits below those that choose an entry of a table of level 0, 1 and 2 (4 KiB granule, Arm ARM D8.2.8): each such entry
/// in use needs a table below it.
const TABLE_SHIFTS: [u32; 3] = [39, 30, 21];

/// Bits of the smallest address-space object.
const SPACE_BITS_MIN: u8 = 15;
/// Bits of the largest.
const SPACE_BITS_MAX: u8 = 22;
/// Pages of the object that are no lower tables: header and top-level table.
const SPACE_PAGES_FIXED: u64 = 2;

/// Addresses from `start` up to, not including, `end`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AddressRange {
    /// First address.
    pub start: u64,
    /// First address above.
    pub end: u64,
}

/// Where a program's memory lies.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// Its stack; the initial stack pointer is its end.
    pub stack: AddressRange,
    /// Its message buffer.
    pub buffer: u64,
    /// Bits of the address-space object that has tables for all of it.
    pub space_bits: u8,
}

impl Layout {
    /// The layout for a program with these devices; `None` if it does not fit.
    #[must_use]
    pub fn new(image: &Image<'_>, devices: &[DeviceMapping]) -> Option<Layout> {
        let mut ranges: Vec<AddressRange, RANGES_MAX> = Vec::new();
        let mut image_end = PAGE_SIZE;
        for segment in &image.segments {
            let end = segment.address.checked_add(segment.bytes)?;
            ranges.push(AddressRange { start: segment.address, end }).ok()?;
            image_end = image_end.max(end);
        }
        let start = image_end.checked_add(PAGE_SIZE)?;
        let stack = AddressRange { start, end: start.checked_add(image.stack_bytes)? };
        let buffer = stack.end.checked_add(PAGE_SIZE)?;
        ranges.push(stack).ok()?;
        ranges.push(AddressRange { start: buffer, end: buffer.checked_add(PAGE_SIZE)? }).ok()?;
        for device in devices {
            let end = device.address.checked_add(device.size.bytes())?;
            match ranges.last_mut().filter(|last| last.end == device.address) {
                Some(last) => last.end = end,
                None => ranges.push(AddressRange { start: device.address, end }).ok()?,
            }
        }
        if ranges.iter().any(|range| range.end > USER_END) {
            return None;
        }
        let large = image.frames(FrameSize::Large);
        Some(Layout { stack, buffer, space_bits: space_bits(&mut ranges, large)? })
    }
}

/// Bits of an address-space object with tables for these ranges, of which so many large frames are parts: these need no table of the last level.
fn space_bits(ranges: &mut [AddressRange], large: u64) -> Option<u8> {
    let pages = SPACE_PAGES_FIXED + tables(ranges).checked_sub(large)?;
    let bytes = pages.checked_mul(PAGE_SIZE)?.checked_next_power_of_two()?;
    let bits = (bytes.trailing_zeros() as u8).max(SPACE_BITS_MIN);
    if bits > SPACE_BITS_MAX { None } else { Some(bits) }
}

/// Lower tables that ranges need.
fn tables(ranges: &mut [AddressRange]) -> u64 {
    ranges.sort_unstable_by_key(|range| range.start);
    TABLE_SHIFTS.iter().map(|shift| blocks(ranges, *shift)).sum()
}

/// Blocks of 2^`shift` bytes that sorted ranges touch.
fn blocks(ranges: &[AddressRange], shift: u32) -> u64 {
    let mut count = 0;
    let mut next = 0;
    for range in ranges.iter().filter(|range| range.start < range.end) {
        let first = (range.start >> shift).max(next);
        let last = range.end.saturating_sub(1) >> shift;
        if first <= last {
            count += last - first + 1;
            next = last + 1;
        }
    }
    count
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;

    const MIB: u64 = 1 << 20;
    const GIB: u64 = 1 << 30;

    fn range(start: u64, end: u64) -> AddressRange {
        AddressRange { start, end }
    }

    #[test]
    fn a_small_program_needs_one_table_a_level() {
        assert_eq!(tables(&mut [range(2 * MIB, 2 * MIB + 4096), range(2 * MIB + 8192, 3 * MIB)]), 3);
    }

    #[test]
    fn ranges_that_share_a_table_count_once_in_any_order() {
        let mut ranges = [range(3 * MIB, 5 * MIB), range(2 * MIB, 3 * MIB), range(GIB, GIB + 4096)];
        assert_eq!(tables(&mut ranges), 1 + 2 + 3);
    }

    #[test]
    fn the_last_byte_of_a_block_needs_no_further_table() {
        assert_eq!(tables(&mut [range(0, 2 * MIB)]), 3);
        assert_eq!(tables(&mut [range(0, 2 * MIB + 1)]), 4);
    }

    #[test]
    fn the_object_grows_with_the_tables_up_to_its_limit() {
        assert_eq!(space_bits(&mut [range(0, 4096)], 0), Some(15));
        assert_eq!(space_bits(&mut [range(0, 8 * MIB)], 0), Some(15));
        assert_eq!(space_bits(&mut [range(0, 10 * MIB)], 0), Some(16));
        assert_eq!(space_bits(&mut [range(0, 4 * GIB)], 0), None);
        assert_eq!(space_bits(&mut [range(0, 4 * GIB)], 2048), Some(15));
    }

    #[test]
    fn pages_of_a_device_that_follow_each_other_are_one_range() {
        let image = crate::testing::image();
        let frame = l4k_sys::Frame::from_slot(1);
        let size = l4k_sys::abi::FrameSize::Small;
        let page = |index: u64| DeviceMapping { frame, size, address: GIB + index * PAGE_SIZE };
        let whole: std::vec::Vec<DeviceMapping> = (0..600).map(page).collect();
        assert_eq!(Layout::new(&image, &whole).unwrap().space_bits, 15);
        let scattered: std::vec::Vec<DeviceMapping> = (0..20).map(|index| page(2 * index)).collect();
        assert_eq!(Layout::new(&image, &scattered), None);
    }

    #[test]
    fn stack_and_buffer_have_guard_pages_around_them() {
        let image = crate::testing::image();
        let layout = Layout::new(&image, &[]).unwrap();
        let image_end = image.segments.iter().map(|segment| segment.address + segment.bytes).max().unwrap();
        assert_eq!(layout.stack.start, image_end + PAGE_SIZE);
        assert_eq!(layout.buffer, layout.stack.end + PAGE_SIZE);
    }

    #[test]
    fn a_program_at_the_end_of_the_address_range_does_not_fit() {
        let mut image = crate::testing::image();
        image.segments[0].address = USER_END - PAGE_SIZE;
        assert_eq!(Layout::new(&image, &[]), None);
        image.segments[0].address = u64::MAX - PAGE_SIZE + 1;
        assert_eq!(Layout::new(&image, &[]), None);
    }
}
