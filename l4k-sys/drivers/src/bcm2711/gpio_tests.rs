//! The pins over a model of the block.

use super::*;

/// Bits of the second register that have a pin.
const SECOND_BANK: u32 = (1 << (58 - 32)) - 1;

/// The block, and what is connected to the pins.
#[derive(Default)]
struct Model {
    functions: [u32; 6],
    pulls: [u32; 4],
    /// What outputs drive.
    latch: [u32; 2],
    /// What the world drives into inputs.
    outside: [u32; 2],
    events: [u32; 2],
    /// Rising, falling, high, low, asynchronous rising, asynchronous falling.
    conditions: [[u32; 2]; 6],
}

impl Model {
    fn outputs(&self, bank: usize) -> u32 {
        (0..32).filter(|bit| bank * 32 + bit < 58).fold(0, |outputs, bit| {
            let pin = bank * 32 + bit;
            let code = self.functions[pin / 10] >> (pin % 10 * 3) & 7;
            outputs | u32::from(code == 1) << bit
        })
    }

    fn level(&self, bank: usize) -> u32 {
        let outputs = self.outputs(bank);
        self.latch[bank] & outputs | self.outside[bank] & !outputs
    }

    /// What follows from a change of levels.
    fn change(&mut self, change: impl FnOnce(&mut Model)) {
        let before = [self.level(0), self.level(1)];
        change(self);
        for (bank, before) in before.into_iter().enumerate() {
            let level = self.level(bank);
            let [rising, falling, high, low, rising_at_once, falling_at_once] = self.conditions.map(|both| both[bank]);
            self.events[bank] |= (rising | rising_at_once) & level & !before
                | (falling | falling_at_once) & before & !level
                | high & level
                | low & !level;
        }
    }

    fn pin(&mut self, pin: Pin, state: PinState) {
        self.change(|model| {
            let word = &mut model.outside[usize::from(pin.bank())];
            *word = if state == PinState::High { *word | pin.mask() } else { *word & !pin.mask() };
        });
    }
}

/// The pair of registers that starts at `first` has the one at `offset`.
fn pair(offset: usize, first: usize) -> Option<usize> {
    (offset == first || offset == first + 4).then(|| (offset - first) / 4)
}

const CONDITIONS: [usize; 6] = [0x4c, 0x58, 0x64, 0x70, 0x7c, 0x88];

impl Registers for Model {
    fn read(&mut self, register: Offset) -> u32 {
        let offset = register.bytes();
        if let Some(bank) = pair(offset, 0x34) {
            return self.level(bank);
        }
        if let Some(bank) = pair(offset, 0x40) {
            return self.events[bank];
        }
        for (condition, first) in CONDITIONS.into_iter().enumerate() {
            if let Some(bank) = pair(offset, first) {
                return self.conditions[condition][bank];
            }
        }
        match offset {
            0x00..0x18 => self.functions[offset / 4],
            0xe4..0xf4 => self.pulls[(offset - 0xe4) / 4],
            0x1c | 0x20 | 0x28 | 0x2c => 0,
            _ => panic!("no register at {offset:#x}"),
        }
    }

    fn write(&mut self, register: Offset, value: u32) {
        let offset = register.bytes();
        self.change(|model| {
            let bits = |bank| if bank == 0 { value } else { value & SECOND_BANK };
            if let Some(bank) = pair(offset, 0x1c) {
                model.latch[bank] |= bits(bank);
            } else if let Some(bank) = pair(offset, 0x28) {
                model.latch[bank] &= !bits(bank);
            } else if let Some(bank) = pair(offset, 0x40) {
                model.events[bank] &= !bits(bank);
            } else if let Some(condition) = CONDITIONS.iter().position(|first| pair(offset, *first).is_some()) {
                let bank = (offset - CONDITIONS[condition]) / 4;
                model.conditions[condition][bank] = bits(bank);
            } else if offset < 0x18 {
                model.functions[offset / 4] = value;
            } else if (0xe4..0xf4).contains(&offset) {
                model.pulls[(offset - 0xe4) / 4] = value;
            } else {
                panic!("no register to write at {offset:#x}");
            }
        });
    }
}

fn gpio() -> Gpio<Model> {
    Gpio::new(Model::default())
}

fn pin(number: u8) -> Pin {
    Pin::new(number).unwrap()
}

fn outside(gpio: &Gpio<Model>, number: u8, state: PinState) {
    gpio.registers.borrow_mut().pin(pin(number), state);
}

#[test]
fn there_are_58_pins() {
    assert!((0..58).all(|number| Pin::new(number).is_some_and(|pin| pin.number() == number)));
    assert!((58..=255).all(|number| Pin::new(number).is_none()));
}

