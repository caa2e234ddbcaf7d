//! Hangs on purpose, instead of the tests: what the kernel prints then is read by whoever boots the suite.

use l4k_init::Resources;
use l4k_parameters::Text;
use l4k_parameters::keys::{FAULTS, HANG, HANG_AFTER_FAULTS, HANG_FOR_INTERRUPTS};
use l4k_sys::Message;
use l4k_sys::abi::ThreadState;

use super::alarm::Alarm;
use super::bench::{Bench, MAIN, page};
use super::bodies;
use super::cells::Cell;
use super::failure::{Failure, Outcome};
use super::system::System;
use super::threads::{Manner, URGENT, until};

/// Hangs if the parameters ask for it, and how they do.
pub fn hang_if_asked(system: &mut System, parameters: &Text) -> Outcome {
    match parameters.value(HANG) {
        None => Ok(()),
        Some(kind) => hang(&mut Bench::new(system), kind),
    }
}

/// The suite takes the call of a client on the last core, and does not answer. Then it calls where only it receives.
fn hang(bench: &mut Bench<'_>, kind: &str) -> Outcome {
    let (endpoint, reply) = (bench.endpoint()?, bench.reply()?);
    let client = bench.start_on(bench.cores() - 1, URGENT, bodies::caller, [endpoint.slot(), Cell(0).0])?;
    Resources::DEBUG_CONSOLE.name_thread(MAIN, "suite")?;
    Resources::DEBUG_CONSOLE.name_thread(client.thread, "client")?;
    if kind == HANG_AFTER_FAULTS {
        fault_again_and_again(bench)?;
    }
    if kind == HANG_FOR_INTERRUPTS {
        let notification = bench.notification()?;
        Alarm::new(bench)?.issue(bench)?.bind(notification)?;
    }
    endpoint.receive(reply)?;
    let answer = endpoint.call(Message::EMPTY);
    Err(Failure::new(format_args!("a call that nobody receives came back: {:?}", answer.map(drop))))
}

/// A thread on the last core faults, and is started again. Nobody handles its faults.
fn fault_again_and_again(bench: &mut Bench<'_>) -> Outcome {
    let arguments = [page(3), Cell(0).0];
    let crasher = bench.thread_on(bench.cores() - 1, Manner::of(URGENT), bodies::reader, arguments)?;
    Resources::DEBUG_CONSOLE.name_thread(crasher.thread, "crasher")?;
    for _ in 0..FAULTS {
        crasher.begin(bodies::reader, arguments)?;
        crasher.thread.resume()?;
        until("the thread has faulted", || crasher.state().is_ok_and(|state| state == Some(ThreadState::Faulted)))?;
    }
    Ok(())
}
