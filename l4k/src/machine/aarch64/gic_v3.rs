//! GICv3 (IHI 0069H): how it begins, and where `arm-gic`'s driver gets its registers. The beginning is our own: the crate's can panic.
#![allow(unsafe_code)]

use super::cores::{AFFINITY, CORES_MAX};
use super::instructions::Registers;
use super::redistributors::{Redistributor, Redistributors};
use crate::base::arch::{CoreNumber, Mask, Trigger};
use aarch64_cpu::registers::MPIDR_EL1;
use arm_gic::gicv3::registers::Gicd;
use arm_gic::gicv3::{GicCpuInterface, GicDistributor, Group, SgiTarget, SgiTargetGroup};
use arm_gic::{IntId, UniqueMmioPointer};
use core::arch::asm;
use core::ptr::NonNull;
use tock_registers::interfaces::Readable;

/// Distributor registers, and those of a redistributor's second frame.
const CTLR: u64 = 0x000;
const TYPER: u64 = 0x004;
const IGROUPR: u64 = 0x080;
const ISENABLER: u64 = 0x100;
const ICENABLER: u64 = 0x180;
const ICPENDR: u64 = 0x280;
const ICACTIVER: u64 = 0x380;
const IPRIORITYR: u64 = 0x400;
const ICFGR: u64 = 0xc00;
const IROUTER: u64 = 0x6000;

/// GICR_WAKER of a redistributor's first frame, and its bits: the core sleeps, its interface sleeps.
const WAKER: u64 = 0x014;
const PROCESSOR_SLEEP: u32 = 1 << 1;
const CHILDREN_ASLEEP: u32 = 1 << 2;

/// GICD_CTLR, as seen without or from outside the secure state: group 1, affinity routing, a write that is under way.
const GROUP_1: u32 = 1 << 1;
const AFFINITY_ROUTING: u32 = 1 << 4;
const UNDER_WAY: u32 = 1 << 31;

/// Looks at a register before a change of it is given up.
const PATIENCE: u32 = 1_000_000;

/// Priority of every line, four times; the mask lets all below 0xf0 pass.
const PRIORITIES: u32 = 0xa0a0_a0a0;

/// Most lines that are shared by cores; 1020 to 1023 mean something else.
const LINES_END: u64 = 1020;

/// Cores of a cluster that another core can interrupt.
const REACHED: u64 = 16;

/// Lines that each core has of its own; the shared ones follow.
const PRIVATE: u32 = IntId::SGI_COUNT + IntId::PPI_COUNT;

/// A GICv3 or GICv4: `arm-gic`'s driver of the distributor, and what that does not do. The redistributors are ours: the crate's driver assumes how far one
/// is from the next.
#[derive(Debug)]
pub struct Gic {
    driver: GicDistributor<'static>,
    distributor: Registers,
    redistributors: Redistributors,
    /// MPIDR_EL1 of each core.
    affinities: [u64; CORES_MAX],
}

impl Gic {
    /// The driver on the registers of the distributor, and on the redistributors: all lines masked, in group 1, of one priority,
    /// level-triggered, and the shared ones sent to the first core. `None` if there is no GICv3.
    pub fn at(distributor: Registers, redistributors: Redistributors) -> Option<Gic> {
        reset_shared(distributor);
        redistributors.iter().for_each(|redistributor| reset_private(redistributor.lines));
        let registers = NonNull::new(distributor.start() as *mut Gicd)?;
        // SAFETY: start-up mapped the block as device memory at this address, once, and calls this once: no other pointer to it exists but the address
        // by which `write_bit` writes GICD_ICENABLER, which no method of the driver that is called here touches.
        let driver = GicDistributor::new(unsafe { UniqueMmioPointer::new(registers) });
        Some(Gic { driver, distributor, redistributors, affinities: [0; CORES_MAX] })
    }

