//! Passive servers: whatever comes between an answer and the next receive, they have time or they wait.

use l4k::base::store::Ref;
use l4k::object::capability::Capability;
use l4k::object::sched_context::SchedContext;
use l4k::object::slot::Slot;
use l4k::object::thread::{State, Thread, Window};
use l4k_model::objects::{Spawned, Time};
use l4k_model::world::{Outcome, World};
use l4k_sys::Error;
use l4k_sys::abi::{ObjectKind, Rights, SystemCall, Tag};

/// More callers than are refused in one step.
const MANY: usize = 9;

fn receive(world: &mut World, thread: Ref<Thread>, endpoint: u64, reply: u64) -> Outcome {
    world.run(thread);
    world.system_call(SystemCall::Receive as u64, [endpoint, 0, 0, 0, 0, 0, 0, 0], reply)
}

fn call(world: &mut World, thread: Ref<Thread>, endpoint: u64, tag: u64) {
    world.run(thread);
    world.system_call(SystemCall::Call as u64, [endpoint, tag, 0, 0, 0, 0, 0, 0], 0);
}

fn reply_receive(world: &mut World, thread: Ref<Thread>, endpoint: u64, reply: u64) -> Outcome {
    world.run(thread);
    world.system_call(SystemCall::ReplyReceive as u64, [endpoint, 0, 0, 0, 0, 0, 0, 0], reply)
}

fn as_root(world: &mut World, call: SystemCall, arguments: &[u64]) {
    world.run(world.root);
    world.call(call, arguments).expect("a call that the root may make");
}

fn runs_on(world: &World, thread: Ref<Thread>) -> Option<Ref<SchedContext>> {
    world.kernel.system.store.get(thread).running_on
}

fn context(world: &World, number: u64) -> Option<Ref<SchedContext>> {
    match world.capability(number) {
        Capability::SchedContext { object } => Some(object),
        _ => None,
    }
}

fn status(world: &World, thread: Ref<Thread>) -> Option<Error> {
    Error::from_code(world.results(thread).status)
}

/// A passive server that works for its first client.
struct Scene {
    world: World,
    endpoint: u64,
    reply: u64,
    server: Spawned,
    client: Spawned,
}

fn scene() -> Scene {
    let mut world = World::new();
    let (endpoint, reply) = (world.make(ObjectKind::Endpoint, 0), world.make(ObjectKind::Reply, 0));
    let server = world.spawn(50, Time::Own);
    receive(&mut world, server.thread, endpoint, reply);
    as_root(&mut world, SystemCall::SchedContextUnbind, &[server.context]);
    let client = world.spawn(5, Time::Own);
    call(&mut world, client.thread, endpoint, 0);
    assert_eq!(runs_on(&world, server.thread), context(&world, client.context), "lent with the call");
    Scene { world, endpoint, reply, server, client }
}

impl Scene {
    /// Another caller, which joins the queue.
    fn queue(&mut self, through: u64, tag: u64) -> Spawned {
        self.world.run(self.world.root);
        let caller = self.world.spawn(5, Time::Own);
        call(&mut self.world, caller.thread, through, tag);
        assert!(matches!(self.world.state(caller.thread), State::Calling { .. }));
        caller
    }

    /// One more caller, for a server that waits.
    fn call_now(&mut self) -> Spawned {
        self.world.run(self.world.root);
        let caller = self.world.spawn(5, Time::Own);
        call(&mut self.world, caller.thread, self.endpoint, 0);
        caller
    }

    /// One whose capability is gone by the time that the server receives.
    fn queue_stale(&mut self) -> Spawned {
        self.world.run(self.world.root);
        let through = self.world.copy(self.endpoint, Rights::CALL);
        let caller = self.queue(through, 0);
        as_root(&mut self.world, SystemCall::CNodeDelete, &[0, through]);
        caller
    }

    /// Fills a context with time of another core.
    fn move_away(&mut self, context: u64) {
        let world = &mut self.world;
        world.kernel.system.core_count = 2;
        world.run(world.root);
        let control = world.new_slot();
        let capability = Capability::SchedControl { core: 1 };
        *world.kernel.system.store.get_mut(world.table.slot(control as u32)) = Slot { capability, ..Slot::EMPTY };
        world.call(SystemCall::SchedControlConfigure, &[control, context, 5_000_000, 5_000_000]).expect("time");
    }

