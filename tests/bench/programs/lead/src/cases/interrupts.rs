//! An interrupt to a driver in user mode: a line without a device is raised, which makes it pending as a device's edge does.

use bench_support::role::{Role, pair};
use l4k_init::Resources;
use l4k_sys::handle::{NewObject, Trigger};
use l4k_sys::{Error, Irq};

use super::calls::PRIORITY;
use super::simple::ROUNDS;
use crate::harness::failure::Failure;
use crate::harness::{Bench, Manner, Outcome, Side};

/// Lines of devices (Arm GIC architecture, 2.2.1).
const LOWEST: u32 = 32;
const HIGHEST: u32 = 1019;

/// The driver is more urgent than who runs when the interrupt comes.
pub fn raised(bench: &mut Bench<'_>) -> Outcome {
    bench.name("irq");
    let irq = unused_line(bench)?;
    let notification = bench.notification()?;
    irq.bind(notification)?;
    let driver = [bench.give(Side::Right, irq.slot())?, bench.give(Side::Right, notification.slot())?];
    bench.start(Manner::of(Side::Right, PRIORITY + 10), Role::Driver, pair(driver[0], driver[1]), 0)?;
    let here = bench.give(Side::Left, irq.slot())?;
    bench.start(Manner::of(Side::Left, PRIORITY), Role::Raiser, here, ROUNDS)?;
    bench.wait_for_report()
}

/// The highest line that the machine has and nobody uses.
fn unused_line(bench: &mut Bench<'_>) -> Outcome<Irq> {
    let irq = Irq::from_slot(bench.make(NewObject::Irq)?);
    for number in (LOWEST..=HIGHEST).rev() {
        match Resources::IRQ_CONTROL.issue(irq, number, Trigger::Edge) {
            Ok(()) => return Ok(irq),
            Err(Error::InvalidInterrupt | Error::InterruptTaken) => {}
            Err(other) => return Err(other.into()),
        }
    }
    Err(Failure::missing("line to spare"))
}
