//! Single instructions that no crate has: barriers, TLB and cache maintenance, device registers, semihosting.
#![allow(unsafe_code)]

use crate::machine::pending::Pending;
use core::arch::asm;

/// A constant whose upper 16 bits are set, as a value in a register: to the compiler it is not known, so that it does not add it to the offset of each
/// field, and make a constant of 64 bits of every sum.
#[inline(always)]
pub fn in_register<const VALUE: u64>() -> u64 {
    let value;
    // SAFETY: one move of a constant to a register.
    unsafe { asm!("mov {}, #{}", out(reg) value, const VALUE as i64, options(pure, nomem, nostack, preserves_flags)) };
    value
}

/// A device's registers at their virtual address. Whoever has one has it from a trusted file, which has mapped the bytes as device memory of the kernel.
/// An offset outside of them reads as zero, and a write there is left out: no offset reaches another address.
#[derive(Clone, Copy, Debug)]
pub struct Registers {
    start: u64,
    bytes: u64,
}

impl Registers {
    /// No registers at all.
    pub const NONE: Registers = Registers { start: 0, bytes: 0 };

    /// So many bytes of registers.
    ///
    /// # Safety
    /// The bytes are mapped as device memory and hold no Rust object, for ever. The device does not write memory. The address is a multiple of 4.
    pub const unsafe fn new(start: u64, bytes: u64) -> Registers {
        Registers { start, bytes }
    }

    /// The virtual address of the first.
    pub const fn start(self) -> u64 {
        self.start
    }

    /// Where a register of so many bytes lies.
    #[inline(always)]
    const fn place(self, offset: u64, width: u64) -> Option<u64> {
        if offset.is_multiple_of(width) && offset < self.bytes && self.bytes - offset >= width {
            Some(self.start + offset)
        } else {
            None
        }
    }

    /// Reads a register of 32 bits.
    #[inline(always)]
    pub fn read(self, offset: u64) -> u32 {
        match self.place(offset, 4) {
            // SAFETY: the register lies in the block, which is mapped as whoever made the block has promised; it is aligned.
            Some(place) => unsafe { (place as *const u32).read_volatile() },
            None => 0,
        }
    }

    /// Writes a register of 32 bits.
    #[inline(always)]
    pub fn write(self, offset: u64, value: u32) {
        if let Some(place) = self.place(offset, 4) {
            // SAFETY: as for `read`; the device does not write memory.
            unsafe { (place as *mut u32).write_volatile(value) }
        }
    }

    /// Writes a register of 8 bits.
    #[inline(always)]
    pub fn write_byte(self, offset: u64, value: u8) {
        if let Some(place) = self.place(offset, 1) {
            // SAFETY: as for `write`.
            unsafe { (place as *mut u8).write_volatile(value) }
        }
    }
}

/// `dsb ishst`: earlier stores are seen by table walkers, before a program runs: the return to it synchronises (D1.4.4).
#[inline(always)]
pub fn publish_stores_to_programs() {
    // SAFETY: as for `publish_stores`.
    unsafe { asm!("dsb ishst", options(nostack, preserves_flags)) }
}

/// The same before the kernel goes on.
#[inline(always)]
pub fn publish_stores() {
    // SAFETY: a barrier changes no memory and no register.
    unsafe { asm!("dsb ishst", "isb", options(nostack, preserves_flags)) }
}

/// Forgets one page's translations of an identifier on all cores; done after the next `dsb ish`. Operand as in Arm ARM C5.5:
/// identifier << 48 | page number.
#[inline(always)]
pub fn invalidate_page(operand: u64) {
    // SAFETY: dropping translations of user space only makes the walker look again.
    unsafe { asm!("tlbi vae1is, {}", in(reg) operand, options(nostack, preserves_flags)) }
}

/// Forgets every translation of an identifier (<< 48) on all cores; done after the next `dsb ish`.
#[inline(always)]
pub fn invalidate_space(operand: u64) {
    // SAFETY: as for `invalidate_page`.
    unsafe { asm!("tlbi aside1is, {}", in(reg) operand, options(nostack, preserves_flags)) }
}

/// Forgets every translation of this core.
pub fn invalidate_all() {
    // SAFETY: the tables in force hold every translation that the kernel needs.
    unsafe { asm!("dsb ishst", "tlbi vmalle1", "dsb ish", "isb", options(nostack, preserves_flags)) }
}

/// CTR_EL0: cache line sizes.
pub fn cache_type() -> u64 {
    let value;
    // SAFETY: reading an identification register has no effect.
    unsafe { asm!("mrs {}, ctr_el0", out(reg) value, options(nomem, nostack, preserves_flags)) }
    value
}

/// Cleans a data cache line to the point of unification.
#[inline(always)]
pub fn clean_to_unification(address: u64) {
    // SAFETY: cleaning writes back what memory is to hold anyway; the address is mapped (linear map).
    unsafe { asm!("dc cvau, {}", in(reg) address, options(nostack, preserves_flags)) }
}

/// Cleans a data cache line to the point of coherency.
#[inline(always)]
pub fn clean(address: u64) {
    // SAFETY: as for `clean_to_unification`.
    unsafe { asm!("dc cvac, {}", in(reg) address, options(nostack, preserves_flags)) }
}

/// Cleans and invalidates a data cache line to the point of coherency.
#[inline(always)]
pub fn clean_and_invalidate(address: u64) {
    // SAFETY: as for `clean_to_unification`; nothing is lost, since it is written back first.
    unsafe { asm!("dc civac, {}", in(reg) address, options(nostack, preserves_flags)) }
}

/// `dsb ish`: waits until earlier invalidations and cache maintenance are done on all cores.
#[inline(always)]
pub fn complete_maintenance() {
    // SAFETY: a barrier.
    unsafe { asm!("dsb ish", options(nostack, preserves_flags)) }
}

