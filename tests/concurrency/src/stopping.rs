//! Cores that run programs, and stop each other's: the steps of `l4k/src/machine/aarch64/trap.rs` (`enter`, `turn`, `settle`) and of
//! `stop_core`, with the lock and the gates themselves. What the kernel does in its turn is reduced to stopping and resuming.

use crate::flaw::next_is_unordered;

use super::lock::{Gate, Ticket, TicketLock};
use super::sync::{AtomicU32, Ordering, RACE, Watched, pause};

/// A step that is left out, or taken at the wrong place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// None.
    None,
    /// A core enters its gate, and asks for the lock after that.
    GateBeforeTicket,
    /// A core gives the lock back, and leaves its gate after that.
    LeavingLate,
    /// Entering the gate does not say that registers are stored.
    EnteringUnordered,
    /// Whoever looks at the gate does not look at the registers after that.
    LookingUnordered,
    /// The core that stops another one does not wait.
    NotWaiting,
    /// A core makes the call that it came with, though it was stopped.
    CallInSpiteOfStop,
    /// An idle core forgets what came before it waits.
    ForgettingInterrupts,
}

/// A core that stopped another one had its next turn before it.
const CAME_BEFORE: &str = "who stopped a core came before it";

/// A core came with something else than was seen at its gate.
const OTHER_REASON: &str = "the gate told another reason";

/// A call was made of a program that is stopped.
const CALL_OF_STOPPED: &str = "a call of a stopped program was made";

impl Mistake {
    /// The ways in which it can be found. All that are named come of the mistake; which comes first is chance.
    #[must_use]
    pub const fn ways(self) -> &'static [&'static str] {
        match self {
            Mistake::None => &[],
            // The core is seen inside with its registers stored and its reason told, but it has not asked for its turn.
            Mistake::GateBeforeTicket => &[CAME_BEFORE],
            // The core is seen inside while it goes to its program. It loads its registers at the same time; it has not asked for its next turn;
            // and the reason is that of the turn before.
            Mistake::LeavingLate => &[RACE, CAME_BEFORE, OTHER_REASON],
            // The core is in its program: the same three, the reason being made up.
            Mistake::NotWaiting => &[RACE, CAME_BEFORE, OTHER_REASON],
            // What the core did before it entered its gate need not be seen with it: neither that it stored its registers, nor that it asked.
            Mistake::EnteringUnordered | Mistake::LookingUnordered => &[RACE, CAME_BEFORE],
            // It is checked where calls are made.
            Mistake::CallInSpiteOfStop => &[CALL_OF_STOPPED],
            // The core sleeps on, which is not told here: the checker sees it.
            Mistake::ForgettingInterrupts => &[],
        }
    }
}

/// What a program asks of the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// Nothing.
    Nothing,
    /// Stops the program of another core.
    Stop(usize),
    /// Lets it run again.
    Resume(usize),
    /// Stops its own for good.
    Exit,
}

/// What brings a core into the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    SystemCall(Call),
    Interrupt,
}

impl Event {
    /// What it is at a gate.
    fn reason(self) -> u32 {
        match self {
            Event::SystemCall(_) => SYSTEM_CALL,
            Event::Interrupt => OTHERWISE,
        }
    }
}

/// Reasons at a gate.
const OTHERWISE: u32 = 1;
const SYSTEM_CALL: u32 = 2;

/// What a core does after its turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// It runs its program, which has made so many calls.
    Program(usize),
    /// It waits for an interrupt.
    Idle,
    /// It has no program any more.
    Off,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// It is what its core runs. Only its core makes it that, in its turn.
    #[default]
    Runs,
    /// Its core runs it from its next turn on.
    Ready,
    Stopped,
    Exited,
}

/// What the kernel knows of a core.
#[derive(Clone, Copy, Debug, Default)]
struct Program {
    state: State,
    /// How many calls it has made.
    made: usize,
    /// How often its core had a turn.
    turns: usize,
    /// What its core came with, as who stopped it saw it at the gate.
    stopped_in: Option<u32>,
}

/// What belongs to a core.
#[derive(Debug)]
struct Core {
    gate: Gate,
    /// Whether an interrupt is pending.
    interrupted: AtomicU32,
    /// The program's registers in the kernel's memory.
    registers: Watched,
}

/// A machine whose cores are all in their programs.
#[derive(Debug)]
pub struct Machine<const CORES: usize> {
    kernel: TicketLock<[Program; CORES]>,
    cores: [Core; CORES],
    mistake: Mistake,
}

/// Who was stopped, and how many turns that core had had.
type Stopped = Option<(usize, usize)>;

impl<const CORES: usize> Machine<CORES> {
    /// A new one.
    #[must_use]
    pub fn new(mistake: Mistake) -> Self {
        const NEW: fn(usize) -> Core =
            |_| Core { gate: Gate::inside(), interrupted: AtomicU32::new(0), registers: Watched::new() };
        let machine =
            Machine { kernel: TicketLock::new([Program::default(); CORES]), cores: core::array::from_fn(NEW), mistake };
        machine.kernel.share();
        machine.kernel.ask().with(|_| machine.cores.iter().for_each(|core| core.gate.leave()));
        machine.cores.iter().for_each(|core| core.interrupted.store(0, Ordering::Relaxed));
        machine
    }

