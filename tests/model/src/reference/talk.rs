//! What a thread says in a conversation. Calls `driver`.

use super::driver::{Next, Pair};
use super::state::{Object, Reply, ThreadState};
use super::steps::Subject;
use l4k_sys::abi::SystemCall;

/// What is said.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said {
    pub core: u64,
    pub subject: Subject,
    /// Slots of endpoint, reply object and notification.
    pub objects: [u64; 3],
    pub tag: u64,
    pub words: [u64; 6],
    pub choice: u64,
}

impl Pair {
    /// Whoever runs says it.
    ///
    /// # Errors
    /// How the kernel and the model differ.
    pub(super) fn say(&mut self, speaker: Object, said: Said) -> Result<Next, String> {
        let [endpoint, reply, notification] = said.objects;
        let Some(call) = self.what_to_say(speaker, said) else {
            self.fault(speaker)?;
            return Ok(Next::GoesOn);
        };
        let first = match call {
            SystemCall::Reply => reply,
            SystemCall::Signal | SystemCall::Wait => notification,
            _ => endpoint,
        };
        let [a, b, c, d, e, f] = said.words;
        self.call(speaker, call, [first, said.tag, a, b, c, d, e, f, reply], None)
    }

    /// The call; `None` for a fault. Who owes an answer gives it; who finds nobody waiting, waits, and is the first one to run again; all others
    /// ask it.
    fn what_to_say(&self, speaker: Object, Said { core, subject, choice, .. }: Said) -> Option<SystemCall> {
        let waits = |is: fn(ThreadState) -> bool| {
            self.model.threads.values().any(|thread| thread.core == core && is(thread.state))
        };
        if self.owes(speaker) {
            let alone = subject == Subject::Answers && choice < 3;
            return Some(if alone { SystemCall::Reply } else { SystemCall::ReplyReceive });
        }
        if subject == Subject::Signals {
            let somebody = waits(|state| matches!(state, ThreadState::Waiting { .. }));
            return Some(match choice {
                0 => SystemCall::Yield,
                1 => SystemCall::Signal,
                _ if somebody => SystemCall::Signal,
                _ => SystemCall::Wait,
            });
        }
        let somebody = waits(|state| matches!(state, ThreadState::Receiving { .. }));
        match choice {
            _ if !somebody => Some(SystemCall::Receive),
            0 | 1 => None,
            _ => Some(SystemCall::Call),
        }
    }

    /// Whether somebody waits for an answer of a thread.
    fn owes(&self, thread: Object) -> bool {
        self.model.replies.values().any(|reply| matches!(reply, Reply::Owed { server, .. } if *server == thread))
    }
}
