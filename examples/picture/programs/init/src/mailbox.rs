//! The mailbox's registers and its message buffer: what the compiler cannot check.
#![allow(unsafe_code)]

use core::ptr::NonNull;

use l4k_drivers::bcm2711::mailbox::Mailbox;
use l4k_drivers::bcm2711::property::{BUFFER_BYTES, BufferAddress, Firmware};
use l4k_drivers::registers::Mapped;
use l4k_drivers::wait::Polling;
use l4k_init::Resources;
use l4k_init::boot::device_for;
use l4k_sys::Frame;
use l4k_sys::abi::boot::BootInformation;
use l4k_sys::abi::{Error, FrameSize, MapAttributes, Rights};
use l4k_sys::handle::NewObject;

use crate::problem::Problem;

/// Where both are mapped in this program.
const REGISTERS: u64 = 0x20_0000_0000;
const BUFFER: u64 = REGISTERS + 0x1_0000;

/// The mailbox in its page, and its bytes.
const OFFSET: u64 = 0x880;
const BYTES: usize = 0x40;

/// What the VideoCore can reach: the first gibibyte.
const REACH: u64 = 1 << 30;

const READ_WRITE: Rights = Rights::READ.union(Rights::WRITE);

/// The firmware, asked by the board's mailbox. To be called once.
pub fn firmware(
    resources: &mut Resources,
    information: &BootInformation<'_>,
) -> Result<Firmware<Mapped, Polling, Mapped>, Problem> {
    let device = device_for(information, "mailbox").ok_or(Problem::NoMailbox)?;
    let registers = resources.device_frame(device.physical_address)?;
    registers.map(Resources::ADDRESS_SPACE, REGISTERS, READ_WRITE, MapAttributes::NORMAL)?;
    let slot = resources.slots.take().ok_or(Error::SlotOutOfRange)?;
    resources.memory.make_below(NewObject::Frame(FrameSize::Small), slot, REACH)?;
    let buffer = Frame::from_slot(slot);
    // A second mapping at the same place is refused by the kernel: the blocks below exist once.
    buffer.map(Resources::ADDRESS_SPACE, BUFFER, READ_WRITE, MapAttributes::UNCACHED)?;
    let address = BufferAddress::new(buffer.query()?.physical_address).ok_or(Problem::NoMailbox)?;
    // SAFETY: the kernel has just mapped a page of device memory there; nothing else in this program uses it; the VideoCore writes to no memory
    // but the message buffer.
    let registers = unsafe { Mapped::new(block(REGISTERS + OFFSET)?, BYTES) };
    // SAFETY: the kernel has just mapped a page without a cache there; no Rust value lies in it.
    let buffer = unsafe { Mapped::new(block(BUFFER)?, BUFFER_BYTES) };
    Ok(Firmware::new(Mailbox::new(registers, Polling::default()), buffer, address))
}

fn block(address: u64) -> Result<NonNull<u32>, Problem> {
    NonNull::new(address as *mut u32).ok_or(Problem::NoMailbox)
}
