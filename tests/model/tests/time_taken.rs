//! Time that is taken away from a passive server in the middle of its work, and time that is overdue to several: nobody
//! is left without time for which somebody could still provide, and nobody's time is forgotten.

use l4k::base::store::Ref;
use l4k::object::capability::Capability;
use l4k::object::thread::{State, Suspension, Thread};
use l4k_model::objects::{Spawned, Time};
use l4k_model::world::{Outcome, World, slot};
use l4k_sys::Error;
use l4k_sys::abi::{Arrival, Fault, FaultCause, FaultKind, ObjectKind, SystemCall, Tag};

const BADGE: u64 = 0xc0ffee;

/// A thread that serves at an endpoint of its own.
#[derive(Clone, Copy)]
struct Server {
    spawned: Spawned,
    endpoint: u64,
    reply: u64,
}

/// A supervisor that hears of timeouts, and a passive server that works for a client.
struct Scene {
    world: World,
    supervisor: Spawned,
    timeouts: u64,
    fault_reply: u64,
    server: Server,
    client: Spawned,
}

fn call(world: &mut World, thread: Ref<Thread>, endpoint: u64) {
    world.run(thread);
    world.system_call(SystemCall::Call as u64, [endpoint, 0, 0, 0, 0, 0, 0, 0], 0);
}

fn receive(world: &mut World, thread: Ref<Thread>, endpoint: u64, reply: u64) -> Outcome {
    world.run(thread);
    world.system_call(SystemCall::Receive as u64, [endpoint, 0, 0, 0, 0, 0, 0, 0], reply)
}

fn reply_receive(world: &mut World, server: Server) -> Outcome {
    world.run(server.spawned.thread);
    let x = [server.endpoint, 0, 0, 0, 0, 0, 0, 0];
    world.system_call(SystemCall::ReplyReceive as u64, x, server.reply)
}

fn wait(world: &mut World, thread: Ref<Thread>, notification: u64) -> Outcome {
    world.run(thread);
    world.system_call(SystemCall::Wait as u64, [notification, 0, 0, 0, 0, 0, 0, 0], 0)
}

fn make(world: &mut World, kind: ObjectKind) -> u64 {
    world.run(world.root);
    world.make(kind, 0)
}

/// A server without time that waits for calls; its timeouts go to an endpoint, or to nobody if that is 0.
fn passive(world: &mut World, timeouts: u64) -> Server {
    world.run(world.root);
    let (endpoint, reply) = (world.make(ObjectKind::Endpoint, 0), world.make(ObjectKind::Reply, 0));
    let spawned = world.spawn(50, Time::Own);
    world.as_root(SystemCall::ThreadSuspend, &[spawned.slot]);
    world.as_root(SystemCall::ThreadSetTimeoutEndpoint, &[spawned.slot, timeouts]);
    world.as_root(SystemCall::ThreadResume, &[spawned.slot]);
    receive(world, spawned.thread, endpoint, reply);
    world.as_root(SystemCall::SchedContextUnbind, &[spawned.context]);
    Server { spawned, endpoint, reply }
}

fn client(world: &mut World, endpoint: u64) -> Spawned {
    world.run(world.root);
    let client = world.spawn(5, Time::Own);
    world.as_root(SystemCall::SchedContextSetBadge, &[client.context, BADGE]);
    call(world, client.thread, endpoint);
    client
}

fn scene() -> Scene {
    let mut world = World::new();
    let timeouts = world.make(ObjectKind::Endpoint, 0);
    let fault_reply = world.make(ObjectKind::Reply, 0);
    let supervisor = world.spawn(90, Time::Own);
    receive(&mut world, supervisor.thread, timeouts, fault_reply);
    let server = passive(&mut world, timeouts);
    let client = client(&mut world, server.endpoint);
    assert_eq!(world.runs_on(server.spawned.thread), world.sched_context(client.context), "lent with the call");
    Scene { world, supervisor, timeouts, fault_reply, server, client }
}

impl Scene {
    /// The fault that the supervisor has received last.
    #[track_caller]
    fn heard(&self) -> Fault {
        let results = self.world.results(self.supervisor.thread);
        assert_eq!(results.status, Arrival::Fault as u64);
        let [tag, words @ ..] = results.values;
        Fault::from_message(Tag::from_bits(tag).expect("a tag"), &words).expect("a fault")
    }

