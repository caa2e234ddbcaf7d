//! What the kernel prints when nothing runs any more, and when calls wait for each other.

use l4k::Resume;
use l4k::base::arch::{CoreNumber, Event};
use l4k::base::store::Ref;
use l4k::object::capability::Capability;
use l4k::object::slot::Slot;
use l4k::object::thread::{State, Thread};
use l4k::operation::cycle::CYCLE_MAX;
use l4k::operation::silence::PATIENCE_SECONDS;
use l4k_model::objects::{Spawned, Time};
use l4k_model::world::{CORE, World, slot};
use l4k_sys::abi::{Access, Fault, FaultCause, FaultKind, ObjectKind, SystemCall};
use std::collections::BTreeSet;

const END: &str = "l4k: nothing can ever run";
const ONLY_INTERRUPTS: &str = "l4k: all cores have been idle for 30 s, and only interrupts can wake a thread";
const CYCLE: &str = "l4k: a cycle of calls";
const LINE: u64 = 33;

/// Threads that wait in calls, the root among them, and what the kernel says.
struct Scene {
    world: World,
}

impl Scene {
    fn new() -> Scene {
        let mut scene = Scene { world: World::new() };
        scene.name(slot::THREAD, "root");
        scene
    }

    fn name(&mut self, thread: u64, name: &str) {
        let mut bytes = [0; 16];
        bytes[..name.len()].copy_from_slice(name.as_bytes());
        let [low, high] = [0, 8].map(|at| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap()));
        let arguments = [slot::DEBUG_CONSOLE, thread, name.len() as u64, low, high];
        self.world.as_root(SystemCall::DebugNameThread, &arguments);
    }

    fn spawn(&mut self, name: &str) -> Spawned {
        self.spawn_with_handler(name, 0)
    }

    fn spawn_with_handler(&mut self, name: &str, handler: u64) -> Spawned {
        self.world.run(self.world.root);
        let spawned = self.world.spawn_with_handler(50, Time::Own, handler);
        self.name(spawned.slot, name);
        spawned
    }

    fn make(&mut self, kind: ObjectKind) -> u64 {
        self.world.run(self.world.root);
        self.world.make(kind, 0)
    }

    fn call(&mut self, thread: Ref<Thread>, endpoint: u64) {
        self.world.run(thread);
        self.world.system_call(SystemCall::Call as u64, [endpoint, 0, 0, 0, 0, 0, 0, 0], 0);
    }

    fn receive(&mut self, thread: Ref<Thread>, endpoint: u64, reply: u64) {
        self.world.run(thread);
        self.world.system_call(SystemCall::Receive as u64, [endpoint, 0, 0, 0, 0, 0, 0, 0], reply);
    }

    fn wait(&mut self, thread: Ref<Thread>, notification: u64) {
        self.world.run(thread);
        self.world.system_call(SystemCall::Wait as u64, [notification, 0, 0, 0, 0, 0, 0, 0], 0);
    }

    /// The root waits for an interrupt, and the notification that it waits for.
    fn wait_for_interrupt(&mut self) -> u64 {
        let (irq, notification) = (self.make(ObjectKind::Irq), self.make(ObjectKind::Notification));
        self.world.as_root(SystemCall::IrqControlIssue, &[slot::IRQ_CONTROL, irq, LINE, 0]);
        self.world.as_root(SystemCall::IrqBind, &[irq, notification]);
        self.wait(self.world.root, notification);
        notification
    }

    /// The core takes an interrupt, and comes back as long as it has something to print. How often it let others go
    /// first.
    fn pass_seconds(&mut self, seconds: u64) -> usize {
        let machine = &self.world.kernel.system.store.machine;
        machine.clock.set(machine.clock.get() + seconds * self.second());
        let mut resume = self.world.enter(Event::Interrupt);
        let mut steps = 0;
        while resume == Resume::Again {
            resume = self.world.kernel.start(CORE);
            steps += 1;
        }
        steps
    }

    fn second(&self) -> u64 {
        use l4k::base::arch::Arch;
        self.world.kernel.system.store.machine.ticks_per_second().value()
    }

    fn deadline(&self) -> Option<u64> {
        self.world.kernel.system.store.machine.processors[0].deadline.map(|deadline| deadline.0)
    }

    fn said(&self) -> String {
        String::from_utf8(self.world.kernel.system.store.machine.console.clone()).unwrap()
    }

    fn says(&self, name: &str, what: &str) {
        let said = self.said();
        let begin = format!("l4k:   thread '{name}' (");
        assert!(said.lines().any(|line| line.starts_with(&begin) && line.contains(what)), "{name}: {what}\n{said}");
    }

    fn times(&self, what: &str) -> usize {
        self.said().matches(what).count()
    }
}

