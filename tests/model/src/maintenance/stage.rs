//! A kernel on several cores whose threads live in three spaces, and calls on memory that any of them makes. Calls `judge`.

use super::judge::Judge;
use crate::objects::{Spawned, Time};
use crate::world::{Checks, World, slot, whereabouts};
use l4k::base::arch::{CoreNumber, Event};
use l4k::kernel::Resume;
use l4k::machine::simulated::request::Mutation;
use l4k::object::capability::Capability;
use l4k::object::slot::Slot;
use l4k_sys::Error;
use l4k_sys::abi::{ObjectKind, SystemCall};

/// Spaces beside the first thread's.
const SPACES: usize = 2;

/// Frames that can be mapped: slots for so many capabilities.
const FRAMES: u64 = 10;

/// Restarts of one call before a test gives up.
const TRIES: usize = 100_000;

/// Addresses that are used: two tables of the lowest level below one of the next, and one far away.
pub const ADDRESSES: [u64; 8] =
    [0x4000_0000, 0x4000_1000, 0x4000_2000, 0x4020_0000, 0x4020_1000, 0x4040_0000, 0x80_4000_0000, 0x80_4000_1000];

/// The kernel, its threads, and the judge.
pub struct Stage {
    /// The kernel.
    pub world: World,
    /// What programs may meet.
    pub judge: Judge,
    /// Slots of the spaces: the first thread's, and those that come and go.
    pub spaces: [u64; SPACES + 1],
    /// Threads by core: one that lives in the first space, and one in another.
    pub threads: Vec<[Spawned; 2]>,
    /// Slots for frames.
    pub frames: Vec<u64>,
    /// Slot of the untyped that frames are made of, and of that for each space that comes and goes.
    pub memory: [u64; SPACES + 1],
    /// What was done.
    pub told: Vec<String>,
}

impl Stage {
    /// On so many cores.
    ///
    /// # Panics
    /// If the kernel refuses what it has to do for that.
    #[must_use]
    pub fn new(cores: u8, seed: u64) -> Stage {
        let mut world = World::new();
        world.checks = Checks::OnDemand;
        let frames: Vec<u64> = (0..FRAMES).map(|_| world.new_slot()).collect();
        let memory = [20, 16, 16].map(|bits| world.make(ObjectKind::Untyped, bits));
        let spaces = [slot::ADDRESS_SPACE, world.new_slot(), world.new_slot()];
        let controls = controls(&mut world, cores);
        let mut stage = Stage {
            judge: Judge::new(&mut world.kernel.system, world.table, &ADDRESSES, seed),
            world,
            spaces,
            threads: Vec::new(),
            frames,
            memory,
            told: Vec::new(),
        };
        for index in 1..=SPACES {
            stage.make_space(index).expect("memory for a space");
        }
        for (core, control) in controls.into_iter().enumerate() {
            let threads = [0, 1 + core % SPACES].map(|space| stage.spawn(space, control));
            stage.threads.push(threads);
        }
        for core in 0..usize::from(cores) {
            let _ = stage.enter(core, Some(Event::Interrupt)).expect("a core that begins");
        }
        stage
    }

    /// Plants a fault.
    pub fn plant(&mut self, mutation: Mutation) {
        self.world.kernel.system.store.machine.port.mutation = Some(mutation);
    }

    fn spawn(&mut self, space: usize, control: u64) -> Spawned {
        let spawned = self.world.spawn(100, Time::Own);
        let slice = [control, spawned.context, 5_000_000, 5_000_000];
        let _ = self.world.call(SystemCall::ThreadSuspend, &[spawned.slot]).expect("a thread");
        let _ = self.world.call(SystemCall::SchedControlConfigure, &slice).expect("time");
        let _ = self.world.call(SystemCall::ThreadConfigure, &[spawned.slot, slot::CNODE, self.spaces[space], 0]);
        let _ = self.world.call(SystemCall::ThreadResume, &[spawned.slot]).expect("a thread");
        spawned
    }

    /// Makes a space that is gone anew, and has its threads live in it.
    ///
    /// # Errors
    /// What the kernel refuses, as text.
    pub fn make_space(&mut self, index: usize) -> Result<(), String> {
        let (memory, space) = (self.memory[index], self.spaces[index]);
        let retype = [memory, ObjectKind::AddressSpace as u64, 15, 0, space, 1];
        let _ = self.call(0, SystemCall::UntypedRetype, &retype)?;
        let _ = self.call(0, SystemCall::AsidPoolAssign, &[slot::ASID_POOL, space])?;
        for core in 0..self.threads.len() {
            if 1 + core % SPACES == index {
                let thread = self.threads[core][1].slot;
                let _ = self.call(0, SystemCall::ThreadSuspend, &[thread])?;
                let _ = self.call(0, SystemCall::ThreadConfigure, &[thread, slot::CNODE, space, 0])?;
                let _ = self.call(0, SystemCall::ThreadResume, &[thread])?;
            }
        }
        Ok(())
    }

