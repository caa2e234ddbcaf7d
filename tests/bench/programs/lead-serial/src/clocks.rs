//! How fast the counter and the cores are. May call nothing of this program.

use core::fmt::{self, Display, Formatter};

use l4k_marks::line::Clocks;
use l4k_parameters::Block;
use l4k_parameters::keys::CORE_HERTZ;
use l4k_sys::system;

/// What whoever writes the image says: the parameter `core-hertz` is the cycles of a core in a second.
#[used]
static PARAMETERS: Block = Block::new();

/// The machine's clocks.
pub fn clocks() -> Clocks {
    Clocks { counter_hertz: system::ticks_per_second(), core_hertz: PARAMETERS.read().number(CORE_HERTZ) }
}

/// The machine's clocks, for people.
pub fn told() -> impl Display {
    Told(clocks())
}

struct Told(Clocks);

impl Display for Told {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "counter {} Hz", self.0.counter_hertz)?;
        self.0.core_hertz.map_or(Ok(()), |hertz| write!(formatter, ", cores {hertz} Hz as the image was told"))
    }
}
