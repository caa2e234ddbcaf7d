//! The kernel's own translation tables: the linear map of RAM and the device window.
//!
//! The linear map has physical address p at [`WINDOW`] + p, writable and never executable. It holds what the kernel
//! uses, and nothing else: free memory, the package, the places of a spin table. So nothing can write kernel text or
//! these tables through it, and memory that somebody else has is not mapped.
#![allow(unsafe_code)]

use super::instructions::{Registers, bytes_at, can_read, publish_stores};
use crate::base::arch::Level;

/// Virtual address of physical address 0 in the linear map: level 0 entry 0 of the upper half.
pub const WINDOW: u64 = 0xffff_0000_0000_0000;

/// Virtual address of the device window: level 0 entry 2.
pub const DEVICE_WINDOW: u64 = WINDOW + (2 << 39);

/// Pages of tables for so many pieces of memory: a table of level 1, and for each end of a piece one of level 2 and one
/// of level 3; for the device window one of each of the first two levels and two of level 3.
pub const fn pages_needed(pieces: u64) -> u64 {
    5 + 4 * pieces
}

const PAGE: u64 = 4096;
const GIBIBYTE: u64 = 1 << 30;
const BLOCK: u64 = 1 << 21;
const TABLE: u64 = 0b11;
const ADDRESS: u64 = 0x0000_ffff_ffff_f000;

/// Normal memory, inner shareable, accessed, writable by EL1, never executable.
const NORMAL: u64 = 0b11 << 8 | 1 << 10 | 1 << 53 | 1 << 54 | 1;
/// Device-nGnRE, accessed, writable by EL1, never executable.
const DEVICE: u64 = 1 << 2 | 1 << 10 | 1 << 53 | 1 << 54 | 1;

/// From the top-level table of the kernel's half to the table of level 2 that maps memory onto itself while the kernel
/// boots.
const IDENTITY_TABLE: u64 = 0x5000;

/// What boot has mapped onto itself of the image's gibibyte, never executable but for the image. Nothing of it is left
/// when programs run.
#[derive(Clone, Copy, Debug)]
pub struct Identity {
    table: u64,
    gibibyte: u64,
}

impl Identity {
    /// That of the early tables at a virtual address, and of an image at a physical one.
    pub const fn new(early_tables: u64, image: u64) -> Self {
        Self { table: early_tables + IDENTITY_TABLE, gibibyte: image / GIBIBYTE * GIBIBYTE }
    }

    /// The gibibyte: first address and end.
    pub const fn reach(&self) -> (u64, u64) {
        (self.gibibyte, self.gibibyte + GIBIBYTE)
    }

    /// Maps the blocks of 2 MiB that so many bytes at an address lie in. `None` if they are not all in the gibibyte.
    #[inline(never)]
    pub fn map(&self, address: u64, bytes: u64) -> Option<()> {
        let (start, end) = self.reach();
        if address < start || address.checked_add(bytes)? > end {
            return None;
        }
        let mut place = address / BLOCK * BLOCK;
        while place < address + bytes {
            let entry = self.table + Level::Two.index(place) * 8;
            if read(entry) & 1 == 0 {
                write(entry, place | NORMAL);
            }
            place += BLOCK;
        }
        publish_stores();
        Some(())
    }

    /// So many bytes at an address, mapped onto itself. They are used while the kernel boots, and in no memory that is handed out.
    pub fn bytes(&self, address: u64, bytes: u64) -> Result<&'static [u8], Unreadable> {
        self.map(address, bytes).ok_or(Unreadable::OutOfReach)?;
        let last = (address + bytes).saturating_sub(1) / 4 * 4;
        let mut places = (address..last).step_by(PAGE as usize).chain([last]);
        if !places.all(can_read) {
            return Err(Unreadable::NoMemory);
        }
        // SAFETY: the bytes are mapped, memory answers at each page of them, and start-up hands that
        // memory out to nobody, and puts none of its tables there.
        Ok(unsafe { bytes_at(address, bytes) })
    }
}