fn bad_address() -> Fault {
    let (instruction_pointer, syndrome, stack_pointer, link_register) = (0x20_0000, 0, 0, 0);
    let (kind, access, cause) = (FaultKind::Page, Access::Write, FaultCause::NotMapped);
    Fault { kind, access, cause, level: 3, address: 0x10, instruction_pointer, syndrome, stack_pointer, link_register }
}

#[test]
fn that_nothing_can_ever_run_is_told_with_what_each_thread_waits_for() {
    let mut scene = Scene::new();
    let (service, unserved, reply) =
        (scene.make(ObjectKind::Endpoint), scene.make(ObjectKind::Endpoint), scene.make(ObjectKind::Reply));
    let notification = scene.make(ObjectKind::Notification);
    let [server, second, crasher, waiter] = ["server", "second", "crasher", "waiter"].map(|name| scene.spawn(name));
    scene.world.run(scene.world.root);
    let timeless = scene.spawn("timeless");
    scene.world.as_root(SystemCall::SchedContextUnbind, &[timeless.context]);
    let stopped = scene.spawn("stopped");
    scene.world.as_root(SystemCall::ThreadSuspend, &[stopped.slot]);
    scene.receive(server.thread, service, reply);
    scene.wait(waiter.thread, notification);
    scene.world.run(crasher.thread);
    scene.world.fault(bad_address());
    scene.call(second.thread, service);
    scene.call(server.thread, unserved);
    assert_eq!(scene.times(END), 0, "the root runs");
    scene.call(scene.world.root, service);
    assert_eq!(scene.times(END), 1, "{}", scene.said());
    scene.says("root", "; 'server' (0x");
    scene.says("root", ") received here last");
    scene.says("second", "waits for an answer to its call, which 'server' (0x");
    scene.says("server", "; nobody receives here: no thread has done so yet");
    scene.says("waiter", "waits for signals of notification 0x");
    scene.says("crasher", "suspended by a fault: write to address 0x10: nothing is mapped there (pc 0x200000)");
    scene.says("timeless", "ready, but has no scheduling context");
    scene.says("stopped", "core 0, priority 50: suspended");
    assert_eq!(scene.times("l4k:   thread"), 7, "{}", scene.said());
    scene.pass_seconds(100);
    assert_eq!(scene.times(END), 1, "it is told once");
}

#[test]
fn it_is_not_told_while_time_is_to_come() {
    let mut scene = Scene::new();
    let (thread, endpoint) = (scene.spawn("spender"), scene.make(ObjectKind::Endpoint));
    let limited = [slot::SCHED_CONTROL, thread.context, 100_000, 10_000_000];
    scene.world.as_root(SystemCall::SchedControlConfigure, &limited);
    scene.call(scene.world.root, endpoint);
    scene.world.pass_time(scene.second() / 1_000);
    assert_eq!((scene.world.current(), scene.times(END)), (None, 0), "{}", scene.said());
    scene.world.pass_time(scene.second());
    assert_eq!(scene.world.current(), Some(thread.thread));
    scene.call(thread.thread, endpoint);
    assert_eq!(scene.times(END), 1, "{}", scene.said());
}

