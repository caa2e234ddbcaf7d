//! Reads a temperature sensor and writes to a memory, both on I2C. Their drivers are the crates `lm75` and `eeprom24x`, which know
//! nothing of l4k: they take any bus of `embedded-hal`, here the one of `l4k-drivers`.
//!
// The files of this program that may contain `unsafe`:
// trusted-files-begin
// src/registers.rs
// trusted-files-end
#![no_std]
#![no_main]

mod problem;
mod registers;

use core::cell::RefCell;

use eeprom24x::{Eeprom24x, SlaveAddr};
use embedded_hal_bus::i2c::RefCellDevice;
use l4k_drivers::bcm2711::bus_clock::BusClock;
use l4k_drivers::bcm2711::gpio::{Function, Gpio, Pin, Pull};
use l4k_drivers::bcm2711::i2c::I2c;
use l4k_drivers::registers::Mapped;
use l4k_drivers::wait::Polling;
use l4k_sys::println;
use l4k_sys::startup::Arguments;
use lm75::{Address, Lm75};

use problem::Problem;

l4k_sys::entry!(main);
l4k_sys::panic_handler!(report);

/// Clock of the bus.
const BUS_HERTZ: u32 = 100_000;

/// What is written to the memory, and where.
const NOTE: [u8; 4] = *b"l4k!";
const PLACE: u32 = 0x20;

fn main(arguments: Arguments) -> Result<(), Problem> {
    let [address, core_hertz, _] = arguments.words();
    let [controller, pins] = registers::at(address).ok_or(Problem::NoBus)?;
    connect(pins);
    let clock = BusClock { core_hertz: u32::try_from(core_hertz).map_err(|_| Problem::NoBus)?, bus_hertz: BUS_HERTZ };
    let bus = RefCell::new(I2c::new(controller, <Polling>::default(), clock).map_err(|_| Problem::NoBus)?);

    let mut sensor = Lm75::new(RefCellDevice::new(&bus), Address::default());
    let temperature = sensor.read_temperature()?;
    println!("temperature: {temperature:.1} degrees Celsius");

    let mut memory = Eeprom24x::new_24x02(RefCellDevice::new(&bus), SlaveAddr::default());
    for (place, byte) in (PLACE..).zip(NOTE) {
        memory.write_byte(place, byte)?;
    }
    let mut note = [0; NOTE.len()];
    memory.read_data(PLACE, &mut note)?;
    if note != NOTE {
        return Err(Problem::Different);
    }
    println!("memory: {}", note.escape_ascii());
    Ok(())
}

/// GPIO 2 and 3 to BSC1 (BCM2711 ARM Peripherals, section 5.3).
fn connect(registers: Mapped) {
    let gpio = Gpio::new(registers);
    for pin in [2, 3].into_iter().filter_map(Pin::new) {
        gpio.set_function(pin, Function::Alternate0);
        gpio.set_pull(pin, Pull::Up);
    }
}
