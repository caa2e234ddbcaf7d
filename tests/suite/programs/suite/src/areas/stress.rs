//! Everything at once on all cores, for as long as is asked: messages, signals, passive servers, threads that move, are stopped, killed and made
//! anew, and pages that come and go. A wake-up that is lost, an answer that is wrong or memory that stays in use fails.

use l4k_parameters::keys::STRESS_SECONDS;
use l4k_sys::abi::{Error, SystemCall, boot};
use l4k_sys::handle::{NewObject, StartRegisters};
use l4k_sys::{
    CNode, Endpoint, Frame, Message, Nanoseconds, Notification, Received, Reply, SchedContext, Thread, Untyped,
    println, system,
};
use suite_support::floating_point::{Pastime, hold};
use suite_support::machine;
use suite_support::role::{LABEL, echo};

use crate::harness::bench::{READ_WRITE, SPACE, map, own, page};
use crate::harness::bodies::{self, Body, finish, pair, split};
use crate::harness::failure::{Failure, same};
use crate::harness::parameters::parameters;
use crate::harness::threads::{Helper, Manner, URGENT, spin_until};
use crate::harness::watchdog::{self, Role};
use crate::harness::{Bench, Cell, Outcome};

crate::tests![everything_at_once];

/// How long it goes on, unless the parameter `stress-seconds` says something else.
const SECONDS: u64 = 2;

/// Rounds, or time, between two looks at whether everybody still gets on.
const LOOK_EVERY: u64 = 200;
const LOOK_AFTER: Nanoseconds = Nanoseconds::from_milliseconds(1000);

/// How often it is told how far it is: a line for each tenth of the time, but for each minute at least, and for ten seconds at most.
fn tell_every(seconds: u64) -> u64 {
    (seconds / 10).clamp(10, 60)
}

/// A slice: those who count share their cores in turn.
const SLICE: Nanoseconds = Nanoseconds::from_milliseconds(2);

/// Priority of those who count, and of those who serve them.
const WORK: u8 = 20;
const SERVICE: u8 = 60;

/// Cells that count progress: what each stands for.
const WORKERS: [(u64, &str); 6] = [
    (0, "client of the server"),
    (1, "client of the server on another core"),
    (2, "client of the passive server"),
    (3, "signal that goes round"),
    (4, "thread that moves"),
    (5, "thread that writes to a page"),
];

/// The cell of whoever is killed and made anew.
const VICTIM: u64 = 6;

fn seconds_wanted() -> u64 {
    parameters().number(STRESS_SECONDS).unwrap_or(SECONDS)
}

/// Calls for ever, and counts right answers.
extern "C" fn client(endpoint: u64, cell: u64, thread: u64) -> ! {
    let mut word = cell;
    loop {
        match Endpoint::from_slot(endpoint).call(Message::new(LABEL, [word])) {
            Ok(answer) if answer == Message::new(LABEL + 1, [echo(word)]) => Cell(cell).count(),
            Ok(_) => Cell(cell).put_outcome(Err(Error::InvalidTag)),
            // Somebody stops and cancels it now and then.
            Err(Error::Cancelled) => (),
            Err(error) => {
                Cell(cell).put_outcome(Err(error));
                finish(thread)
            }
        }
        word += 1;
    }
}

/// Answers every call with its words, each plus one, and never ends.
extern "C" fn server(places: u64, _: u64, _: u64) -> ! {
    let (endpoint, reply) = split(places);
    let mut received = endpoint.receive(reply);
    loop {
        received = match received {
            Ok(Received::Message { message, .. }) => {
                endpoint.reply_receive(reply, Message::new(LABEL + 1, [echo(message.words[0])]))
            }
            _ => endpoint.receive(reply),
        }
    }
}

/// Passes signals on: waits for one, counts, and signals the next.
extern "C" fn messenger(places: u64, cell: u64, _: u64) -> ! {
    let [own, next] = [places & 0xffff_ffff, places >> 32].map(Notification::from_slot);
    loop {
        if own.wait().is_ok() {
            Cell(cell).count();
            let _ = next.signal();
        }
    }
}

/// Looks after its FP registers over system calls, and counts.
extern "C" fn keeper(seed: u64, cell: u64, _: u64) -> ! {
    loop {
        match hold(seed, Pastime::Call { number: SystemCall::Yield as u64, capability: 0 }) {
            0 => Cell(cell).count(),
            _ => Cell(cell).put_outcome(Err(Error::InvalidRegister)),
        }
    }
}

/// Writes to an address for ever, and counts.
extern "C" fn toucher(address: u64, cell: u64, _: u64) -> ! {
    loop {
        machine::write(address, Cell(cell).value());
        Cell(cell).count();
    }
}