#[test]
fn it_is_not_told_while_another_core_has_a_thread() {
    let mut scene = Scene::new();
    scene.world.kernel.system.core_count = 2;
    let control = scene.world.new_slot();
    let capability = Capability::SchedControl { core: 1 };
    *scene.world.kernel.system.store.get_mut(scene.world.table.slot(control as u32)) =
        Slot { capability, ..Slot::EMPTY };
    let (there, endpoint) = (scene.spawn("there"), scene.make(ObjectKind::Endpoint));
    scene.world.as_root(SystemCall::SchedControlConfigure, &[control, there.context, 5_000_000, 5_000_000]);
    scene.call(scene.world.root, endpoint);
    assert_eq!(scene.times(END), 0, "it is ready on core 1");
    let enter = |scene: &mut Scene, event| {
        scene.world.kernel.system.store.machine.here = 1;
        scene.world.kernel.handle(CoreNumber(1), event)
    };
    assert_eq!(enter(&mut scene, Event::Interrupt), Resume::Thread(there.thread));
    assert_eq!(scene.times(END), 0, "it runs on core 1");
    let context = &mut scene.world.kernel.system.store.get_mut(there.thread).context;
    (context.x[0], context.x[1], context.x[8]) = (endpoint, 0, SystemCall::Call as u64);
    context.begin_system_call();
    assert_eq!(enter(&mut scene, Event::SystemCall), Resume::Idle);
    assert_eq!(scene.times(END), 1, "{}", scene.said());
    scene.says("there", "core 1, priority 50: calls endpoint");
}

#[test]
fn a_masked_interrupt_wakes_nobody_and_is_named() {
    let mut scene = Scene::new();
    let notification = scene.wait_for_interrupt();
    assert_eq!(scene.times(END), 0, "an interrupt can come");
    scene.world.interrupt(LINE as u16);
    assert_eq!(scene.world.current(), Some(scene.world.root));
    scene.wait(scene.world.root, notification);
    assert_eq!(scene.times(END), 1, "its driver has not acknowledged it\n{}", scene.said());
    scene.says("root", "(interrupt 33, masked until its driver acknowledges it)");
}

#[test]
fn that_only_interrupts_are_left_is_told_once_after_a_while_and_in_steps() {
    let mut scene = Scene::new();
    let others = ["one", "two"].map(|name| scene.spawn(name));
    let endpoint = scene.make(ObjectKind::Endpoint);
    others.iter().for_each(|thread| scene.call(thread.thread, endpoint));
    let (irq, notification) = (scene.make(ObjectKind::Irq), scene.make(ObjectKind::Notification));
    scene.world.as_root(SystemCall::IrqControlIssue, &[slot::IRQ_CONTROL, irq, LINE, 0]);
    scene.world.as_root(SystemCall::IrqBind, &[irq, notification]);
    scene.wait(scene.world.root, notification);
    assert_eq!(scene.deadline(), Some(1_000 + PATIENCE_SECONDS * scene.second()), "the core looks again");
    scene.pass_seconds(PATIENCE_SECONDS - 1);
    // A thread runs in between: the time begins anew.
    scene.world.interrupt(LINE as u16);
    scene.world.as_root(SystemCall::IrqAcknowledge, &[irq]);
    scene.wait(scene.world.root, notification);
    assert_eq!(scene.pass_seconds(PATIENCE_SECONDS - 1), 0);
    assert_eq!(scene.said(), "");
    let steps = scene.pass_seconds(1);
    assert_eq!(scene.times(ONLY_INTERRUPTS), 1, "{}", scene.said());
    assert_eq!((steps, scene.times("l4k:   thread")), (5, 3), "the first line, each thread, and the end are steps");
    scene.says("root", "(interrupt 33)");
    assert_eq!(scene.deadline(), None, "nothing is left to look for");
    scene.world.interrupt(LINE as u16);
    scene.world.as_root(SystemCall::IrqAcknowledge, &[irq]);
    scene.wait(scene.world.root, notification);
    scene.pass_seconds(10 * PATIENCE_SECONDS);
    assert_eq!(scene.times(ONLY_INTERRUPTS), 1, "it is told once");
}

#[test]
fn an_interrupt_is_taken_between_two_lines() {
    let mut scene = Scene::new();
    scene.wait_for_interrupt();
    let machine = &scene.world.kernel.system.store.machine;
    machine.clock.set(machine.clock.get() + PATIENCE_SECONDS * scene.second());
    assert_eq!(scene.world.enter(Event::Interrupt), Resume::Again);
    let machine = &mut scene.world.kernel.system.store.machine;
    machine.raised.insert(l4k::base::arch::Line(LINE as u16));
    machine.preempt_after.set(Some(0));
    assert_eq!(scene.world.kernel.start(CORE), Resume::Again);
    assert_eq!(scene.world.kernel.start(CORE), Resume::Thread(scene.world.root));
}

/// Two servers at two endpoints, which have received there.
fn servers(scene: &mut Scene) -> [(Spawned, u64); 2] {
    ["a", "b"].map(|name| server(scene, name))
}