#[test]
fn each_pin_has_its_own_function() {
    const ALL: [(Function, u32); 8] = [
        (Function::Input, 0),
        (Function::Output, 1),
        (Function::Alternate5, 2),
        (Function::Alternate4, 3),
        (Function::Alternate0, 4),
        (Function::Alternate1, 5),
        (Function::Alternate2, 6),
        (Function::Alternate3, 7),
    ];
    let gpio = gpio();
    for number in 0..58 {
        gpio.set_function(pin(number), ALL[usize::from(number) % 8].0);
    }
    for number in 0..58u8 {
        let (function, code) = ALL[usize::from(number) % 8];
        assert_eq!(gpio.function(pin(number)), function);
        let word = gpio.registers.borrow().functions[usize::from(number / 10)];
        assert_eq!(word >> (number % 10 * 3) & 7, code, "pin {number}");
    }
}

#[test]
fn each_pin_has_its_own_resistor() {
    let gpio = gpio();
    gpio.set_pull(pin(15), Pull::Up);
    gpio.set_pull(pin(16), Pull::Down);
    gpio.set_pull(pin(57), Pull::Up);
    assert_eq!(gpio.registers.borrow().pulls, [1 << 30, 2, 0, 1 << 18]);
    gpio.set_pull(pin(15), Pull::None);
    assert_eq!(gpio.pull(pin(15)), Some(Pull::None));
    assert_eq!(gpio.pull(pin(16)), Some(Pull::Down));
    assert_eq!(gpio.pull(pin(57)), Some(Pull::Up));
    gpio.registers.borrow_mut().pulls[0] = 3;
    assert_eq!(gpio.pull(pin(0)), None);
}

#[test]
fn an_output_drives_its_pin_only_and_from_the_start() {
    let gpio = gpio();
    gpio.detect(pin(42), Condition::FallingEdge);
    outside(&gpio, 42, PinState::High);
    let mut light = gpio.output(pin(42), PinState::High);
    let mut other = gpio.output(pin(10), PinState::Low);
    assert!(!gpio.has_event(pin(42)), "it was low for a moment");
    assert_eq!(gpio.level(pin(42)), PinState::High);
    other.set_high().unwrap();
    light.toggle().unwrap();
    assert_eq!(gpio.registers.borrow().latch, [1 << 10, 0]);
    assert_eq!((light.is_set_low(), other.is_set_high()), (Ok(true), Ok(true)));
    assert_eq!(light.pin().number(), 42);
}

#[test]
fn an_input_sees_what_is_at_its_pin() {
    let gpio = gpio();
    let mut button = gpio.input(pin(33), Pull::Up);
    assert_eq!((button.is_low(), button.is_high()), (Ok(true), Ok(false)));
    outside(&gpio, 33, PinState::High);
    assert_eq!((button.is_low(), button.is_high()), (Ok(false), Ok(true)));
    assert_eq!(gpio.pull(button.pin()), Some(Pull::Up));
    assert_eq!(gpio.level(pin(1)), PinState::Low);
}

#[test]
fn each_condition_makes_its_events() {
    use Condition::*;
    for (condition, up, down) in [
        (RisingEdge, true, false),
        (AsynchronousRisingEdge, true, false),
        (FallingEdge, false, true),
        (AsynchronousFallingEdge, false, true),
    ] {
        let gpio = gpio();
        gpio.detect(pin(57), condition);
        outside(&gpio, 57, PinState::High);
        assert_eq!(gpio.has_event(pin(57)), up, "{condition:?}");
        gpio.clear_event(pin(57));
        assert!(gpio.events().is_empty());
        outside(&gpio, 57, PinState::Low);
        assert_eq!(gpio.has_event(pin(57)), down, "{condition:?}");
    }
}

#[test]
fn the_event_of_a_level_stays_until_it_is_ignored() {
    for (condition, state) in [(Condition::High, PinState::High), (Condition::Low, PinState::Low)] {
        let gpio = gpio();
        outside(&gpio, 3, state);
        gpio.detect(pin(3), condition);
        assert!(gpio.detects(pin(3), condition));
        gpio.clear_event(pin(3));
        assert!(gpio.has_event(pin(3)));
        gpio.ignore(pin(3), condition);
        assert!(!gpio.detects(pin(3), condition));
        gpio.clear_event(pin(3));
        assert!(!gpio.has_event(pin(3)));
    }
}

#[test]
fn events_are_cleared_one_by_one_or_taken_together() {
    let gpio = gpio();
    for number in [0, 31, 32, 57] {
        gpio.detect(pin(number), Condition::RisingEdge);
        outside(&gpio, number, PinState::High);
    }
    gpio.clear_event(pin(32));
    assert!(gpio.events().map(Pin::number).eq([0, 31, 57]));
    let taken = gpio.take_events();
    assert!(taken.contains(pin(57)) && !taken.contains(pin(32)));
    assert!(gpio.take_events().is_empty());
}