    /// What was heard is that time was taken from a thread.
    #[track_caller]
    fn heard_of_loss(&self, thread: Ref<Thread>, badge: u64) {
        let fault = self.heard();
        assert_eq!((fault.kind, fault.cause, fault.address), (FaultKind::Timeout, FaultCause::TimeTaken, badge));
        assert!(matches!(self.world.state(thread), State::AwaitingReply { .. }));
    }

    /// The supervisor gives a thread time and lets it go on, and waits for the next timeout.
    fn rescue(&mut self, spawned: Spawned) {
        self.world.run(self.supervisor.thread);
        self.world.call(SystemCall::SchedContextBind, &[spawned.context, spawned.slot]).expect("time for the thread");
        self.world.call(SystemCall::Reply, &[self.fault_reply, 0]).expect("an answer");
        receive(&mut self.world, self.supervisor.thread, self.timeouts, self.fault_reply);
        assert_eq!(self.world.state(spawned.thread), State::Ready);
        assert_eq!(self.world.runs_on(spawned.thread), self.world.sched_context(spawned.context));
    }

    /// The server answers, waits, is passive again, and serves another client.
    fn serves_the_next(&mut self) {
        reply_receive(&mut self.world, self.server);
        self.world.as_root(SystemCall::SchedContextUnbind, &[self.server.spawned.context]);
        let next = client(&mut self.world, self.server.endpoint);
        assert_eq!(self.world.runs_on(self.server.spawned.thread), self.world.sched_context(next.context));
    }

    /// A capability to the time of another core.
    fn control_of_core_1(&mut self) -> u64 {
        self.world.kernel.system.core_count = 2;
        self.world.run(self.world.root);
        let control = self.world.new_slot();
        let place = self.world.table.slot(control as u32);
        self.world.kernel.system.store.get_mut(place).capability = Capability::SchedControl { core: 1 };
        control
    }
}

#[test]
fn a_server_whose_time_is_taken_tells_it_and_goes_on_with_other_time() {
    for how in [SystemCall::SchedContextUnbind, SystemCall::CNodeDelete, SystemCall::SchedControlConfigure] {
        let mut scene = scene();
        let (server, client) = (scene.server.spawned, scene.client);
        let arguments: &[u64] = match how {
            SystemCall::SchedContextUnbind => &[client.context],
            SystemCall::CNodeDelete => &[0, client.context],
            _ => &[slot::SCHED_CONTROL, client.context, 5_000_000, 10_000_000],
        };
        scene.world.as_root(how, arguments);
        assert_eq!(scene.world.runs_on(server.thread), None, "{how:?}");
        scene.heard_of_loss(server.thread, BADGE);
        assert!(matches!(scene.world.state(client.thread), State::AwaitingReply { .. }), "it is still served");
        scene.rescue(server);
        scene.serves_the_next();
        assert_eq!(scene.world.state(client.thread), State::Ready, "it has its answer");
        let own = scene.world.sched_context(client.context).filter(|_| how == SystemCall::SchedControlConfigure);
        assert_eq!(scene.world.runs_on(client.thread), own, "filled anew, it is the client's");
    }
}

#[test]
fn a_server_is_not_moved_to_another_core_with_its_clients_time() {
    let mut scene = scene();
    let control = scene.control_of_core_1();
    scene.world.as_root(SystemCall::SchedControlConfigure, &[control, scene.client.context, 5_000_000, 5_000_000]);
    scene.heard_of_loss(scene.server.spawned.thread, BADGE);
    assert_eq!(scene.world.kernel.system.store.get(scene.server.spawned.thread).core.0, 0);
}

#[test]
fn without_a_timeout_endpoint_the_server_has_no_time_until_some_is_bound_to_it() {
    let mut scene = scene();
    let deaf = passive(&mut scene.world, 0);
    let client = client(&mut scene.world, deaf.endpoint);
    scene.world.as_root(SystemCall::SchedContextUnbind, &[client.context]);
    let thread = deaf.spawned.thread;
    assert_eq!((scene.world.state(thread), scene.world.runs_on(thread)), (State::Ready, None));
    scene.world.as_root(SystemCall::SchedContextBind, &[deaf.spawned.context, deaf.spawned.slot]);
    assert_eq!(reply_receive(&mut scene.world, deaf), Outcome::Blocked);
    assert_eq!(scene.world.state(client.thread), State::Ready);
}

