//! Hostile programs: each in an address space of its own, made of its own memory, started anew when it cannot go on.

use l4k_init::{Image, Resources};
use l4k_sys::abi::memory::PAGE_SIZE;
use l4k_sys::abi::{FrameSize, MapAttributes, Rights, ThreadState};
use l4k_sys::handle::{NewObject, StartRegisters};
use l4k_sys::{AddressSpace, Badge, CNode, Endpoint, Frame, Nanoseconds, Notification, SchedContext, Thread, Untyped};
use suite_support::hostile::{ACCEPTED, Attack, DONE, TALLY, WORK, slots};
use suite_support::machine;

use super::bench::{Bench, READ_WRITE, map, own, page};
use super::failure::{Failure, Outcome};

/// Priority of hostile programs, and the highest that they may give.
pub const PRIORITY: u8 = 60;

/// Calls of one life: later most capabilities are gone.
const CALLS: u64 = 600;

const WHOLE_BITS: u8 = 19;
const BODY_BITS: u8 = 18;
const PLAYTHING_BITS: u8 = 16;
const SPACE_BITS: u8 = 16;
const STACK_PAGES: u64 = 4;
const STACK_END: u64 = WORK - 0x1_0000;
const BUFFER: u64 = WORK - 0x8000;
const SLICE: Nanoseconds = Nanoseconds::from_milliseconds(1);

/// Slots of the suite's table for one hostile program, beside those of its frames.
const OBJECTS: u64 = 24;
const FRAMES: u64 = 40;

/// Where its pages are filled, and where its tally is seen.
const WINDOW: u64 = page(120);
const TALLIES: u64 = page(121);

/// What hostile programs share.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings {
    /// Where their faults go.
    pub supervisor: Endpoint,
    /// A server of the suite's.
    pub server: Endpoint,
    /// An endpoint of their own.
    pub common: Endpoint,
    /// A notification of their own.
    pub bell: Notification,
    /// A frame of the suite's.
    pub picture: Frame,
}

/// A hostile program.
pub struct Hostile {
    number: u64,
    surroundings: Surroundings,
    memory: Untyped,
    first: u64,
    next: u64,
    tally: Frame,
    seed: u64,
    past: u64,
    seen: u64,
    /// How many lives it has had.
    pub lives: u64,
    /// Calls of its past lives that succeeded.
    pub accepted: u64,
}

impl Hostile {
    /// One that does not run yet.
    pub fn new(bench: &mut Bench<'_>, number: u64, surroundings: Surroundings) -> Outcome<Hostile> {
        let memory = bench.untyped(WHOLE_BITS)?;
        let tally = bench.mapped(TALLIES + number * PAGE_SIZE, READ_WRITE)?;
        let first = bench.slots(OBJECTS + FRAMES)?;
        let seed = 0x5eed_0000 + number;
        Ok(Hostile {
            number,
            surroundings,
            memory,
            first,
            next: first,
            tally,
            seed,
            past: 0,
            seen: 0,
            lives: 0,
            accepted: 0,
        })
    }

    /// Calls that it has made in all its lives.
    pub fn calls(&self) -> u64 {
        self.past + self.tally()
    }

    fn tally(&self) -> u64 {
        machine::read(self.told_at(TALLY)).min(CALLS)
    }

    /// Where the suite sees what the program tells at this address.
    const fn told_at(&self, address: u64) -> u64 {
        TALLIES + self.number * PAGE_SIZE + (address - TALLY)
    }

    /// Its thread; it may be gone.
    pub const fn thread(&self) -> Thread {
        Thread::from_slot(self.first)
    }

