//! Calls and answers between two address spaces.

use bench_support::role::{Role, pair};
use l4k_sys::handle::NewObject;

use super::simple::ROUNDS;
use crate::harness::threads::Helper;
use crate::harness::words::line;
use crate::harness::{Bench, Manner, Outcome, Side};

/// Priority of clients and servers.
pub const PRIORITY: u8 = 100;

/// Words of a short message.
const SHORT: u64 = 2;

const CLIENT: Manner = Manner::of(Side::Left, PRIORITY);
const SERVER: Manner = Manner::of(Side::Right, PRIORITY);

impl Bench<'_> {
    /// A server of this role that waits, and works on its callers' time; the client's slot for its endpoint.
    pub fn serve(&mut self, manner: Manner, role: Role) -> Outcome<u64> {
        let (endpoint, server) = self.serve_on_own_time(manner, role)?;
        server.context.unbind()?;
        Ok(endpoint)
    }

    /// The same with time of its own.
    pub fn serve_on_own_time(&mut self, manner: Manner, role: Role) -> Outcome<(u64, Helper)> {
        let endpoint = self.endpoint()?.slot();
        let there = self.give(Side::Right, endpoint)?;
        let reply = self.make_at(Side::Right, NewObject::Reply)?;
        let server = self.start(manner, role, pair(there, reply), 0)?;
        Ok((self.give(Side::Left, endpoint)?, server))
    }

    /// A client that calls until it is done.
    pub fn call(&mut self, manner: Manner, role: Role, endpoint: u64, words: u64) -> Outcome {
        self.start(manner, role, pair(endpoint, words), ROUNDS)?;
        self.wait_for_report()
    }
}

/// A short message to a server that waits: a passive one, as in the benchmark of seL4's MCS variant, whose fast path is for such servers.
pub fn call(bench: &mut Bench<'_>) -> Outcome {
    bench.name("call");
    let endpoint = bench.serve(SERVER, Role::Server)?;
    bench.call(CLIENT, Role::Client, endpoint, SHORT)
}

/// The same to a server with time of its own.
pub fn own_time(bench: &mut Bench<'_>) -> Outcome {
    bench.name("call_own_time");
    let (endpoint, _) = bench.serve_on_own_time(SERVER, Role::Server)?;
    bench.call(CLIENT, Role::Client, endpoint, SHORT)
}

/// The same between threads that use the FP unit.
pub fn floating_point(bench: &mut Bench<'_>) -> Outcome {
    bench.name("call_fp");
    let endpoint = bench.serve(SERVER.floating_point(), Role::FloatingPointServer)?;
    bench.call(CLIENT.floating_point(), Role::FloatingPointClient, endpoint, SHORT)
}

/// Messages of all lengths, to a server that waits.
pub fn lengths(bench: &mut Bench<'_>) -> Outcome {
    let endpoint = bench.serve(SERVER, Role::Server)?;
    for words in [0, 1, 2, 4, 6, 7, 8, 10, 12, 16, 24, 32, 48, 64, 80, 96, 112, 120] {
        bench.name(&line(format_args!("words_{words}")));
        bench.call(CLIENT, Role::Client, endpoint, words)?;
    }
    Ok(())
}

/// A server that answers and receives in two calls: with a client that is less urgent, and with one that is more urgent and has called again
/// before the server receives.
pub fn split(bench: &mut Bench<'_>) -> Outcome {
    let (endpoint, _) = bench.serve_on_own_time(SERVER, Role::SplitServer)?;
    bench.name("split_low");
    bench.call(Manner::of(Side::Left, PRIORITY - 10), Role::Client, endpoint, SHORT)?;
    bench.name("split_high");
    bench.call(Manner::of(Side::Left, PRIORITY + 10), Role::Client, endpoint, SHORT)
}

/// One to four capabilities with a message.
pub fn capabilities(bench: &mut Bench<'_>) -> Outcome {
    for count in 1..=4 {
        bench.name(&line(format_args!("call_caps_{count}")));
        let endpoint = bench.endpoint()?.slot();
        let there = bench.give(Side::Right, endpoint)?;
        let reply = bench.make_at(Side::Right, NewObject::Reply)?;
        let window = bench.side_slots(Side::Right, count).slot;
        bench.start(SERVER, Role::Taker, pair(there, reply), pair(window, count))?;
        let here = bench.give(Side::Left, endpoint)?;
        let given = bench.notification()?.slot();
        let first = bench.give(Side::Left, given)?;
        for _ in 1..count {
            bench.give(Side::Left, given)?;
        }
        bench.start(CLIENT, Role::Giver, pair(here, first), pair(count, ROUNDS))?;
        bench.wait_for_report()?;
    }
    Ok(())
}
