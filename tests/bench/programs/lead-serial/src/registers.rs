//! The serial port's registers: the one thing of this program that the compiler cannot check.
#![allow(unsafe_code)]

use core::ptr::NonNull;

use l4k_drivers::pl011::{PL011Registers, UniqueMmioPointer};
use l4k_init::Resources;
use l4k_sys::Frame;
use l4k_sys::abi::{Error, MapAttributes, Rights};

/// Where they are mapped in this program: away from everything that a linker script uses.
const ADDRESS: u64 = 0x30_0000_0000;

const PLACE: NonNull<PL011Registers> = match NonNull::new(ADDRESS as *mut PL011Registers) {
    Some(place) => place,
    None => panic!("nothing is mapped at 0"),
};

/// The registers in this frame. From the second time on, the kernel refuses, since something is mapped there.
pub fn pl011(frame: Frame) -> Result<UniqueMmioPointer<'static, PL011Registers>, Error> {
    let rights = Rights::READ.union(Rights::WRITE);
    frame.map(Resources::ADDRESS_SPACE, ADDRESS, rights, MapAttributes::NORMAL)?;
    // SAFETY: the kernel has just mapped the page there, which it refuses if anything else is, and nothing in this program unmaps it: the pointer is
    // the only one. The frame is made of device memory, at the console's address by the board's own word.
    Ok(unsafe { UniqueMmioPointer::new(PLACE) })
}
