//! An interrupt of a device to its driver in user mode.

use bench_support::machine::DEVICE;
use bench_support::role::{Role, pair};
use l4k_init::Resources;
use l4k_sys::Irq;
use l4k_sys::abi::MapAttributes;
use l4k_sys::handle::{NewObject, Trigger};

use super::calls::PRIORITY;
use super::simple::ROUNDS;
use crate::harness::bench::READ_WRITE;
use crate::harness::failure::Failure;
use crate::harness::{Bench, Manner, Outcome, Side};

/// The driver is more urgent than who runs when the interrupt comes. It does not look at the device: each strike is an
/// edge.
pub fn of_a_device(bench: &mut Bench<'_>) -> Outcome {
    bench.name("irq");
    let device = bench.system.device.ok_or_else(|| Failure::missing("device to be struck"))?;
    let irq = Irq::from_slot(bench.make(NewObject::Irq)?);
    Resources::IRQ_CONTROL.issue(irq, device.interrupt, Trigger::Edge)?;
    let notification = bench.notification()?;
    irq.bind(notification)?;
    let driver = [bench.give(Side::Right, irq.slot())?, bench.give(Side::Right, notification.slot())?];
    bench.start(Manner::of(Side::Right, PRIORITY + 10), Role::Driver, pair(driver[0], driver[1]), 0)?;
    let space = bench.table(Side::Left).worker.space;
    device.registers.map(space, DEVICE, READ_WRITE, MapAttributes::NORMAL)?;
    bench.start(Manner::of(Side::Left, PRIORITY), Role::Striker, device.alarm as u64, ROUNDS)?;
    bench.wait_for_report()?;
    Ok(device.registers.unmap()?)
}
