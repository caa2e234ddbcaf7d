//! Programs that do their worst with what they were given, while others are served.

use l4k_parameters::keys::HOSTILE_CALLS;
use l4k_sys::abi::{Error, ThreadState};
use l4k_sys::{Endpoint, Message, Notification, Received, Reply, println, system};
use suite_support::hostile::Attack;
use suite_support::machine;
use suite_support::role::{LABEL, Role, echo};

use crate::harness::bench::{READ_WRITE, page};
use crate::harness::bodies::{finish, pair, split};
use crate::harness::census::{self, Sum};
use crate::harness::failure::{Failure, holds, same};
use crate::harness::hostile::{Hostile, PRIORITY, Surroundings};
use crate::harness::parameters::parameters;
use crate::harness::threads::{Helper, Manner, URGENT, at_priority};
use crate::harness::watchdog;
use crate::harness::{Bench, Cell, Outcome};

crate::tests![
    random_system_calls_harm_nobody_else,
    a_program_that_revokes_what_it_is_made_of_leaves_its_memory_whole,
    a_program_that_deletes_all_it_has_keeps_running_on_nothing,
];

/// How many programs attack at once.
const PROGRAMS: u64 = 3;

/// Calls in all, unless the parameter `hostile-calls` says something else.
const CALLS: u64 = 200_000;

/// A page of the suite's that hostile programs can map, and that nobody writes.
const PICTURE: u64 = page(110);

/// Calls of the client in a round.
const SERVED: u64 = 3;

fn calls_wanted() -> u64 {
    parameters().number(HOSTILE_CALLS).unwrap_or(CALLS)
}

/// Answers every call with its first word plus one, whatever comes, and never ends.
extern "C" fn steadfast_server(pair: u64, _: u64, _: u64) -> ! {
    let (endpoint, reply) = split(pair);
    let mut received = endpoint.receive(reply);
    loop {
        received = match received {
            Ok(Received::Message { message, .. }) => {
                endpoint.reply_receive(reply, Message::new(LABEL + 1, [echo(message.words[0])]))
            }
            // Whoever may call may also name this endpoint as where the faults of a thread go. An answer other than 0 leaves it stopped.
            Ok(Received::Fault { .. }) => endpoint.reply_receive(reply, Message::new::<0>(1, [])),
            // A caller that is gone by now gets no answer.
            _ => endpoint.receive(reply),
        }
    }
}

/// Each time the bell rings, calls the server three times and counts the answers that are right.
extern "C" fn client(places: u64, cell: u64, thread: u64) -> ! {
    let (server, bell) = (Endpoint::from_slot(places & 0xffff_ffff), Notification::from_slot(places >> 32));
    while bell.wait().is_ok() {
        for word in 0..SERVED {
            let answer = server.call(Message::new(LABEL, [word]));
            if answer == Ok(Message::new(LABEL + 1, [echo(word)])) {
                Cell(cell).count();
            }
        }
    }
    Cell(cell).put_outcome(Err(Error::PeerGone));
    finish(thread)
}

/// A server, its client, and what hostile programs see of the suite.
struct Scene {
    server: Helper,
    client: Helper,
    bell: Notification,
    reply: Reply,
    surroundings: Surroundings,
    picture: Sum,
    rounds: u64,
}

impl Scene {
    fn new(bench: &mut Bench<'_>) -> Outcome<Scene> {
        let (endpoint, bell) = (bench.endpoint()?, bench.notification()?);
        let waits_with = bench.reply()?;
        let server = bench.start(Manner::of(URGENT), steadfast_server, [pair(endpoint, waits_with), 0])?;
        let places = endpoint.slot() | bell.slot() << 32;
        let client = bench.start(Manner::of(URGENT - 50), client, [places, 0])?;
        let picture = bench.mapped(PICTURE, READ_WRITE)?;
        (0..512).for_each(|word| machine::write(PICTURE + 8 * word, word.wrapping_mul(0x1234_5678_9abc_def1)));
        let surroundings = Surroundings {
            supervisor: bench.endpoint()?,
            server: endpoint,
            common: bench.endpoint()?,
            bell: bench.notification()?,
            picture,
        };
        let (reply, picture) = (bench.reply()?, census::of_page(PICTURE));
        Ok(Scene { server, client, bell, reply, surroundings, picture, rounds: 0 })
    }

    /// Lets the client have its calls served, and takes what hostile programs bring before their supervisor.
    fn round(&mut self) -> Outcome {
        watchdog::note();
        self.bell.signal()?;
        self.rounds += 1;
        same("calls served", Cell(0).value(), self.rounds * SERVED)?;
        while let Ok(received) = self.surroundings.supervisor.try_receive(self.reply) {
            let answer = match received {
                // It stays where it is, and is started anew.
                Received::Fault { .. } => self.reply.send(Message::new::<0>(1, [])),
                _ => self.reply.send(Message::EMPTY),
            };
            match answer {
                Ok(()) | Err(Error::NobodyWaiting) => {}
                Err(other) => return Err(other.into()),
            }
        }
        Ok(())
    }

