//! The interrupt controller: GICv2 by our own driver, GICv3 and GICv4 by `arm-gic`. Non-secure group 1 throughout.

use super::gic_v2::GicV2;
use super::gic_v3;
use crate::base::arch::{Claimed, LINES, Line, Mask, Trigger};
use arm_gic::gicv3::{GicCpuInterface, GicV3, Group};
use arm_gic::{IntId, InterruptGroup};

/// The virtual timer's interrupt: PPI 11 (DEN0094, base system architecture).
pub const TIMER: u32 = 27;

/// First interrupt number that is not private to a core.
const FIRST_SHARED: u32 = 32;

/// Where a GICv3's distributor is, virtual.
#[derive(Clone, Copy, Debug)]
pub struct Distributor(pub u64);

/// The interrupt controller of the machine.
#[derive(Debug)]
pub enum Interrupts {
    /// Not set up yet.
    None,
    /// Version 2.
    V2(GicV2),
    /// Version 3 or 4.
    V3(GicV3<'static>, Distributor),
}

impl Interrupts {
    /// Sets the controller up for the first core and lets the timer interrupt.
    pub fn set_up(&mut self) {
        match self {
            Self::None => (),
            Self::V2(gic) => gic.set_up(TIMER),
            Self::V3(gic, _) => set_up_v3(gic),
        }
    }

    /// Takes the most urgent pending interrupt. The timer's is completed at once: the kernel turns the timer off.
    pub fn claim(&mut self) -> Claimed {
        let number = match self {
            Self::None => return Claimed::Spurious,
            Self::V2(gic) => gic.acknowledge(),
            Self::V3(..) => {
                GicCpuInterface::get_and_acknowledge_interrupt(InterruptGroup::Group1).map(IntId::raw_value)
            }
        };
        match number {
            None => Claimed::Spurious,
            Some(TIMER) => Claimed::Timer,
            Some(number) => Claimed::Line(Line(number as u16)),
        }
    }

    /// Says that an interrupt was dealt with.
    pub fn complete(&mut self, number: u32) {
        match self {
            Self::None => (),
            Self::V2(gic) => gic.end(number),
            Self::V3(..) => {
                if let Ok(id) = IntId::try_from(number) {
                    GicCpuInterface::end_interrupt(id, InterruptGroup::Group1);
                }
            }
        }
    }

    /// Whether a line is there for devices.
    pub fn usable(&self, line: Line) -> bool {
        let number = u32::from(line.0);
        let count = match self {
            Self::None => 0,
            Self::V2(gic) => gic.lines(),
            Self::V3(gic, _) => gic.typer().num_spis() + FIRST_SHARED,
        };
        number >= FIRST_SHARED && number < count.min(LINES as u32)
    }

    /// Sets a shared line's trigger and sends it to the first core. Priorities are all the same from the set-up on.
    pub fn configure(&mut self, line: Line, trigger: Trigger) {
        match self {
            Self::None => (),
            Self::V2(gic) => gic.configure(u32::from(line.0), trigger),
            Self::V3(gic, _) => {
                let Ok(line) = IntId::try_from(u32::from(line.0)) else { return };
                let trigger = match trigger {
                    Trigger::Level => arm_gic::Trigger::Level,
                    Trigger::Edge => arm_gic::Trigger::Edge,
                };
                let _ = gic.distributor().set_group(line, Group::Group1NS);
                let _ = gic.distributor().set_trigger(line, trigger);
            }
        }
    }

    /// Makes a shared line pending.
    pub fn raise(&mut self, line: Line) {
        match self {
            Self::None => (),
            Self::V2(gic) => gic.raise(u32::from(line.0)),
            Self::V3(_, Distributor(distributor)) => gic_v3::raise(*distributor, u32::from(line.0)),
        }
    }

    /// Masks or unmasks a shared line.
    pub fn mask(&mut self, line: Line, mask: Mask) {
        match self {
            Self::None => (),
            Self::V2(gic) => gic.mask(u32::from(line.0), mask),
            Self::V3(gic, _) => {
                if let Ok(line) = IntId::try_from(u32::from(line.0)) {
                    let _ = gic.distributor().enable_interrupt(line, mask == Mask::Unmasked);
                }
            }
        }
    }
}

/// What is left to do after `gic_v3::at`: the core's interface, and the timer.
fn set_up_v3(gic: &mut GicV3<'static>) {
    gic.init_cpu(0);
    if let (Ok(mut core), Ok(timer)) = (gic.redistributor(0), IntId::try_from(TIMER)) {
        let _ = core.enable_interrupt(timer, true);
    }
    GicCpuInterface::enable_group1(true);
    GicCpuInterface::set_priority_mask(0xf0);
}
