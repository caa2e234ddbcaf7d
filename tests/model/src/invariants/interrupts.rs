//! Interrupts (invariant 13): an Irq and its line name each other, a line of nobody is masked, and one whose signal nobody took stays
//! masked. Calls nobody.

use super::reach::Reached;
use l4k::base::arch::{Line, Mask};
use l4k::machine::simulated::Simulated;
use l4k::object::capability::Capability;
use l4k::operation::system::System;

/// Checks lines and Irqs.
///
/// # Panics
/// If one is not as it should be.
pub fn check(system: &System<Simulated>, reached: &Reached) {
    for (number, irq) in system.lines.iter().enumerate() {
        let Some(irq) = irq else { continue };
        assert!(reached.irqs.contains(irq), "the Irq of line {number} is gone");
        assert_eq!(system.store.get(*irq).line, Some(Line(number as u16)), "the line of {irq:?}");
    }
    let unmasked = &system.store.machine.unmasked;
    for &irq in &reached.irqs {
        let object = system.store.get(irq);
        let bound = system.store.get(irq.notification()).capability != Capability::Empty;
        let Some(line) = object.line else {
            assert!(!bound && !object.missed, "{irq:?} was never issued but is in use");
            continue;
        };
        let issued = system.lines.get(usize::from(line.0)).copied().flatten();
        assert_eq!(issued, Some(irq), "{irq:?} stands for {line:?}, which another has");
        assert_eq!(object.mask == Mask::Unmasked, unmasked.contains(&line), "whether {line:?} of {irq:?} is masked");
        let waits = object.missed && unmasked.contains(&line);
        assert!(!waits, "an interrupt of {irq:?} was missed, and the next is let through");
    }
    for line in unmasked {
        let issued = system.lines.get(usize::from(line.0)).copied().flatten();
        assert!(issued.is_some(), "{line:?} is not masked, but nobody has it");
    }
}
