//! The pins of the BCM2711 and what they do: function, pull resistor, level and events of all 58.
//!
//! BCM2711 ARM Peripherals, chapter 5. The block lies at 0xfe20_0000 and takes 0xf4 bytes. All pins share registers that can only be
//! changed by reading and writing back; thus one program owns the block, and within it [`Gpio`] lends the pins out.

use core::cell::RefCell;
use core::convert::Infallible;

pub use embedded_hal::digital::PinState;
use embedded_hal::digital::{ErrorType, InputPin, OutputPin, StatefulOutputPin};

use crate::registers::{Offset, Registers};

/// GPFSEL0, the first of six: three bits a pin, ten pins a register.
const FUNCTION_SELECT: Offset = Offset::new(0x00);
/// GPSET0, the first of two, as all that follow with a bit a pin.
const SET: Offset = Offset::new(0x1c);
/// GPCLR0.
const CLEAR: Offset = Offset::new(0x28);
/// GPLEV0.
const LEVEL: Offset = Offset::new(0x34);
/// GPEDS0.
const EVENT_STATUS: Offset = Offset::new(0x40);
/// GPREN0.
const RISING_EDGE: Offset = Offset::new(0x4c);
/// GPFEN0.
const FALLING_EDGE: Offset = Offset::new(0x58);
/// GPHEN0.
const HIGH: Offset = Offset::new(0x64);
/// GPLEN0.
const LOW: Offset = Offset::new(0x70);
/// GPAREN0.
const ASYNCHRONOUS_RISING_EDGE: Offset = Offset::new(0x7c);
/// GPAFEN0.
const ASYNCHRONOUS_FALLING_EDGE: Offset = Offset::new(0x88);
/// GPIO_PUP_PDN_CNTRL_REG0, the first of four: two bits a pin, sixteen pins a register.
const PULL: Offset = Offset::new(0xe4);

/// A pin, 0 to 57. Which of them a board leads out, its manual says: the 40-pin header of the Raspberry Pi 4 has 0 to 27.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pin(u8);

impl Pin {
    /// How many there are.
    pub const COUNT: u8 = 58;

    /// GPIO `number`; `None` from 58 on.
    #[must_use]
    pub const fn new(number: u8) -> Option<Pin> {
        if number < Pin::COUNT { Some(Pin(number)) } else { None }
    }

    /// Its number, 0 to 57.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }

    /// Which of two registers with a bit a pin has its bit.
    const fn bank(self) -> u16 {
        self.0 as u16 / 32
    }

    /// Its bit there.
    const fn mask(self) -> u32 {
        1 << (self.0 % 32)
    }

    /// Its register and the place of its field, where there are `pins` to a register with fields of `bits`.
    const fn field(self, first: Offset, pins: u8, bits: u8) -> (Offset, u32) {
        (first.plus(self.0 as u16 / pins as u16), ((self.0 % pins) * bits) as u32)
    }
}

/// What a pin is connected to. The alternate functions of each pin are in BCM2711 ARM Peripherals, section 5.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Function {
    /// Its level is read; nothing drives it.
    Input,
    /// Driven by the set and clear registers.
    Output,
    /// Alternate function 0.
    Alternate0,
    /// Alternate function 1.
    Alternate1,
    /// Alternate function 2.
    Alternate2,
    /// Alternate function 3.
    Alternate3,
    /// Alternate function 4.
    Alternate4,
    /// Alternate function 5.
    Alternate5,
}

impl Function {
    /// The field of GPFSEL (section 5.2).
    const fn code(self) -> u32 {
        match self {
            Function::Input => 0b000,
            Function::Output => 0b001,
            Function::Alternate0 => 0b100,
            Function::Alternate1 => 0b101,
            Function::Alternate2 => 0b110,
            Function::Alternate3 => 0b111,
            Function::Alternate4 => 0b011,
            Function::Alternate5 => 0b010,
        }
    }

    /// What the field says; all eight codes have a meaning.
    const fn from_code(code: u32) -> Function {
        match code & 0b111 {
            0b000 => Function::Input,
            0b001 => Function::Output,
            0b100 => Function::Alternate0,
            0b101 => Function::Alternate1,
            0b110 => Function::Alternate2,
            0b111 => Function::Alternate3,
            0b011 => Function::Alternate4,
            _ => Function::Alternate5,
        }
    }
}

/// The resistor at a pin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pull {
    /// None.
    None,
    /// To the supply.
    Up,
    /// To ground.
    Down,
}

