//! The Raspberry Pi 4, from the loader to the first program: with ATAGS, with a device tree, with neither; at EL2 and at EL3; at any page.

mod hello;

use std::fs;
use std::path::PathBuf;

use dtoolkit::model::{DeviceTree, DeviceTreeNode, DeviceTreeProperty};
use hello::{LIMIT, PROMPT, boot, boot_file, elf, raw, shell_answers, with_mini_uart};
use l4k_qemu::{Board, Boot, Entry, Machine, SerialPort, Session};

fn pi() -> Machine {
    Machine::of(Board::RaspberryPi4)
}

fn at_el3() -> Machine {
    Machine { entry: Entry::El3, ..pi() }
}

/// The kernel's lines up to the prompt hold all of these.
fn tells(session: &mut Session, expected: &[&str]) {
    for text in expected {
        session.expect(text, LIMIT).expect("a line of the kernel");
    }
}

#[test]
fn without_a_device_tree_the_loaders_atags_tell_the_memory() {
    let mut session = boot(pi());
    tells(&mut session, &["entered at EL2", "960 MiB of memory by ATAGS", "4 cores are up"]);
    shell_answers(session);
}

#[test]
fn a_device_tree_tells_the_memory() {
    let tree = device_tree("told", 0x1800_0000);
    let mut session = boot_file(pi(), &raw(), &["-dtb", &tree.display().to_string()]);
    tells(&mut session, &["entered at EL2", "MiB of memory by device tree", "4 cores are up"]);
    shell_answers(session);
    fs::remove_file(tree).expect("the device tree can be removed");
}

#[test]
fn an_elf_file_is_entered_at_el3_by_all_cores_at_once() {
    let mut session = boot_file(at_el3(), &elf(), &[]);
    tells(&mut session, &["entered at EL3", "948 MiB of memory by no description", "4 cores are up"]);
    shell_answers(session);
}

/// The image was built with the feature `mini-uart-console`.
#[test]
fn the_console_can_be_the_mini_uart() {
    let boot = Boot::new(pi(), &with_mini_uart()).on_port(SerialPort::Second);
    let mut session = Session::start(&boot).expect("QEMU starts");
    session.expect(PROMPT, LIMIT).expect("the prompt");
    session.ask("restart uart", "uart was restarted", LIMIT).expect("the driver comes back");
    session.ask("ping", "10000 calls", LIMIT).expect("an answer of ping");
    shell_answers(session);
}

/// Through QEMU's loader device, which starts the first core alone.
#[test]
fn the_image_runs_at_any_page() {
    for address in [0x1000, 0x8_0000, 0x8_1000, 0x1234_5000_u64] {
        let device = format!("loader,file={},addr={address:#x},force-raw=on,cpu-num=0", raw().display());
        let mut session =
            Session::start(&Boot::empty(at_el3()).with_arguments(&["-device", &device])).expect("QEMU starts");
        tells(
            &mut session,
            &["entered at EL3", "core 0x1 does not start: it does not take its address at 0xe0", "1 of 4 cores are up"],
        );
        shell_answers(session);
    }
}

/// A loader that leaves EL3 for EL1 with what EL1 needs, and goes on at 0x20_0000 with 0 in x0.
const TO_EL1: [u32; 14] = [
    0xd280_b620, // movz x0, #0x5b1
    0xd51e_1100, // msr scr_el3, x0
    0xd2b0_0000, // movz x0, #0x8000, lsl #16
    0xd51c_1100, // msr hcr_el2, x0
    0xd280_0060, // movz x0, #3
    0xd51c_e100, // msr cnthctl_el2, x0
    0xd51c_e07f, // msr cntvoff_el2, xzr
    0xd280_78a0, // movz x0, #0x3c5
    0xd51e_4000, // msr spsr_el3, x0
    0xd2a0_0400, // movz x0, #0x20, lsl #16
    0xd51e_4020, // msr elr_el3, x0
    0xd280_0000, // movz x0, #0
    0xd503_3fdf, // isb
    0xd69f_03e0, // eret
];