    fn answer_and_receive(&mut self) -> Outcome {
        reply_receive(&mut self.world, self.server.thread, self.endpoint, self.reply)
    }
}

#[test]
fn a_passive_server_that_is_interrupted_has_not_answered_yet() {
    let mut scene = scene();
    let stale: Vec<Spawned> = (0..MANY).map(|_| scene.queue_stale()).collect();
    scene.world.kernel.system.store.machine.preempt_after.set(Some(0));
    assert_eq!(scene.answer_and_receive(), Outcome::Restarted);
    assert_eq!(runs_on(&scene.world, scene.server.thread), context(&scene.world, scene.client.context));
    assert!(matches!(scene.world.state(scene.client.thread), State::AwaitingReply { .. }));
    scene.world.kernel.system.store.machine.preempt_after.set(None);
    assert_eq!(scene.answer_and_receive(), Outcome::Blocked);
    assert_eq!(scene.world.state(scene.client.thread), State::Ready);
    assert!(matches!(scene.world.state(scene.server.thread), State::Receiving { .. }));
    for caller in stale {
        assert_eq!(status(&scene.world, caller.thread), Some(Error::InvalidCapability));
    }
}

#[test]
fn a_stale_caller_and_an_interrupt_do_not_stop_a_passive_server() {
    let mut scene = scene();
    let stale = scene.queue_stale();
    scene.world.kernel.system.store.machine.preempt_after.set(Some(0));
    assert_eq!(scene.answer_and_receive(), Outcome::Blocked);
    assert_eq!(status(&scene.world, stale.thread), Some(Error::InvalidCapability));
    assert_eq!(scene.world.state(scene.client.thread), State::Ready);
}

#[test]
fn a_caller_of_another_core_does_not_stop_a_passive_server() {
    let mut scene = scene();
    let caller = scene.queue(scene.endpoint, 0);
    scene.move_away(caller.context);
    scene.world.kernel.system.store.machine.preempt_after.set(Some(0));
    assert_eq!(scene.answer_and_receive(), Outcome::Blocked);
    assert_eq!(status(&scene.world, caller.thread), Some(Error::WrongCore));
    assert!(matches!(scene.world.state(scene.server.thread), State::Receiving { .. }));
}

#[test]
fn a_caller_is_judged_by_the_window_that_the_server_has_after_its_answer() {
    let mut scene = scene();
    let (server, client) = (scene.server.thread, scene.client.thread);
    scene.world.run(scene.world.root);
    let (gift, free) = (scene.world.make(ObjectKind::Notification, 0), scene.world.new_slot());
    let tag = Tag::new(0, 1).expect("a tag").bits() | 1 << 8;
    let caller = scene.queue(scene.endpoint, 0);
    let context = &mut scene.world.kernel.system.store.get_mut(caller.thread).context;
    (context.x[1], context.x[2]) = (tag, gift);
    // Server and client share a CNode, and both want capabilities in the same slot.
    for thread in [server, client] {
        scene.world.kernel.system.store.get_mut(thread).window = Window { first: free as u32, count: 1 };
    }
    scene.world.run(server);
    let x = [scene.endpoint, tag, gift, 0, 0, 0, 0, 0];
    let outcome = scene.world.system_call(SystemCall::ReplyReceive as u64, x, scene.reply);
    assert_eq!(outcome, Outcome::Blocked);
    assert_eq!(status(&scene.world, client), None);
    assert_eq!(status(&scene.world, caller.thread), Some(Error::NoWindow));
}