/// Lets a thread that faulted try again: the page is there again soon.
extern "C" fn pager(places: u64, _: u64, _: u64) -> ! {
    let (endpoint, reply) = split(places);
    loop {
        if endpoint.receive(reply).is_ok() {
            let _ = reply.resume();
        }
    }
}

/// Numbers that look random.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

/// All that is on the stage.
struct Stage {
    cores: u64,
    movers: [Helper; 3],
    page: [Frame; 2],
    shown: usize,
    done: Done,
    victim: Victim,
    dice: Dice,
}

/// What was done to whom, how often.
#[derive(Clone, Copy, Default)]
struct Done {
    moved: u64,
    stopped: u64,
    cancelled: u64,
    remapped: u64,
    killed: u64,
}

impl Done {
    fn rounds(self) -> u64 {
        self.moved + self.stopped + self.cancelled + self.remapped + self.killed
    }
}

/// Who is killed and made anew.
struct Victim {
    memory: Untyped,
    thread: Thread,
    context: SchedContext,
    stack_end: u64,
    server: Endpoint,
}

/// A thread that runs on a core, in slices.
fn start(bench: &mut Bench<'_>, core: u64, manner: Manner, body: Body, arguments: [u64; 2]) -> Outcome<Helper> {
    let helper = bench.thread_on(core, manner.slice(Some(SLICE)), body, arguments)?;
    helper.thread.resume()?;
    Ok(helper)
}

fn set_stage(bench: &mut Bench<'_>) -> Outcome<Stage> {
    let cores = bench.cores();
    // The suite itself keeps the first core busy.
    let there = |number: u64| 1 + number % (cores - 1);
    let work = Manner::of(WORK);
    let (service, reply) = (bench.endpoint()?, bench.reply()?);
    let serving = start(bench, there(0), Manner::of(SERVICE), server, [pair(service, reply), 0])?;
    let near = start(bench, there(0), work, client, [service.slot(), 0])?;
    let far = start(bench, there(1), work, client, [service.slot(), 1])?;
    watchdog::introduce(serving.thread, Role::Server);
    [near, far].iter().for_each(|helper| watchdog::introduce(helper.thread, Role::Client));
    set_passive_server(bench, there(2))?;
    set_messengers(bench, cores)?;
    let keeper = start(bench, there(0), work.floating_point(), keeper, [0xabcd_ef01, 4])?;
    watchdog::introduce(keeper.thread, Role::Worker);
    let page = set_toucher(bench, there(1))?;
    let memory = bench.untyped(12)?;
    let slots = bench.slots(2)?;
    let model = bench.thread(Manner::of(10), bodies::once, [0, 0])?;
    let victim = Victim {
        memory,
        thread: Thread::from_slot(slots),
        context: SchedContext::from_slot(slots + 1),
        stack_end: model.stack_end,
        server: service,
    };
    watchdog::introduce(victim.thread, Role::Victim);
    Ok(Stage {
        cores,
        movers: [near, far, keeper],
        page,
        shown: 0,
        done: Done::default(),
        victim,
        dice: Dice(system::ticks() | 1),
    })
}

/// A server that lives on its callers' time, and a client on its core.
fn set_passive_server(bench: &mut Bench<'_>, core: u64) -> Outcome {
    let (endpoint, reply): (Endpoint, Reply) = (bench.endpoint()?, bench.reply()?);
    let passive = start(bench, core, Manner::of(SERVICE), server, [pair(endpoint, reply), 0])?;
    spin_until("the server receives", || {
        passive.state().is_ok_and(|state| state == Some(l4k_sys::abi::ThreadState::Receiving))
    })?;
    passive.context.map_or(Ok(()), SchedContext::unbind)?;
    let client = start(bench, core, Manner::of(WORK), client, [endpoint.slot(), 2])?;
    watchdog::introduce(passive.thread, Role::PassiveServer);
    watchdog::introduce(client.thread, Role::PassiveClient);
    Ok(())
}

/// A signal that goes round through all cores.
fn set_messengers(bench: &mut Bench<'_>, cores: u64) -> Outcome {
    let first = bench.make_many(NewObject::Notification, cores)?;
    for core in 0..cores {
        let next = first + (core + 1) % cores;
        let messenger = bench.start_on(core, URGENT, messenger, [(first + core) | (next << 32), 3])?;
        watchdog::introduce(messenger.thread, Role::Messenger);
    }
    Ok(Notification::from_slot(first).signal()?)
}

/// A thread that writes to a page which comes and goes.
fn set_toucher(bench: &mut Bench<'_>, core: u64) -> Outcome<[Frame; 2]> {
    let (faults, reply) = (bench.endpoint()?, bench.reply()?);
    let pager = start(bench, core, Manner::of(SERVICE), pager, [pair(faults, reply), 0])?;
    let frames = [bench.mapped(page(0), READ_WRITE)?, bench.frame()?];
    let toucher = start(bench, core, Manner::of(WORK).faults(faults), toucher, [page(0), 5])?;
    watchdog::introduce(pager.thread, Role::Pager);
    watchdog::introduce(toucher.thread, Role::Toucher);
    Ok(frames)
}

