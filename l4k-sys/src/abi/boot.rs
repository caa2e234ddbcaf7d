//! Boot information: what the first program finds in its capability space and in its memory.
//!
//! The kernel maps it readable and passes its address in `x0` and its length in bytes in `x1` when it
//! starts the first program. It is a list of entries: tag `u32`, payload length in bytes `u32`, payload, padding to
//! a multiple of 8. Unknown tags are to be passed over. All numbers are little endian.
//!
//! The first slots of the first program's CNode are the constants of [`slot`]; everything else is told by entries.

/// Well-known slots of the first program's CNode.
pub mod slot {
    /// The CNode itself.
    pub const CNODE: u64 = 1;
    /// The thread itself.
    pub const THREAD: u64 = 2;
    /// Its address space.
    pub const ADDRESS_SPACE: u64 = 3;
    /// A pool of address-space identifiers.
    pub const ASID_POOL: u64 = 4;
    /// Its scheduling context.
    pub const SCHED_CONTEXT: u64 = 5;
    /// Authority over interrupts.
    pub const IRQ_CONTROL: u64 = 6;
    /// The kernel's console; empty without the `debug` feature.
    pub const DEBUG_CONSOLE: u64 = 7;
    /// Authority over the processor time of the core that the program starts on.
    pub const SCHED_CONTROL: u64 = 8;
    /// Authority to call firmware; empty without the `firmware-calls` feature.
    pub const SMC_CONTROL: u64 = 9;
}

/// Tags of entries.
pub mod tag {
    /// End of the list. No payload.
    pub const END: u32 = 0;
    /// Kernel: `u16` ABI major, `u16` ABI minor, `u32` cores in use, `u64` features, `u64` timer ticks per second.
    pub const KERNEL: u32 = 1;
    /// An untyped: `u64` slot, `u64` physical address, `u64` size in bits, `u64` 1 for device memory.
    pub const UNTYPED: u32 = 2;
    /// Free slots of the CNode: `u64` first, `u64` count.
    pub const FREE_SLOTS: u32 = 3;
    /// The package of programs, mapped readable: `u64` virtual address, `u64` bytes.
    pub const PACKAGE: u32 = 4;
    /// A device of the board: `u64` physical address, `u64` bytes, `u32` interrupt number (0: none), `u32` trigger (0 level, 1
    /// edge), `u32` length of the role in bytes, `u32` length of the compatible string, role, compatible string, `u64` rate of its
    /// clock in hertz (0, or not there: not known).
    /// Role is what the board uses it for (for example `console`), compatible as in the device tree.
    pub const DEVICE: u32 = 5;
    /// The board's name, UTF-8.
    pub const BOARD: u32 = 6;
    /// Address range of the first program that is in use: `u64` lowest, `u64` first above. The rest is free to map.
    pub const USED_ADDRESSES: u32 = 7;
    /// Processor time: `u64` slot of the SchedControl, `u64` core number. One entry a core in use.
    pub const SCHED_CONTROL: u32 = 8;
}

/// One entry of the list.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Entry<'a> {
    /// See [`tag::KERNEL`].
    Kernel {
        /// ABI version.
        major: u16,
        /// ABI version.
        minor: u16,
        /// Cores in use.
        cores: u32,
        /// Feature bits, see [`features`](super::version::features).
        features: u64,
        /// Ticks of the counter per second.
        ticks_per_second: u64,
    },
    /// See [`tag::UNTYPED`].
    Untyped {
        /// Slot of the capability.
        slot: u64,
        /// Physical address.
        address: u64,
        /// Size in bits.
        size_bits: u64,
        /// Whether it is device memory.
        device: bool,
    },
    /// See [`tag::FREE_SLOTS`].
    FreeSlots {
        /// First free slot.
        first: u64,
        /// How many.
        count: u64,
    },
    /// See [`tag::PACKAGE`].
    Package {
        /// Where it is mapped.
        address: u64,
        /// Length in bytes.
        length: u64,
    },
    /// See [`tag::DEVICE`].
    Device {
        /// Physical address of its registers.
        address: u64,
        /// Length of its registers in bytes.
        length: u64,
        /// Interrupt number, if it has one.
        interrupt: Option<u32>,
        /// 0 level, 1 edge.
        trigger: u32,
        /// What the board uses it for.
        role: &'a str,
        /// What it is.
        compatible: &'a str,
        /// Rate of the clock that it works with, in hertz, if the board knows.
        clock_hertz: Option<u64>,
    },
    /// See [`tag::BOARD`].
    Board {
        /// Name.
        name: &'a str,
    },
    /// See [`tag::USED_ADDRESSES`].
    UsedAddresses {
        /// Lowest address in use.
        start: u64,
        /// First address above.
        end: u64,
    },
    /// See [`tag::SCHED_CONTROL`].
    SchedControl {
        /// Slot of the capability.
        slot: u64,
        /// Core number.
        core: u64,
    },
    /// An entry of a later ABI version, or one too short for its tag.
    Unknown {
        /// Its tag.
        tag: u32,
        /// Its payload.
        payload: &'a [u8],
    },
}

