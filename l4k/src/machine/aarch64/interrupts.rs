//! The interrupt controller: GICv2 by our own driver, GICv3 and GICv4 by `arm-gic`. Non-secure group 1 throughout.

use super::gic_v2::GicV2;
use super::gic_v3::Gic;
use super::instructions::end_interrupt;
use crate::base::arch::{Claimed, CoreNumber, LINES, Line, Mask, Trigger};
use arm_gic::gicv3::{GicCpuInterface, InterruptGroup};

/// The virtual timer's interrupt: PPI 11 (DEN0094, base system architecture).
pub const TIMER: u32 = 27;

/// The software interrupt by which cores interrupt each other.
pub const RESCHEDULE: u32 = 0;

/// Lines of its own that a core lets through.
const PRIVATE: [u32; 2] = [TIMER, RESCHEDULE];

/// First interrupt number that is not private to a core.
const FIRST_SHARED: u32 = 32;

/// The interrupt controller of the machine.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one value of it, in the kernel, and no heap to put a part into"
)]
pub enum Interrupts {
    /// Not set up yet.
    None,
    /// Version 2.
    V2(GicV2),
    /// Version 3 or 4.
    V3(Gic),
}

impl Interrupts {
    /// Whether the core with these affinity fields can have interrupts.
    pub fn serve(&self, affinity: u64) -> bool {
        match self {
            Self::None => false,
            Self::V2(_) => true,
            Self::V3(gic) => gic.serves(affinity),
        }
    }

    /// Sets the controller up for the core that runs this: lets its timer and other cores interrupt it. `None` if it does not serve the core.
    pub fn set_up_core(&mut self, core: CoreNumber) -> Option<()> {
        match self {
            Self::None => None,
            Self::V2(gic) => {
                gic.set_up_core(core, &PRIVATE);
                Some(())
            }
            Self::V3(gic) => gic.set_up_core(core, &PRIVATE),
        }
    }

    /// Takes the most urgent pending interrupt. Those that are the kernel's own are completed at once: it turns the timer off, and finds by itself
    /// what another core wants.
    pub fn claim(&mut self) -> Claimed {
        let number = match self {
            Self::None => return Claimed::Spurious,
            Self::V2(gic) => gic.acknowledge(),
            Self::V3(_) => GicCpuInterface::get_and_acknowledge_interrupt(InterruptGroup::Group1).map(u32::from),
        };
        match number {
            None => Claimed::Spurious,
            Some(TIMER) => Claimed::Timer,
            Some(RESCHEDULE) => {
                self.complete(RESCHEDULE);
                Claimed::Reschedule
            }
            Some(number) => Claimed::Line(Line(number as u16)),
        }
    }

    /// Says that an interrupt was dealt with.
    pub fn complete(&mut self, number: u32) {
        match self {
            Self::None => (),
            Self::V2(gic) => gic.end(number),
            Self::V3(_) => end_interrupt(u64::from(number)),
        }
    }

    /// Interrupts another core.
    pub fn interrupt_core(&mut self, core: CoreNumber) {
        match self {
            Self::None => (),
            Self::V2(gic) => gic.interrupt_core(core, RESCHEDULE),
            Self::V3(gic) => gic.interrupt_core(core, RESCHEDULE),
        }
    }

    /// Whether a line is there for devices.
    pub fn usable(&self, line: Line) -> bool {
        let number = u32::from(line.0);
        let count = match self {
            Self::None => 0,
            Self::V2(gic) => gic.lines(),
            Self::V3(gic) => gic.shared() + FIRST_SHARED,
        };
        number >= FIRST_SHARED && number < count.min(LINES as u32)
    }

    /// Sets a shared line's trigger and sends it to a core. Priorities are all the same from the set-up on.
    pub fn configure(&mut self, line: Line, trigger: Trigger, core: CoreNumber) {
        match self {
            Self::None => (),
            Self::V2(gic) => gic.configure(u32::from(line.0), trigger),
            Self::V3(gic) => gic.configure(u32::from(line.0), trigger),
        }
        self.route(line, core);
    }

    /// Sends a shared line to a core.
    pub fn route(&mut self, line: Line, core: CoreNumber) {
        match self {
            Self::None => (),
            Self::V2(gic) => gic.route(u32::from(line.0), core),
            Self::V3(gic) => gic.route(u32::from(line.0), core),
        }
    }

    /// Masks or unmasks a shared line.
    pub fn mask(&mut self, line: Line, mask: Mask) {
        match self {
            Self::None => (),
            Self::V2(gic) => gic.mask(u32::from(line.0), mask),
            Self::V3(gic) => gic.mask(u32::from(line.0), mask),
        }
    }
}