#[test]
fn those_who_passed_the_time_on_learn_it_when_their_wait_is_over() {
    let mut scene = scene();
    let (outer, inner) = (scene.server, passive(&mut scene.world, scene.timeouts));
    call(&mut scene.world, outer.spawned.thread, inner.endpoint);
    scene.world.as_root(SystemCall::CNodeDelete, &[0, scene.client.context]);
    scene.heard_of_loss(inner.spawned.thread, BADGE);
    scene.rescue(inner.spawned);
    reply_receive(&mut scene.world, inner);
    scene.heard_of_loss(outer.spawned.thread, 0);
    scene.rescue(outer.spawned);
    scene.serves_the_next();
    assert_eq!(scene.world.state(scene.client.thread), State::Ready);
}

#[test]
fn a_server_that_waits_for_a_signal_or_is_suspended_learns_it_afterwards() {
    let mut scene = scene();
    let server = scene.server.spawned;
    scene.world.run(scene.world.root);
    let bell = scene.world.make(ObjectKind::Notification, 0);
    assert_eq!(wait(&mut scene.world, server.thread, bell), Outcome::Blocked);
    scene.world.as_root(SystemCall::SchedContextUnbind, &[scene.client.context]);
    scene.world.as_root(SystemCall::Signal, &[bell]);
    scene.heard_of_loss(server.thread, 0);
    scene.rescue(server);
    scene.serves_the_next();

    scene.world.as_root(SystemCall::ThreadSuspend, &[server.slot]);
    let next = scene.world.runs_on(server.thread).expect("the next client's time");
    scene.world.kernel.system.unbind_context(next).expect("it is bound");
    assert_eq!(scene.world.state(server.thread), State::Suspended(Suspension::Stopped));
    scene.world.as_root(SystemCall::ThreadResume, &[server.slot]);
    scene.heard_of_loss(server.thread, 0);
}

#[test]
fn a_handler_without_time_is_not_woken_by_who_has_none_either() {
    let mut scene = scene();
    let handler = passive(&mut scene.world, 0);
    let server = passive(&mut scene.world, handler.endpoint);
    let client = client(&mut scene.world, server.endpoint);
    scene.world.as_root(SystemCall::SchedContextUnbind, &[client.context]);
    assert!(matches!(scene.world.state(handler.spawned.thread), State::Receiving { .. }), "it can still be called");
    assert_eq!(scene.world.state(server.spawned.thread), State::Suspended(Suspension::Faulted));
}

#[test]
fn time_that_was_the_threads_own_is_no_such_loss() {
    let mut scene = scene();
    let owner = scene.world.spawn(60, Time::Own);
    scene.world.as_root(SystemCall::ThreadSuspend, &[owner.slot]);
    scene.world.as_root(SystemCall::ThreadSetTimeoutEndpoint, &[owner.slot, scene.timeouts]);
    scene.world.as_root(SystemCall::ThreadResume, &[owner.slot]);
    scene.world.as_root(SystemCall::SchedContextUnbind, &[owner.context]);
    assert_eq!(scene.world.state(owner.thread), State::Ready);
}

/// A server that runs on time that came with signals of a notification; the context is the server's first.
fn on_time_of_signals(scene: &mut Scene) -> Server {
    let world = &mut scene.world;
    let server = passive(world, scene.timeouts);
    let bell = make(world, ObjectKind::Notification);
    world.as_root(SystemCall::ThreadBindNotification, &[server.spawned.slot, bell]);
    world.as_root(SystemCall::SchedContextBind, &[server.spawned.context, bell]);
    world.as_root(SystemCall::Signal, &[bell]);
    assert_eq!(world.runs_on(server.spawned.thread), world.sched_context(server.spawned.context));
    server
}