/// Why bytes cannot be read onto themselves.
#[derive(Clone, Copy, Debug)]
pub enum Unreadable {
    /// They are not all in the gibibyte of the image.
    OutOfReach,
    /// No memory answers.
    NoMemory,
}

/// The reserve of tables is used up.
#[derive(Clone, Copy, Debug)]
pub struct ReserveExhausted;

/// Builds tables while the identity mapping of boot is in force, with the reserve in it: a table's physical address is
/// its address.
#[derive(Debug)]
pub struct TableBuilder {
    top: u64,
    next: u64,
    end: u64,
    window_next: u64,
}

impl TableBuilder {
    /// Starts with the top-level table at a physical address, and a range for the others.
    pub const fn new(top: u64, (next, end): (u64, u64)) -> Self {
        Self { top, next, end, window_next: DEVICE_WINDOW }
    }

    /// Maps RAM from `start` to `end`, multiples of 4096, into the linear map, with the largest entries that fit.
    #[inline(never)]
    pub fn map_memory(&mut self, mut start: u64, end: u64) -> Result<(), ReserveExhausted> {
        while start < end {
            let level = largest(start, end - start);
            self.set(WINDOW + start, start | NORMAL, level)?;
            start += span(level);
        }
        Ok(())
    }

    /// Maps a device's registers. Those of devices that write memory are not for the kernel.
    #[inline(never)]
    pub fn map_device(&mut self, physical: u64, bytes: u64) -> Result<Registers, ReserveExhausted> {
        let address = self.window_next;
        let pages = bytes.div_ceil(PAGE);
        for page in 0..pages {
            self.set(address + page * PAGE, (physical + page * PAGE) | DEVICE, Level::Three)?;
        }
        self.window_next += (pages + 1) * PAGE;
        // SAFETY: the pages have just been mapped as device memory, in the device window, which holds nothing else and loses nothing. They begin at a
        // page's beginning. The kernel maps interrupt controllers only, whose registers do not have them write the kernel's memory.
        Ok(unsafe { Registers::new(address, pages * PAGE) })
    }

    #[inline(never)]
    fn set(&mut self, address: u64, entry: u64, leaf: Level) -> Result<(), ReserveExhausted> {
        let mut table = self.top;
        for level in [Level::Zero, Level::One, Level::Two, Level::Three] {
            let place = table + level.index(address) * 8;
            if level == leaf {
                let kind = if leaf == Level::Three { 0b10 } else { 0 };
                write(place, entry | kind);
                return Ok(());
            }
            if read(place) & 1 == 0 {
                write(place, self.allocate()? | TABLE);
            }
            table = read(place) & ADDRESS;
        }
        Ok(())
    }

    #[inline(never)]
    fn allocate(&mut self) -> Result<u64, ReserveExhausted> {
        if self.next >= self.end {
            return Err(ReserveExhausted);
        }
        let table = self.next;
        self.next += PAGE;
        for word in 0..512 {
            write(table + word * 8, 0);
        }
        Ok(table)
    }
}

/// Level of the largest entry that maps a range's beginning.
fn largest(start: u64, bytes: u64) -> Level {
    [Level::One, Level::Two]
        .into_iter()
        .find(|level| start.is_multiple_of(span(*level)) && bytes >= span(*level))
        .unwrap_or(Level::Three)
}

const fn span(level: Level) -> u64 {
    1 << (39 - 9 * level as u32)
}

fn read(place: u64) -> u64 {
    // SAFETY: `place` lies in a table of boot, by its address in the image or onto itself, or in one of the reserve,
    // which start-up has mapped onto itself.
    unsafe { (place as *const u64).read_volatile() }
}

fn write(place: u64, value: u64) {
    // SAFETY: as for `read`; the tables belong to nobody else. New entries only: nothing that is in use changes.
    unsafe { (place as *mut u64).write_volatile(value) }
}
