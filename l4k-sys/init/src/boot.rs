//! Looks things up in the boot information.

use l4k_sys::abi::boot::{BootInformation, Entry};
use l4k_sys::handle::Trigger;

/// A device that the board tells of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Device<'a> {
    /// What it is, as in the device tree.
    pub compatible: &'a str,
    /// Physical address of its registers.
    pub physical_address: u64,
    /// Length of its registers in bytes.
    pub length: u64,
    /// Its interrupt, if it has one.
    pub interrupt: Option<Interrupt>,
    /// Rate of the clock that it works with, in hertz, if the board knows.
    pub clock_hertz: Option<u64>,
}

/// An interrupt of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interrupt {
    /// Its number.
    pub number: u32,
    /// What makes it fire.
    pub trigger: Trigger,
}

/// The first device that the board uses for `wanted`, for example `console`.
#[must_use]
pub fn device_for<'a>(information: &BootInformation<'a>, wanted: &str) -> Option<Device<'a>> {
    information.entries().find_map(|entry| match entry {
        Entry::Device { address, length, interrupt, trigger, role, compatible, clock_hertz } if role == wanted => {
            Some(Device {
                compatible,
                physical_address: address,
                length,
                clock_hertz,
                interrupt: interrupt
                    .and_then(|number| Some(Interrupt { number, trigger: Trigger::from_number(trigger)? })),
            })
        }
        _ => None,
    })
}

/// The board's name; empty if it has not told it.
#[must_use]
pub fn board_name<'a>(information: &BootInformation<'a>) -> &'a str {
    let name = |entry| if let Entry::Board { name } = entry { Some(name) } else { None };
    information.entries().find_map(name).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;
    use l4k_sys::abi::boot::{Writer, tag};

    #[test]
    fn a_device_is_found_by_its_role() {
        let mut memory = [0; 256];
        let mut writer = Writer::new(&mut memory);
        writer.append(tag::BOARD, &[b"bench"]).unwrap();
        for (role, address, interrupt) in [(&b"clock"[..], 0x1000u64, 0u32), (b"console", 0x2000, 33)] {
            let words = [address.to_le_bytes(), 0x1000u64.to_le_bytes()];
            let numbers = [interrupt, 1, role.len() as u32, 1].map(u32::to_le_bytes);
            writer.append(tag::DEVICE, &[words.as_flattened(), numbers.as_flattened(), role, b"x"]).unwrap();
        }
        let information = BootInformation::new(&memory);
        let console = device_for(&information, "console").unwrap();
        assert_eq!(console.physical_address, 0x2000);
        assert_eq!(console.interrupt, Some(Interrupt { number: 33, trigger: Trigger::Edge }));
        assert_eq!(device_for(&information, "clock").unwrap().interrupt, None);
        assert_eq!(device_for(&information, "disk"), None);
        assert_eq!(board_name(&information), "bench");
    }
}
