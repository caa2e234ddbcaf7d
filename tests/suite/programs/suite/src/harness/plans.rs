//! Plans: what two threads do step by step with canaries in all their registers, and what each must find in them after each step.
//!
//! A test writes the plans, and lets the threads run. Each thread checks its own registers, and leaves in its cell how far it has come, and the
//! first register that is not what it should be.

use core::fmt;
use core::sync::atomic::{AtomicU64, Ordering::SeqCst};

use l4k_sys::Message;
use l4k_sys::abi::message::{REGISTER_WORDS, Tag};
use l4k_sys::abi::{Arrival, SystemCall};
use suite_support::canaries::{
    Action, CONTROL, FLAGS, Image, Registers, STACK_POINTER, STATUS, Units, VECTORS, around, filled, filling,
};

use super::bodies::finish;
use super::cells::Cell;
use super::failure::{Failure, Outcome};

/// The most steps of a plan.
const STEPS: usize = 16;

/// The arguments and results of a system call are below.
const ARGUMENTS: usize = 10;

/// Words of a step: action, arguments that are set, registers that are not checked, what is checked, arguments, results.
const WORDS: usize = 4 + 2 * ARGUMENTS;

static PLANS: [[[AtomicU64; WORDS]; STEPS]; 2] = [const { [const { [const { AtomicU64::new(0) }; WORDS] }; STEPS] }; 2];
static LENGTHS: [AtomicU64; 2] = [const { AtomicU64::new(0) }; 2];

/// Which of the two threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Player {
    /// Who calls, signals, yields or faults.
    Caller = 0,
    /// Who serves, waits or handles faults.
    Server = 1,
}

/// What a thread must find after a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
enum After {
    /// After a system call: results, or zero.
    Results,
    /// After a system call that does not exist: `x0`–`x7` as they were, since a handler may read and change them.
    Arguments,
    /// Everything as it was.
    Everything,
}

/// One thing that a thread does, and what it must find then.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    action: Action,
    after: After,
    /// Bit n for `x`n that is set, all others are canaries.
    set: u64,
    /// Bit n for `x`n that may be anything.
    free: u64,
    arguments: [u64; ARGUMENTS],
    results: [u64; ARGUMENTS],
}

impl Step {
    const fn new(action: Action, after: After) -> Step {
        Step { action, after, set: 0, free: 0, arguments: [0; ARGUMENTS], results: [0; ARGUMENTS] }
    }

    /// A system call with canaries as arguments, which succeeds without results.
    pub const fn call(call: SystemCall) -> Step {
        Step::new(Action::SystemCall, After::Results).with(8, call as u64)
    }

    /// A system call that does not exist, after which a handler lets the thread go on.
    pub const fn unknown_call(number: u64) -> Step {
        Step::new(Action::SystemCall, After::Arguments).with(8, number)
    }

    /// Something that faults, or spins, at an address. Everything is as before then.
    pub const fn at(action: Action, address: u64) -> Step {
        Step::new(action, After::Everything).with(0, address)
    }

    /// A system call with an immediate.
    pub const fn odd_call() -> Step {
        Step::new(Action::OddCall, After::Everything)
    }

    /// What the thread does.
    pub const fn action(&self) -> Action {
        self.action
    }

    /// With this value in `x`n, n below 10.
    pub const fn with(mut self, number: usize, value: u64) -> Step {
        self.set |= 1 << number;
        self.arguments[number] = value;
        self
    }

    /// With this value in `x`n after it, n below 10.
    pub const fn finds(mut self, number: usize, value: u64) -> Step {
        self.results[number] = value;
        self
    }

    /// With anything in `x`n after it, n below 10.
    pub const fn ignores(mut self, number: usize) -> Step {
        self.free |= 1 << number;
        self
    }

    /// With the message after it that the other player's step sends: this tag, and as many of its canaries.
    pub fn finds_message(self, player: Player, step: usize, tag: Tag) -> Step {
        (2..2 + tag.length().min(REGISTER_WORDS))
            .fold(self.finds(1, tag.bits()), |found, number| found.finds(number, filling(player.seed(step), number)))
    }

    /// With signals after it.
    pub const fn finds_signals(self, word: u64) -> Step {
        self.finds(0, Arrival::Notification as u64).finds(9, word)
    }

    fn to_words(self) -> [u64; WORDS] {
        let mut words = [0; WORDS];
        words[..4].copy_from_slice(&[self.action as u64, self.set, self.free, self.after as u64]);
        words[4..4 + ARGUMENTS].copy_from_slice(&self.arguments);
        words[4 + ARGUMENTS..].copy_from_slice(&self.results);
        words
    }

    fn from_words(words: &[u64; WORDS]) -> Step {
        let actions = [Action::OddCall, Action::Load, Action::Jump, Action::Spin];
        let action = actions.into_iter().find(|action| *action as u64 == words[0]).unwrap_or(Action::SystemCall);
        let afters = [After::Arguments, After::Everything];
        let after = afters.into_iter().find(|after| *after as u64 == words[3]).unwrap_or(After::Results);
        let arguments = core::array::from_fn(|index| words[4 + index]);
        let results = core::array::from_fn(|index| words[4 + ARGUMENTS + index]);
        Step { action, after, set: words[1], free: words[2], arguments, results }
    }