    /// What belongs to the suite is as it was.
    fn is_unharmed(&mut self) -> Outcome {
        same("the suite's page", census::of_page(PICTURE), self.picture)?;
        self.server.is_in(ThreadState::Receiving)?;
        self.client.is_in(ThreadState::Waiting)?;
        same("the client", Cell(0).outcome(), None)?;
        self.round()
    }
}

/// The kernel starts a program and carries its calls.
fn kernel_is_alive(bench: &mut Bench<'_>) -> Outcome {
    let ties = bench.ties()?;
    bench.partner(&ties, URGENT, Role::Echo, 0)?;
    for word in 0..10 {
        same("answer", ties.endpoint.call(Message::new(LABEL, [word]))?.words[0], echo(word))?;
    }
    Ok(())
}

/// Lets the programs attack until they have made so many calls.
fn attack(scene: &mut Scene, hostile: &mut [Hostile], image: &l4k_init::Image<'_>, wanted: u64) -> Outcome {
    while hostile.iter().map(Hostile::calls).sum::<u64>() < wanted {
        hostile.iter_mut().try_for_each(|program| program.look_after(image))?;
        system::yield_now();
        scene.round()?;
    }
    Ok(())
}

fn random_system_calls_harm_nobody_else(bench: &mut Bench<'_>) -> Outcome {
    let image = bench.system.hostile.clone();
    let mut scene = Scene::new(bench)?;
    let mut hostile = heapless::Vec::<_, { PROGRAMS as usize }>::new();
    for number in 0..PROGRAMS {
        let program = Hostile::new(bench, number, scene.surroundings)?;
        hostile.push(program).map_err(|_| Failure::new(format_args!("too many programs")))?;
    }
    let before = census::of_table()?;
    at_priority(PRIORITY, || attack(&mut scene, &mut hostile, &image, calls_wanted()))??;
    hostile.iter_mut().try_for_each(Hostile::destroy)?;
    is_worth_the_name(&hostile)?;
    scene.is_unharmed()?;
    same("the suite's table", census::of_table()?, before)?;
    kernel_is_alive(bench)
}

/// The programs came back after each death, and the kernel did a good part of what they wanted: an attack that is refused at the door
/// tests no more than the door.
fn is_worth_the_name(hostile: &[Hostile]) -> Outcome {
    let (calls, accepted) = hostile
        .iter()
        .fold((0, 0), |(calls, accepted), program| (calls + program.calls(), accepted + program.accepted));
    let lives = hostile.iter().map(|program| program.lives).sum::<u64>();
    println!("{PROGRAMS} hostile programs made {calls} calls in {lives} lives; {accepted} were accepted");
    holds("each program had several lives", hostile.iter().all(|program| program.lives > 2))?;
    holds("one call in eight was accepted", accepted > calls / 8)
}

/// One program that attacks in one way, and has run until it could not go on.
fn alone(bench: &mut Bench<'_>, attack: Attack) -> Outcome<(Scene, Hostile)> {
    let image = bench.system.hostile.clone();
    let scene = Scene::new(bench)?;
    let mut program = Hostile::new(bench, 0, scene.surroundings)?;
    at_priority(PRIORITY, || {
        let started = program.start(&image, attack);
        (0..20).for_each(|_| system::yield_now());
        started
    })??;
    Ok((scene, program))
}

fn a_program_that_revokes_what_it_is_made_of_leaves_its_memory_whole(bench: &mut Bench<'_>) -> Outcome {
    let (mut scene, mut program) = alone(bench, Attack::RevokeItself)?;
    // An interrupt ends the call half way, and by then the program may have lost its time or its code: it cannot make the call again.
    let state = match program.thread().query() {
        Err(Error::InvalidCapability) => None,
        other => other?.state,
    };
    let stopped = [None, Some(ThreadState::NoContext), Some(ThreadState::Faulted)];
    holds("it is gone or stands still", stopped.contains(&state))?;
    program.destroy()?;
    scene.is_unharmed()?;
    kernel_is_alive(bench)
}

fn a_program_that_deletes_all_it_has_keeps_running_on_nothing(bench: &mut Bench<'_>) -> Outcome {
    let (mut scene, mut program) = alone(bench, Attack::DeleteItself)?;
    // It has deleted its scheduling context, too.
    same("its state", program.thread().query()?.state, Some(ThreadState::NoContext))?;
    program.destroy()?;
    scene.is_unharmed()
}