    /// What a core does: its program makes some calls, and then exits. Before the first call it may wait until it was interrupted.
    pub fn run(&self, own: usize, begin: Begin, calls: &[Call]) {
        let mut stopped = None;
        if begin == Begin::WhenInterrupted {
            self.wait_for_interrupt(own);
        }
        let mut next = Next::Program(0);
        while let Next::Program(made) = next {
            let event = match self.is_interrupted(own) {
                true => Event::Interrupt,
                false => Event::SystemCall(calls.get(made).copied().unwrap_or(Call::Exit)),
            };
            next = self.enter(own, event, &mut stopped);
        }
    }

    /// From a program into the kernel, until a program runs again.
    fn enter(&self, own: usize, event: Event, stopped: &mut Stopped) -> Next {
        let core = &self.cores[own];
        core.registers.access(|| ());
        let reason = event.reason();
        let ticket = if self.mistake == Mistake::GateBeforeTicket {
            core.gate.enter(reason);
            self.kernel.ask()
        } else {
            let ticket = self.kernel.ask();
            if self.mistake == Mistake::EnteringUnordered {
                next_is_unordered();
            }
            core.gate.enter(reason);
            ticket
        };
        let mut next = self.turn(own, ticket, event, stopped);
        while next == Next::Idle {
            if self.mistake == Mistake::ForgettingInterrupts {
                core.interrupted.store(0, Ordering::Relaxed);
            }
            self.wait_for_interrupt(own);
            next = self.turn(own, self.kernel.ask(), Event::Interrupt, stopped);
        }
        if let Next::Program(_) = next {
            core.registers.access(|| ());
        }
        next
    }

    fn turn(&self, own: usize, ticket: Ticket<'_, [Program; CORES]>, event: Event, stopped: &mut Stopped) -> Next {
        let gate = &self.cores[own].gate;
        let next = ticket.with(|programs| {
            programs[own].turns += 1;
            if let Some((core, turns)) = stopped.take() {
                assert!(programs[core].turns > turns, "{CAME_BEFORE}");
            }
            if let Some(reason) = programs[own].stopped_in.take() {
                assert_eq!(reason, event.reason(), "{OTHER_REASON}");
            }
            self.handle(own, event, programs, stopped);
            let next = Self::schedule(&mut programs[own]);
            match next {
                Next::Program(_) if self.mistake == Mistake::LeavingLate => (),
                Next::Program(_) => gate.leave(),
                Next::Idle | Next::Off => gate.enter(OTHERWISE),
            }
            next
        });
        if let (Next::Program(_), Mistake::LeavingLate) = (next, self.mistake) {
            gate.leave();
        }
        next
    }

    fn schedule(program: &mut Program) -> Next {
        match program.state {
            State::Runs | State::Ready => {
                program.state = State::Runs;
                Next::Program(program.made)
            }
            State::Stopped => Next::Idle,
            State::Exited => Next::Off,
        }
    }

    fn handle(&self, own: usize, event: Event, programs: &mut [Program; CORES], stopped: &mut Stopped) {
        let call = match event {
            Event::Interrupt => return self.cores[own].interrupted.store(0, Ordering::Relaxed),
            Event::SystemCall(call) => call,
        };
        let program = &mut programs[own];
        if self.mistake != Mistake::CallInSpiteOfStop && program.state != State::Runs {
            return;
        }
        assert_eq!(program.state, State::Runs, "{CALL_OF_STOPPED}");
        self.cores[own].registers.access(|| ());
        program.made += 1;
        match call {
            Call::Nothing => (),
            Call::Exit => program.state = State::Exited,
            Call::Stop(core) => {
                if programs[core].state == State::Runs {
                    programs[core].stopped_in = Some(self.stop(core));
                    *stopped = Some((core, programs[core].turns));
                }
                if let State::Runs | State::Ready = programs[core].state {
                    programs[core].state = State::Stopped;
                }
            }
            Call::Resume(core) => {
                if programs[core].state == State::Stopped {
                    programs[core].state = State::Ready;
                    self.interrupt(core);
                }
            }
        }
    }

    /// `stop_core`, and what is done with the registers after it.
    fn stop(&self, core: usize) -> u32 {
        let Core { gate, registers, .. } = &self.cores[core];
        if gate.reason().is_none() {
            self.interrupt(core);
        }
        let reason = match self.mistake {
            Mistake::NotWaiting => gate.reason().unwrap_or(OTHERWISE),
            Mistake::LookingUnordered => loop {
                next_is_unordered();
                match gate.reason() {
                    Some(reason) => break reason,
                    None => pause(),
                }
            },
            _ => gate.wait(),
        };
        registers.access(|| ());
        reason
    }

    /// Interrupts order nothing: what they tell is looked up under the lock.
    fn interrupt(&self, core: usize) {
        self.cores[core].interrupted.store(1, Ordering::Relaxed);
    }

    fn is_interrupted(&self, core: usize) -> bool {
        self.cores[core].interrupted.load(Ordering::Relaxed) != 0
    }

    /// `wfi`: returns if an interrupt is pending, also if it came before.
    fn wait_for_interrupt(&self, core: usize) {
        while !self.is_interrupted(core) {
            pause();
        }
    }
}

/// When a program makes its first call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// At once.
    AtOnce,
    /// When its core was interrupted.
    WhenInterrupted,
}