#[test]
fn time_that_came_with_signals_stays_where_it_is_when_it_is_filled_anew() {
    let mut scene = scene();
    let server = on_time_of_signals(&mut scene).spawned;
    for control in [slot::SCHED_CONTROL, scene.control_of_core_1()] {
        scene.world.as_root(SystemCall::SchedControlConfigure, &[control, server.context, 5_000_000, 5_000_000]);
        assert_eq!(scene.world.state(server.thread), State::Ready);
        assert_eq!(scene.world.runs_on(server.thread), scene.world.sched_context(server.context));
    }
    assert_eq!(scene.world.kernel.system.store.get(server.thread).core.0, 1, "who fills it says where it runs");
}

#[test]
fn time_that_came_with_signals_is_taken_from_whom_it_was_lent_to() {
    let mut scene = scene();
    let outer = on_time_of_signals(&mut scene).spawned;
    let inner = passive(&mut scene.world, scene.timeouts);
    call(&mut scene.world, outer.thread, inner.endpoint);
    let control = scene.control_of_core_1();
    scene.world.as_root(SystemCall::SchedControlConfigure, &[control, outer.context, 5_000_000, 5_000_000]);
    scene.heard_of_loss(inner.spawned.thread, 0);
    assert_eq!(scene.world.kernel.system.store.get(inner.spawned.thread).core.0, 0);
}

/// A client's budget, and the hour in which it has it once.
const BUDGET: u64 = 1_000_000;
const HOUR: u64 = 3_600_000_000_000;

/// Time passes while a thread runs, to the end of a client's budget.
fn use_up(world: &mut World, thread: Ref<Thread>) {
    world.run(thread);
    let clock = &world.kernel.system.store.machine.clock;
    clock.set(clock.get() + BUDGET);
}

/// A client with little time in an hour, which has not called yet.
fn poor(scene: &mut Scene) -> Spawned {
    scene.world.run(scene.world.root);
    let client = scene.world.spawn(5, Time::Own);
    scene.world.as_root(SystemCall::SchedControlConfigure, &[slot::SCHED_CONTROL, client.context, BUDGET, HOUR]);
    client
}

#[test]
fn a_server_does_not_wait_an_hour_for_a_client_whose_budget_ends_with_its_call() {
    let mut scene = scene();
    reply_receive(&mut scene.world, scene.server);
    let client = poor(&mut scene);
    use_up(&mut scene.world, client.thread);
    let x = [scene.server.endpoint, 0, 0, 0, 0, 0, 0, 0];
    scene.world.system_call(SystemCall::Call as u64, x, 0);
    let fault = scene.heard();
    assert_eq!((fault.kind, fault.cause), (FaultKind::Timeout, FaultCause::Other));
    assert_eq!(scene.world.runs_on(scene.server.spawned.thread), scene.world.sched_context(client.context));
}

#[test]
fn a_server_does_not_wait_an_hour_for_a_queued_client_whose_budget_has_ended() {
    let mut scene = scene();
    let client = poor(&mut scene);
    use_up(&mut scene.world, client.thread);
    let x = [scene.server.endpoint, 0, 0, 0, 0, 0, 0, 0];
    scene.world.system_call(SystemCall::Call as u64, x, 0);
    assert!(matches!(scene.world.state(client.thread), State::Calling { .. }));
    reply_receive(&mut scene.world, scene.server);
    assert_eq!(scene.heard().cause, FaultCause::Other);
    assert!(matches!(scene.world.state(scene.server.spawned.thread), State::AwaitingReply { .. }));
}

#[test]
fn a_server_does_not_wait_an_hour_after_a_wait_at_whose_beginning_the_budget_ended() {
    let mut scene = scene();
    reply_receive(&mut scene.world, scene.server);
    let client = poor(&mut scene);
    call(&mut scene.world, client.thread, scene.server.endpoint);
    let bell = make(&mut scene.world, ObjectKind::Notification);
    use_up(&mut scene.world, scene.server.spawned.thread);
    scene.world.system_call(SystemCall::Wait as u64, [bell, 0, 0, 0, 0, 0, 0, 0], 0);
    scene.world.as_root(SystemCall::Signal, &[bell]);
    let fault = scene.heard();
    assert_eq!((fault.kind, fault.cause), (FaultKind::Timeout, FaultCause::Other));
}