/// What makes an event of a pin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Condition {
    /// Low, then twice high, as sampled by the system clock: shorter glitches make no event.
    RisingEdge,
    /// High, then twice low, as sampled by the system clock.
    FallingEdge,
    /// It is high. The event is there again as soon as it is cleared, for as long as the pin is high.
    High,
    /// It is low. The event is there again as soon as it is cleared, for as long as the pin is low.
    Low,
    /// A rising edge that is not sampled, however short.
    AsynchronousRisingEdge,
    /// A falling edge that is not sampled, however short.
    AsynchronousFallingEdge,
}

impl Condition {
    /// The first of the two registers that enable it.
    const fn register(self) -> Offset {
        match self {
            Condition::RisingEdge => RISING_EDGE,
            Condition::FallingEdge => FALLING_EDGE,
            Condition::High => HIGH,
            Condition::Low => LOW,
            Condition::AsynchronousRisingEdge => ASYNCHRONOUS_RISING_EDGE,
            Condition::AsynchronousFallingEdge => ASYNCHRONOUS_FALLING_EDGE,
        }
    }
}

/// Some of the pins. Iterating gives them by number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Pins(u64);

impl Pins {
    /// Whether the pin is one of them.
    #[must_use]
    pub const fn contains(self, pin: Pin) -> bool {
        self.0 >> pin.0 & 1 == 1
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl Iterator for Pins {
    type Item = Pin;

    fn next(&mut self) -> Option<Pin> {
        let pin = Pin::new(u8::try_from(self.0.trailing_zeros()).ok()?)?;
        self.0 &= self.0 - 1;
        Some(pin)
    }
}

/// The block.
#[derive(Debug)]
pub struct Gpio<R> {
    /// In a cell, so that pins can be lent out together. No borrow outlives one method.
    registers: RefCell<R>,
}

impl<R: Registers> Gpio<R> {
    /// Takes over the block, with every pin as it is.
    pub const fn new(registers: R) -> Self {
        Self { registers: RefCell::new(registers) }
    }

    fn read(&self, register: Offset) -> u32 {
        self.registers.borrow_mut().read(register)
    }

    fn write(&self, register: Offset, value: u32) {
        self.registers.borrow_mut().write(register, value);
    }

    /// Changes a field of `width` bits.
    fn set_field(&self, (register, shift): (Offset, u32), width: u32, code: u32) {
        let mask = (1 << width) - 1;
        self.registers.borrow_mut().modify(register, |value| value & !(mask << shift) | code << shift);
    }

    /// Connects a pin (section 5.2, GPFSEL).
    pub fn set_function(&self, pin: Pin, function: Function) {
        self.set_field(pin.field(FUNCTION_SELECT, 10, 3), 3, function.code());
    }

    /// What a pin is connected to.
    pub fn function(&self, pin: Pin) -> Function {
        let (register, shift) = pin.field(FUNCTION_SELECT, 10, 3);
        Function::from_code(self.read(register) >> shift)
    }

    /// Chooses a pin's resistor, at once (section 5.2, GPIO_PUP_PDN_CNTRL; the BCM2711 has no GPPUD).
    pub fn set_pull(&self, pin: Pin, pull: Pull) {
        let code = match pull {
            Pull::None => 0b00,
            Pull::Up => 0b01,
            Pull::Down => 0b10,
        };
        self.set_field(pin.field(PULL, 16, 2), 2, code);
    }

    /// A pin's resistor; `None` if the field has the reserved value.
    pub fn pull(&self, pin: Pin) -> Option<Pull> {
        let (register, shift) = pin.field(PULL, 16, 2);
        match self.read(register) >> shift & 0b11 {
            0b00 => Some(Pull::None),
            0b01 => Some(Pull::Up),
            0b10 => Some(Pull::Down),
            _ => None,
        }
    }

    /// The level at a pin, whatever its function (section 5.2, GPLEV).
    pub fn level(&self, pin: Pin) -> PinState {
        PinState::from(self.read(LEVEL.plus(pin.bank())) & pin.mask() != 0)
    }

    /// Sets what a pin drives, now if it is an output, otherwise as soon as it becomes one (section 5.2, GPSET and GPCLR).
    pub fn drive(&self, pin: Pin, state: PinState) {
        let register = match state {
            PinState::High => SET,
            PinState::Low => CLEAR,
        };
        self.write(register.plus(pin.bank()), pin.mask());
    }

    /// From now on the condition makes an event of the pin. Conditions add up.
    pub fn detect(&self, pin: Pin, condition: Condition) {
        self.registers.borrow_mut().modify(condition.register().plus(pin.bank()), |pins| pins | pin.mask());
    }

    /// The condition makes no more events of the pin. One that is there stays.
    pub fn ignore(&self, pin: Pin, condition: Condition) {
        self.registers.borrow_mut().modify(condition.register().plus(pin.bank()), |pins| pins & !pin.mask());
    }

    /// Whether the condition is one that makes events of the pin.
    pub fn detects(&self, pin: Pin, condition: Condition) -> bool {
        self.read(condition.register().plus(pin.bank())) & pin.mask() != 0
    }

    /// The pins with an event (section 5.2, GPEDS). The interrupt lines stay asserted while there is one.
    pub fn events(&self) -> Pins {
        let low = u64::from(self.read(EVENT_STATUS));
        let high = u64::from(self.read(EVENT_STATUS.plus(1)));
        Pins((low | high << 32) & ((1 << Pin::COUNT) - 1))
    }

    /// Whether the pin has an event.
    pub fn has_event(&self, pin: Pin) -> bool {
        self.read(EVENT_STATUS.plus(pin.bank())) & pin.mask() != 0
    }

    /// Clears the pin's event, and no other's.
    pub fn clear_event(&self, pin: Pin) {
        self.write(EVENT_STATUS.plus(pin.bank()), pin.mask());
    }

    /// The pins with an event, each of which is cleared. What comes meanwhile stays for the next call.
    pub fn take_events(&self) -> Pins {
        let pins = self.events();
        for (bank, cleared) in [(0, pins.0 as u32), (1, (pins.0 >> 32) as u32)] {
            if cleared != 0 {
                self.write(EVENT_STATUS.plus(bank), cleared);
            }
        }
        pins
    }

    /// Makes the pin an input with this resistor.
    pub fn input(&self, pin: Pin, pull: Pull) -> Input<'_, R> {
        self.set_function(pin, Function::Input);
        self.set_pull(pin, pull);
        Input { gpio: self, pin }
    }

    /// Makes the pin an output. It drives `state` from the start, without a glitch.
    pub fn output(&self, pin: Pin, state: PinState) -> Output<'_, R> {
        self.drive(pin, state);
        self.set_function(pin, Function::Output);
        Output { gpio: self, pin, state }
    }
}

