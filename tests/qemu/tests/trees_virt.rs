//! QEMU's `virt` with trees that say something odd: each input that was once believed. Loaded as they are: with `-kernel` and `-dtb` QEMU would write the
//! memory nodes anew.

mod hello;
mod trees;

use hello::{LIMIT, PROMPT, boot, shell_answers};
use l4k_qemu::{Entry, InterruptController, Machine, MemorySize, Session};
use trees::{Step, Tree, X0, boot_tree, reserved};

const MIB: u64 = 1 << 20;
const HALF_GIB: u64 = 512 * MIB;
const RAM: u64 = 0x4000_0000;

fn machine() -> Machine {
    Machine { memory: MemorySize::mebibytes(512), ..Machine::default() }
}

/// The number before a text.
fn figure(session: &mut Session, before: &str) -> u64 {
    let text = session.expect(before, LIMIT).expect("a line with a figure");
    let number = text.trim_end_matches(before).split_whitespace().next_back();
    number.and_then(|word| word.parse().ok()).unwrap_or_else(|| panic!("no figure in {text:?}"))
}

/// Boots it, expects so many MiB in all and at most so many KiB free, all of which the first program has, and ends it.
fn has(tree: &Tree, mebibytes: u64, at_most: u64) {
    let mut session = boot_tree(machine(), tree, X0::Tree);
    assert_eq!(figure(&mut session, " MiB of memory by device tree"), mebibytes);
    let free = figure(&mut session, " KiB of memory free");
    assert!(free <= at_most && free + 8 * 1024 >= at_most, "{free} KiB of {at_most} KiB");
    session.expect(PROMPT, LIMIT).expect("the prompt");
    session.send("mem\r").expect("a shell that listens");
    session.expect("untyped memory: ", LIMIT).expect("the shell's answer");
    assert_eq!(figure(&mut session, " KiB in all"), free, "the first program has all of it");
    session.send("exit 9\r").expect("a shell that listens");
    let ended = session.wait_for_end(LIMIT).expect("the machine ends");
    assert_eq!(ended.status.code(), Some(9), "{}", ended.output);
}

#[test]
fn overlapping_memory_counts_once() {
    let nodes = Tree::new().memory(&[RAM, HALF_GIB]).memory(&[0x5000_0000, 0x1000_0000]);
    has(&nodes, 512, 512 * 1024);
    let pieces = Tree::new().memory(&[RAM, 0x1800_0000, 0x5000_0000, 0x1000_0000]);
    has(&pieces, 512, 512 * 1024);
}

#[test]
fn reservations_beyond_the_last_address_reserve() {
    let header = Tree::new().memory(&[RAM, HALF_GIB]).reservation(0x5000_0000, 0xffff_ffff_b000_0000);
    has(&header, 512, 256 * 1024);
    let node = Tree::new().memory(&[RAM, HALF_GIB]).with(reserved(&[(0x5000_0000, 0xffff_ffff_ffff_0000)], &[]));
    has(&node, 512, 256 * 1024);
}

#[test]
fn memory_without_an_end_is_reported() {
    let mut session = boot_tree(machine(), &Tree::new().memory(&[RAM, u64::MAX]), X0::Tree);
    let text = "memory at 0x40000000 of 0xffffffffffffffff bytes goes beyond the last address, and is not used";
    session.expect(text, LIMIT).expect("a message on the early console");
    session.expect("memory too small for the image", LIMIT).expect("a message on the early console");
}

#[test]
fn disabled_memory_is_left_alone() {
    has(&Tree::new().memory(&[RAM, HALF_GIB]).withheld(0x0e00_0000, 16 * MIB), 512, 512 * 1024);
}

#[test]
fn memory_that_must_not_be_mapped_is_left_out_and_reusable_memory_is_not() {
    let hole = [(0x5000_0000, 128 * MIB)];
    has(&Tree::new().memory(&[RAM, HALF_GIB]).with(reserved(&hole, &["no-map"])), 512, 384 * 1024);
    has(&Tree::new().memory(&[RAM, HALF_GIB]).with(reserved(&hole, &["reusable"])), 512, 512 * 1024);
}