/// The list of entries.
#[derive(Clone, Copy, Debug)]
pub struct BootInformation<'a> {
    bytes: &'a [u8],
}

impl<'a> BootInformation<'a> {
    /// Reads a list from the bytes that the kernel passed.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// The entries in order. A list cut short ends early.
    #[must_use]
    pub const fn entries(&self) -> Entries<'a> {
        Entries { rest: self.bytes }
    }
}

/// Iterator over the entries of a [`BootInformation`].
#[derive(Clone, Debug)]
pub struct Entries<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Entries<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        let tag = word32(self.rest, 0)?;
        let length = word32(self.rest, 4)? as usize;
        if tag == tag::END {
            return None;
        }
        let payload = self.rest.get(8..8usize.checked_add(length)?)?;
        let padded = 8usize.checked_add(length.checked_next_multiple_of(8)?)?;
        self.rest = self.rest.get(padded..).unwrap_or(&[]);
        Some(decode(tag, payload).unwrap_or(Entry::Unknown { tag, payload }))
    }
}

fn decode(tag: u32, payload: &[u8]) -> Option<Entry<'_>> {
    Some(match tag {
        tag::KERNEL => {
            let version = word32(payload, 0)?;
            Entry::Kernel {
                major: version as u16,
                minor: (version >> 16) as u16,
                cores: word32(payload, 4)?,
                features: word64(payload, 8)?,
                ticks_per_second: word64(payload, 16)?,
            }
        }
        tag::UNTYPED => Entry::Untyped {
            slot: word64(payload, 0)?,
            address: word64(payload, 8)?,
            size_bits: word64(payload, 16)?,
            device: word64(payload, 24)? != 0,
        },
        tag::FREE_SLOTS => Entry::FreeSlots { first: word64(payload, 0)?, count: word64(payload, 8)? },
        tag::PACKAGE => Entry::Package { address: word64(payload, 0)?, length: word64(payload, 8)? },
        tag::DEVICE => decode_device(payload)?,
        tag::BOARD => Entry::Board { name: core::str::from_utf8(payload).ok()? },
        tag::USED_ADDRESSES => Entry::UsedAddresses { start: word64(payload, 0)?, end: word64(payload, 8)? },
        tag::SCHED_CONTROL => Entry::SchedControl { slot: word64(payload, 0)?, core: word64(payload, 8)? },
        _ => return None,
    })
}

fn decode_device(payload: &[u8]) -> Option<Entry<'_>> {
    let role_length = word32(payload, 24)? as usize;
    let compatible_length = word32(payload, 28)? as usize;
    let role_end = 32usize.checked_add(role_length)?;
    let role = payload.get(32..role_end)?;
    let compatible_end = role_end.checked_add(compatible_length)?;
    let compatible = payload.get(role_end..compatible_end)?;
    let interrupt = word32(payload, 16)?;
    Some(Entry::Device {
        address: word64(payload, 0)?,
        length: word64(payload, 8)?,
        interrupt: if interrupt == 0 { None } else { Some(interrupt) },
        trigger: word32(payload, 20)?,
        role: core::str::from_utf8(role).ok()?,
        compatible: core::str::from_utf8(compatible).ok()?,
        clock_hertz: word64(payload, compatible_end).filter(|rate| *rate != 0),
    })
}

fn word32(bytes: &[u8], offset: usize) -> Option<u32> {
    let slice = bytes.get(offset..offset.checked_add(4)?)?;
    Some(u32::from_le_bytes(slice.try_into().ok()?))
}

fn word64(bytes: &[u8], offset: usize) -> Option<u64> {
    let slice = bytes.get(offset..offset.checked_add(8)?)?;
    Some(u64::from_le_bytes(slice.try_into().ok()?))
}

/// Writes a list of entries into memory; the kernel's side.
#[derive(Debug)]
pub struct Writer<'a> {
    bytes: &'a mut [u8],
    used: usize,
}

/// The memory for the boot information is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