#[test]
fn a_server_on_time_of_a_signal_is_not_moved_to_its_callers_core() {
    let mut world = World::new();
    let (endpoint, reply) = (world.make(ObjectKind::Endpoint, 0), world.make(ObjectKind::Reply, 0));
    let notification = world.make(ObjectKind::Notification, 0);
    let server = world.spawn(50, Time::Own);
    world.call(SystemCall::ThreadBindNotification, &[server.slot, notification]).expect("a free notification");
    receive(&mut world, server.thread, endpoint, reply);
    as_root(&mut world, SystemCall::SchedContextUnbind, &[server.context]);
    as_root(&mut world, SystemCall::SchedContextBind, &[server.context, notification]);
    as_root(&mut world, SystemCall::Signal, &[notification]);
    assert_eq!(runs_on(&world, server.thread), context(&world, server.context), "time of the signal");
    let caller = world.spawn(5, Time::Own);
    let mut scene = Scene { world, endpoint, reply, server, client: caller };
    call(&mut scene.world, caller.thread, endpoint, 0);
    scene.move_away(caller.context);
    assert_eq!(receive(&mut scene.world, server.thread, endpoint, reply), Outcome::Blocked);
    assert_eq!(status(&scene.world, caller.thread), Some(Error::WrongCore));
    assert_eq!(scene.world.kernel.system.store.get(server.thread).core.0, 0);
}

#[test]
fn a_cancelled_client_leaves_its_time_until_the_server_receives() {
    let mut scene = scene();
    let (server, client) = (scene.server.thread, scene.client.thread);
    let time = context(&scene.world, scene.client.context);
    as_root(&mut scene.world, SystemCall::ThreadCancel, &[scene.client.slot]);
    assert_eq!(status(&scene.world, client), Some(Error::Cancelled), "at once");
    assert_eq!((runs_on(&scene.world, server), runs_on(&scene.world, client)), (time, None));
    scene.world.run(server);
    let answer = scene.world.system_call(SystemCall::Reply as u64, [scene.reply, 0, 0, 0, 0, 0, 0, 0], 0);
    assert!(matches!(answer, Outcome::Returned(results) if results.check() == Err(Error::NobodyWaiting)));
    assert_eq!(runs_on(&scene.world, server), time);
    assert_eq!(receive(&mut scene.world, server, scene.endpoint, scene.reply), Outcome::Blocked);
    assert_eq!((runs_on(&scene.world, server), runs_on(&scene.world, client)), (None, time));
    assert_eq!(scene.world.state(client), State::Ready);
}

#[test]
fn a_server_whose_client_left_takes_the_next_one_with_its_time() {
    let mut scene = scene();
    let next = scene.queue(scene.endpoint, 0);
    as_root(&mut scene.world, SystemCall::ThreadCancel, &[scene.client.slot]);
    let (endpoint, reply) = (scene.endpoint, scene.reply);
    assert!(matches!(receive(&mut scene.world, scene.server.thread, endpoint, reply), Outcome::Returned(_)));
    assert_eq!(runs_on(&scene.world, scene.server.thread), context(&scene.world, next.context));
    assert_eq!(runs_on(&scene.world, scene.client.thread), context(&scene.world, scene.client.context));
}

#[test]
fn a_poll_that_finds_nobody_leaves_the_server_its_time() {
    let mut scene = scene();
    as_root(&mut scene.world, SystemCall::ThreadCancel, &[scene.client.slot]);
    scene.world.run(scene.server.thread);
    let x = [scene.endpoint, 0, 0, 0, 0, 0, 0, 0];
    let outcome = scene.world.system_call(SystemCall::TryReceive as u64, x, scene.reply);
    assert!(matches!(outcome, Outcome::Returned(results) if results.check() == Err(Error::WouldBlock)));
    assert_eq!(runs_on(&scene.world, scene.server.thread), context(&scene.world, scene.client.context));
}

#[test]
fn time_of_a_destroyed_client_is_free_when_the_server_receives() {
    let mut scene = scene();
    let time = scene.client.context;
    as_root(&mut scene.world, SystemCall::CNodeDelete, &[0, scene.client.slot]);
    assert_eq!(runs_on(&scene.world, scene.server.thread), context(&scene.world, time));
    let (endpoint, reply) = (scene.endpoint, scene.reply);
    assert_eq!(receive(&mut scene.world, scene.server.thread, endpoint, reply), Outcome::Blocked);
    scene.world.run(scene.world.root);
    let other = scene.world.spawn(5, Time::Lent);
    as_root(&mut scene.world, SystemCall::SchedContextBind, &[time, other.slot]);
    assert_eq!(runs_on(&scene.world, other.thread), context(&scene.world, time));
}