#[test]
fn many_pieces_of_memory_are_all_used() {
    let mut pieces = vec![RAM, 128 * MIB];
    pieces.extend((0..40).flat_map(|index| [0x4800_0000 + index * 4 * MIB, 2 * MIB]));
    has(&Tree::new().memory(&pieces), 208, 208 * 1024);
    let holes: Vec<(u64, u64)> = (0..40).map(|index| (0x5000_0000 + index * MIB, 0x1000)).collect();
    has(&Tree::new().memory(&[RAM, HALF_GIB]).with(reserved(&holes, &[])), 512, 512 * 1024 - 160);
}

#[test]
fn pieces_that_there_is_no_place_for_are_reported_and_the_largest_are_kept() {
    let mut pieces = vec![RAM, 128 * MIB];
    pieces.extend((0..99).flat_map(|index| [0x4800_0000 + index * 2 * MIB, if index < 63 { MIB } else { MIB / 2 }]));
    let mut session = boot_tree(machine(), &Tree::new().memory(&pieces), X0::Tree);
    let text = "36 pieces of memory with 18432 KiB are not used: the kernel keeps the 64 largest";
    session.expect(text, LIMIT).expect("a message on the early console");
    shell_answers(session);
}

#[test]
fn neighbours_are_one_piece() {
    has(&Tree::new().memory(&[RAM, 0x23_0000, 0x4023_0000, 0x1fdd_0000]), 512, 512 * 1024);
}

#[test]
fn a_controller_behind_a_bus_is_found() {
    has(&Tree::behind_a_bus().memory(&[RAM, HALF_GIB]), 512, 512 * 1024);
}

#[test]
fn cores_that_do_not_start_are_named_and_the_others_run() {
    let machine = Machine { cores: 4, ..machine() };
    let tree = Tree::new().cores(&[(0, None), (0x700, Some("fail")), (0x701, None), (16, None), (2, None), (3, None)]);
    let mut session = boot_tree(machine, &tree.memory(&[RAM, HALF_GIB]), X0::Tree);
    for text in [
        "core 0x700 does not start: its status in the device tree is fail",
        // The machine has no core of that name: the controller does not know it.
        "core 0x701 does not start: no redistributor of the interrupt controller is its own",
        // No core of this machine has it either; this is looked at before.
        "core 0x10 does not start: its number in its cluster (Aff0) is above 15",
        "3 of 6 cores are up",
    ] {
        session.expect(text, LIMIT).expect("a message on the early console");
    }
    shell_answers(session);
}

#[test]
fn x0_that_points_to_no_tree_is_told_and_the_boards_place_is_looked_at() {
    let tree = Tree::new().memory(&[RAM, HALF_GIB]);
    let odd = "x0 is 0x1, and is not used: a description begins at a multiple of 4";
    let far = "x0 is 0x100000000, and is not used: it is not in the gibibyte of memory that the image is in";
    let empty = "x0 is 0x5ff00000, and is not used: no device tree there";
    let nothing = "x0 is 0x70000000, and is not used: no memory answers there";
    for (x0, text) in [(1, odd), (0x1_0000_0000, far), (0x5ff0_0000, empty), (0x7000_0000, nothing)] {
        let mut session = boot_tree(machine(), &tree, X0::Is(x0));
        session.expect(text, LIMIT).expect("a message on the early console");
        session.expect("512 MiB of memory by device tree", LIMIT).expect("the tree where the board says");
        shell_answers(session);
    }
}

#[test]
fn a_counter_without_a_rate_is_refused() {
    let machine = Machine { entry: Entry::El2, ..machine() };
    let mut session = boot_tree(machine, &Tree::new().memory(&[RAM, HALF_GIB]), X0::TreeWithoutRate);
    session
        .expect("cannot start: CNTFRQ_EL0 is 0, no rate that a counter has", LIMIT)
        .expect("a message on the early console");
}

/// The timer's interrupt (27) and the console's (33) are active and pending, and a priority is active, so that none of the same comes. GICv2: the
/// distributor is at 0x0800_0000, the interface at 0x0801_0000.
const LEFT_IN_V2: [Step; 5] = [
    Step::Store(0x0800_0300, 1 << 27), // GICD_ISACTIVER0
    Step::Store(0x0800_0304, 1 << 1),  // GICD_ISACTIVER1
    Step::Store(0x0800_0200, 1 << 27), // GICD_ISPENDR0
    Step::Store(0x0800_0204, 1 << 1),  // GICD_ISPENDR1
    Step::Store(0x0801_00d8, 1 << 16), // GICC_APR2: priority 0xa0
];