    /// Whether other cores can interrupt a core. The register for that names 16 cores of a cluster (ICC_SGI1R_EL1, IHI 0069H, 12.2.14). More need the
    /// range selector, which not every controller has.
    pub const fn reaches(affinity: u64) -> bool {
        affinity & 0xff < REACHED
    }

    /// Whether a core can have interrupts.
    #[inline(never)]
    pub fn serves(&self, affinity: u64) -> bool {
        self.redistributors.of(affinity).is_some()
    }

    /// Sets up the redistributor and the interface of the core that runs this, and lets some private lines interrupt it. `None` if it has no
    /// redistributor.
    pub fn set_up_core(&mut self, core: CoreNumber, lines: &[u32]) -> Option<()> {
        let affinity = MPIDR_EL1.get() & AFFINITY;
        if let Some(place) = self.affinities.get_mut(usize::from(core.0)) {
            *place = affinity;
        }
        let own = self.redistributors.of(affinity)?;
        GicCpuInterface::enable_system_register_el1(true);
        wake(own);
        set_interface_control();
        forget_active_priorities();
        for line in lines {
            own.lines.write(ISENABLER, 1 << line);
        }
        GicCpuInterface::enable_group1(true);
        GicCpuInterface::set_priority_mask(0xf0);
        Some(())
    }

    fn affinity(&self, core: CoreNumber) -> u64 {
        self.affinities.get(usize::from(core.0)).copied().unwrap_or(0)
    }

    /// Makes a private line (0 to 15) pending on another core.
    pub fn interrupt_core(&mut self, core: CoreNumber, number: u32) {
        let affinity = self.affinity(core);
        let target = SgiTarget::List {
            affinity3: (affinity >> 32) as u8,
            affinity2: (affinity >> 16) as u8,
            affinity1: (affinity >> 8) as u8,
            target_list: 1 << (affinity % REACHED),
        };
        if let Some(line) = private(number) {
            let _ = GicCpuInterface::send_sgi(line, target, SgiTargetGroup::CurrentGroup1);
        }
    }

    /// Sends a shared line to a core.
    pub fn route(&mut self, number: u32, core: CoreNumber) {
        let affinity = self.affinity(core);
        if let Some(line) = shared(number) {
            let _ = self.driver.set_routing(line, Some(affinity));
        }
    }

    /// Interrupt numbers that are shared by cores.
    pub fn shared(&self) -> u32 {
        self.driver.typer().num_spis()
    }

    /// Sets a shared line's trigger.
    pub fn configure(&mut self, number: u32, trigger: Trigger) {
        let Some(line) = shared(number) else { return };
        let trigger = match trigger {
            Trigger::Level => arm_gic::Trigger::Level,
            Trigger::Edge => arm_gic::Trigger::Edge,
        };
        let _ = self.driver.set_group(line, Group::Group1NS);
        let _ = self.driver.set_trigger(line, trigger);
    }

    /// Masks or unmasks a shared line. Masking is not the driver's: it reads GICD_ICENABLER, sets a bit and writes the word back, which masks every
    /// other unmasked line of the word too. A write of one bit masks one line (IHI 0069H, 12.9.5).
    pub fn mask(&mut self, number: u32, mask: Mask) {
        match (mask, shared(number)) {
            (_, None) => {}
            (Mask::Masked, Some(_)) => self.write_bit(ICENABLER, number),
            (Mask::Unmasked, Some(line)) => drop(self.driver.enable_interrupt(line, true)),
        }
    }

    /// Writes the line's bit, and no other, to one of the registers in which a bit that is 0 changes nothing.
    fn write_bit(&self, register: u64, number: u32) {
        self.distributor.write(register + u64::from(number / 32) * 4, 1 << (number % 32));
    }
}

/// The driver's name for a line that is shared by cores, if there is one of this number. The driver's constructors panic outside of their ranges, so
/// the range is checked on the very number that they take: a bound of another number is lost, and then the release kernel does not link.
fn shared(number: u32) -> Option<IntId> {
    let index = number.checked_sub(PRIVATE)?;
    (index < IntId::MAX_SPI_COUNT).then(|| IntId::spi(index))
}

