//! The static description of the system: which programs there are, what each is given, and when it starts.

use heapless::Vec;
use hello_interface::slots::{self, ping, uart};
use l4k_init::{Description, DeviceMapping, Resources, Supply, SupplySource};
use l4k_sys::Badge;
use l4k_sys::abi::Rights;
use l4k_sys::handle::NewObject;

use crate::Problem;
use crate::objects::Objects;
use crate::program::{Program, Recovery, StartTime};

/// All programs but init.
pub const PROGRAMS: usize = 5;

/// The table of programs.
pub type Programs<'a> = Vec<Program<'a>, PROGRAMS>;

/// Badges: index in the table of programs plus one, since 0 is no badge.
pub const fn badge_of(index: usize) -> Badge {
    Badge::new(index as u64 + 1)
}

/// The program that may ask for everything.
pub const SHELL: Badge = badge_of(1);

/// What goes into the slots of each program.
pub struct Supplies {
    uart: [Supply; 9],
    shell: [Supply; 1],
    pong: [Supply; 1],
    ping: [Supply; 2],
    crash: [Supply; 2],
}

impl Supplies {
    /// With the objects that are shared.
    pub fn new(objects: &Objects) -> Supplies {
        let (console, echo) = (objects.console.slot(), objects.echo.slot());
        let client = |index| Supply::mint(slots::CONSOLE, console, Rights::CALL, badge_of(index));
        let signal = SupplySource::MintOwn { from: uart::NOTIFICATION, rights: Rights::SIGNAL, badge: Badge::new(1) };
        let reply = |index| Supply::make(uart::FIRST_REPLY + index, NewObject::Reply);
        Supplies {
            uart: [
                Supply::copy(uart::ENDPOINT, console, Rights::RECEIVE),
                Supply::make(uart::NOTIFICATION, NewObject::Notification),
                Supply { slot: uart::SIGNAL, source: signal },
                Supply { slot: uart::IRQ, source: SupplySource::Irq(objects.uart_interrupt) },
                reply(0),
                reply(1),
                reply(2),
                reply(3),
                reply(4),
            ],
            shell: [client(1)],
            pong: [Supply::copy(ping::ENDPOINT, echo, Rights::RECEIVE)],
            ping: [client(3), Supply::copy(ping::ENDPOINT, echo, Rights::CALL)],
            crash: [client(4), Supply::make(slots::crash::ENDPOINT, NewObject::Endpoint)],
        }
    }
}

/// A line of the description.
struct Line<'a> {
    name: &'static str,
    priority: u8,
    start: StartTime,
    recovery: Recovery,
    supplies: &'a [Supply],
    devices: &'a [DeviceMapping],
    arguments: [u64; 3],
}

/// The programs, with memory set aside for each. The order is that of the badges.
pub fn all<'a>(
    resources: &mut Resources,
    objects: &'a Objects,
    supplies: &'a Supplies,
) -> Result<Programs<'a>, Problem> {
    let base = Line {
        name: "",
        priority: 0,
        start: StartTime::Boot,
        recovery: Recovery::None,
        supplies: &[],
        devices: &[],
        arguments: [0; 3],
    };
    let lines: [Line<'a>; PROGRAMS] = [
        Line {
            name: "uart",
            priority: 200,
            recovery: Recovery::Restart,
            supplies: &supplies.uart,
            devices: &objects.uart,
            arguments: objects.uart_arguments.to_words(),
            ..base
        },
        Line { name: "shell", priority: 100, recovery: Recovery::Restart, supplies: &supplies.shell, ..base },
        Line { name: "pong", priority: 110, recovery: Recovery::Restart, supplies: &supplies.pong, ..base },
        Line { name: "ping", priority: 80, start: StartTime::Request, supplies: &supplies.ping, ..base },
        Line { name: "crash", priority: 80, start: StartTime::Request, supplies: &supplies.crash, ..base },
    ];
    let mut programs = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        // There is room for as many as there are lines.
        let _ = programs.push(program(resources, objects, badge_of(index), line)?);
    }
    Ok(programs)
}

fn program<'a>(
    resources: &mut Resources,
    objects: &Objects,
    badge: Badge,
    line: &Line<'a>,
) -> Result<Program<'a>, Problem> {
    let description = Description {
        priority: line.priority,
        maximum_priority: line.priority,
        devices: line.devices,
        ..Description::new(objects.supervisor, badge, line.supplies)
    };
    let program = l4k_init::Program::new(resources, line.name, description)?;
    Ok(Program::new(program, line.start, line.recovery, line.arguments))
}