    /// Takes away all that it is made of; what was made of its memory is in its hands no more, and the memory is whole.
    pub fn destroy(&mut self) -> Outcome {
        own(self.memory.slot()).revoke()?;
        (self.first..self.first + OBJECTS + FRAMES).try_for_each(|slot| own(slot).delete())?;
        self.past += self.tally();
        self.seen = 0;
        self.accepted += machine::read(self.told_at(ACCEPTED)).min(CALLS);
        [TALLY, DONE, ACCEPTED].into_iter().for_each(|address| machine::write(self.told_at(address), 0));
        match self.memory.query()?.used_bytes {
            0 => Ok(()),
            used => Err(Failure::new(format_args!("{used} bytes of a hostile program stayed in use"))),
        }
    }

    /// Lets it go on, or starts it anew if it cannot.
    pub fn look_after(&mut self, image: &Image<'_>) -> Outcome {
        let (calls, is_done) = (self.tally(), machine::read(self.told_at(DONE)) != 0);
        let has_progressed = calls != self.seen && !is_done;
        self.seen = calls;
        let state = self.thread().query().ok().and_then(|status| status.state);
        let goes_on = has_progressed
            && match state {
                Some(ThreadState::Ready) => true,
                Some(ThreadState::Suspended) => self.thread().resume().is_ok(),
                Some(ThreadState::Faulted | ThreadState::NoContext) | None => false,
                Some(_) => self.thread().cancel().is_ok(),
            };
        if goes_on { Ok(()) } else { self.start(image, Attack::Random) }
    }

    /// Starts it with the next seed.
    pub fn start(&mut self, image: &Image<'_>, attack: Attack) -> Outcome {
        self.destroy()?;
        self.lives += 1;
        self.seed = self.seed.wrapping_add(0x1000);
        self.next = self.first;
        let body = Untyped::from_slot(self.first + OBJECTS - 1);
        self.memory.retype(NewObject::Untyped(BODY_BITS), own(body.slot()), 1)?;
        let thread = Thread::from_slot(self.make(body, NewObject::Thread)?);
        let table = CNode::from_slot(self.make(body, NewObject::CNode(slots::TABLE_BITS))?);
        let space = AddressSpace::from_slot(self.make(body, NewObject::AddressSpace(SPACE_BITS))?);
        Resources::ASID_POOL.assign(space)?;
        self.load(body, space, image)?;
        self.supply(body, table, space)?;
        thread.configure(table, space, Some(Endpoint::from_slot(self.first + OBJECTS - 2)))?;
        thread.set_priority(PRIORITY, PRIORITY)?;
        let arguments = [attack as u64, self.seed, CALLS];
        let start = StartRegisters { instruction_pointer: image.entry, stack_pointer: STACK_END, arguments };
        thread.write_registers(start)?;
        // In one life of four the program holds what it is made of.
        let is_bold = self.lives.is_multiple_of(4) || attack == Attack::RevokeItself;
        if is_bold {
            table.at(slots::MEMORY).move_from(own(body.slot()))?;
        } else {
            self.memory.retype(NewObject::Untyped(PLAYTHING_BITS), table.at(slots::MEMORY), 1)?;
        }
        Ok(thread.resume()?)
    }

    fn make(&mut self, memory: Untyped, object: NewObject) -> Outcome<u64> {
        let slot = self.next;
        self.next += 1;
        memory.retype(object, own(slot), 1)?;
        Ok(slot)
    }

    /// Its code and data, stack, message buffer, tally.
    fn load(&mut self, body: Untyped, space: AddressSpace, image: &Image<'_>) -> Outcome {
        let kept = core::mem::replace(&mut self.next, self.first + OBJECTS);
        for segment in &image.segments {
            for offset in (0..segment.bytes).step_by(PAGE_SIZE as usize) {
                let contents = segment.contents.get(offset as usize..).unwrap_or(&[]);
                let frame = Frame::from_slot(self.make(body, NewObject::Frame(FrameSize::Small))?);
                fill(frame, contents)?;
                frame.map(space, segment.address + offset, segment.rights, MapAttributes::NORMAL)?;
            }
        }
        for index in 1..=STACK_PAGES {
            let frame = Frame::from_slot(self.make(body, NewObject::Frame(FrameSize::Small))?);
            frame.map(space, STACK_END - index * PAGE_SIZE, READ_WRITE, MapAttributes::NORMAL)?;
        }
        let buffer = Frame::from_slot(self.make(body, NewObject::Frame(FrameSize::Small))?);
        buffer.map(space, BUFFER, READ_WRITE, MapAttributes::NORMAL)?;
        self.thread().set_buffer(buffer, BUFFER)?;
        let tally = Frame::from_slot(self.next);
        own(tally.slot()).copy_from(own(self.tally.slot()), Rights::ALL)?;
        tally.map(space, TALLY, READ_WRITE, MapAttributes::NORMAL)?;
        self.next = kept;
        Ok(())
    }