impl Stage {
    /// One thing of those that one core does to another.
    fn act(&mut self, bench: &Bench<'_>) -> Outcome {
        let mover = self.movers[self.dice.below(3) as usize];
        match self.dice.below(6) {
            0 | 1 => {
                self.done.moved += 1;
                let core = self.some_core();
                mover.context.map_or(Ok(()), |context| bench.move_to(context, core, SLICE))
            }
            2 => {
                self.done.stopped += 1;
                mover.thread.suspend()?;
                Ok(mover.thread.resume()?)
            }
            3 => {
                self.done.cancelled += 1;
                // Whoever is in no call is not cancelled.
                let _ = mover.thread.cancel();
                Ok(())
            }
            4 => self.turn_page(),
            _ => self.kill(bench),
        }
    }

    /// A core but the first.
    fn some_core(&mut self) -> u64 {
        1 + self.dice.below(self.cores - 1)
    }

    fn turn_page(&mut self) -> Outcome {
        self.done.remapped += 1;
        self.page[self.shown].unmap()?;
        self.shown = 1 - self.shown;
        Ok(map(self.page[self.shown], page(0), READ_WRITE)?)
    }

    /// Destroys the victim, wherever it is, and makes it anew of the same memory.
    fn kill(&mut self, bench: &Bench<'_>) -> Outcome {
        self.done.killed += 1;
        let Victim { memory, thread, context, stack_end, server } = self.victim;
        own(memory.slot()).revoke()?;
        same("bytes in use", memory.query()?.used_bytes, 0)?;
        memory.retype(NewObject::Thread, own(thread.slot()), 1)?;
        memory.retype(NewObject::SchedContext, own(context.slot()), 1)?;
        thread.configure(CNode::from_slot(boot::slot::CNODE), SPACE, None)?;
        thread.set_priority(WORK, WORK)?;
        bench.move_to(context, self.some_core(), SLICE)?;
        thread.write_registers(StartRegisters {
            instruction_pointer: client as *const () as usize as u64,
            stack_pointer: stack_end,
            arguments: [server.slot(), VICTIM, thread.slot()],
        })?;
        context.bind(thread)?;
        Ok(thread.resume()?)
    }

    /// Acts and looks for so long, and tells from time to time how far it is, and at the end.
    fn go_on(&mut self, bench: &Bench<'_>, seconds: u64) -> Outcome {
        let (start, mut told) = (system::ticks(), 0);
        let passed = || system::elapsed(start, system::ticks()).count() / 1_000_000_000;
        while passed() < seconds {
            let look = system::ticks();
            for _ in 0..LOOK_EVERY {
                self.act(bench)?;
                if system::elapsed(look, system::ticks()) > LOOK_AFTER {
                    break;
                }
            }
            self.look()?;
            watchdog::note();
            if passed() >= told + tell_every(seconds) {
                told = passed();
                self.tell(told);
            }
        }
        self.tell(passed());
        Ok(())
    }

    /// What has happened so far.
    fn tell(&self, seconds: u64) {
        let Done { moved, stopped, cancelled, remapped, killed } = self.done;
        println!(
            "  stress, {seconds} s: {} rounds: moved {moved}, stopped {stopped}, cancelled {cancelled}, remapped {remapped}, killed and restarted {killed}",
            self.done.rounds()
        );
        let [near, far, passive, signals, checks, writes, victims] =
            [0, 1, 2, 3, 4, 5, VICTIM].map(|cell| Cell(cell).value());
        println!(
            "  stress, {seconds} s: calls {near} + {far}, of the passive server {passive}, of victims {victims}, signals {signals}, checks of registers {checks}, writes {writes}"
        );
    }

    /// Everybody gets on, and nobody found anything wrong.
    fn look(&self) -> Outcome {
        for (cell, who) in WORKERS {
            let before = Cell(cell).value();
            spin_until(who, || Cell(cell).value() > before)?;
            same(who, Cell(cell).outcome(), None)?;
        }
        same("whoever is killed", Cell(VICTIM).outcome(), None)
    }
}

fn everything_at_once(bench: &mut Bench<'_>) -> Outcome {
    if !bench.has_cores() {
        return Ok(());
    }
    let mut stage = set_stage(bench)?;
    let result = stage.go_on(bench, seconds_wanted());
    if result.is_err() {
        watchdog::tell();
    }
    result?;
    match stage.done.rounds() {
        0 => Err(Failure::new(format_args!("nothing was done"))),
        _ => Ok(()),
    }
}
