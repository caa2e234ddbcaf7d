//! Typed access to object memory. This file and nothing else turns physical addresses into references.
//!
//! Owned here: [`Ref`], the 32-bit reference to an object, and [`Store`], through which every object is reached. One
//! object is borrowed at a time (`get_mut` borrows the store), so that no two live references ever alias.
#![allow(unsafe_code)]

use super::address::{OBJECT_MEMORY_END, PhysicalAddress};
use super::arch::Arch;
use core::marker::PhantomData;
use core::num::NonZeroU32;

/// Unit of references in bytes; every object is aligned to it.
pub const UNIT: u64 = 32;

/// A type that lives in object memory.
pub trait Object: Sized {
    /// Size of the object in bits; the type is not larger, its alignment not above.
    const BITS: u8;
}

/// A reference to an object of type `T`: its physical address divided by 32.
///
/// Made only for memory that holds a `T` ([`Store::create`] or a part of such an object), and dropped from every place before
/// that memory is used for something else; the invariants on derivation and symmetric references are what holds this up.
#[repr(transparent)]
pub struct Ref<T> {
    index: NonZeroU32,
    kind: PhantomData<fn() -> T>,
}

impl<T> Clone for Ref<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Ref<T> {}

impl<T> PartialEq for Ref<T> {
    fn eq(&self, other: &Self) -> bool {
        self.index == other.index
    }
}

impl<T> Eq for Ref<T> {}

impl<T> PartialOrd for Ref<T> {
    fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Ref<T> {
    fn cmp(&self, other: &Self) -> core::cmp::Ordering {
        self.index.cmp(&other.index)
    }
}

impl<T> core::hash::Hash for Ref<T> {
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        self.index.hash(state);
    }
}

impl<T> core::fmt::Debug for Ref<T> {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(formatter, "{:#x}", self.address().value())
    }
}

impl<T> Ref<T> {
    /// The object's physical address.
    #[must_use]
    pub const fn address(self) -> PhysicalAddress {
        PhysicalAddress::truncated(self.index.get() as u64 * UNIT)
    }

    /// The part of type `U` that lies `offset` bytes (a multiple of 32) into this object.
    #[inline(always)]
    pub(crate) const fn part<U>(self, offset: u64) -> Ref<U> {
        let units = (offset / UNIT) as u32;
        // SAFETY: not zero: the object does not begin at 0, and the part lies inside of it, below `OBJECT_MEMORY_END`, which is 2^32 units.
        let index = unsafe { NonZeroU32::new_unchecked(self.index.get().wrapping_add(units)) };
        Ref { index, kind: PhantomData }
    }

    const fn at(address: PhysicalAddress) -> Option<Self> {
        if address.value() >= OBJECT_MEMORY_END || !address.value().is_multiple_of(UNIT) {
            return None;
        }
        match NonZeroU32::new((address.value() / UNIT) as u32) {
            Some(index) => Some(Ref { index, kind: PhantomData }),
            None => None,
        }
    }
}

/// All objects, and the machine they live on.
#[derive(Debug)]
pub struct Store<A> {
    /// The machine.
    pub machine: A,
}

impl<A: Arch> Store<A> {
    /// A store on a machine. Its methods take addresses as they come, so that whoever has a store can write any memory of the window.
    ///
    /// # Safety
    /// It is given to the kernel and to nobody else. The kernel passes only addresses of memory that capabilities cover, or of memory that it hands out
    /// while it boots. Object memory is in the machine's window, and nobody else uses it.
    pub const unsafe fn new(machine: A) -> Self {
        Self { machine }
    }

    /// Puts an object into memory that no other object uses. `None` if the address cannot hold objects.
    pub fn create<T: Object>(&mut self, address: PhysicalAddress, object: T) -> Option<Ref<T>> {
        const { assert!(size_of::<T>() <= 1 << T::BITS && align_of::<T>() <= 1 << T::BITS) };
        let reference = Ref::at(address)?;
        // SAFETY: the address is in the window (retype hands out only untyped memory, which is), aligned to 32 or, as retype
        // aligns objects to their size, to 2^BITS; no object lives there, so no reference to it exists.
        unsafe { self.pointer::<T>(reference).write(object) };
        Some(reference)
    }

    /// The object that zero bytes are, in memory that is zero and that no other object uses: nothing is written. `None` if the address
    /// cannot hold objects.
    ///
    /// Only for types of which zero bytes are a value: made of integers, options of references, and enums with a `repr` and a variant
    /// 0. The language promises that zero bytes are `None` for an option of a number that is not zero, also inside `repr(transparent)`,
    /// as [`Ref`] is. It promises this of no other option: [`Kept`](super::kept::Kept) takes its place. Tests compare what is adopted
    /// with what the type calls new.
    pub(crate) fn adopt<T: Object>(&mut self, address: PhysicalAddress) -> Option<Ref<T>> {
        const { assert!(size_of::<T>() <= 1 << T::BITS && align_of::<T>() <= 1 << T::BITS) };
        Ref::at(address)
    }

