//! References between threads and what they work with, and chains of calls. Calls `stage`.

use crate::stage::{caller, context, fires, fires_in, notification, passive_server, reply};
use l4k::base::store::Ref;
use l4k::object::reply::{Grant, Loan, Reply, ReplyState};
use l4k::object::sched_context::{Binding, Owner};
use l4k::object::thread::{CallKind, State, Suspension, Thread};
use l4k_model::invariants;
use l4k_model::objects::{Spawned, Time};
use l4k_model::world::{CORE, World, slot};
use l4k_sys::abi::{ObjectKind, SystemCall};
use std::num::NonZeroU64;

/// The root has received a call: who called, and the reply object.
fn called(world: &mut World) -> (Spawned, Ref<Reply>) {
    let endpoint = world.make(ObjectKind::Endpoint, 0);
    let number = world.make(ObjectKind::Reply, 0);
    let client = caller(world, endpoint);
    world.system_call(SystemCall::Receive as u64, [endpoint, 0, 0, 0, 0, 0, 0, 0], number);
    (client, reply(world, number))
}

fn thread(world: &mut World, thread: Ref<Thread>) -> &mut Thread {
    world.kernel.system.store.get_mut(thread)
}

fn bound_notification(world: &mut World) -> u64 {
    let number = world.make(ObjectKind::Notification, 0);
    world.call(SystemCall::ThreadBindNotification, &[slot::THREAD, number]).unwrap();
    number
}

#[test]
fn contexts_and_threads() {
    fires("own context of", |world| {
        let spawned = world.spawn(5, Time::Own);
        let object = context(world, spawned.context);
        world.kernel.system.store.get_mut(object).owner = Owner::Nobody;
    });
    fires("context of", |world| {
        let spawned = world.spawn(5, Time::Own);
        let object = context(world, spawned.context);
        world.kernel.system.store.get_mut(object).thread = None;
    });
    fires("thread of", |world| {
        let spawned = world.spawn(5, Time::Own);
        world.kernel.system.ready_remove(CORE, spawned.thread);
        thread(world, spawned.thread).running_on = None;
    });
    fires("owner of", |world| {
        let spawned = world.spawn(5, Time::Own);
        thread(world, spawned.thread).own_context = None;
    });
}

#[test]
fn notifications_and_threads() {
    fires("bound notification of", |world| {
        let number = bound_notification(world);
        let object = notification(world, number);
        world.kernel.system.store.get_mut(object).bound = None;
    });
    fires("thread bound to", |world| {
        bound_notification(world);
        let root = world.root;
        thread(world, root).notification = None;
    });
}

#[test]
fn reply_objects_and_threads() {
    fires("awaits", |world| {
        let (_, reply) = called(world);
        let root = world.root;
        world.kernel.system.store.get_mut(reply).state = ReplyState::Idle;
        thread(world, root).replies = None;
    });
    fires("is owed", |world| {
        let (client, _) = called(world);
        thread(world, client.thread).state = State::Suspended(Suspension::Stopped);
    });
    fires("receives with", |world| {
        let server = passive_server(world);
        let object = reply(world, server.reply);
        world.kernel.system.store.get_mut(object).state = ReplyState::Idle;
    });
    fires("is offered", |world| {
        let number = world.make(ObjectKind::Reply, 0);
        let (object, receiver) = (reply(world, number), world.root);
        world.kernel.system.store.get_mut(object).state = ReplyState::Offered { receiver };
    });
}

#[test]
fn lists_of_what_a_server_owes() {
    fires("is owed by nobody", |world| {
        called(world);
        let root = world.root;
        thread(world, root).replies = None;
    });
    fires("is listed but not owed", |world| {
        let number = world.make(ObjectKind::Reply, 0);
        let (object, root) = (reply(world, number), world.root);
        thread(world, root).replies = Some(object);
    });
    fires("list of", |world| {
        called(world);
        let spawned = world.spawn(5, Time::Own);
        let root = world.root;
        let replies = thread(world, root).replies.take();
        thread(world, spawned.thread).replies = replies;
    });
    fires("list of", |world| {
        let (_, object) = called(world);
        let (_, second) = called(world);
        let ReplyState::Owed { previous, .. } = &mut world.kernel.system.store.get_mut(object).state else { panic!() };
        assert_eq!(previous.take(), Some(second));
    });
}

#[test]
fn a_chain_of_calls_that_closes() {
    fires("a chain of calls comes back to", |world| {
        let (client, _) = called(world);
        let number = world.make(ObjectKind::Reply, 0);
        let (object, root) = (reply(world, number), world.root);
        world.kernel.system.leave_ready(root, State::AwaitingReply { reply: object, kind: CallKind::Message });
        world.kernel.system.store.get_mut(object).state = ReplyState::Owed {
            caller: root,
            server: client.thread,
            next: None,
            previous: None,
            loan: Loan::None,
            grant: Grant::Denied,
        };
        thread(world, client.thread).replies = Some(object);
    });
}

#[test]
fn time_that_is_lost_or_stolen() {
    fires("which waits for no answer", |world| {
        let spawned = world.spawn(5, Time::Own);
        let object = context(world, spawned.context);
        world.kernel.system.detach_context(object);
    });
    fires("which waits for no answer", |world| {
        let [spawned, other] = [world.spawn(5, Time::Own), world.spawn(5, Time::Lent)];
        let object = context(world, spawned.context);
        world.kernel.system.detach_context(object);
        world.kernel.system.attach_context(other.thread, object);
    });
    fires_in(invariants::check, "is outside its chain", |world| {
        let server = passive_server(world);
        let client = caller(world, server.endpoint);
        let object = context(world, client.context);
        assert_eq!(world.kernel.system.store.get(object).thread, Some(server.thread), "time is lent");
        let other = world.spawn(5, Time::Lent);
        world.kernel.system.detach_context(object);
        world.kernel.system.attach_context(other.thread, object);
    });
    fires("still runs on that of", |world| {
        let (client, object) = called(world);
        let ReplyState::Owed { loan, .. } = &mut world.kernel.system.store.get_mut(object).state else { panic!() };
        *loan = Loan::Lent(Binding(NonZeroU64::MIN));
        let object = context(world, client.context);
        world.kernel.system.store.get_mut(object).owner = Owner::Nobody;
        thread(world, client.thread).own_context = None;
    });
}