#[test]
fn time_of_a_destroyed_client_can_be_taken_away_from_the_server() {
    let mut scene = scene();
    as_root(&mut scene.world, SystemCall::CNodeDelete, &[0, scene.client.slot]);
    as_root(&mut scene.world, SystemCall::SchedContextUnbind, &[scene.client.context]);
    assert_eq!(runs_on(&scene.world, scene.server.thread), None);
    as_root(&mut scene.world, SystemCall::SchedContextBind, &[scene.client.context, scene.server.slot]);
    assert_eq!(runs_on(&scene.world, scene.server.thread), context(&scene.world, scene.client.context));
}

/// A chain of three passive servers, each of which works for the one before it; their endpoints are apart.
fn chain(scene: &mut Scene) -> [(Spawned, u64, u64); 2] {
    let mut before = scene.server.thread;
    [(); 2].map(|()| {
        let world = &mut scene.world;
        world.run(world.root);
        let (endpoint, reply) = (world.make(ObjectKind::Endpoint, 0), world.make(ObjectKind::Reply, 0));
        let server = world.spawn(50, Time::Own);
        receive(world, server.thread, endpoint, reply);
        as_root(world, SystemCall::SchedContextUnbind, &[server.context]);
        call(world, before, endpoint, 0);
        before = server.thread;
        (server, endpoint, reply)
    })
}

#[test]
fn time_comes_back_through_a_chain_whose_links_have_all_left() {
    for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2], [1, 2, 0]] {
        let mut scene = scene();
        let [(middle, _, _), (last, endpoint, reply)] = chain(&mut scene);
        let time = context(&scene.world, scene.client.context);
        let waiting = [scene.client, scene.server, middle];
        for index in order {
            as_root(&mut scene.world, SystemCall::ThreadCancel, &[waiting[index].slot]);
            assert_eq!(runs_on(&scene.world, last.thread), time, "whoever left");
        }
        assert_eq!(receive(&mut scene.world, last.thread, endpoint, reply), Outcome::Blocked);
        assert_eq!(runs_on(&scene.world, middle.thread), time);
        scene.world.run(scene.world.root);
        let reply = scene.world.make(ObjectKind::Reply, 0);
        assert_eq!(receive(&mut scene.world, middle.thread, endpoint, reply), Outcome::Blocked);
        assert_eq!(runs_on(&scene.world, scene.server.thread), time);
        assert_eq!(receive(&mut scene.world, scene.server.thread, scene.endpoint, scene.reply), Outcome::Blocked);
        assert_eq!(runs_on(&scene.world, scene.client.thread), time);
    }
}

#[test]
fn time_comes_back_past_servers_that_were_destroyed() {
    let mut scene = scene();
    let [(middle, _, _), (last, endpoint, reply)] = chain(&mut scene);
    let time = context(&scene.world, scene.client.context);
    as_root(&mut scene.world, SystemCall::CNodeDelete, &[0, middle.slot]);
    as_root(&mut scene.world, SystemCall::CNodeDelete, &[0, scene.server.slot]);
    assert_eq!(status(&scene.world, scene.client.thread), Some(Error::PeerGone), "at once");
    assert_eq!(runs_on(&scene.world, last.thread), time, "it works on");
    assert_eq!(receive(&mut scene.world, last.thread, endpoint, reply), Outcome::Blocked);
    assert_eq!(runs_on(&scene.world, scene.client.thread), time);
}

#[test]
fn a_loan_that_has_ended_does_not_claim_time_that_was_lent_anew() {
    let mut scene = scene();
    let (first, client) = (scene.server, scene.client);
    let [(middle, _, middle_reply), (last, endpoint, reply)] = chain(&mut scene);
    let time = context(&scene.world, client.context);
    // The one in the middle gets other time, and answers; then the last one has time of nobody who waits for it.
    as_root(&mut scene.world, SystemCall::ThreadCancel, &[middle.slot]);
    as_root(&mut scene.world, SystemCall::SchedContextBind, &[middle.context, middle.slot]);
    scene.world.run(middle.thread);
    let answer = scene.world.system_call(SystemCall::Reply as u64, [middle_reply, 0, 0, 0, 0, 0, 0, 0], 0);
    assert!(matches!(answer, Outcome::Returned(_)));
    assert_eq!((runs_on(&scene.world, first.thread), runs_on(&scene.world, last.thread)), (None, time));
    assert_eq!(receive(&mut scene.world, last.thread, endpoint, reply), Outcome::Blocked);
    assert_eq!(runs_on(&scene.world, first.thread), time, "it was lent by the first");
    assert_eq!(runs_on(&scene.world, middle.thread), context(&scene.world, middle.context));
}

