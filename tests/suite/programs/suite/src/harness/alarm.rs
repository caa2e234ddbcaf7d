//! A device of the board that interrupts when a test wants it: the clock of QEMU's `virt`, the mini-UART of the Raspberry Pi 4.

use l4k_init::Resources;
use l4k_init::boot::{Device, Interrupt, device_for};
use l4k_sys::abi::FrameSize;
use l4k_sys::handle::NewObject;
use l4k_sys::{Frame, Irq};
use suite_support::machine::{read_register, write_register};

use super::bench::{Bench, READ_WRITE, map, page};
use super::failure::{Failure, Outcome};

/// Registers of the PL031 (Arm DDI 0224, 3.2): its match register makes it interrupt.
mod pl031 {
    pub const DATA: u64 = 0x00;
    pub const MATCH: u64 = 0x04;
    pub const MASK: u64 = 0x10;
    pub const RAW_STATUS: u64 = 0x14;
    pub const CLEAR: u64 = 0x1c;
}

/// Registers of the mini-UART (BCM2711 ARM Peripherals, 2.2): it interrupts while its transmitter is empty and the interrupt wanted.
mod mini_uart {
    pub const ENABLES: u64 = 0x04;
    pub const INTERRUPTS: u64 = 0x44;
    pub const TRANSMIT: u32 = 1 << 1;
}

#[derive(Clone, Copy)]
enum Kind {
    Pl031,
    MiniUart,
}

/// Which device, by the role that the board gives it.
const CHOICES: [(&str, &str, Kind); 2] =
    [("clock", "arm,pl031", Kind::Pl031), ("mini-uart", "brcm,bcm2835-aux-uart", Kind::MiniUart)];

/// The device, mapped, and its interrupt.
pub struct Alarm {
    kind: Kind,
    registers: u64,
    /// Its registers' frame.
    pub frame: Frame,
    /// Its interrupt.
    pub interrupt: Interrupt,
}

impl Alarm {
    /// The first such device that the board has, silent.
    pub fn new(bench: &mut Bench<'_>) -> Outcome<Alarm> {
        let (device, kind) = choose(bench).ok_or_else(|| Failure::new(format_args!("the board has no such device")))?;
        let interrupt = device.interrupt.ok_or_else(|| Failure::new(format_args!("the device has no interrupt")))?;
        let slot = bench.slot()?;
        let made = bench.system.resources.make_at(NewObject::Frame(FrameSize::Small), slot, device.physical_address);
        made.map_err(|error| Failure::new(format_args!("{error}")))?;
        let frame = Frame::from_slot(slot);
        map(frame, page(40), READ_WRITE)?;
        let alarm = Alarm { kind, frame, registers: page(40), interrupt };
        alarm.silence();
        Ok(alarm)
    }

    /// Makes it interrupt now.
    pub fn strike(&self) {
        match self.kind {
            Kind::Pl031 => {
                self.write(pl031::MASK, 1);
                // The match is the present second. It may end in between, hence the loop.
                while self.read(pl031::RAW_STATUS) == 0 {
                    self.write(pl031::MATCH, self.read(pl031::DATA));
                }
            }
            Kind::MiniUart => {
                self.write(mini_uart::ENABLES, 1);
                self.write(mini_uart::INTERRUPTS, mini_uart::TRANSMIT);
            }
        }
    }

    /// Takes its interrupt back.
    pub fn silence(&self) {
        match self.kind {
            Kind::Pl031 => {
                self.write(pl031::MASK, 0);
                self.write(pl031::CLEAR, 1);
            }
            Kind::MiniUart => self.write(mini_uart::INTERRUPTS, 0),
        }
    }

    /// A new Irq object for its line.
    pub fn issue(&self, bench: &mut Bench<'_>) -> Outcome<Irq> {
        let irq = Irq::from_slot(bench.make(NewObject::Irq)?);
        Resources::IRQ_CONTROL.issue(irq, self.interrupt.number, self.interrupt.trigger)?;
        Ok(irq)
    }

    fn read(&self, register: u64) -> u32 {
        read_register(self.registers + register)
    }

    fn write(&self, register: u64, value: u32) {
        write_register(self.registers + register, value);
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        self.silence();
    }
}

fn choose<'a>(bench: &Bench<'a>) -> Option<(Device<'a>, Kind)> {
    CHOICES.into_iter().find_map(|(role, compatible, kind)| {
        let device = device_for(&bench.system.information, role)?;
        (device.compatible == compatible).then_some((device, kind))
    })
}
