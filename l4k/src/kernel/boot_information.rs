//! Boot information: written straight into the pages that the first program reads.

use super::boot_error::BootError;
use super::boot_input::{BootInput, Device};
use super::boot_memory::{SlotCursor, Untypeds};
use super::boot_program::Layout;
use super::machine_calls::FEATURES;
use crate::base::address::PhysicalAddress;
use crate::base::arch::{Arch, Trigger};
use crate::object::capability::MemoryClass;
use crate::operation::system::System;
use l4k_sys::abi::boot::{Full, Writer, slot, tag};
use l4k_sys::abi::memory::PAGE_SIZE;
use l4k_sys::abi::{VERSION_MAJOR, VERSION_MINOR};

/// Most words of an entry.
const WORDS_MAX: usize = 4;

/// Where the next entry goes.
struct Pen<'s, A> {
    system: &'s mut System<A>,
    place: PhysicalAddress,
    bytes: u64,
    used: usize,
}

impl<A: Arch> Pen<'_, A> {
    #[inline(never)]
    fn append<'a>(&mut self, tag: u32, parts: &[&[u8]]) -> Result<(), BootError<'a>> {
        let pages = self.system.store.bytes_mut(self.place, self.bytes);
        let mut writer = Writer::resume(pages, self.used);
        writer.append(tag, parts).map_err(|Full| BootError::InformationTooLong)?;
        self.used = writer.length() - 8;
        Ok(())
    }

    /// An entry of up to [`WORDS_MAX`] words.
    #[inline(never)]
    fn words<'a>(&mut self, tag: u32, words: &[u64]) -> Result<(), BootError<'a>> {
        let mut bytes = [[0; 8]; WORDS_MAX];
        bytes.iter_mut().zip(words).for_each(|(place, word)| *place = word.to_le_bytes());
        self.append(tag, &[bytes.get(..words.len()).unwrap_or(&bytes).as_flattened()])
    }
}

/// Writes everything that the first program is told. Returns the length in bytes.
pub fn write_information<'a, A: Arch>(
    system: &mut System<A>,
    input: &BootInput<'_>,
    layout: &Layout,
    cursor: &SlotCursor,
    untypeds: &Untypeds,
    time: u64,
    place: PhysicalAddress,
) -> Result<u64, BootError<'a>> {
    let rate = system.store.machine.ticks_per_second().value();
    let mut pen = Pen { system, place, bytes: layout.information_pages * PAGE_SIZE, used: 0 };
    let version = u64::from(VERSION_MAJOR) | u64::from(VERSION_MINOR) << 16;
    pen.words(tag::KERNEL, &[version | u64::from(pen.system.core_count) << 32, FEATURES, rate])?;
    pen.append(tag::BOARD, &[input.board.as_bytes()])?;
    pen.words(tag::FREE_SLOTS, &cursor.free())?;
    pen.words(tag::PACKAGE, &[layout.package, input.package.len() as u64])?;
    pen.words(tag::USED_ADDRESSES, &[layout.start, layout.end])?;
    for core in 0..u64::from(pen.system.core_count) {
        pen.words(tag::SCHED_CONTROL, &[if core == 0 { slot::SCHED_CONTROL } else { time + core - 1 }, core])?;
    }
    for number in core::iter::once(untypeds.ground_slot).chain(untypeds.first..untypeds.end) {
        let untyped = pen.system.untyped_in(untypeds.ground.slot(number)?)?;
        let device = u64::from(untyped.memory == MemoryClass::Device);
        let size = u64::from(untyped.size.value());
        pen.words(tag::UNTYPED, &[number, untyped.base.value(), size, device])?;
    }
    for device in input.devices {
        append_device(&mut pen, device)?;
    }
    Ok(pen.used as u64 + 8)
}

fn append_device<'a, A: Arch>(pen: &mut Pen<'_, A>, device: &Device<'_>) -> Result<(), BootError<'a>> {
    let registers = [device.registers.start.value(), device.registers.bytes].map(u64::to_le_bytes);
    let (line, trigger) = match device.interrupt {
        Some((line, Trigger::Level)) => (u32::from(line.0), 0),
        Some((line, Trigger::Edge)) => (u32::from(line.0), 1),
        None => (0, 0),
    };
    let numbers = [line, trigger, device.role.len() as u32, device.compatible.len() as u32].map(u32::to_le_bytes);
    let clock = device.clock_hertz.to_le_bytes();
    let parts: [&[u8]; 5] = [
        registers.as_flattened(),
        numbers.as_flattened(),
        device.role.as_bytes(),
        device.compatible.as_bytes(),
        &clock,
    ];
    pen.append(tag::DEVICE, &parts)
}