#[test]
fn a_caller_whose_time_was_taken_while_it_was_queued_does_not_leave_a_passive_server_without_time() {
    for taken in [SystemCall::SchedContextUnbind, SystemCall::CNodeDelete] {
        let mut scene = scene();
        let poor = scene.queue(scene.endpoint, 0);
        let arguments: &[u64] = match taken {
            SystemCall::SchedContextUnbind => &[poor.context],
            _ => &[0, poor.context],
        };
        as_root(&mut scene.world, taken, arguments);
        assert_eq!(runs_on(&scene.world, poor.thread), None);
        scene.answer_and_receive();
        assert!(
            matches!(scene.world.state(scene.server.thread), State::Receiving { .. }),
            "it waits, and can be called"
        );
        assert_eq!(status(&scene.world, poor.thread), Some(Error::WrongCore), "{taken:?}");
        let next = scene.call_now();
        assert_eq!(runs_on(&scene.world, scene.server.thread), context(&scene.world, next.context));
    }
}

#[test]
fn a_server_with_time_of_its_own_receives_callers_without_time() {
    let mut world = World::new();
    let (endpoint, reply) = (world.make(ObjectKind::Endpoint, 0), world.make(ObjectKind::Reply, 0));
    let (server, client) = (world.spawn(50, Time::Own), world.spawn(5, Time::Own));
    call(&mut world, client.thread, endpoint, 0);
    as_root(&mut world, SystemCall::SchedContextUnbind, &[client.context]);
    receive(&mut world, server.thread, endpoint, reply);
    assert!(matches!(world.state(client.thread), State::AwaitingReply { .. }));
    assert_eq!(runs_on(&world, server.thread), context(&world, server.context));
}

#[test]
fn a_server_that_waits_for_a_signal_keeps_time_that_is_overdue_to_who_lent_it() {
    let mut scene = scene();
    assert_eq!(reply_receive(&mut scene.world, scene.server.thread, scene.endpoint, scene.reply), Outcome::Blocked);
    let (client, server) = (scene.client, scene.server);
    scene.world.run(scene.world.root);
    let bell = scene.world.make(ObjectKind::Notification, 0);
    let alarm = scene.world.make(ObjectKind::Notification, 0);
    let wait = |scene: &mut Scene, thread, notification| {
        scene.world.run(thread);
        scene.world.system_call(SystemCall::Wait as u64, [notification, 0, 0, 0, 0, 0, 0, 0], 0)
    };
    assert_eq!(wait(&mut scene, client.thread, bell), Outcome::Blocked);
    as_root(&mut scene.world, SystemCall::SchedContextUnbind, &[client.context]);
    as_root(&mut scene.world, SystemCall::SchedContextBind, &[client.context, bell]);
    as_root(&mut scene.world, SystemCall::Signal, &[bell]);
    let time = context(&scene.world, client.context);
    assert_eq!(runs_on(&scene.world, client.thread), time, "it came with the signal");
    call(&mut scene.world, client.thread, scene.endpoint, 0);
    as_root(&mut scene.world, SystemCall::ThreadCancel, &[client.slot]);
    assert_eq!((runs_on(&scene.world, server.thread), runs_on(&scene.world, client.thread)), (time, None));

    assert_eq!(wait(&mut scene, server.thread, alarm), Outcome::Blocked);
    assert_eq!(
        runs_on(&scene.world, server.thread),
        time,
        "it is lent, and does not go to the next who waits for the bell"
    );
    as_root(&mut scene.world, SystemCall::Signal, &[alarm]);
    assert_eq!(receive(&mut scene.world, server.thread, scene.endpoint, scene.reply), Outcome::Blocked);
    assert_eq!((runs_on(&scene.world, server.thread), runs_on(&scene.world, client.thread)), (None, time));
}
