//! Reply objects (invariants 6 and 8): a server's list holds exactly what it owes; chains of calls never close, and time that was lent
//! is further down the chain of whoever lent it. Calls `reach`.

use super::reach::Reached;
use l4k::base::store::Ref;
use l4k::machine::simulated::Simulated;
use l4k::object::reply::{Loan, Reply, ReplyState};
use l4k::object::sched_context::Owner;
use l4k::object::thread::{State, Thread};
use l4k::operation::system::System;
use std::collections::BTreeSet;

/// A server's list holds exactly what it owes.
///
/// # Panics
/// If not.
pub fn check_lists(system: &System<Simulated>, reached: &Reached) {
    let mut listed = BTreeSet::new();
    for &thread in &reached.threads {
        let (mut next, mut previous) = (system.store.get(thread).replies, None);
        while let Some(reply) = next {
            let ReplyState::Owed { server, next: after, previous: before, .. } = system.store.get(reply).state else {
                panic!("{reply:?} is listed but not owed");
            };
            assert_eq!((server, before), (thread, previous), "list of {thread:?}");
            listed.insert(reply);
            previous = next;
            next = after;
        }
    }
    for reply in &reached.replies {
        let owed = matches!(system.store.get(*reply).state, ReplyState::Owed { .. });
        assert!(!owed || listed.contains(reply), "{reply:?} is owed by nobody");
    }
}

/// Who waits for whom never closes a circle; time that is not with its owner was lent by an owner that waits, and whoever passed it on has
/// not kept it.
///
/// # Panics
/// If not.
pub fn check_chains(system: &System<Simulated>, reached: &Reached) {
    for &thread in &reached.threads {
        chain(system, thread);
        check_lent_and_kept(system, thread);
    }
    for (owner, holder) in lent(system, reached) {
        let waits = matches!(system.store.get(owner).state, State::AwaitingReply { .. });
        let kept = way(system, reached, owner).len() > 1;
        assert!(waits || kept, "the time of {owner:?}, which waits for no answer, is with {holder:?}");
    }
}

/// Time that was lent is with somebody further down the chain of whoever lent it.
///
/// # Panics
/// If not.
pub fn check_lent_time(system: &System<Simulated>, reached: &Reached) {
    for (owner, holder) in lent(system, reached) {
        let of_chain = |holder| way(system, reached, owner).contains(&holder);
        let inside = holder.is_none_or(of_chain);
        assert!(inside, "the time of {owner:?} is outside its chain, with {holder:?}");
    }
}

/// The way that a thread's own time may have taken: to whom it waits for, or to whom is to give it back, one after the other. Where that is
/// not known any more, to whoever is to give it to its owner.
fn way(system: &System<Simulated>, reached: &Reached, owner: Ref<Thread>) -> BTreeSet<Ref<Thread>> {
    let binding = system.store.get(owner).own_context.and_then(|own| system.store.get(own).binding);
    let has_it =
        |thread: &Ref<Thread>| system.store.get(*thread).overdue.get().is_some_and(|it| Some(it.binding) == binding);
    let is_lost = |thread: &Ref<Thread>| system.store.get(*thread).overdue.get().is_some_and(|it| it.lender.is_none());
    let lost = reached.threads.iter().copied().filter(|thread| has_it(thread) && is_lost(thread));
    let mut passed = BTreeSet::new();
    let mut open: Vec<Ref<Thread>> = std::iter::once(owner).chain(lost).collect();
    while let Some(thread) = open.pop() {
        if passed.insert(thread) {
            open.extend(debt_to(system, thread).map(|(_, server, _)| server));
            open.extend(system.store.get(thread).overdue_from.filter(has_it));
        }
    }
    passed
}

/// Who is to give time back and who gets it know each other. Who receives has given it back.
///
/// # Panics
/// If not.
pub fn check_overdue(system: &System<Simulated>, reached: &Reached) {
    for &thread in &reached.threads {
        let object = system.store.get(thread);
        if let Some(overdue) = object.overdue.get() {
            let back = overdue.lender.map(|lender| system.store.get(lender).overdue_from);
            assert!(back.is_none_or(|back| back == Some(thread)), "{thread:?} owes time to one who does not know it");
            let receives = matches!(object.state, State::Receiving { .. });
            let time = object.running_on.map(|context| system.store.get(context).binding);
            assert!(!receives || time != Some(Some(overdue.binding)), "{thread:?} receives on time that is overdue");
        }
        if let Some(server) = object.overdue_from {
            let lender = system.store.get(server).overdue.get().and_then(|overdue| overdue.lender);
            assert_eq!(lender, Some(thread), "{thread:?} waits for time of {server:?}, which does not know it");
        }
    }
}

/// Owners whose time is not with them, and with whom it is.
fn lent(system: &System<Simulated>, reached: &Reached) -> Vec<(Ref<Thread>, Option<Ref<Thread>>)> {
    let both = reached.contexts.iter().filter_map(|context| {
        let context = system.store.get(*context);
        let Owner::Thread(owner) = context.owner else { return None };
        Some((owner, context.thread))
    });
    both.filter(|(owner, holder)| *holder != Some(*owner)).collect()
}

/// A thread and those that it waits for, one through the other.
fn chain(system: &System<Simulated>, first: Ref<Thread>) -> BTreeSet<Ref<Thread>> {
    let mut passed = BTreeSet::from([first]);
    let mut thread = first;
    while let Some((_, server, _)) = debt_to(system, thread) {
        assert!(passed.insert(server), "a chain of calls comes back to {server:?}");
        thread = server;
    }
    passed
}

/// The reply object that a thread waits for, who owes it, and whether time went along.
fn debt_to(system: &System<Simulated>, thread: Ref<Thread>) -> Option<(Ref<Reply>, Ref<Thread>, Loan)> {
    let State::AwaitingReply { reply, .. } = system.store.get(thread).state else { return None };
    match system.store.get(reply).state {
        ReplyState::Owed { server, loan, .. } => Some((reply, server, loan)),
        _ => None,
    }
}

/// A thread that passed time on has nobody else's time: there is one context in a chain of loans.
fn check_lent_and_kept(system: &System<Simulated>, thread: Ref<Thread>) {
    let Some((_, _, Loan::Lent(_))) = debt_to(system, thread) else { return };
    if let Some(context) = system.store.get(thread).running_on {
        let owner = system.store.get(context).owner;
        assert_eq!(owner, Owner::Thread(thread), "{thread:?} has passed time on and still runs on that of {owner:?}");
    }
}
