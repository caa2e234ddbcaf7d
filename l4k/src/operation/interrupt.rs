//! Interrupts: from a line to a signal, and what a driver does with its Irq.

use super::system::System;
use crate::base::arch::{Arch, Claimed, Line, Mask, Trigger};
use crate::base::index::element_mut;
use crate::base::store::Ref;
use crate::base::time::Instant;
use crate::object::capability::Capability;
use crate::object::irq::{Acknowledge, Irq};
use crate::object::slot::Slot;
use l4k_sys::Error;

impl<A: Arch> System<A> {
    /// Deals with one pending interrupt: the timer, or a device's line, which is masked until its driver acknowledges it.
    pub fn interrupt(&mut self) {
        match self.store.machine.claim_interrupt() {
            Claimed::Spurious | Claimed::Reschedule => (),
            Claimed::Timer => {
                self.store.machine.set_deadline(None);
                self.core_mut(self.here).deadline = Instant::NEVER;
                self.charge();
                self.release_due();
            }
            Claimed::Line(line) => self.take_line(line),
        }
    }

    /// A line that no Irq stands for is masked.
    fn take_line(&mut self, line: Line) {
        let irq = self.lines.get(line.0 as usize).copied().flatten();
        match irq {
            Some(irq) if self.acknowledges_itself(irq) => (),
            Some(irq) => self.mask(irq, line, Mask::Masked),
            None => self.store.machine.mask_line(line, Mask::Masked),
        }
        self.store.machine.complete_interrupt(line);
        if let Some(irq) = irq {
            self.signal_irq(irq);
        }
    }

    /// Whether an Irq's line stays unmasked: the Irq is bound, and acknowledges itself.
    #[inline(always)]
    fn acknowledges_itself(&self, irq: Ref<Irq>) -> bool {
        let bound = self.store.get(irq.notification()).capability != Capability::Empty;
        bound && self.store.get(irq).acknowledge == Acknowledge::Itself
    }

    fn signal_irq(&mut self, irq: Ref<Irq>) {
        match self.store.get(irq.notification()).capability {
            Capability::Notification { object, badge, .. } => self.signal(object, badge),
            _ => self.store.get_mut(irq).missed = true,
        }
    }

    /// Masks or unmasks an Irq's line, and notes it.
    #[inline(always)]
    fn mask(&mut self, irq: Ref<Irq>, line: Line, mask: Mask) {
        self.store.machine.mask_line(line, mask);
        self.store.get_mut(irq).mask = mask;
    }

    /// Lets a line interrupt again. One that was missed is signalled instead, and stays masked until it is acknowledged.
    fn let_through(&mut self, irq: Ref<Irq>, line: Line) {
        let object = self.store.get_mut(irq);
        let missed = core::mem::take(&mut object.missed);
        if !missed || object.acknowledge == Acknowledge::Itself {
            self.mask(irq, line, Mask::Unmasked);
        }
        if missed {
            self.signal_irq(irq);
        }
    }

    /// Makes an Irq stand for a line. The line stays masked.
    ///
    /// # Errors
    /// `InvalidInterrupt`, `InterruptTaken`.
    pub fn issue(
        &mut self,
        irq: Ref<Irq>,
        line: Line,
        trigger: Trigger,
        acknowledge: Acknowledge,
    ) -> Result<(), Error> {
        if !self.store.machine.line_usable(line) {
            return Err(Error::InvalidInterrupt);
        }
        let place = element_mut(&mut self.lines, u64::from(line.0)).ok_or(Error::InvalidInterrupt)?;
        if place.is_some() || self.store.get(irq).line.is_some() {
            return Err(Error::InterruptTaken);
        }
        *place = Some(irq);
        let object = self.store.get_mut(irq);
        object.line = Some(line);
        object.acknowledge = acknowledge;
        self.mask(irq, line, Mask::Masked);
        self.store.machine.configure_line(line, trigger);
        Ok(())
    }

    /// Binds an issued Irq to the notification capability in a slot, and unmasks it; one that fired since its last notification went away
    /// is signalled instead and stays masked until it is acknowledged.
    ///
    /// # Errors
    /// `NotIssued`, `AlreadyBound`.
    pub fn bind_irq(&mut self, irq: Ref<Irq>, notification: Ref<Slot>) -> Result<(), Error> {
        let line = self.store.get(irq).line.ok_or(Error::NotIssued)?;
        if self.store.get(irq.notification()).capability != Capability::Empty {
            return Err(Error::AlreadyBound);
        }
        let capability = self.store.get(notification).capability;
        self.add_reference(&capability);
        self.insert_child(notification, irq.notification(), capability);
        self.let_through(irq, line);
        Ok(())
    }

    /// Whether an Irq has a notification to forget.
    ///
    /// # Errors
    /// `NotBound`.
    pub fn check_unbind_irq(&self, irq: Ref<Irq>) -> Result<(), Error> {
        match self.store.get(irq.notification()).capability {
            Capability::Empty => Err(Error::NotBound),
            _ => Ok(()),
        }
    }

    /// Masks an Irq's line, if it stands for one.
    pub fn mask_irq(&mut self, irq: Ref<Irq>) {
        if let Some(line) = self.store.get(irq).line {
            self.mask(irq, line, Mask::Masked);
        }
    }

    /// Does at once what an interrupt of the Irq's line would do: whoever raises it pays for it. The interrupt controller has no part in it. It
    /// would interrupt the core that the line is sent to, and take that core's time from whoever runs there.
    ///
    /// # Errors
    /// `NotIssued`.
    pub fn raise_irq(&mut self, irq: Ref<Irq>) -> Result<(), Error> {
        let line = self.store.get(irq).line.ok_or(Error::NotIssued)?;
        if self.store.get(irq).mask == Mask::Masked {
            self.store.get_mut(irq).missed = true;
            return Ok(());
        }
        if !self.acknowledges_itself(irq) {
            self.mask(irq, line, Mask::Masked);
        }
        self.signal_irq(irq);
        Ok(())
    }

    /// Sends an Irq's line to a core.
    ///
    /// # Errors
    /// `NotIssued`; `InvalidCore`.
    pub fn route_irq(&mut self, irq: Ref<Irq>, core: u64) -> Result<(), Error> {
        let line = self.store.get(irq).line.ok_or(Error::NotIssued)?;
        let core = self.core_numbered(core)?;
        self.store.machine.route_line(line, core);
        Ok(())
    }

    /// `ack`: lets the line interrupt again.
    ///
    /// # Errors
    /// `NotIssued`; `NotBound`, since an interrupt without a notification would be lost.
    pub fn acknowledge(&mut self, irq: Ref<Irq>) -> Result<(), Error> {
        let line = self.store.get(irq).line.ok_or(Error::NotIssued)?;
        self.check_unbind_irq(irq)?;
        self.let_through(irq, line);
        Ok(())
    }
}