#[test]
fn a_loader_may_enter_at_el1() {
    let file = std::env::temp_dir().join(format!("l4k-to-el1-{}", std::process::id()));
    fs::write(&file, TO_EL1.map(u32::to_le_bytes).as_flattened()).expect("the loader can be written");
    let loader = format!("loader,file={},addr=0x8000,force-raw=on,cpu-num=0", file.display());
    let image = format!("loader,file={},addr=0x200000,force-raw=on", raw().display());
    let boot = Boot::empty(at_el3()).with_arguments(&["-device", &loader, "-device", &image]);
    let mut session = Session::start(&boot).expect("QEMU starts");
    tells(&mut session, &["entered at EL1", "948 MiB of memory by no description"]);
    shell_answers(session);
    fs::remove_file(file).expect("the loader can be removed");
}

/// What firmware does with the second core, but for the counter's rate: from EL3 to EL1, and on to what appears in its word of the spin table.
fn second_core(rate: u32) -> Vec<u8> {
    let (to_el1, wait) = (&TO_EL1[..9], &TO_EL1[12..]);
    let mut words = vec![
        0xd2a0_0000 | (rate >> 16) << 5,    // movz x0, #rate, lsl #16
        0xf280_0000 | (rate & 0xffff) << 5, // movk x0, #rate
        0xd51b_e000,                        // msr cntfrq_el0, x0
    ];
    words.extend(to_el1);
    words.extend([
        0x1000_0000 | 4 << 5, // adr x0, 16
        0xd51e_4020,          // msr elr_el3, x0
    ]);
    words.extend(wait);
    words.extend([
        0xd280_1c01, // movz x1, #0xe0
        0xf940_0022, // ldr x2, [x1]
        0xb4ff_ffe2, // cbz x2, -4
        0xd61f_0040, // br x2
    ]);
    words.into_iter().flat_map(u32::to_le_bytes).collect()
}

#[test]
fn a_second_core_whose_counter_has_another_rate_or_none_is_refused_by_name() {
    let sentences = [
        (
            10_000_000,
            "cannot start: core 0x1: CNTFRQ_EL0 is 10000000, and 54000000 on the first core: firmware must set it on every core",
        ),
        (0, "cannot start: core 0x1: CNTFRQ_EL0 is 0, no rate that a counter has: firmware must set it on every core"),
    ];
    for (rate, sentence) in sentences {
        let file = std::env::temp_dir().join(format!("l4k-second-core-{}-{rate}", std::process::id()));
        fs::write(&file, second_core(rate)).expect("the code can be written");
        let second = format!("loader,file={},addr=0x8000,force-raw=on,cpu-num=1", file.display());
        let first = format!("loader,file={},addr=0x200000,force-raw=on,cpu-num=0", raw().display());
        let boot = Boot::empty(at_el3()).with_arguments(&["-device", &second, "-device", &first]);
        let mut session = Session::start(&boot).expect("QEMU starts");
        tells(&mut session, &["core 0x2 does not start", "core 0x3 does not start", sentence]);
        fs::remove_file(file).expect("the code can be removed");
    }
}

#[test]
fn an_image_over_the_spin_table_is_refused() {
    let device = format!("loader,file={},addr=0,force-raw=on,cpu-num=0", raw().display());
    let boot = Boot::empty(at_el3()).with_arguments(&["-device", &device]);
    let mut session = Session::start(&boot).expect("QEMU starts");
    tells(&mut session, &["cannot start: the image at 0x0 lies in memory that the board needs"]);
}

/// A device tree as the board's, with this much memory, in a file. QEMU puts in the memory that the machine has.
fn device_tree(name: &str, bytes: u32) -> PathBuf {
    let cells = |words: &[u32]| words.iter().flat_map(|word| word.to_be_bytes()).collect::<Vec<u8>>();
    let property = |name: &str, words: &[u32]| DeviceTreeProperty::new(name, cells(words)).expect("a property");
    let mut memory = DeviceTreeNode::new("memory@0").expect("a node");
    memory.add_property(DeviceTreeProperty::new("device_type", "memory").expect("a property"));
    memory.add_property(property("reg", &[0, 0, bytes]));
    let mut tree = DeviceTree::default();
    tree.root.add_property(property("#address-cells", &[2]));
    tree.root.add_property(property("#size-cells", &[1]));
    tree.root.add_child(memory);
    let file = std::env::temp_dir().join(format!("l4k-{name}-{}.dtb", std::process::id()));
    fs::write(&file, tree.to_dtb()).expect("the device tree can be written");
    file
}
