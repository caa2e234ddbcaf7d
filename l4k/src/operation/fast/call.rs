//! `call` to a server that waits: the message in registers, or past the sixth word from buffer to buffer; the server runs at once.

use super::checks::Cores;
use super::message::{Delivered, Reach, Results, Sent};
use crate::base::arch::{Arch, CoreNumber};
use crate::object::thread::CallKind;
use crate::operation::system::System;

impl<A: Arch> System<A> {
    /// A call of the current thread. The server that runs then, with the message; `None`: nothing was done.
    #[inline(always)]
    pub fn fast_call(&mut self, here: CoreNumber, cores: Cores, sent: Sent, reach: Reach) -> Option<Delivered> {
        let tag = sent.plain_tag(reach)?;
        let caller = self.core(here).current?;
        let meeting = self.check_meeting(here, cores, caller, self.fast_capability(caller, sent.address))?;
        let rest = self.check_rest(caller, meeting.receiver, reach)?;
        let units = self.commit_meeting(here, meeting, CallKind::Message);
        self.copy_rest(rest, tag);
        let results = Results::Message { tag, words: sent.words };
        Some(Delivered { thread: meeting.receiver, units, results })
    }
}
