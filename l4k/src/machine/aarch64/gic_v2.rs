//! GICv2 (IHI 0048B), as the non-secure side sees it. Our own: `arm-gic` does not set an interrupt's target core.

use super::cores::CORES_MAX;
use super::instructions::Registers;
use crate::base::arch::{CoreNumber, Mask, Trigger};

/// Distributor registers.
const GICD_CTLR: u64 = 0x000;
const GICD_TYPER: u64 = 0x004;
const GICD_ISENABLER: u64 = 0x100;
const GICD_ICENABLER: u64 = 0x180;
const GICD_ICPENDR: u64 = 0x280;
const GICD_ICACTIVER: u64 = 0x380;
const GICD_IPRIORITYR: u64 = 0x400;
const GICD_ITARGETSR: u64 = 0x800;
const GICD_ICFGR: u64 = 0xc00;
const GICD_SGIR: u64 = 0xf00;
const GICD_CPENDSGIR: u64 = 0xf10;

/// Registers of the core's interface.
const GICC_CTLR: u64 = 0x00;
const GICC_PMR: u64 = 0x04;
const GICC_IAR: u64 = 0x0c;
const GICC_EOIR: u64 = 0x10;
const GICC_APR: u64 = 0xd0;

/// Words of GICD_CPENDSGIR, and of GICC_APR.
const WORDS: u64 = 4;

/// First number that is no interrupt: 1020 to 1023 mean that none is pending.
const NONE: u32 = 1020;
/// Bits of an interrupt number; the bits above name the source of a software interrupt and go back with the end.
const NUMBER: u32 = 0x3ff;
/// Priority of every line.
const PRIORITY: u8 = 0xa0;

/// The controller's two register blocks.
#[derive(Debug)]
pub struct GicV2 {
    distributor: Registers,
    interface: Registers,
    /// What the last acknowledge read.
    acknowledged: u32,
    /// The bit that stands for each core in target registers.
    targets: [u8; CORES_MAX],
}

impl GicV2 {
    /// A controller with these blocks.
    pub const fn new(distributor: Registers, interface: Registers) -> Self {
        Self { distributor, interface, acknowledged: NONE, targets: [0; CORES_MAX] }
    }

    /// Masks all shared lines, forgets what a loader left of them, and turns the distributor on.
    pub fn set_up(&mut self) {
        self.distributor.write(GICD_CTLR, 0);
        for word in 1..self.lines().div_ceil(32) {
            self.forget(u64::from(word));
        }
        self.distributor.write(GICD_CTLR, 1);
    }

    /// Masks 32 lines, and ends and takes back whatever a loader left of them: one that stays active never comes again.
    fn forget(&self, word: u64) {
        for register in [GICD_ICENABLER, GICD_ICPENDR, GICD_ICACTIVER] {
            self.distributor.write(register + word * 4, u32::MAX);
        }
    }

    /// The same for the private lines and the interface of the core that runs this: a priority that stays active holds back all others.
    fn forget_own(&self) {
        self.forget(0);
        for word in 0..WORDS {
            self.distributor.write(GICD_CPENDSGIR + word * 4, u32::MAX);
            self.interface.write(GICC_APR + word * 4, 0);
        }
    }

    /// Sets up the interface of the core that runs this, and lets some private lines interrupt it. The targets of private lines name the core.
    pub fn set_up_core(&mut self, core: CoreNumber, private: &[u32]) {
        if let Some(target) = self.targets.get_mut(usize::from(core.0)) {
            *target = self.distributor.read(GICD_ITARGETSR) as u8;
        }
        self.forget_own();
        for line in private {
            self.distributor.write_byte(GICD_IPRIORITYR + u64::from(*line), PRIORITY);
            self.distributor.write(GICD_ISENABLER, 1 << line);
        }
        self.interface.write(GICC_PMR, 0xf0);
        self.interface.write(GICC_CTLR, 1);
    }

    fn target(&self, core: CoreNumber) -> u8 {
        self.targets.get(usize::from(core.0)).copied().unwrap_or(0)
    }

    /// Makes a private line (0 to 15) pending on another core.
    pub fn interrupt_core(&mut self, core: CoreNumber, number: u32) {
        self.distributor.write(GICD_SGIR, u32::from(self.target(core)) << 16 | number);
    }

    /// Sends a shared line to a core.
    pub fn route(&mut self, number: u32, core: CoreNumber) {
        self.distributor.write_byte(GICD_ITARGETSR + u64::from(number), self.target(core));
    }

    /// Interrupt numbers that the distributor has (GICD_TYPER.ITLinesNumber).
    pub fn lines(&self) -> u32 {
        32 * ((self.distributor.read(GICD_TYPER) & 0x1f) + 1)
    }

    /// Takes the most urgent pending interrupt.
    pub fn acknowledge(&mut self) -> Option<u32> {
        self.acknowledged = self.interface.read(GICC_IAR);
        let number = self.acknowledged & NUMBER;
        (number < NONE).then_some(number)
    }

    /// Ends an interrupt; what was read comes back whole if it is the one acknowledged last.
    pub fn end(&mut self, number: u32) {
        let value = if self.acknowledged & NUMBER == number { self.acknowledged } else { number };
        self.interface.write(GICC_EOIR, value);
    }

    /// Sets a shared line's trigger and priority.
    pub fn configure(&mut self, number: u32, trigger: Trigger) {
        self.distributor.write_byte(GICD_IPRIORITYR + u64::from(number), PRIORITY);
        let register = GICD_ICFGR + u64::from(number / 16) * 4;
        let bit = 2 << (number % 16 * 2);
        let old = self.distributor.read(register);
        let new = match trigger {
            Trigger::Level => old & !bit,
            Trigger::Edge => old | bit,
        };
        self.distributor.write(register, new);
    }

    /// Masks or unmasks a line.
    pub fn mask(&mut self, number: u32, mask: Mask) {
        let register = match mask {
            Mask::Masked => GICD_ICENABLER,
            Mask::Unmasked => GICD_ISENABLER,
        };
        self.distributor.write(register + u64::from(number / 32) * 4, 1 << (number % 32));
    }
}