/// The driver's name for a line of a core, if there is one of this number.
fn private(number: u32) -> Option<IntId> {
    match number.checked_sub(IntId::SGI_COUNT) {
        None => Some(IntId::sgi(number)),
        Some(index) => (index < IntId::PPI_COUNT).then(|| IntId::ppi(index)),
    }
}

fn reset_shared(distributor: Registers) {
    control(distributor, 0);
    let lines = (32 * (u64::from(distributor.read(TYPER) & 0x1f) + 1)).min(LINES_END);
    for word in 1..lines.div_ceil(32) {
        forget(distributor, word);
        distributor.write(IGROUPR + word * 4, u32::MAX);
    }
    for word in 8..lines.div_ceil(4) {
        distributor.write(IPRIORITYR + word * 4, PRIORITIES);
    }
    for word in 2..lines.div_ceil(16) {
        distributor.write(ICFGR + word * 4, 0);
    }
    // Routing is by affinity from here on, and not by the older target registers.
    control(distributor, AFFINITY_ROUTING);
    for line in 32..lines {
        distributor.write(IROUTER + line * 8, 0);
        distributor.write(IROUTER + line * 8 + 4, 0);
    }
    control(distributor, AFFINITY_ROUTING | GROUP_1);
}

fn reset_private(frame: Registers) {
    forget(frame, 0);
    frame.write(IGROUPR, u32::MAX);
    for word in 0..8 {
        frame.write(IPRIORITYR + word * 4, PRIORITIES);
    }
}

/// Masks 32 lines, and ends and takes back whatever a loader left of them: one that stays active never comes again.
fn forget(frame: Registers, word: u64) {
    for register in [ICENABLER, ICPENDR, ICACTIVER] {
        frame.write(register + word * 4, u32::MAX);
    }
}

fn control(distributor: Registers, value: u32) {
    distributor.write(CTLR, value);
    wait_for_zero(distributor, CTLR, UNDER_WAY);
}

/// Connects the core's interface to the redistributor (IHI 0069H, 11.1).
fn wake(redistributor: Redistributor) {
    let frame = redistributor.control;
    frame.write(WAKER, frame.read(WAKER) & !PROCESSOR_SLEEP);
    wait_for_zero(frame, WAKER, CHILDREN_ASLEEP);
}

fn wait_for_zero(registers: Registers, register: u64, bits: u32) {
    for _ in 0..PATIENCE {
        if registers.read(register) & bits == 0 {
            return;
        }
    }
}

/// ICC_CTLR_EL1 = 0: an end of an interrupt is its deactivation too, and the priority mask is no hint for the distributor. After a change of ICC_SRE_EL1,
/// which has to be synchronised first (IHI 0069H, 12.2.24).
fn set_interface_control() {
    // SAFETY: the register holds settings of this core's interface only, which is not in use yet.
    unsafe { asm!("isb", "msr S3_0_C12_C12_4, xzr", "isb", options(nostack, preserves_flags)) }
}

/// ICC_AP1R<n>_EL1 = 0: a priority that a loader left active holds back all others. How many of these registers there are depends on the bits of a
/// priority, less one, which ICC_CTLR_EL1 tells in bits 10 to 8 (IHI 0069H, 12.2.7).
fn forget_active_priorities() {
    // SAFETY: the registers hold the state of this core's interface only, which is not in use yet; one that does not exist is passed over.
    unsafe {
        asm!(
            "mrs {bits}, S3_0_C12_C12_4",
            "ubfx {bits}, {bits}, #8, #3",
            "msr S3_0_C12_C9_0, xzr",
            "cmp {bits}, #5",
            "b.lo 2f",
            "msr S3_0_C12_C9_1, xzr",
            "b.eq 2f",
            "msr S3_0_C12_C9_2, xzr",
            "msr S3_0_C12_C9_3, xzr",
            "2: isb",
            bits = out(reg) _,
            options(nostack)
        );
    }
}