/// A server that has received at its endpoint. It owes nothing, and does not receive.
fn server(scene: &mut Scene, name: &str) -> (Spawned, u64) {
    let (server, endpoint) = (scene.spawn(name), scene.make(ObjectKind::Endpoint));
    let reply = scene.make(ObjectKind::Reply);
    scene.receive(server.thread, endpoint, reply);
    scene.call(scene.world.root, endpoint);
    scene.world.run(server.thread);
    scene.world.system_call(SystemCall::Reply as u64, [reply, 0, 0, 0, 0, 0, 0, 0], 0);
    (server, endpoint)
}

#[test]
fn a_call_that_closes_a_cycle_is_told_with_the_names() {
    let mut scene = Scene::new();
    let [(a, to_a), (b, to_b)] = servers(&mut scene);
    scene.call(a.thread, to_b);
    assert_eq!(scene.times(CYCLE), 0, "b can still receive");
    scene.call(b.thread, to_a);
    assert_eq!(scene.times(CYCLE), 1, "{}", scene.said());
    assert_eq!(scene.times("l4k:   thread"), 2);
    scene.says("a", "; 'b' (");
    scene.says("b", "; 'a' (");
}

#[test]
fn a_cycle_through_an_owed_answer_is_told() {
    let mut scene = Scene::new();
    let [(a, to_a), (b, to_b)] = servers(&mut scene);
    let reply = scene.make(ObjectKind::Reply);
    scene.receive(b.thread, to_b, reply);
    scene.call(a.thread, to_b);
    assert_eq!(scene.times(CYCLE), 0, "b works");
    scene.call(b.thread, to_a);
    assert_eq!(scene.times(CYCLE), 1, "{}", scene.said());
    scene.says("a", "waits for an answer to its call, which 'b' (");
    scene.says("b", "; 'a' (");
}

/// The thread calls where it has received last.
fn calls_itself(scene: &mut Scene, thread: Ref<Thread>, endpoint: u64) {
    let before = scene.times(CYCLE);
    scene.call(thread, endpoint);
    assert_eq!(scene.times(CYCLE), before + 1, "{}", scene.said());
}

#[test]
fn who_takes_a_queued_call_has_received_last() {
    let mut scene = Scene::new();
    let [(_, endpoint), _] = servers(&mut scene);
    let [late, client] = ["late", "client"].map(|name| scene.spawn(name));
    let reply = scene.make(ObjectKind::Reply);
    scene.call(client.thread, endpoint);
    scene.receive(late.thread, endpoint, reply);
    calls_itself(&mut scene, late.thread, endpoint);
}

#[test]
fn who_answers_and_receives_has_received_last() {
    let mut scene = Scene::new();
    let endpoint = scene.make(ObjectKind::Endpoint);
    let servers = ["first", "second"].map(|name| (scene.spawn(name).thread, scene.make(ObjectKind::Reply)));
    let clients = [60, 60, 40].map(|priority| scene.world.spawn(priority, Time::Own).thread);
    // The root is the least urgent, and who is answered is the most urgent: the answer takes the fast path.
    scene.world.as_root(SystemCall::ThreadSetPriority, &[slot::THREAD, 1, 255]);
    for ((server, reply), client) in servers.into_iter().zip(clients) {
        scene.receive(server, endpoint, reply);
        scene.call(client, endpoint);
    }
    let [first, second] = servers;
    scene.world.run(first.0);
    let _ = scene.world.kernel.start(CORE);
    scene.world.system_call(SystemCall::ReplyReceive as u64, [endpoint, 0, 0, 0, 0, 0, 0, 0], first.1);
    scene.call(clients[2], endpoint);
    assert_eq!(scene.world.state(second.0), State::Ready);
    calls_itself(&mut scene, first.0, endpoint);
}

#[test]
fn a_thread_that_calls_itself_is_a_cycle() {
    let mut scene = Scene::new();
    let [(a, to_a), _] = servers(&mut scene);
    scene.call(a.thread, to_a);
    assert_eq!((scene.times(CYCLE), scene.times("l4k:   thread")), (1, 1), "{}", scene.said());
}