    /// The registers before it.
    fn given(&self, seed: u64) -> Registers {
        let mut registers = filled(seed);
        for (number, value) in self.arguments.into_iter().enumerate().filter(|(number, _)| self.set >> number & 1 == 1)
        {
            registers[number] = value;
        }
        registers
    }

    /// The registers after it.
    fn expected(&self, image: &Image) -> Registers {
        let mut registers = image.given;
        for (number, register) in registers[..STACK_POINTER].iter_mut().enumerate() {
            *register = match (self.after, number) {
                (After::Everything, _) | (_, 19..=29) | (After::Arguments, 0..=7) => *register,
                (After::Results, 0..ARGUMENTS) => self.results[number],
                _ => 0,
            };
        }
        registers
    }

    /// The first register that is not what it should be.
    fn difference(&self, step: usize, image: &Image) -> Option<Difference> {
        let pairs = image.found.into_iter().zip(self.expected(image)).enumerate();
        let checked = pairs.filter(|(number, _)| *number >= ARGUMENTS || self.free >> number & 1 == 0);
        let mut different = checked.filter(|(_, (found, expected))| found != expected);
        different.next().map(|(number, (found, expected))| Difference { step, number, found, expected })
    }
}

/// A register that is not what it should be.
#[derive(Clone, Copy, Debug)]
struct Difference {
    step: usize,
    number: usize,
    found: u64,
    expected: u64,
}

/// A register by its number among [`Registers`].
struct Name(usize);

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            STACK_POINTER => formatter.write_str("sp"),
            FLAGS => formatter.write_str("flags"),
            CONTROL => formatter.write_str("FPCR"),
            STATUS => formatter.write_str("FPSR"),
            half @ VECTORS.. => write!(formatter, "v{}.d[{}]", (half - VECTORS) / 2, half % 2),
            number => write!(formatter, "x{number}"),
        }
    }
}

impl Player {
    /// The seed of a step's canaries: no two have a value in common, and neighbours differ in the flags.
    pub const fn seed(self, step: usize) -> u64 {
        let (player, step) = (self as u64, step as u64);
        (0xca00 + player) << 48 | ((5 + 5 * player + step) & 0x1f) << 32 | step << 16
    }

    /// The cell in which it leaves how far it came.
    const fn cell(self) -> Cell {
        Cell(self as u64)
    }

    /// Writes its plan; nothing of an earlier one is left.
    pub fn plan(self, steps: &[Step]) -> Outcome {
        if steps.len() > STEPS {
            return Err(Failure::new(format_args!("a plan of {} steps", steps.len())));
        }
        for (place, step) in PLANS[self as usize].iter().zip(steps) {
            place.iter().zip(step.to_words()).for_each(|(place, word)| place.store(word, SeqCst));
        }
        LENGTHS[self as usize].store(steps.len() as u64, SeqCst);
        self.cell().put_message(Message::EMPTY, 0);
        self.cell().clear();
        Ok(())
    }

    /// How many steps of its plan it has done up to now.
    pub fn done(self) -> usize {
        self.cell().message().words[0] as usize
    }

    /// Fails unless it has done so many steps, and has found after each what it should.
    #[track_caller]
    pub fn has_done(self, steps: usize) -> Outcome {
        let [done, different, step, number, found, expected] = self.cell().message().words;
        if different != 0 {
            let name = Name(number as usize);
            let reason = format_args!("{self:?}, step {step}: {name} is {found:#x} instead of {expected:#x}");
            return Err(Failure::new(reason));
        }
        if done == steps as u64 {
            return Ok(());
        }
        Err(Failure::new(format_args!("{self:?} has done {done} steps instead of {steps}")))
    }

    fn step(self, index: usize) -> Step {
        let words = &PLANS[self as usize][index];
        Step::from_words(&core::array::from_fn(|word| words[word].load(SeqCst)))
    }

    /// Does its steps.
    fn play(self, units: Units) {
        let mut first = None;
        for index in 0..LENGTHS[self as usize].load(SeqCst) as usize {
            let step = self.step(index);
            let image = around(step.action, units, &step.given(self.seed(index)));
            first = first.or(step.difference(index, &image));
            self.report(index + 1, first);
        }
        self.cell().put_outcome(Ok(()));
    }

    fn report(self, done: usize, first: Option<Difference>) {
        let words = match first {
            Some(Difference { step, number, found, expected }) => [1, step as u64, number as u64, found, expected],
            None => [0; 5],
        };
        let [different, step, number, found, expected] = words;
        self.cell().put_message(Message::new(0, [done as u64, different, step, number, found, expected]), 0);
    }
}

/// Plays the caller. `units` says whether the thread has FP/SIMD registers.
pub extern "C" fn caller(units: u64, _: u64, thread: u64) -> ! {
    play(Player::Caller, units, thread)
}

/// Plays the server.
pub extern "C" fn server(units: u64, _: u64, thread: u64) -> ! {
    play(Player::Server, units, thread)
}

fn play(player: Player, units: u64, thread: u64) -> ! {
    let units = if units == Units::FloatingPoint as u64 { Units::FloatingPoint } else { Units::None };
    player.play(units);
    finish(thread)
}
