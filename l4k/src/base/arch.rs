//! The surface to the machine: what the kernel needs of a processor and its core devices, and nothing else.
//!
//! Two implementations: the real core (`machine::aarch64`) and the simulated one (`machine::simulated`).

use super::address::{Asid, PhysicalAddress, UserPage};
use super::debugging::Debugging;
use super::store::Ref;
use super::time::{Instant, Ticks, TicksPerSecond};
use super::vector_registers::FloatingPoint;
use l4k_sys::abi::{Fault, Rights};

/// Most cores that one kernel runs on.
pub const MAX_CORES: usize = 8;

/// A core, counted from 0, the one that booted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct CoreNumber(pub u8);

/// Why the kernel is entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// `svc #0`; the arguments lie in the current thread's context.
    SystemCall,
    /// An interrupt is pending.
    Interrupt,
    /// The current thread cannot go on.
    Fault(Fault),
}

/// What brought a core into the kernel, as far as others have to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entered {
    /// A system call, which is not made yet: it waits for the kernel's lock.
    SystemCall,
    /// A call of firmware, which it is in.
    Firmware,
    /// Anything else.
    Otherwise,
}

/// An interrupt line of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Line(pub u16);

/// Number of interrupt lines that the kernel keeps account of: INTID 0 to 1019 of a GIC (IHI 0048B 2.2.1).
pub const LINES: usize = 1020;

/// What [`Arch::claim_interrupt`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// Nothing, or nothing any more.
    Spurious,
    /// The kernel's timer has reached its deadline.
    Timer,
    /// Another core has changed what runs here, or stops this one.
    Reschedule,
    /// A device's line. It stays active until it is completed.
    Line(Line),
}

/// How a line tells that something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// It stays active as long as the device has something.
    Level,
    /// One pulse an event.
    Edge,
}

/// Whether a line may interrupt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mask {
    /// It stays pending.
    Masked,
    /// It interrupts.
    Unmasked,
}

/// The memory type of a mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MemoryKind {
    /// Normal, write-back, inner shareable.
    Normal,
    /// Normal, not cached.
    Uncached,
    /// Device-nGnRE.
    Device,
}

/// A level of the translation tables: 0 is the top, 3 holds pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// 512 GiB an entry.
    Zero = 0,
    /// 1 GiB an entry.
    One = 1,
    /// 2 MiB an entry.
    Two = 2,
    /// 4 KiB an entry.
    Three = 3,
}

impl Level {
    /// The level below.
    #[must_use]
    pub const fn below(self) -> Option<Level> {
        match self {
            Self::Zero => Some(Self::One),
            Self::One => Some(Self::Two),
            Self::Two => Some(Self::Three),
            Self::Three => None,
        }
    }

    /// Index into the table of this level for an address (9 bits).
    #[must_use]
    pub const fn index(self, address: u64) -> u64 {
        address >> (39 - 9 * self as u32) & 0x1ff
    }
}

/// An entry of a translation table, decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableEntry {
    /// Nothing mapped.
    Empty,
    /// A table of the level below.
    Table(PhysicalAddress),
    /// A frame of the level's size, for user programs.
    Leaf {
        /// Its address.
        address: PhysicalAddress,
        /// What programs may do with it; read is implied.
        rights: Rights,
        /// Its memory type.
        memory: MemoryKind,
    },
}

/// What the translation look-aside buffers have to forget, on all cores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invalidation {
    /// Translations of one address, of any size, and the table entries on the way.
    Page(Asid, UserPage),
    /// Everything of one address space.
    Space(Asid),
}

/// What is done with each line of a data cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum CacheOperation {
    /// Write back to the point of unification, where instruction fetches see it (`dc cvau`).
    CleanToUnification = 0,
    /// Write back and forget, to the point of coherency: before memory is seen uncached or by a device (`dc civac`).
    CleanAndInvalidate,
    /// Write back, to the point of coherency (`dc cvac`).
    Clean,
}

/// Root of an address space for the processor, or nothing mapped: the address of the top-level table, and from bit 48 on the identifier, as
/// TTBR0_EL1 has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub struct SpaceRoot(u64);

/// Position of the identifier.
const ASID_SHIFT: u32 = 48;

impl SpaceRoot {
    /// No user mapping at all.
    pub const NOTHING: SpaceRoot = SpaceRoot(0);

    /// The tables of a space.
    #[inline(always)]
    #[must_use]
    pub const fn of(table: PhysicalAddress, asid: Asid) -> SpaceRoot {
        SpaceRoot(table.value() | (asid.value() as u64) << ASID_SHIFT)
    }

    /// As the register has it; 0 for nothing.
    #[inline(always)]
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// Table and identifier, if there are any.
    #[must_use]
    pub const fn tables(self) -> Option<(PhysicalAddress, Asid)> {
        match Asid::new((self.0 >> ASID_SHIFT) as u16) {
            Some(asid) => Some((PhysicalAddress::truncated(self.0), asid)),
            None => None,
        }
    }
}

/// How a core shares the kernel with the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LockTimes {
    /// Times that it had the kernel's lock.
    pub turns: u64,
    /// Time that it waited for it, in all.
    pub waited: Ticks,
    /// The longest of those waits.
    pub longest_wait: Ticks,
    /// Time that it held it, in all.
    pub held: Ticks,
    /// The longest of those.
    pub longest_hold: Ticks,
}

/// What the kernel needs of the machine.
pub trait Arch {
    /// Where physical address 0 is seen by the kernel: a physical address of object memory plus this is a pointer to it.
    fn window(&self) -> *mut u8;

