//! System calls on endpoints, reply objects and notifications.

use super::arguments::{Arguments, X9};
use crate::base::arch::Arch;
use crate::base::store::Ref;
use crate::object::Life;
use crate::object::capability::Capability;
use crate::object::endpoint::Endpoint;
use crate::object::notification::Notification;
use crate::object::reply::{Grant, Reply, ReplyState};
use crate::operation::next::{Next, Progress};
use crate::operation::receive::Wait;
use crate::operation::system::System;
use l4k_sys::Error;
use l4k_sys::abi::Rights;

/// `Call`.
pub fn call<A: Arch>(system: &mut System<A>, &Arguments { caller, x }: &Arguments) -> Result<Next, Error> {
    match system.capability(caller, x[0])? {
        Capability::Endpoint { rights, .. } if !rights.contains(Rights::CALL) => Err(Error::MissingRight),
        Capability::Endpoint { rights, object, badge } => system.call(caller, object, badge, Grant::of(rights)),
        _ => Err(Error::WrongKind),
    }
}

/// `Receive` and `TryReceive`.
#[inline(always)]
pub fn receive<A: Arch>(
    system: &mut System<A>,
    &Arguments { caller, x }: &Arguments,
    wait: Wait,
) -> Result<Next, Error> {
    let (endpoint, grant) = receiving_endpoint(system, &Arguments { caller, x })?;
    let reply = reply_object(system, &Arguments { caller, x }, x[X9])?;
    system.receive(caller, endpoint, reply, grant, wait)
}

/// `Reply`.
pub fn reply<A: Arch>(system: &mut System<A>, &Arguments { caller, x }: &Arguments) -> Result<Next, Error> {
    let reply = reply_object(system, &Arguments { caller, x }, x[0])?;
    let answer = system.check_reply(caller, reply)?;
    system.commit_reply(caller, answer);
    Ok(Next::Done)
}

/// `ReplyReceive`: everything that either half refuses is checked before the answer is given, and callers that cannot be received are
/// sent away before it. Only that can be interrupted. Answer and receive then are one step: a passive server has no time in between.
pub fn reply_receive<A: Arch>(system: &mut System<A>, &Arguments { caller, x }: &Arguments) -> Result<Next, Error> {
    let (endpoint, grant) = receiving_endpoint(system, &Arguments { caller, x })?;
    let reply = reply_object(system, &Arguments { caller, x }, x[X9])?;
    if system.store.get(endpoint).life == Life::Dying {
        return Err(Error::PeerGone);
    }
    let answer = system.check_reply(caller, reply)?;
    if system.prepare_receive(caller, endpoint, Some(answer)) == Progress::More {
        return Ok(Next::Restart);
    }
    system.commit_reply(caller, answer);
    debug_assert!(system.store.get(reply).state == ReplyState::Idle);
    system.receive_prepared(caller, endpoint, reply, grant, Wait::Block)
}

/// `Signal`.
pub fn signal<A: Arch>(system: &mut System<A>, &Arguments { caller, x }: &Arguments) -> Result<Next, Error> {
    match system.capability(caller, x[0])? {
        Capability::Notification { rights, .. } if !rights.contains(Rights::SIGNAL) => Err(Error::MissingRight),
        Capability::Notification { object, badge, .. } => {
            system.signal(object, badge);
            Ok(Next::Done)
        }
        _ => Err(Error::WrongKind),
    }
}

/// `Wait` and `Poll`.
#[inline(always)]
pub fn wait<A: Arch>(system: &mut System<A>, &Arguments { caller, x }: &Arguments, wait: Wait) -> Result<Next, Error> {
    let notification = waitable(system, &Arguments { caller, x }, x[0])?;
    system.wait(caller, notification, wait)
}

/// A notification with the right to wait on it.
#[inline(always)]
pub fn waitable<A: Arch>(
    system: &System<A>,
    &Arguments { caller, .. }: &Arguments,
    address: u64,
) -> Result<Ref<Notification>, Error> {
    match system.capability(caller, address)? {
        Capability::Notification { rights, .. } if !rights.contains(Rights::WAIT) => Err(Error::MissingRight),
        Capability::Notification { object, .. } => Ok(object),
        _ => Err(Error::WrongKind),
    }
}

/// `SetWindow`.
pub fn set_window<A: Arch>(system: &mut System<A>, &Arguments { caller, x }: &Arguments) -> Result<Next, Error> {
    system.set_window(caller, x[1], x[2])?;
    Ok(Next::Done)
}

/// `Yield`. Its result is written before the thread goes to the end of its queue.
pub fn yield_slice<A: Arch>(system: &mut System<A>, _: &Arguments) -> Result<Next, Error> {
    system.yield_slice();
    Ok(Next::Done)
}

#[inline(always)]
fn receiving_endpoint<A: Arch>(
    system: &System<A>,
    &Arguments { caller, x }: &Arguments,
) -> Result<(Ref<Endpoint>, Grant), Error> {
    match system.capability(caller, x[0])? {
        Capability::Endpoint { rights, .. } if !rights.contains(Rights::RECEIVE) => Err(Error::MissingRight),
        Capability::Endpoint { rights, object, .. } => Ok((object, Grant::of(rights))),
        _ => Err(Error::WrongKind),
    }
}

#[inline(always)]
fn reply_object<A: Arch>(
    system: &System<A>,
    &Arguments { caller, .. }: &Arguments,
    address: u64,
) -> Result<Ref<Reply>, Error> {
    match system.capability(caller, address)? {
        Capability::Reply { object } => Ok(object),
        _ => Err(Error::WrongKind),
    }
}