/// What the kernel says to a call from core 1, which is refused before anything is done.
fn call_from_core_1(scene: &mut Scene, endpoint: u64) -> Result<(), Error> {
    let control = scene.control_of_core_1();
    let caller = scene.world.spawn(5, Time::Own);
    scene.world.as_root(SystemCall::SchedControlConfigure, &[control, caller.context, 5_000_000, 5_000_000]);
    let Capability::Endpoint { object, .. } = scene.world.capability(endpoint) else { panic!("an endpoint") };
    scene.world.kernel.system.check_core(caller.thread, object, None)
}

#[test]
fn callers_of_other_cores_do_not_queue_at_a_passive_server_that_is_busy() {
    let mut scene = scene();
    let endpoint = scene.server.endpoint;
    assert_eq!(call_from_core_1(&mut scene, endpoint), Err(Error::WrongCore));
    // A server that is given time of its own says so with its next receive.
    let server = scene.server;
    scene.world.as_root(SystemCall::SchedContextUnbind, &[scene.client.context]);
    scene.rescue(server.spawned);
    assert_eq!(call_from_core_1(&mut scene, endpoint), Err(Error::WrongCore));
    reply_receive(&mut scene.world, server);
    client(&mut scene.world, endpoint);
    assert_eq!(call_from_core_1(&mut scene, endpoint), Ok(()), "it has time of its own");
    // And one that loses it while it waits is passive at once, and one that gets it then works for all.
    reply_receive(&mut scene.world, server);
    for (how, arguments) in [
        (SystemCall::SchedContextUnbind, &[server.spawned.context][..]),
        (SystemCall::SchedContextBind, &[server.spawned.context, server.spawned.slot][..]),
        (SystemCall::SchedContextUnbind, &[server.spawned.context][..]),
    ] {
        scene.world.as_root(how, arguments);
        let expected = if how == SystemCall::SchedContextBind { Ok(()) } else { Err(Error::WrongCore) };
        assert_eq!(call_from_core_1(&mut scene, endpoint), expected, "{how:?}");
    }
    // A server that finds a caller says so too.
    let other = make(&mut scene.world, ObjectKind::Endpoint);
    client(&mut scene.world, other);
    client(&mut scene.world, endpoint);
    reply_receive(&mut scene.world, Server { endpoint: other, ..server });
    assert_eq!(call_from_core_1(&mut scene, other), Err(Error::WrongCore));
    let untouched = scene.world.make(ObjectKind::Endpoint, 0);
    assert_eq!(call_from_core_1(&mut scene, untouched), Ok(()), "nobody has received there yet");
}

#[test]
fn a_server_that_has_time_of_one_client_does_not_forget_it_for_that_of_another() {
    let mut scene = scene();
    let (server, first) = (scene.server, scene.client);
    let inner = passive(&mut scene.world, 0);
    // The server is cancelled in a call that it makes on its first client's time, and gets other time until it
    // receives.
    call(&mut scene.world, server.spawned.thread, inner.endpoint);
    scene.world.as_root(SystemCall::ThreadCancel, &[server.spawned.slot]);
    scene.world.as_root(SystemCall::SchedContextBind, &[server.spawned.context, server.spawned.slot]);
    let second_reply = make(&mut scene.world, ObjectKind::Reply);
    assert_eq!(receive(&mut scene.world, server.spawned.thread, server.endpoint, second_reply), Outcome::Blocked);
    scene.world.as_root(SystemCall::SchedContextUnbind, &[server.spawned.context]);
    let second = client(&mut scene.world, server.endpoint);
    let (time, other) = (scene.world.sched_context(first.context), scene.world.sched_context(second.context));
    assert_eq!(scene.world.runs_on(server.spawned.thread), other);
    // Both clients leave: the server works on with the time of the second.
    scene.world.as_root(SystemCall::ThreadCancel, &[second.slot]);
    scene.world.as_root(SystemCall::ThreadCancel, &[first.slot]);
    assert_eq!(scene.world.runs_on(server.spawned.thread), other);
    assert_eq!(receive(&mut scene.world, server.spawned.thread, server.endpoint, second_reply), Outcome::Blocked);
    assert_eq!(scene.world.runs_on(second.thread), other, "it was forgotten once");
    assert_eq!(receive(&mut scene.world, inner.spawned.thread, inner.endpoint, inner.reply), Outcome::Blocked);
    assert_eq!(scene.world.runs_on(first.thread), time);
}