    /// Reads an object.
    #[inline(always)]
    pub fn get<T: Object>(&self, reference: Ref<T>) -> &T {
        // SAFETY: a `Ref<T>` exists only while a `T` lives there; the shared borrow of the store excludes `get_mut`.
        unsafe { &*self.pointer(reference) }
    }

    /// Changes an object.
    #[inline(always)]
    pub fn get_mut<T: Object>(&mut self, reference: Ref<T>) -> &mut T {
        // SAFETY: a `Ref<T>` exists only while a `T` lives there; the exclusive borrow of the store excludes any other reference.
        unsafe { &mut *self.pointer(reference) }
    }

    /// Reads a 64-bit word of memory that is not a Rust object: a table entry, a message buffer.
    #[inline(always)]
    pub fn word(&self, address: PhysicalAddress) -> u64 {
        // SAFETY: the address is 8-byte aligned and in the window: it comes from a table or frame that a capability covers. Volatile,
        // since programs may write frames at any time; any bit pattern is a u64.
        unsafe { self.at(address).cast::<u64>().read_volatile() }
    }

    /// Writes an entry of a translation table. Walkers see it once it is published.
    #[inline(always)]
    pub fn set_entry(&mut self, place: PhysicalAddress, bits: u64) {
        self.machine.will_write_entry(place, bits);
        self.set_word(place, bits);
    }

    /// Writes a 64-bit word of memory that is neither a Rust object nor a table: [`set_entry`](Self::set_entry) is for tables.
    #[inline(always)]
    pub fn set_word(&mut self, address: PhysicalAddress, value: u64) {
        // SAFETY: as for `word`; tables and frames are never the memory of a Rust object.
        unsafe { self.at(address).cast::<u64>().write_volatile(value) }
    }

    /// Copies the words from number `first`, which is even, up to number `end` of one page to the same places of another.
    #[inline(always)]
    pub fn copy_words(&mut self, from: PhysicalAddress, to: PhysicalAddress, first: usize, end: usize) {
        let (mut source, mut target) = (from.add(8 * first as u64), to.add(8 * first as u64));
        self.machine.will_write(target, 8 * end.saturating_sub(first) as u64);
        for _ in 0..end.saturating_sub(first) / 2 {
            self.set_two_words(target, self.two_words(source));
            (source, target) = (source.add(16), target.add(16));
        }
        if !end.is_multiple_of(2) {
            self.set_word(target, self.word(source));
        }
    }

    #[inline(always)]
    fn two_words(&self, address: PhysicalAddress) -> u128 {
        // SAFETY: as for `word`; the address is that of an even word of a page, so 16-byte aligned.
        unsafe { self.at(address).cast::<u128>().read_volatile() }
    }

    #[inline(always)]
    fn set_two_words(&mut self, address: PhysicalAddress, value: u128) {
        // SAFETY: as for `two_words`, written instead of read.
        unsafe { self.at(address).cast::<u128>().write_volatile(value) }
    }

    /// Fills `bytes` bytes of memory that holds no object with zero.
    pub fn zero(&mut self, start: PhysicalAddress, bytes: u64) {
        self.machine.will_write(start, bytes);
        // SAFETY: the range lies in an untyped whose objects are all gone, so in the window and referred to by nothing.
        unsafe { self.at(start).write_bytes(0, bytes as usize) }
    }

    /// The memory of frames that no program can reach yet.
    pub fn bytes_mut(&mut self, start: PhysicalAddress, bytes: u64) -> &mut [u8] {
        self.machine.will_write(start, bytes);
        // SAFETY: the range lies in frames just made at boot, so in the window; no program runs yet, and the exclusive borrow of the
        // store excludes every other way to it.
        unsafe { core::slice::from_raw_parts_mut(self.at(start), bytes as usize) }
    }

    /// Copies bytes into a frame's memory.
    pub fn copy_in(&mut self, start: PhysicalAddress, bytes: &[u8]) {
        self.machine.will_write(start, bytes.len() as u64);
        // SAFETY: the range lies in a frame just made, so in the window; `bytes` is kernel image or package, which no frame overlaps.
        unsafe { self.at(start).copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) }
    }

    #[inline(always)]
    fn pointer<T: Object>(&self, reference: Ref<T>) -> *mut T {
        self.at(reference.address()).cast()
    }

    #[inline(always)]
    fn at(&self, address: PhysicalAddress) -> *mut u8 {
        self.machine.window().wrapping_add(address.value() as usize)
    }
}