impl<'a> Writer<'a> {
    /// Starts a list in `bytes`, which must be zero: that is also the end mark.
    #[must_use]
    pub const fn new(bytes: &'a mut [u8]) -> Self {
        Self { bytes, used: 0 }
    }

    /// Goes on with a list of which `used` bytes, the end mark not counted, are written.
    #[must_use]
    pub const fn resume(bytes: &'a mut [u8], used: usize) -> Self {
        Self { bytes, used }
    }

    /// Bytes used up to now, the end mark included.
    #[must_use]
    pub const fn length(&self) -> usize {
        self.used + 8
    }

    /// Appends an entry whose payload is the given parts, one after the other.
    ///
    /// # Errors
    /// [`Full`] if there is not room for it and the end mark; nothing is written then.
    pub fn append(&mut self, tag: u32, parts: &[&[u8]]) -> Result<(), Full> {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        let end = self.used + 8 + length.next_multiple_of(8);
        if end + 8 > self.bytes.len() {
            return Err(Full);
        }
        self.put(0, &tag.to_le_bytes())?;
        self.put(4, &(length as u32).to_le_bytes())?;
        let mut offset = 8;
        for part in parts {
            self.put(offset, part)?;
            offset += part.len();
        }
        self.used = end;
        Ok(())
    }

    /// Appends an entry of 64-bit words.
    ///
    /// # Errors
    /// As [`append`](Self::append).
    pub fn append_words<const N: usize>(&mut self, tag: u32, words: [u64; N]) -> Result<(), Full> {
        let bytes = words.map(u64::to_le_bytes);
        self.append(tag, &[bytes.as_flattened()])
    }

    #[inline(never)]
    fn put(&mut self, offset: usize, part: &[u8]) -> Result<(), Full> {
        let start = self.used + offset;
        let place = self.bytes.get_mut(start..start + part.len()).ok_or(Full)?;
        place.copy_from_slice(part);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let mut memory = [0; 256];
        let mut writer = Writer::new(&mut memory);
        writer.append_words(tag::UNTYPED, [9, 0x4000_0000, 20, 1]).unwrap();
        writer.append(tag::BOARD, &[b"qemu-virt"]).unwrap();
        let lengths = [4u32.to_le_bytes(), 5u32.to_le_bytes()];
        let head = [0x900_0000u64.to_le_bytes(), 0x1000u64.to_le_bytes()];
        let irq = [33u32.to_le_bytes(), 0u32.to_le_bytes()];
        writer
            .append(tag::DEVICE, &[head.as_flattened(), irq.as_flattened(), lengths.as_flattened(), b"role", b"pl011"])
            .unwrap();
        let length = writer.length();
        let mut entries = BootInformation::new(&memory[..length]).entries();
        let untyped = Entry::Untyped { slot: 9, address: 0x4000_0000, size_bits: 20, device: true };
        assert_eq!(entries.next(), Some(untyped));
        assert_eq!(entries.next(), Some(Entry::Board { name: "qemu-virt" }));
        let Some(Entry::Device { interrupt, role, compatible, clock_hertz, .. }) = entries.next() else { panic!() };
        assert_eq!((interrupt, role, compatible, clock_hertz), (Some(33), "role", "pl011", None));
        assert_eq!(entries.next(), None);
    }

    #[test]
    fn a_device_may_have_a_clock() {
        for (rate, told) in [(48_000_000, Some(48_000_000)), (0, None)] {
            let mut memory = [0; 128];
            let numbers = [33u32, 0, 2, 1].map(u32::to_le_bytes);
            let clock = u64::to_le_bytes(rate);
            let parts: [&[u8]; 5] = [&[0; 16], numbers.as_flattened(), b"ro", b"c", &clock];
            Writer::new(&mut memory).append(tag::DEVICE, &parts).unwrap();
            let entry = BootInformation::new(&memory).entries().next();
            let Some(Entry::Device { clock_hertz, compatible: "c", .. }) = entry else { panic!("{entry:?}") };
            assert_eq!(clock_hertz, told);
        }
    }

    #[test]
    fn a_full_list_refuses_and_stays_readable() {
        let mut memory = [0; 40];
        let mut writer = Writer::new(&mut memory);
        writer.append_words(tag::FREE_SLOTS, [1, 2]).unwrap();
        assert_eq!(writer.append_words(tag::FREE_SLOTS, [3, 4]), Err(Full));
        assert_eq!(BootInformation::new(&memory).entries().count(), 1);
    }

    #[test]
    fn a_damaged_list_ends_early_and_never_panics() {
        let bytes = [0xff; 64];
        for length in 0..64 {
            let _ = BootInformation::new(&bytes[..length]).entries().count();
        }
    }
}
