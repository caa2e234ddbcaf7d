//! The first program: starts a server without time of its own and two clients, and hears when a client's time ends inside the server.
#![no_std]
#![no_main]

use l4k_init::{Description, Home, PassiveServer, Problem, Program, Resources, Supply};
use l4k_sys::abi::boot::{BootInformation, slot};
use l4k_sys::abi::{FaultKind, Rights};
use l4k_sys::exit::Status;
use l4k_sys::handle::NewObject;
use l4k_sys::startup::{FIRST_FREE_SLOT, label};
use l4k_sys::{Badge, Endpoint, Message, Nanoseconds, Received, Reply, Thread, println};

l4k_sys::first_program!(main);
l4k_sys::panic_handler!(report);

/// By which the supervisor tells them apart.
const SENSIBLE: Badge = Badge::new(1);
const CARELESS: Badge = Badge::new(2);
const SERVER: Badge = Badge::new(3);

/// The server's priority. This program's is below it: the server has done what it can when this program goes on.
const SERVER_PRIORITY: u8 = 200;

/// What all of this is about.
struct System<'a> {
    server: PassiveServer<'a>,
    /// How often a client's time has ended inside the server.
    refusals: u64,
    clients: [Program<'a>; 2],
}

const fn milliseconds(count: u64) -> Nanoseconds {
    Nanoseconds::from_milliseconds(count)
}

fn main(information: BootInformation<'static>) -> Result<Status, Problem> {
    Thread::from_slot(slot::THREAD).set_priority(SERVER_PRIORITY - 1, u8::MAX)?;
    let mut resources = Resources::new(&information)?;
    let supervisor = Endpoint::from_slot(resources.make(NewObject::Endpoint)?);
    let service = Endpoint::from_slot(resources.make(NewObject::Endpoint)?);
    let caller = Reply::from_slot(resources.make(NewObject::Reply)?);
    let supplies = [
        Supply::copy(FIRST_FREE_SLOT, service.slot(), Rights::RECEIVE),
        Supply::copy(FIRST_FREE_SLOT + 1, caller.slot(), Rights::ALL),
    ];
    let description = Description::new(supervisor, SERVER, &supplies);
    let description = Description { priority: SERVER_PRIORITY, ..description };
    let server = PassiveServer::new(&mut resources, "server", description, caller)?;
    let supplies = [Supply::copy(FIRST_FREE_SLOT, service.slot(), Rights::CALL)];
    let [sensible, careless] = clients(supervisor, &supplies);
    let sensible = Program::new(&mut resources, "sensible", sensible)?;
    let careless = Program::new(&mut resources, "careless", careless)?;
    run(&mut resources, supervisor, System { server, refusals: 0, clients: [sensible, careless] })
}

/// Each has more time than it needs for itself and for requests that are answered.
fn clients<'a>(supervisor: Endpoint, supplies: &'a [Supply]) -> [Description<'a>; 2] {
    let sensible = Description::new(supervisor, SENSIBLE, supplies);
    let careless = Description::new(supervisor, CARELESS, supplies);
    [
        Description { priority: 150, time_slice: milliseconds(2), period: Some(milliseconds(10)), ..sensible },
        Description { priority: 100, time_slice: milliseconds(1), period: Some(milliseconds(7)), ..careless },
    ]
}

/// Until all clients have ended; successful if all of them were content.
fn run(resources: &mut Resources, supervisor: Endpoint, mut system: System<'_>) -> Result<Status, Problem> {
    let reply = Reply::from_slot(resources.make(NewObject::Reply)?);
    system.server.start(resources)?;
    for client in &system.clients {
        client.start(resources, [0; 3])?;
    }
    let mut running = system.clients.len();
    while running > 0 {
        match supervisor.receive(reply)? {
            Received::Message { message, badge } if message.label() == label::EXIT && message.words[0] == 0 => {
                // It waits for an answer that it will not get, and the reply object is needed for the next.
                let ended = system.clients.iter().filter(|client| client.description().badge == badge);
                ended.map(Program::home).try_for_each(Home::destroy)?;
                running -= 1;
            }
            Received::Fault { message, badge: SERVER } if is_timeout(&message) => {
                if let Some(fault) = message.fault() {
                    system.server.rescue(resources, &fault, reply)?;
                    system.refusals += 1;
                }
            }
            Received::Fault { message, badge } => {
                let programs = [system.server.program()].into_iter().chain(&system.clients);
                for program in programs.filter(|program| program.description().badge == badge) {
                    message
                        .fault()
                        .inspect(|fault| println!("{} crashed: {}", program.name(), program.explain(*fault)));
                }
                return Ok(Status::FAILURE);
            }
            other => {
                println!("init: {other:?}");
                return Ok(Status::FAILURE);
            }
        }
    }
    println!("init: the server was started anew {} times", system.refusals);
    Ok(Status::SUCCESS)
}

fn is_timeout(message: &Message) -> bool {
    message.fault().is_some_and(|fault| fault.kind == FaultKind::Timeout)
}
