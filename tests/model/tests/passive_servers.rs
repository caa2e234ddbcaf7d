//! Passive servers: whatever comes between an answer and the next receive, they have time or they wait.

use l4k::base::store::Ref;
use l4k::object::capability::Capability;
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
    world.as_root(SystemCall::SchedContextUnbind, &[server.context]);
    let client = world.spawn(5, Time::Own);
    call(&mut world, client.thread, endpoint, 0);
    assert_eq!(world.runs_on(server.thread), world.sched_context(client.context), "lent with the call");
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
        self.world.as_root(SystemCall::CNodeDelete, &[0, through]);
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
    assert_eq!(scene.world.runs_on(scene.server.thread), scene.world.sched_context(scene.client.context));
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
    world.as_root(SystemCall::SchedContextUnbind, &[server.context]);
    world.as_root(SystemCall::SchedContextBind, &[server.context, notification]);
    world.as_root(SystemCall::Signal, &[notification]);
    assert_eq!(world.runs_on(server.thread), world.sched_context(server.context), "time of the signal");
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
    let time = scene.world.sched_context(scene.client.context);
    scene.world.as_root(SystemCall::ThreadCancel, &[scene.client.slot]);
    assert_eq!(status(&scene.world, client), Some(Error::Cancelled), "at once");
    assert_eq!((scene.world.runs_on(server), scene.world.runs_on(client)), (time, None));
    scene.world.run(server);
    let answer = scene.world.system_call(SystemCall::Reply as u64, [scene.reply, 0, 0, 0, 0, 0, 0, 0], 0);
    assert!(matches!(answer, Outcome::Returned(results) if results.check() == Err(Error::NobodyWaiting)));
    assert_eq!(scene.world.runs_on(server), time);
    assert_eq!(receive(&mut scene.world, server, scene.endpoint, scene.reply), Outcome::Blocked);
    assert_eq!((scene.world.runs_on(server), scene.world.runs_on(client)), (None, time));
    assert_eq!(scene.world.state(client), State::Ready);
}

#[test]
fn a_server_whose_client_left_takes_the_next_one_with_its_time() {
    let mut scene = scene();
    let next = scene.queue(scene.endpoint, 0);
    scene.world.as_root(SystemCall::ThreadCancel, &[scene.client.slot]);
    let (endpoint, reply) = (scene.endpoint, scene.reply);
    assert!(matches!(receive(&mut scene.world, scene.server.thread, endpoint, reply), Outcome::Returned(_)));
    assert_eq!(scene.world.runs_on(scene.server.thread), scene.world.sched_context(next.context));
    assert_eq!(scene.world.runs_on(scene.client.thread), scene.world.sched_context(scene.client.context));
}

#[test]
fn a_poll_that_finds_nobody_leaves_the_server_its_time() {
    let mut scene = scene();
    scene.world.as_root(SystemCall::ThreadCancel, &[scene.client.slot]);
    scene.world.run(scene.server.thread);
    let x = [scene.endpoint, 0, 0, 0, 0, 0, 0, 0];
    let outcome = scene.world.system_call(SystemCall::TryReceive as u64, x, scene.reply);
    assert!(matches!(outcome, Outcome::Returned(results) if results.check() == Err(Error::WouldBlock)));
    assert_eq!(scene.world.runs_on(scene.server.thread), scene.world.sched_context(scene.client.context));
}

#[test]
fn time_of_a_destroyed_client_is_free_when_the_server_receives() {
    let mut scene = scene();
    let time = scene.client.context;
    scene.world.as_root(SystemCall::CNodeDelete, &[0, scene.client.slot]);
    assert_eq!(scene.world.runs_on(scene.server.thread), scene.world.sched_context(time));
    let (endpoint, reply) = (scene.endpoint, scene.reply);
    assert_eq!(receive(&mut scene.world, scene.server.thread, endpoint, reply), Outcome::Blocked);
    scene.world.run(scene.world.root);
    let other = scene.world.spawn(5, Time::Lent);
    scene.world.as_root(SystemCall::SchedContextBind, &[time, other.slot]);
    assert_eq!(scene.world.runs_on(other.thread), scene.world.sched_context(time));
}

#[test]
fn time_of_a_destroyed_client_can_be_taken_away_from_the_server() {
    let mut scene = scene();
    scene.world.as_root(SystemCall::CNodeDelete, &[0, scene.client.slot]);
    scene.world.as_root(SystemCall::SchedContextUnbind, &[scene.client.context]);
    assert_eq!(scene.world.runs_on(scene.server.thread), None);
    scene.world.as_root(SystemCall::SchedContextBind, &[scene.client.context, scene.server.slot]);
    assert_eq!(scene.world.runs_on(scene.server.thread), scene.world.sched_context(scene.client.context));
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
        world.as_root(SystemCall::SchedContextUnbind, &[server.context]);
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
        let time = scene.world.sched_context(scene.client.context);
        let waiting = [scene.client, scene.server, middle];
        for index in order {
            scene.world.as_root(SystemCall::ThreadCancel, &[waiting[index].slot]);
            assert_eq!(scene.world.runs_on(last.thread), time, "whoever left");
        }
        assert_eq!(receive(&mut scene.world, last.thread, endpoint, reply), Outcome::Blocked);
        assert_eq!(scene.world.runs_on(middle.thread), time);
        scene.world.run(scene.world.root);
        let reply = scene.world.make(ObjectKind::Reply, 0);
        assert_eq!(receive(&mut scene.world, middle.thread, endpoint, reply), Outcome::Blocked);
        assert_eq!(scene.world.runs_on(scene.server.thread), time);
        assert_eq!(receive(&mut scene.world, scene.server.thread, scene.endpoint, scene.reply), Outcome::Blocked);
        assert_eq!(scene.world.runs_on(scene.client.thread), time);
    }
}