/// A pin that was made an input.
#[derive(Debug)]
pub struct Input<'a, R> {
    gpio: &'a Gpio<R>,
    pin: Pin,
}

impl<R> Input<'_, R> {
    /// Which pin it is.
    #[must_use]
    pub const fn pin(&self) -> Pin {
        self.pin
    }
}

impl<R> ErrorType for Input<'_, R> {
    type Error = Infallible;
}

impl<R: Registers> InputPin for Input<'_, R> {
    fn is_high(&mut self) -> Result<bool, Infallible> {
        Ok(self.gpio.level(self.pin) == PinState::High)
    }

    fn is_low(&mut self) -> Result<bool, Infallible> {
        Ok(self.gpio.level(self.pin) == PinState::Low)
    }
}

/// A pin that was made an output. It stays one when this is dropped.
#[derive(Debug)]
pub struct Output<'a, R> {
    gpio: &'a Gpio<R>,
    pin: Pin,
    /// What it drives. The device cannot be asked: GPLEV has the level at the pin, that a short circuit may hold.
    state: PinState,
}

impl<R> Output<'_, R> {
    /// Which pin it is.
    #[must_use]
    pub const fn pin(&self) -> Pin {
        self.pin
    }
}

impl<R> ErrorType for Output<'_, R> {
    type Error = Infallible;
}

impl<R: Registers> OutputPin for Output<'_, R> {
    fn set_low(&mut self) -> Result<(), Infallible> {
        self.set_state(PinState::Low)
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        self.set_state(PinState::High)
    }

    fn set_state(&mut self, state: PinState) -> Result<(), Infallible> {
        self.gpio.drive(self.pin, state);
        self.state = state;
        Ok(())
    }
}

/// What it was told to drive, not what is at the pin; for that, [`Gpio::level`].
impl<R: Registers> StatefulOutputPin for Output<'_, R> {
    fn is_set_high(&mut self) -> Result<bool, Infallible> {
        Ok(self.state == PinState::High)
    }

    fn is_set_low(&mut self) -> Result<bool, Infallible> {
        Ok(self.state == PinState::Low)
    }
}

#[cfg(test)]
#[path = "gpio_tests.rs"]
mod tests;