/// The same with a GICv3, whose first redistributor has its lines at 0x080b_0000.
const LEFT_IN_V3: [Step; 8] = [
    Step::Store(0x080b_0300, 1 << 27), // GICR_ISACTIVER0
    Step::Store(0x0800_0304, 1 << 1),  // GICD_ISACTIVER1
    Step::Store(0x080b_0200, 1 << 27), // GICR_ISPENDR0
    Step::Store(0x0800_0204, 1 << 1),  // GICD_ISPENDR1
    Step::Set(7),
    Step::Execute(0xd518_cca3), // msr ICC_SRE_EL1, x3
    Step::Set(1 << 20),
    Step::Execute(0xd518_c903), // msr ICC_AP1R0_EL1, x3: priority 0xa0
];

#[test]
fn interrupts_that_a_loader_left_active_or_pending_are_forgotten() {
    forgets(InterruptController::V2, Tree::with_v2, &LEFT_IN_V2);
    forgets(InterruptController::V3, Tree::new, &LEFT_IN_V3);
}

/// Each by itself as well, so that none hides behind another.
fn forgets(interrupt_controller: InterruptController, tree: fn() -> Tree, all: &'static [Step]) {
    for steps in [&all[..1], &all[1..2], &all[4..], all] {
        let machine = Machine { interrupt_controller, ..machine() };
        shell_answers(boot_tree(machine, &tree().memory(&[RAM, HALF_GIB]), X0::TreeAfter(steps)));
    }
}

#[test]
fn redistributors_in_several_regions_are_found() {
    let machine = Machine { cores: 4, ..machine() };
    let tree = |regions: &[u64]| Tree::in_regions(regions).cores(&[0, 1, 2, 3].map(|affinity| (affinity, None)));
    for regions in [&[1, 3][..], &[2, 2], &[1, 1, 2]] {
        let mut session = boot_tree(machine.clone(), &tree(regions).memory(&[RAM, HALF_GIB]), X0::Tree);
        session.expect("4 cores are up", LIMIT).expect("all cores");
        shell_answers(session);
    }
    // What no region holds is no redistributor.
    let mut session = boot_tree(machine, &tree(&[1, 2]).memory(&[RAM, HALF_GIB]), X0::Tree);
    for text in
        ["core 0x3 does not start: no redistributor of the interrupt controller is its own", "3 of 4 cores are up"]
    {
        session.expect(text, LIMIT).expect("a message on the early console");
    }
    shell_answers(session);
}

#[test]
fn redistributors_of_a_gicv4_are_found_whatever_their_size() {
    for cores in [1, 2, 4] {
        let machine = Machine { entry: Entry::El2, interrupt_controller: InterruptController::V3, cores, ..machine() };
        let mut session = hello::boot_with(machine, &["-machine", "gic-version=4"]);
        if cores > 1 {
            session.expect(&format!("{cores} cores are up"), LIMIT).expect("all cores");
        }
        shell_answers(session);
    }
    // The same with those of a GICv3.
    shell_answers(boot(Machine { cores: 3, ..machine() }));
}

/// The kernel has passed through EL2 and is alone above it: a call goes to its own vector there.
#[test]
fn firmware_that_is_called_in_the_wrong_way_is_told() {
    let cores: [(u32, Option<&str>); 4] = [(0, None), (1, None), (2, None), (3, None)];
    let machine = Machine { entry: Entry::El2, cores: 4, ..machine() };
    let tree = Tree::new().memory(&[RAM, HALF_GIB]).cores(&cores);
    let mut session = boot_tree(machine, &tree, X0::Tree);
    for core in 1..4 {
        let text = format!("core {core:#x} does not start: firmware refuses it (PSCI -1)");
        session.expect(&text, LIMIT).expect("a message on the early console");
    }
    session.expect("1 of 4 cores are up", LIMIT).expect("a message on the early console");
    shell_answers(session);
}