    /// Whoever runs on a core makes a call, and the cores that it stops or interrupts take that. Everything is used before and meanwhile.
    ///
    /// # Errors
    /// What somebody met that must not be.
    pub fn call(&mut self, core: usize, call: SystemCall, x: &[u64]) -> Result<Option<Error>, String> {
        self.call_interrupted(core, call, x, None)
    }

    /// The same, and an interrupt comes at the n-th preemption point.
    ///
    /// # Errors
    /// The same.
    pub fn call_interrupted(
        &mut self,
        core: usize,
        call: SystemCall,
        x: &[u64],
        interrupted: Option<u32>,
    ) -> Result<Option<Error>, String> {
        self.told.push(format!("core {core}: {call:?}({x:x?})"));
        let system = &mut self.world.kernel.system;
        let Some(caller) = system.core(CoreNumber(core as u8)).current else { return Ok(None) };
        let promised = self.judge.begin(system, call, x, caller);
        let pc = system.store.get(caller).context.pc.wrapping_add(4);
        for _ in 0..TRIES {
            let system = &mut self.world.kernel.system;
            let context = &mut system.store.get_mut(caller).context;
            context.x[..x.len()].copy_from_slice(x);
            context.x[x.len()..8].fill(0);
            context.x[8] = call as u64;
            context.begin_system_call();
            context.pc = pc;
            system.store.machine.preempt_after.set(interrupted);
            let resume = self.enter(core, Some(Event::SystemCall))?;
            self.conclude(core, resume)?;
            let system = &mut self.world.kernel.system;
            system.store.machine.preempt_after.set(None);
            let context = &system.store.get(caller).context;
            if context.pc == pc {
                let error = Error::from_code(context.x[0]);
                self.told.push(format!("  {error:?}"));
                if let Some(promised) = promised.filter(|_| context.x[0] == 0) {
                    self.judge.keep(promised);
                }
                return Ok(error);
            }
            if system.core(CoreNumber(core as u8)).current != Some(caller) {
                return Ok(None);
            }
        }
        Err("a call is made again for ever".to_owned())
    }

    /// A core enters the kernel; everything is used before and meanwhile.
    ///
    /// # Errors
    /// What somebody met that must not be.
    pub fn enter(&mut self, core: usize, event: Option<Event>) -> Result<Resume, String> {
        let number = CoreNumber(core as u8);
        let system = &mut self.world.kernel.system;
        self.judge.between(system)?;
        let call = system.core(number).current.filter(|_| event == Some(Event::SystemCall));
        let call = call.map(|caller| system.store.get(caller).context.x[8]);
        system.store.machine.enter_kernel(core, call);
        let resume = match event {
            Some(event) => self.world.kernel.handle(number, event),
            None => self.world.kernel.start(number),
        };
        let system = &mut self.world.kernel.system;
        system.store.machine.leave_kernel(whereabouts(resume));
        self.judge.after_entry(system)?;
        Ok(resume)
    }

    /// The cores that were stopped or interrupted come next.
    fn conclude(&mut self, core: usize, mut resume: Resume) -> Result<(), String> {
        loop {
            let machine = &mut self.world.kernel.system.store.machine;
            let stopped = machine.stopped.pop().map(|core| usize::from(core.0));
            let told = machine.processors.iter().position(|processor| processor.interrupted);
            match stopped.or(told) {
                Some(other) => _ = self.enter(other, Some(Event::Interrupt))?,
                None if resume == Resume::Again => resume = self.enter(core, None)?,
                None => return self.judge.between(&mut self.world.kernel.system),
            }
        }
    }
}

/// Gives the machine cores. Slots of the authority over the time of each.
fn controls(world: &mut World, cores: u8) -> Vec<u64> {
    world.kernel.system.core_count = cores;
    let others = (1..cores).map(|core| {
        let number = world.new_slot();
        let capability = Capability::SchedControl { core };
        *world.kernel.system.store.get_mut(world.table.slot(number as u32)) = Slot { capability, ..Slot::EMPTY };
        number
    });
    std::iter::once(slot::SCHED_CONTROL).chain(others).collect()
}
