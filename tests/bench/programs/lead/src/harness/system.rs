//! What all cases have together: the memory that each makes its objects of, slots, and the two workers. Calls `failure`.

use bench_support::alarm::Alarm;
use bench_support::role::label;
use l4k_init::boot::device_for;
use l4k_init::slots::SlotRange;
use l4k_init::{Description, Program, Resources};
use l4k_sys::abi::boot::{self, BootInformation};
use l4k_sys::handle::NewObject;
use l4k_sys::{
    AddressSpace, Badge, CNode, Endpoint, Frame, Nanoseconds, Received, Reply, SchedContext, Thread, Untyped,
};

use super::failure::{Failure, Outcome};

/// Memory of a case, in bits.
const MEMORY_BITS: u8 = 25;

/// Slots of a case.
const SLOTS: u64 = 1600;

/// Priority of the benchmark itself: everything that it lets run comes before it goes on.
pub const PRIORITY: u8 = 50;

/// A time slice that nobody uses up.
pub const LONG_SLICE: Nanoseconds = Nanoseconds::from_milliseconds(600_000);

/// An address space with the worker's code in it.
#[derive(Clone, Copy, Debug)]
pub struct Worker {
    /// It.
    pub space: AddressSpace,
    /// Where threads begin.
    pub begin: u64,
}

/// What all cases have together.
pub struct System {
    /// Of which a case makes its objects; whole between two cases.
    pub memory: Untyped,
    /// Which a case fills; empty between two cases.
    pub slots: SlotRange,
    /// The two address spaces.
    pub workers: [Worker; 2],
    /// Where workers report.
    pub reports: Endpoint,
    /// The device that interrupts, if the board has one.
    pub device: Option<Device>,
}

/// A device that interrupts when it is struck.
#[derive(Clone, Copy, Debug)]
pub struct Device {
    /// Which one.
    pub alarm: Alarm,
    /// Its registers.
    pub registers: Frame,
    /// The number of its interrupt.
    pub interrupt: u32,
}

impl System {
    /// Sets memory and slots aside and starts the workers.
    pub fn new(resources: &mut Resources, information: &BootInformation<'_>) -> Outcome<System> {
        let context = SchedContext::from_slot(boot::slot::SCHED_CONTEXT);
        Resources::SCHED_CONTROL.configure(context, LONG_SLICE, LONG_SLICE)?;
        let memory = resources.make(NewObject::Untyped(MEMORY_BITS))?;
        let reports = Endpoint::from_slot(resources.make(NewObject::Endpoint)?);
        let workers = [worker(resources, reports)?, worker(resources, reports)?];
        let slots = resources.slots.take_range(SLOTS).ok_or_else(|| Failure::missing("slots"))?;
        Thread::from_slot(boot::slot::THREAD).set_priority(PRIORITY, 255)?;
        Ok(System {
            memory: Untyped::from_slot(memory),
            slots,
            workers,
            reports,
            device: device(resources, information)?,
        })
    }

    /// Destroys everything of the last case.
    pub fn clean(&self) -> Outcome {
        CNode::OWN.at(self.memory.slot()).revoke()?;
        self.slots.iter().try_for_each(|slot| CNode::OWN.at(slot).delete())?;
        Ok(())
    }
}

/// The first device that the board has of those that can be struck.
fn device(resources: &mut Resources, information: &BootInformation<'_>) -> Outcome<Option<Device>> {
    let found = Alarm::ALL.into_iter().find_map(|(role, model, alarm)| {
        let device = device_for(information, role).filter(|device| device.compatible == model)?;
        Some((alarm, device.physical_address, device.interrupt?.number))
    });
    let Some((alarm, address, interrupt)) = found else { return Ok(None) };
    let registers = resources.device_frame(address).map_err(|_| Failure::missing("device to be struck"))?;
    Ok(Some(Device { alarm, registers, interrupt }))
}

/// Starts a worker and hears where its threads begin. Its own thread waits for an answer for ever: for that, it has a reply object of its own.
fn worker(resources: &mut Resources, reports: Endpoint) -> Outcome<Worker> {
    let reply = Reply::from_slot(resources.make(NewObject::Reply)?);
    let description = Description::new(reports, Badge::new(1), &[]);
    let program = Program::new(resources, "worker", description).map_err(|_| Failure::missing("worker"))?;
    program.start(resources, [0; 3]).map_err(|_| Failure::missing("room for the worker"))?;
    match reports.receive(reply)? {
        Received::Message { message, .. } if message.label() == label::HERE => {
            Ok(Worker { space: program.home().address_space(), begin: message.words[0] })
        }
        _ => Err(Failure::unexpected()),
    }
}