/// `dsb sy`: the same, and devices outside of the cores' shareability domain see what was written back. `dsb ish` completes for the observers in that
/// domain only (Arm ARM B2.3.12, 'Data Synchronization Barrier').
#[inline(always)]
pub fn complete_for_devices() {
    // SAFETY: a barrier.
    unsafe { asm!("dsb sy", options(nostack, preserves_flags)) }
}

/// Forgets all fetched instructions, on all cores; done after the next `dsb ish`.
#[inline(always)]
pub fn forget_instructions() {
    // SAFETY: instruction caches hold copies only.
    unsafe { asm!("ic ialluis", options(nostack, preserves_flags)) }
}

/// `isb`: earlier writes of system registers take effect.
#[inline(always)]
pub fn synchronize() {
    // SAFETY: a barrier.
    unsafe { asm!("isb", options(nostack, preserves_flags)) }
}

/// PMUSERENR_EL0 = 0: programs cannot use the performance counters (its value after reset is not defined, D24.5.15).
pub fn close_performance_counters() {
    // SAFETY: takes access from EL0; the kernel itself uses no counters.
    unsafe { asm!("msr pmuserenr_el0, xzr", options(nomem, nostack, preserves_flags)) }
}

/// Writes where a core that waits at a spin table is to go on, for a core without caches, and wakes it.
///
/// # Safety
/// The place is 8 bytes that are mapped and aligned, and that are no Rust object.
pub unsafe fn call_core(place: u64, entry: u64) {
    // SAFETY: the caller promises that the place may be written; cleaning loses nothing.
    unsafe {
        (place as *mut u64).write_volatile(entry);
        asm!("dc civac, {}", "dsb sy", "sev", in(reg) place, options(nostack, preserves_flags));
    }
}

/// Waits for an interrupt; masked ones wake the core as well.
#[inline(always)]
pub fn wait_for_interrupt() {
    // SAFETY: waiting changes nothing; `dsb` as the manual advises before `wfi` (D1.6).
    unsafe { asm!("dsb sy", "wfi", options(nostack, preserves_flags)) }
}

/// Waits for an event of another core, or for less.
pub fn wait_for_event() {
    // SAFETY: waiting changes nothing.
    unsafe { asm!("wfe", options(nostack, preserves_flags)) }
}

/// Wakes the cores that wait for an event, which see what was stored before.
pub fn wake_waiting() {
    // SAFETY: a barrier and a hint.
    unsafe { asm!("dsb sy", "sev", options(nostack, preserves_flags)) }
}

/// ICC_EOIR1_EL1: a group 1 interrupt was dealt with (IHI 0069H, 12.2.9). `arm-gic`'s function for it can panic.
#[inline(always)]
pub fn end_interrupt(number: u64) {
    // SAFETY: the register takes any number; one that is not active has no effect that the kernel relies on.
    unsafe { asm!("msr S3_0_C12_C12_1, {}", in(reg) number, options(nostack, preserves_flags)) }
}

/// ISR_EL1: what is pending for this core.
#[inline(always)]
pub fn pending_exceptions() -> Pending {
    let value;
    // SAFETY: reading a status register has no effect.
    unsafe { asm!("mrs {}, isr_el1", out(reg) value, options(nomem, nostack, preserves_flags)) }
    Pending(value)
}

/// Takes a system error, if one is pending. Its syndrome.
pub fn take_system_error() -> Option<u64> {
    let (syndrome, taken): (u64, u64);
    // SAFETY: the function unmasks system errors for one instruction. The vectors know that instruction, and let it go on with the error masked again.
    // The function changes x0 and x1, the vectors x0 to x3, the flags, ELR_EL1 and SPSR_EL1, which no code of the kernel keeps anything in, and x30
    // is the call's own.
    unsafe {
        asm!("bl l4k_take_system_error", out("x0") syndrome, out("x1") taken, clobber_abi("C"), options(nostack));
    }
    (taken != 0).then_some(syndrome)
}

/// Ends the emulator with a status by semihosting (SYS_EXIT_EXTENDED, ADP_Stopped_ApplicationExit). Returns where nobody listens: a core without a
/// debugger takes an undefined-instruction exception instead, and the vectors pass over the instruction.
pub fn semihosting_exit(status: u8) {
    let block: [u64; 2] = [0x2_0026, u64::from(status)];
    // SAFETY: `hlt #0xf000` with operation 0x20 reads the block, which lives across it. The function is `hlt` and `ret`: it changes x0, the vectors
    // x0 to x3 and x30 is the call's own.
    unsafe {
        asm!("bl l4k_semihosting", inout("x0") 0x20u64 => _, in("x1") block.as_ptr(), clobber_abi("C"), options(nostack));
    }
}

/// Whether something answers at an address that is mapped.
pub fn can_read(address: u64) -> bool {
    let bytes: u64;
    // SAFETY: one load, whose value is dropped. Where nothing answers, the core takes an exception, and the vectors pass over the load. It changes x0,
    // x1 and x4, the vectors x0, x2 and x3, and x30 is the call's own.
    unsafe { asm!("bl l4k_try_to_read", inout("x0") address => bytes, clobber_abi("C"), options(nostack)) };
    bytes != 0
}

/// Memory that the loader or the linker filled, at an address that is mapped.
///
/// # Safety
/// The bytes are mapped as long as the result is used, initialised, and written by nobody in that time.
pub unsafe fn bytes_at(address: u64, length: u64) -> &'static [u8] {
    // SAFETY: what the caller promises.
    unsafe { core::slice::from_raw_parts(address as *const u8, length as usize) }
}
