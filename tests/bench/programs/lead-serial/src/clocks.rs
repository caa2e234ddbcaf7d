//! How fast the counter and the cores are. May call nothing of this program.

use core::fmt::{self, Display, Formatter};

use l4k_marks::line::Clocks;
use l4k_sys::system;

/// Cycles of a core in a second, if the build was told them.
const CORE_HERTZ: Option<u64> = match option_env!("L4K_CORE_HERTZ") {
    None => None,
    Some(text) => match u64::from_str_radix(text, 10) {
        Ok(hertz @ 1..) => Some(hertz),
        _ => panic!("L4K_CORE_HERTZ is not a number above 0"),
    },
};

/// The machine's clocks.
pub fn clocks() -> Clocks {
    Clocks { counter_hertz: system::ticks_per_second(), core_hertz: CORE_HERTZ }
}

/// The machine's clocks, for people.
pub fn told() -> impl Display {
    Told(clocks())
}

struct Told(Clocks);

impl Display for Told {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "counter {} Hz", self.0.counter_hertz)?;
        self.0.core_hertz.map_or(Ok(()), |hertz| write!(formatter, ", cores {hertz} Hz as the build was told"))
    }
}
