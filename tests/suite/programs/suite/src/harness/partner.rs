//! The partner: a program in an address space of its own, started for one test.

use l4k_init::{Description, Failure as StartFailure, Home, Image, Resources, Supply};
use l4k_sys::abi::Rights;
use l4k_sys::startup::label;
use l4k_sys::{Badge, Endpoint, Nanoseconds, Notification, Received, Reply};
use suite_support::role::{Role, slots};

use super::bench::Bench;
use super::failure::{Failure, Outcome, same};

/// The badge of what comes from the partner.
pub const BADGE: u64 = 0x9a;

/// Who hears of the partner, and what it shares with the suite.
#[derive(Clone, Copy, Debug)]
pub struct Ties {
    /// Where its end and its faults arrive.
    pub supervisor: Endpoint,
    /// Where they are received.
    pub reply: Reply,
    /// The endpoint of its role.
    pub endpoint: Endpoint,
    /// The notification of its role.
    pub notification: Notification,
}

/// The description that the memory is set aside for; the others differ in what is copied only.
fn description<'a>(supervisor: Endpoint, priority: u8, supplies: &'a [Supply]) -> Description<'a> {
    Description {
        supervisor,
        badge: Badge::new(BADGE),
        priority,
        maximum_priority: priority,
        time_slice: Nanoseconds::from_milliseconds(1000),
        period: None,
        timeouts: None,
        cnode_bits: 5,
        supplies,
        devices: &[],
    }
}

/// Sets memory aside for the partner.
pub fn reserve<'a>(resources: &mut Resources, image: &Image<'a>) -> Result<Home, StartFailure<'a>> {
    Home::reserve(resources, image, &description(Endpoint::from_slot(0), 0, &[]))
}

impl Bench<'_> {
    /// New objects for the partner.
    pub fn ties(&mut self) -> Outcome<Ties> {
        Ok(Ties {
            supervisor: self.endpoint()?,
            reply: self.reply()?,
            endpoint: self.endpoint()?,
            notification: self.notification()?,
        })
    }

    /// Starts the partner; whatever was left of an earlier one is destroyed.
    pub fn partner(&mut self, ties: &Ties, priority: u8, role: Role, argument: u64) -> Outcome {
        let supplies = [
            Supply::copy(slots::ENDPOINT, ties.endpoint.slot(), Rights::ALL),
            Supply::mint(slots::NOTIFICATION, ties.notification.slot(), Rights::SIGNAL, Badge::new(BADGE)),
        ];
        let description = description(ties.supervisor, priority, &supplies);
        let system = &mut *self.system;
        let arguments = [role as u64, argument, 0];
        let started = system.home.start(&mut system.resources, &system.image, &description, arguments);
        started.map_err(|failure| Failure::new(format_args!("{failure}")))
    }
}

impl Ties {
    /// Waits for the partner's end; its status.
    #[track_caller]
    pub fn ended(&self) -> Outcome<u64> {
        match self.supervisor.receive(self.reply)? {
            Received::Message { message, badge } if message.label() == label::EXIT => {
                same("badge of the partner", badge.value(), BADGE)?;
                Ok(message.words[0])
            }
            other => Err(Failure::new(format_args!("{other:?} instead of the partner's end"))),
        }
    }
}
