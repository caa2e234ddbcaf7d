//! The machine's cores: how many there are, and threads that run on a certain one.

use l4k_sys::abi::boot::Entry;
use l4k_sys::{Nanoseconds, SchedContext, SchedControl};

use super::bench::Bench;
use super::bodies::Body;
use super::failure::{Failure, Outcome};
use super::threads::{Helper, LONG_SLICE, Manner};

impl Bench<'_> {
    /// How many cores the machine has in use.
    pub fn cores(&self) -> u64 {
        let times = self.system.information.entries().filter(|entry| matches!(entry, Entry::SchedControl { .. }));
        times.count() as u64
    }

    /// Whether there is more than one core; if not, there is nothing to test.
    pub fn has_cores(&self) -> bool {
        self.cores() > 1
    }

    /// The authority over a core's time.
    pub fn time_of(&self, core: u64) -> Outcome<SchedControl> {
        let found = self.system.information.entries().find_map(|entry| match entry {
            Entry::SchedControl { slot, core: number } if number == core => Some(SchedControl::from_slot(slot)),
            _ => None,
        });
        found.ok_or_else(|| Failure::new(format_args!("there is no core {core}")))
    }

    /// Moves a context, and whoever runs on it, to a core.
    pub fn move_to(&self, context: SchedContext, core: u64, slice: Nanoseconds) -> Outcome {
        Ok(self.time_of(core)?.configure(context, slice, slice)?)
    }

    /// A thread that was not resumed yet and will run on a core.
    pub fn thread_on(&mut self, core: u64, manner: Manner, body: Body, arguments: [u64; 2]) -> Outcome<Helper> {
        let helper = self.thread(manner, body, arguments)?;
        if let (Some(context), Some(slice)) = (helper.context, manner.slice) {
            self.move_to(context, core, slice)?;
        }
        Ok(helper)
    }

    /// A thread that runs on a core.
    pub fn start_on(&mut self, core: u64, priority: u8, body: Body, arguments: [u64; 2]) -> Outcome<Helper> {
        let helper = self.thread_on(core, Manner::of(priority).slice(Some(LONG_SLICE)), body, arguments)?;
        helper.thread.resume()?;
        Ok(helper)
    }
}