#[test]
fn a_fault_of_a_client_whose_handler_calls_it_is_a_cycle() {
    let mut scene = Scene::new();
    let [(handler, to_handler), _] = servers(&mut scene);
    let child = scene.spawn_with_handler("child", to_handler);
    let (to_child, reply) = (scene.make(ObjectKind::Endpoint), scene.make(ObjectKind::Reply));
    scene.receive(child.thread, to_child, reply);
    scene.call(handler.thread, to_child);
    scene.world.run(child.thread);
    scene.world.fault(bad_address());
    assert_eq!(scene.times(CYCLE), 1, "{}", scene.said());
    scene.says("child", "has faulted, which calls endpoint");
}

#[test]
fn a_server_that_is_gone_closes_no_cycle_even_if_another_thread_has_its_place() {
    let mut scene = Scene::new();
    let [(a, to_a), (b, to_b)] = servers(&mut scene);
    scene.call(a.thread, to_b);
    scene.world.as_root(SystemCall::CNodeDelete, &[0, b.slot]);
    let c = scene.spawn("c");
    scene.call(c.thread, to_a);
    assert_eq!(scene.times(CYCLE), 0, "{}", scene.said());
    scene.call(scene.world.root, to_b);
    scene.says("a", "the thread that received here last is gone");
}

#[test]
fn reports_on_cycles_are_bounded_in_a_second() {
    let mut scene = Scene::new();
    let [(a, to_a), _] = servers(&mut scene);
    let again = |scene: &mut Scene| {
        scene.call(a.thread, to_a);
        scene.world.as_root(SystemCall::ThreadCancel, &[a.slot]);
    };
    (0..20).for_each(|_| again(&mut scene));
    assert_eq!(scene.times(CYCLE), 4, "{}", scene.said());
    let machine = &scene.world.kernel.system.store.machine;
    machine.clock.set(machine.clock.get() + scene.second());
    again(&mut scene);
    assert_eq!(scene.times(CYCLE), 5, "{}", scene.said());
}

#[test]
fn a_chain_that_is_too_long_ends_the_search() {
    for (length, told) in [(CYCLE_MAX, 1), (CYCLE_MAX + 1, 0)] {
        let mut scene = Scene::new();
        let all: Vec<_> = (0..length).map(|_| server(&mut scene, "link")).collect();
        for (place, (link, _)) in all.iter().enumerate() {
            let (_, next) = all[(place + 1) % length];
            scene.call(link.thread, next);
        }
        assert_eq!(scene.times(CYCLE), told, "{length}");
    }
}

#[test]
fn threads_without_room_in_the_list_are_counted() {
    let mut scene = Scene::new();
    scene.world.checks = l4k_model::world::Checks::OnDemand;
    let all: Vec<u64> = (0..258).map(|_| scene.world.make(ObjectKind::Thread, 0)).collect();
    for thread in &all[255..257] {
        scene.world.as_root(SystemCall::CNodeDelete, &[0, *thread]);
    }
    let endpoint = scene.make(ObjectKind::Endpoint);
    scene.call(scene.world.root, endpoint);
    assert_eq!(scene.times("l4k:   thread '"), 256, "{}", scene.said());
    assert!(scene.said().ends_with("l4k:   threads that the kernel's list had no room for: 1\n"));
}

/// The threads that the kernel's list has.
fn listed(scene: &Scene) -> BTreeSet<Ref<Thread>> {
    let list = &scene.world.kernel.system.watch.threads;
    let all = std::iter::successors(list.next(0), |(_, place)| list.next(*place));
    all.map(|(thread, _)| thread).collect()
}

#[test]
fn places_in_the_list_are_used_again() {
    let mut scene = Scene::new();
    let root = BTreeSet::from([scene.world.root]);
    let mut live: Vec<_> = (0..30).map(|_| scene.spawn("some")).collect();
    for round in 1..5 {
        for place in (0..live.len()).step_by(1 + round % 3) {
            scene.world.run(scene.world.root);
            scene.world.call(SystemCall::CNodeDelete, &[0, live[place].slot]).unwrap();
        }
        for place in (0..live.len()).step_by(1 + round % 3) {
            live[place] = scene.spawn("other");
        }
        let threads: BTreeSet<_> = live.iter().map(|spawned| spawned.thread).collect();
        assert_eq!(listed(&scene), &threads | &root);
        for thread in threads {
            let store = &scene.world.kernel.system.store;
            assert_eq!(scene.world.kernel.system.watch.threads.find(store.get(thread).mark), Some(thread));
        }
    }
}