#[test]
fn time_of_a_client_that_left_does_not_stay_with_a_server_that_waits_already() {
    let mut scene = scene();
    let inner = passive(&mut scene.world, 0);
    let server = passive(&mut scene.world, 0);
    let Server { spawned, endpoint, reply } = server;
    // It owes its first client an answer from when it had time of its own.
    scene.world.as_root(SystemCall::SchedContextBind, &[spawned.context, spawned.slot]);
    let first = client(&mut scene.world, endpoint);
    scene.world.as_root(SystemCall::ThreadSetPriority, &[first.slot, 250, 250]);
    let second_reply = make(&mut scene.world, ObjectKind::Reply);
    receive(&mut scene.world, spawned.thread, endpoint, second_reply);
    scene.world.as_root(SystemCall::SchedContextUnbind, &[spawned.context]);
    // It passes its second client's time on, is given its own again, and both leave.
    let second = client(&mut scene.world, endpoint);
    call(&mut scene.world, spawned.thread, inner.endpoint);
    scene.world.as_root(SystemCall::SchedContextBind, &[spawned.context, spawned.slot]);
    scene.world.as_root(SystemCall::ThreadCancel, &[second.slot]);
    scene.world.as_root(SystemCall::ThreadCancel, &[spawned.slot]);
    // It answers the first client, and has no time of its own while it waits, at another endpoint.
    let endpoint = make(&mut scene.world, ObjectKind::Endpoint);
    assert_eq!(reply_receive(&mut scene.world, Server { spawned, endpoint, reply }), Outcome::Blocked);
    scene.world.as_root(SystemCall::SchedContextUnbind, &[spawned.context]);
    receive(&mut scene.world, inner.spawned.thread, inner.endpoint, inner.reply);
    assert_eq!(scene.world.runs_on(spawned.thread), None);
    assert_eq!(scene.world.runs_on(second.thread), scene.world.sched_context(second.context));
}

#[test]
fn signals_do_not_keep_time_away_from_a_client_that_left() {
    let mut scene = scene();
    let (server, client) = (scene.server, scene.client);
    scene.world.run(scene.world.root);
    let bell = scene.world.make(ObjectKind::Notification, 0);
    scene.world.as_root(SystemCall::ThreadBindNotification, &[server.spawned.slot, bell]);
    scene.world.as_root(SystemCall::SchedContextBind, &[server.spawned.context, bell]);
    scene.world.as_root(SystemCall::ThreadCancel, &[client.slot]);
    scene.world.as_root(SystemCall::Signal, &[bell]);
    receive(&mut scene.world, server.spawned.thread, server.endpoint, server.reply);
    assert_eq!(scene.world.results(server.spawned.thread).status, Arrival::Notification as u64);
    assert_eq!(scene.world.runs_on(client.thread), scene.world.sched_context(client.context));
    assert_eq!(scene.world.runs_on(server.spawned.thread), scene.world.sched_context(server.spawned.context));
}

#[test]
fn a_server_that_finds_signals_after_its_answer_runs_on_their_time() {
    let mut scene = scene();
    let server = scene.server;
    scene.world.run(scene.world.root);
    let bell = scene.world.make(ObjectKind::Notification, 0);
    scene.world.as_root(SystemCall::ThreadBindNotification, &[server.spawned.slot, bell]);
    scene.world.as_root(SystemCall::SchedContextBind, &[server.spawned.context, bell]);
    scene.world.as_root(SystemCall::Signal, &[bell]);
    reply_receive(&mut scene.world, server);
    assert_eq!(scene.world.state(scene.client.thread), State::Ready, "answered");
    assert_eq!(scene.world.results(server.spawned.thread).status, Arrival::Notification as u64);
    assert_eq!(scene.world.runs_on(server.spawned.thread), scene.world.sched_context(server.spawned.context));
}
