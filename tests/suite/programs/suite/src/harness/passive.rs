//! Passive servers: threads that work on the time of their callers, and how a test looks after them. May call `bench`,
//! `bodies`, `failure` and `threads`.

use l4k_parameters::keys::ATTACK_ROUNDS;
use l4k_sys::abi::{Error, FaultCause, FaultKind, ThreadState};
use l4k_sys::{Endpoint, Message, Received, Reply, SchedContext};

use super::bench::Bench;
use super::bodies::{self, Body, pair};
use super::failure::{Failure, Outcome, same};
use super::parameters::parameters;
use super::threads::{Helper, IDLE, Manner, URGENT, let_others_run};

/// Rounds of each attack on a passive server, if nobody asks for another number.
const ROUNDS: u64 = 200;

/// How often each attack on a passive server is made.
pub fn attack_rounds() -> u64 {
    parameters().number(ATTACK_ROUNDS).unwrap_or(ROUNDS)
}

/// A thread without time of its own that waits for calls.
pub struct Passive {
    /// The thread. Its context is bound to nothing.
    pub helper: Helper,
    /// Where it receives.
    pub endpoint: Endpoint,
    /// By what it answers.
    pub reply: Reply,
}

impl Passive {
    /// One with this body, which hears of no timeouts.
    pub fn new(bench: &mut Bench<'_>, body: Body, second: u64) -> Outcome<Passive> {
        Passive::with_timeouts(bench, body, second, None)
    }

    fn with_timeouts(bench: &mut Bench<'_>, body: Body, second: u64, timeouts: Option<Endpoint>) -> Outcome<Passive> {
        let (endpoint, reply) = (bench.endpoint()?, bench.reply()?);
        let helper = bench.thread(Manner::of(URGENT), body, [pair(endpoint, reply), second])?;
        helper.thread.set_timeout_endpoint(timeouts)?;
        helper.thread.resume()?;
        helper.is_in(ThreadState::Receiving)?;
        context_of(&helper)?.unbind()?;
        Ok(Passive { helper, endpoint, reply })
    }

    /// One that serves for ever, but works only while the suite waits, so that something can happen to its client
    /// meanwhile.
    pub fn slow(bench: &mut Bench<'_>) -> Outcome<Passive> {
        let server = Passive::new(bench, bodies::steady, 9)?;
        server.helper.thread.set_priority(IDLE, IDLE)?;
        Ok(server)
    }

    /// It answers a call of the suite, and waits for the next one.
    #[track_caller]
    pub fn serves(&self) -> Outcome {
        self.endpoint.call(Message::EMPTY)?;
        self.helper.is_in(ThreadState::Receiving)
    }
}

/// A slow passive server and the endpoint of its timeouts, at which the suite hears of them.
pub struct Watched {
    /// The server.
    pub server: Passive,
    timeouts: Endpoint,
    fault: Reply,
}

impl Watched {
    /// A server with this body. It works only while the suite waits.
    pub fn new(bench: &mut Bench<'_>, body: Body, second: u64) -> Outcome<Watched> {
        let (timeouts, fault) = (bench.endpoint()?, bench.reply()?);
        let server = Passive::with_timeouts(bench, body, second, Some(timeouts))?;
        server.helper.thread.set_priority(IDLE, IDLE)?;
        Ok(Watched { server, timeouts, fault })
    }

    /// Its time was taken: the suite is told at once, gives it time of its own, and takes that away again when it
    /// waits.
    #[track_caller]
    pub fn rescue(&self) -> Outcome {
        same("cause", self.told()?, FaultCause::TimeTaken)?;
        let spare = context_of(&self.server.helper)?;
        spare.bind(self.server.helper.thread)?;
        self.fault.resume()?;
        let_others_run()?;
        self.server.helper.is_in(ThreadState::Receiving)?;
        Ok(spare.unbind()?)
    }

    /// The cause of a timeout that the suite hears of now.
    #[track_caller]
    fn told(&self) -> Outcome<FaultCause> {
        self.cause(self.timeouts.try_receive(self.fault)?)
    }

    /// The same, for one that is still to come.
    #[track_caller]
    pub fn is_told_in_the_end(&self) -> Outcome<FaultCause> {
        self.cause(self.timeouts.receive(self.fault)?)
    }

    #[track_caller]
    fn cause(&self, received: Received) -> Outcome<FaultCause> {
        let Received::Fault { message, .. } = received else {
            return Err(Failure::new(format_args!("{received:?}, and no fault")));
        };
        let fault = message.fault().ok_or_else(|| Failure::new(format_args!("{message:?} does not decode")))?;
        same("kind", fault.kind, FaultKind::Timeout)?;
        Ok(fault.cause)
    }

    /// The client in the middle of whose work the server was stopped is refused, and the server begins anew, on time of
    /// its own until it waits.
    pub fn refuse_and_start_anew(&self, body: Body, second: u64) -> Outcome {
        let Passive { helper, endpoint, reply } = &self.server;
        reply.send(Message::REFUSAL)?;
        helper.thread.suspend()?;
        match self.fault.send(Message::REFUSAL) {
            // The fault went with the stop.
            Ok(()) | Err(Error::NobodyWaiting) => (),
            Err(error) => return Err(error.into()),
        }
        helper.begin(body, [pair(*endpoint, *reply), second])?;
        let spare = context_of(helper)?;
        spare.bind(helper.thread)?;
        helper.thread.resume()?;
        let_others_run()?;
        helper.is_in(ThreadState::Receiving)?;
        Ok(spare.unbind()?)
    }
}

/// The time that a thread was made with.
pub fn context_of(helper: &Helper) -> Outcome<SchedContext> {
    helper.context.ok_or_else(|| Failure::new(format_args!("no context")))
}