#[test]
fn time_comes_back_past_servers_that_were_destroyed() {
    let mut scene = scene();
    let [(middle, _, _), (last, endpoint, reply)] = chain(&mut scene);
    let time = scene.world.sched_context(scene.client.context);
    scene.world.as_root(SystemCall::CNodeDelete, &[0, middle.slot]);
    scene.world.as_root(SystemCall::CNodeDelete, &[0, scene.server.slot]);
    assert_eq!(status(&scene.world, scene.client.thread), Some(Error::PeerGone), "at once");
    assert_eq!(scene.world.runs_on(last.thread), time, "it works on");
    assert_eq!(receive(&mut scene.world, last.thread, endpoint, reply), Outcome::Blocked);
    assert_eq!(scene.world.runs_on(scene.client.thread), time);
}

#[test]
fn a_loan_that_has_ended_does_not_claim_time_that_was_lent_anew() {
    let mut scene = scene();
    let (first, client) = (scene.server, scene.client);
    let [(middle, _, middle_reply), (last, endpoint, reply)] = chain(&mut scene);
    let time = scene.world.sched_context(client.context);
    // The one in the middle gets other time, and answers; then the last one has time of nobody who waits for it.
    scene.world.as_root(SystemCall::ThreadCancel, &[middle.slot]);
    scene.world.as_root(SystemCall::SchedContextBind, &[middle.context, middle.slot]);
    scene.world.run(middle.thread);
    let answer = scene.world.system_call(SystemCall::Reply as u64, [middle_reply, 0, 0, 0, 0, 0, 0, 0], 0);
    assert!(matches!(answer, Outcome::Returned(_)));
    assert_eq!((scene.world.runs_on(first.thread), scene.world.runs_on(last.thread)), (None, time));
    assert_eq!(receive(&mut scene.world, last.thread, endpoint, reply), Outcome::Blocked);
    assert_eq!(scene.world.runs_on(first.thread), time, "it was lent by the first");
    assert_eq!(scene.world.runs_on(middle.thread), scene.world.sched_context(middle.context));
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
        scene.world.as_root(taken, arguments);
        assert_eq!(scene.world.runs_on(poor.thread), None);
        scene.answer_and_receive();
        assert!(
            matches!(scene.world.state(scene.server.thread), State::Receiving { .. }),
            "it waits, and can be called"
        );
        assert_eq!(status(&scene.world, poor.thread), Some(Error::WrongCore), "{taken:?}");
        let next = scene.call_now();
        assert_eq!(scene.world.runs_on(scene.server.thread), scene.world.sched_context(next.context));
    }
}

#[test]
fn a_server_with_time_of_its_own_receives_callers_without_time() {
    let mut world = World::new();
    let (endpoint, reply) = (world.make(ObjectKind::Endpoint, 0), world.make(ObjectKind::Reply, 0));
    let (server, client) = (world.spawn(50, Time::Own), world.spawn(5, Time::Own));
    call(&mut world, client.thread, endpoint, 0);
    world.as_root(SystemCall::SchedContextUnbind, &[client.context]);
    receive(&mut world, server.thread, endpoint, reply);
    assert!(matches!(world.state(client.thread), State::AwaitingReply { .. }));
    assert_eq!(world.runs_on(server.thread), world.sched_context(server.context));
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
    scene.world.as_root(SystemCall::SchedContextUnbind, &[client.context]);
    scene.world.as_root(SystemCall::SchedContextBind, &[client.context, bell]);
    scene.world.as_root(SystemCall::Signal, &[bell]);
    let time = scene.world.sched_context(client.context);
    assert_eq!(scene.world.runs_on(client.thread), time, "it came with the signal");
    call(&mut scene.world, client.thread, scene.endpoint, 0);
    scene.world.as_root(SystemCall::ThreadCancel, &[client.slot]);
    assert_eq!((scene.world.runs_on(server.thread), scene.world.runs_on(client.thread)), (time, None));

    assert_eq!(wait(&mut scene, server.thread, alarm), Outcome::Blocked);
    assert_eq!(
        scene.world.runs_on(server.thread),
        time,
        "it is lent, and does not go to the next who waits for the bell"
    );
    scene.world.as_root(SystemCall::Signal, &[alarm]);
    assert_eq!(receive(&mut scene.world, server.thread, scene.endpoint, scene.reply), Outcome::Blocked);
    assert_eq!((scene.world.runs_on(server.thread), scene.world.runs_on(client.thread)), (None, time));
}
