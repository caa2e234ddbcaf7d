//! Deleting a capability, step by step. The last capability to an object takes the object with it; whoever waits on that
//! object wakes with `PeerGone`. A step is bounded; between steps the kernel may be left and the call made again.

use super::next::Progress;
use super::system::System;
use crate::base::arch::Arch;
use crate::base::store::Ref;
use crate::object::Life;
use crate::object::capability::Capability;
use crate::object::endpoint::{Clients, Endpoint, SoleReceiver};
use crate::object::irq::Irq;
use crate::object::notification::Notification;
use crate::object::slot::Slot;

impl<A: Arch> System<A> {
    /// One step of deleting the capability in a slot of a CNode. Complete when the slot is empty. It begins no work on dying CNodes: whoever
    /// calls it has looked for a remnant (`begun_in`) before.
    pub fn delete_step(&mut self, slot: Ref<Slot>) -> Progress {
        match self.store.get(slot).capability {
            Capability::Thread { object } if self.store.get(object).references == 1 => {
                if self.hand_on_child(slot) || self.destroy_thread_step(object) == Progress::More {
                    return Progress::More;
                }
                self.remove_leaf(slot);
                Progress::Complete
            }
            Capability::Irq { object } if self.store.get(object).references == 1 => {
                if self.hand_on_child(slot) || self.destroy_irq_step(object) == Progress::More {
                    return Progress::More;
                }
                self.remove_leaf(slot);
                Progress::Complete
            }
            _ => self.delete_plain_step(slot),
        }
    }

    /// [`delete_step`](Self::delete_step) for every kind whose object holds no capabilities inside itself, CNodes among them
    /// (those leave a remnant, and are emptied after this): the slots inside threads and Irqs hold only such.
    pub fn delete_plain_step(&mut self, slot: Ref<Slot>) -> Progress {
        let capability = self.store.get(slot).capability;
        match capability {
            Capability::Empty => return Progress::Complete,
            Capability::Remnant { .. } => return Progress::More,
            _ => (),
        }
        if self.hand_on_child(slot) {
            return Progress::More;
        }
        match capability {
            Capability::Frame { .. } => _ = self.unmap(slot),
            // The slot may be that of a thread.
            Capability::AddressSpace { .. } => self.lose_space(slot),
            _ => (),
        }
        let last = match self.references(&capability) {
            Some(count) if *count > 1 => {
                *count -= 1;
                false
            }
            Some(_) => true,
            None => false,
        };
        if let Capability::CNode { object, size_bits, .. } = capability
            && last
        {
            self.begin_dying(slot, object, size_bits);
            return Progress::More;
        }
        if last && self.destroy_step(&capability) == Progress::More {
            return Progress::More;
        }
        self.remove_leaf(slot);
        Progress::Complete
    }

    /// One step of taking an object apart whose last capability is this.
    fn destroy_step(&mut self, capability: &Capability) -> Progress {
        match *capability {
            Capability::Endpoint { object, .. } => self.drain_endpoint(object),
            Capability::Notification { object, .. } => self.drain_notification(object),
            Capability::AsidPool { object } => self.drain_pool(object),
            Capability::Reply { object } => {
                self.release_reply(object);
                Progress::Complete
            }
            Capability::SchedContext { object } => {
                self.disown(object);
                self.settle_payer(object);
                Progress::Complete
            }
            Capability::AddressSpace { object } => {
                self.release_asid(object);
                Progress::Complete
            }
            _ => Progress::Complete,
        }
    }

    fn drain_endpoint(&mut self, endpoint: Ref<Endpoint>) -> Progress {
        let object = self.store.get_mut(endpoint);
        object.life = Life::Dying;
        (object.alone, object.clients) = (SoleReceiver::Nobody, Clients::NONE);
        let Some(thread) = object.queue.first else { return Progress::Complete };
        self.peer_gone(thread);
        Progress::More
    }

    fn drain_notification(&mut self, notification: Ref<Notification>) -> Progress {
        let object = self.store.get_mut(notification);
        object.life = Life::Dying;
        if let Some(thread) = object.bound.take() {
            self.store.get_mut(thread).notification = None;
        }
        if let Some(context) = self.store.get(notification).context {
            self.disown(context);
        }
        let Some(thread) = self.store.get(notification).queue.first else { return Progress::Complete };
        self.peer_gone(thread);
        Progress::More
    }

    fn destroy_irq_step(&mut self, irq: Ref<Irq>) -> Progress {
        self.mask_irq(irq);
        if self.store.get(irq.notification()).capability != Capability::Empty {
            let _ = self.delete_plain_step(irq.notification());
            return Progress::More;
        }
        if let Some(line) = self.store.get_mut(irq).line.take()
            && let Some(place) = self.lines.get_mut(line.0 as usize)
        {
            *place = None;
        }
        Progress::Complete
    }
}
