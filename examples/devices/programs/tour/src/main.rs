//! Tries devices that no other example uses, says what they do, and turns the board off at last.
//!
// The files of this program that may contain `unsafe`:
// trusted-files-begin
// src/registers.rs
// trusted-files-end
#![no_std]
#![no_main]

mod registers;

use embedded_hal::digital::PinState;
use embedded_hal::spi::SpiBus;
use l4k_drivers::bcm2711::bus_clock::BusClock;
use l4k_drivers::bcm2711::gpio::{Function, Gpio, Pin};
use l4k_drivers::bcm2711::spi::{ChipSelect, Spi};
use l4k_drivers::bcm2711::system_timer::{Compare, SystemTimer};
use l4k_drivers::bcm2711::watchdog::Watchdog;
use l4k_drivers::registers::Mapped;
use l4k_drivers::wait::{Polling, until};
use l4k_sys::println;
use l4k_sys::startup::Arguments;

l4k_sys::entry!(main);
l4k_sys::panic_handler!(report);

/// A pin that nothing is connected to.
const FREE_PIN: u8 = 21;

/// Clock of the SPI bus.
const BUS_HERTZ: u32 = 1_000_000;

/// What did not do what it should.
#[derive(Debug)]
enum Problem {
    NoRegisters,
    Pins,
    Timer,
    Spi,
    Watchdog,
}

fn main(arguments: Arguments) -> Result<(), Problem> {
    let [address, core_hertz, _] = arguments.words();
    let [spi, gpio, timer, watchdog] = registers::at(address).ok_or(Problem::NoRegisters)?;
    pins(&Gpio::new(gpio))?;
    system_timer(SystemTimer::new(timer))?;
    bus(spi, u32::try_from(core_hertz).map_err(|_| Problem::Spi)?)?;
    println!("watchdog: the board is turned off");
    Watchdog::new(watchdog).power_off();
    // It takes a moment.
    let off = until(&mut <Polling>::default(), 1_000_000, || None::<()>);
    off.map_err(|_| Problem::Watchdog)
}

fn pins(gpio: &Gpio<Mapped>) -> Result<(), Problem> {
    let pin = Pin::new(FREE_PIN).ok_or(Problem::Pins)?;
    gpio.set_function(pin, Function::Output);
    let mut levels = [PinState::Low; 2];
    for (level, wanted) in levels.iter_mut().zip([PinState::High, PinState::Low]) {
        gpio.drive(pin, wanted);
        *level = gpio.level(pin);
    }
    if levels != [PinState::High, PinState::Low] || gpio.function(pin) != Function::Output {
        return Err(Problem::Pins);
    }
    println!("pins: {FREE_PIN} is an output and high, then low");
    gpio.set_function(pin, Function::Input);
    Ok(())
}

/// Compares the system timer with the cores' own counter.
fn system_timer(mut timer: SystemTimer<Mapped>) -> Result<(), Problem> {
    let start = timer.now();
    timer.set_after(Compare::One, 1_000).map_err(|_| Problem::Timer)?;
    let matched = || timer.has_matched(Compare::One).then_some(());
    until(&mut <Polling>::default(), 1_000_000, matched).map_err(|_| Problem::Timer)?;
    let passed = timer.now() - start;
    timer.clear(Compare::One);
    if !(1_000..1_000_000).contains(&passed) || timer.has_matched(Compare::One) {
        return Err(Problem::Timer);
    }
    println!("system timer: a millisecond is {passed} microseconds and more");
    Ok(())
}

fn bus(registers: Mapped, core_hertz: u32) -> Result<(), Problem> {
    let clock = BusClock { core_hertz, bus_hertz: BUS_HERTZ };
    let spi = Spi::new(registers, <Polling>::default(), clock, ChipSelect::None);
    let mut answer = [0x55; 4];
    spi.map_err(|_| Problem::Spi)?.transfer(&mut answer, b"l4k!").map_err(|_| Problem::Spi)?;
    println!("SPI: {} bytes went both ways, {answer:x?} came", answer.len());
    Ok(())
}