    /// Its capabilities.
    fn supply(&mut self, body: Untyped, table: CNode, space: AddressSpace) -> Outcome {
        let given = |slot, from: u64, rights| table.at(slot).copy_from(own(from), rights);
        let supervisor = own(self.first + OBJECTS - 2);
        supervisor.mint_from(own(self.surroundings.supervisor.slot()), Rights::CALL, Badge::new(self.number + 1))?;
        given(slots::SUPERVISOR, supervisor.slot, Rights::ALL)?;
        given(slots::THREAD, self.first, Rights::ALL)?;
        given(slots::TABLE, table.slot(), Rights::ALL)?;
        given(slots::SPACE, space.slot(), Rights::ALL)?;
        let call = Rights::CALL.union(Rights::GRANT);
        let server = own(self.surroundings.server.slot());
        table.at(slots::SERVER).mint_from(server, call, Badge::new(self.number + 1))?;
        given(slots::COMMON, self.surroundings.common.slot(), Rights::ALL)?;
        given(slots::BELL, self.surroundings.bell.slot(), Rights::ALL)?;
        given(slots::PICTURE, self.surroundings.picture.slot(), Rights::READ)?;
        self.supply_own(body, table, space)
    }

    /// What is its own alone: mostly the only capability that there is.
    fn supply_own(&mut self, body: Untyped, table: CNode, space: AddressSpace) -> Outcome {
        for (slot, object) in [
            (slots::REPLY, NewObject::Reply),
            (slots::IRQ, NewObject::Irq),
            (slots::ENDPOINT, NewObject::Endpoint),
            (slots::NOTIFICATION, NewObject::Notification),
            (slots::SPARE_SPACE, NewObject::AddressSpace(15)),
            (slots::POOL, NewObject::AsidPool),
        ] {
            body.retype(object, table.at(slot), 1)?;
        }
        let work = Frame::from_slot(self.make(body, NewObject::Frame(FrameSize::Small))?);
        work.map(space, WORK, READ_WRITE, MapAttributes::NORMAL)?;
        table.at(slots::WORK).move_from(own(work.slot()))?;
        let spare = Thread::from_slot(self.make(body, NewObject::FloatingPointThread)?);
        spare.configure(table, space, Some(self.surroundings.common))?;
        spare.set_priority(PRIORITY, PRIORITY)?;
        table.at(slots::SPARE).move_from(own(spare.slot()))?;
        for slot in [slots::CONTEXT, slots::SPARE_CONTEXT] {
            let context = SchedContext::from_slot(self.make(body, NewObject::SchedContext)?);
            Resources::SCHED_CONTROL.configure(context, SLICE, SLICE)?;
            if slot == slots::CONTEXT {
                context.bind(self.thread())?;
            }
            table.at(slot).move_from(own(context.slot()))?;
        }
        Ok(())
    }
}

/// Writes the contents, as far as they go, into a new frame.
fn fill(frame: Frame, contents: &[u8]) -> Outcome {
    map(frame, WINDOW, READ_WRITE)?;
    for (address, bytes) in (WINDOW..WINDOW + PAGE_SIZE).step_by(8).zip(contents.chunks(8)) {
        let word = bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
        machine::write(address, word);
    }
    Ok(frame.unmap()?)
}