    /// The counter's value.
    fn now(&self) -> Instant;
    /// The counter's rate.
    fn ticks_per_second(&self) -> TicksPerSecond;
    /// Arms the kernel's timer for an instant (at once, if that is past), or turns it off.
    fn set_deadline(&mut self, deadline: Option<Instant>);

    /// Arms the timer, which is armed, for another instant.
    fn move_deadline(&mut self, deadline: Instant);

    /// Whether the timer, which is set to this instant, has struck without the kernel being entered for it yet. A machine on which that is bound
    /// to happen as soon as the kernel is left may say no without looking.
    fn is_due(&self, deadline: Instant) -> bool;

    /// Whether an interrupt waits to be taken, or another core for the kernel; for preemption points.
    fn interrupt_pending(&self) -> bool;
    /// Interrupts another core: it enters the kernel, and finds [`Claimed::Reschedule`].
    fn interrupt_core(&mut self, core: CoreNumber);
    /// Interrupts another core and waits until it has left its program and waits for its turn in the kernel: it is there before any core that
    /// enters later. What brought it in.
    fn stop_core(&mut self, core: CoreNumber) -> Entered;
    /// Takes the most urgent pending interrupt.
    fn claim_interrupt(&mut self) -> Claimed;
    /// Says that a claimed line was dealt with.
    fn complete_interrupt(&mut self, line: Line);
    /// Whether the line exists and is not the kernel's own.
    fn line_usable(&self, line: Line) -> bool;
    /// Sets a line's trigger, and sends it to the current core.
    fn configure_line(&mut self, line: Line, trigger: Trigger);
    /// Sends a line to a core.
    fn route_line(&mut self, line: Line, core: CoreNumber);
    /// Masks or unmasks a line.
    fn mask_line(&mut self, line: Line, mask: Mask);

    /// Switches to another address space.
    fn enter_space(&mut self, root: SpaceRoot);
    /// The same to one that is not [`SpaceRoot::NOTHING`].
    fn enter_tables(&mut self, root: SpaceRoot);
    /// The kernel is about to write an entry of a translation table. Nothing to do for a real core; the simulated one has to know of it.
    fn will_write_entry(&mut self, place: PhysicalAddress, bits: u64);
    /// The kernel is about to write memory that is no object: a message, zeros, a program. As for [`will_write_entry`](Self::will_write_entry).
    fn will_write(&mut self, start: PhysicalAddress, bytes: u64);
    /// Earlier stores are seen by the table walkers of all cores, before anything that follows (`dsb ishst`).
    fn publish_tables(&mut self);
    /// Has all cores forget translations. It is done when [`complete_maintenance`](Self::complete_maintenance) returns; what the tables said
    /// before may be remembered again, unless the new entries were published.
    fn invalidate(&mut self, what: Invalidation);
    /// Maintains the lines of the data caches that hold `bytes` from `start`. It is done for cores when
    /// [`complete_maintenance`](Self::complete_maintenance) returns, and for devices when [`complete_for_devices`](Self::complete_for_devices) does.
    fn maintain_lines(&mut self, start: PhysicalAddress, bytes: u64, operation: CacheOperation);
    /// Has all cores forget the instructions that they have fetched. It is done when [`complete_maintenance`](Self::complete_maintenance)
    /// returns.
    fn forget_instructions(&mut self);
    /// Earlier invalidations and maintenance are done on all cores, and earlier stores are seen there, before anything that follows
    /// (`dsb ish`).
    fn complete_maintenance(&mut self);
    /// The same, and devices outside of the cores' shareability domain see what was written back (`dsb sy`).
    fn complete_for_devices(&mut self);
    /// Earlier writes of this core's registers take effect (`isb`). Where the kernel returns to a program, the return does that.
    fn synchronize(&mut self);
    /// A table entry in the machine's format.
    fn encode(entry: TableEntry, level: Level) -> u64;
    /// Whether a leaf must not take the place of another one before all cores have forgotten that one.
    fn needs_break(before: u64, after: u64) -> bool;
    /// A leaf that no core uses, and that is another's place all the same: it decodes as nothing mapped, and is not the entry of nothing.
    fn broken(leaf: u64) -> u64;
    /// The meaning of a table entry.
    fn decode(bits: u64, level: Level) -> TableEntry;

    /// The program's own thread pointer, TPIDR_EL0.
    fn thread_pointer(&self) -> u64;
    /// Loads the registers that every thread has to itself and that exceptions do not change: TPIDR_EL0 and TPIDRRO_EL0.
    fn load_thread_registers(&mut self, thread_pointer: u64, buffer_address: u64);

    /// Lets programs use the FP/SIMD unit, with these registers.
    fn open_floating_point(&mut self, registers: Ref<FloatingPoint>);
    /// Stores the registers of the unit, which is open.
    fn save_floating_point(&mut self, registers: Ref<FloatingPoint>);
    /// Stores the registers of the unit, which is open, and loads others.
    fn exchange_floating_point(&mut self, from: Ref<FloatingPoint>, to: Ref<FloatingPoint>);
    /// Lets the use of the unit trap.
    fn close_floating_point(&mut self);

    /// Breakpoint registers for instructions, and for data.
    fn breakpoint_registers(&self) -> [u64; 2];
    /// Loads breakpoint registers and stepping.
    fn load_debugging(&mut self, debugging: &Debugging);

    /// Writes to the kernel's console. May wait for the device.
    fn write_console(&mut self, bytes: &[u8]);
    /// How a core has shared the kernel's lock; `None` if that is not measured.
    fn lock_times(&self, core: CoreNumber) -> Option<LockTimes>;

    /// Ends the machine with a status (an emulator exits with it).
    fn end_machine(&mut self, status: u8);
}
