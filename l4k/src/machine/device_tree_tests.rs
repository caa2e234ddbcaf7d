//! Device trees as loaders pass them, made for the test.

extern crate std;

use super::*;
use dtoolkit::model::{DeviceTree as Model, DeviceTreeNode, DeviceTreeProperty};
use std::vec;
use std::vec::Vec;

fn cells(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

fn property(name: &str, words: &[u32]) -> DeviceTreeProperty {
    DeviceTreeProperty::new(name, cells(words)).unwrap()
}

fn text(name: &str, value: &str) -> DeviceTreeProperty {
    DeviceTreeProperty::new(name, value).unwrap()
}

fn node(name: &str, properties: Vec<DeviceTreeProperty>, children: Vec<DeviceTreeNode>) -> DeviceTreeNode {
    let mut node = DeviceTreeNode::new(name).unwrap();
    properties.into_iter().for_each(|property| node.add_property(property));
    children.into_iter().for_each(|child| node.add_child(child));
    node
}

/// A tree with two cells for addresses and one for sizes, as the Raspberry Pi 4's has it.
fn tree(children: Vec<DeviceTreeNode>) -> Vec<u8> {
    let mut model = Model::default();
    model.root = node("", [property("#address-cells", &[2]), property("#size-cells", &[1])].to_vec(), children);
    model.to_dtb()
}

/// A node that says that it is RAM.
fn memory(name: &str, registers: &[u32]) -> DeviceTreeNode {
    node(name, [text("device_type", "memory"), property("reg", registers)].to_vec(), Vec::new())
}

fn said(tree: &DeviceTree<'_>, kind: Kind) -> Vec<Range> {
    tree.statements().filter(|(said, _)| *said == kind).map(|(_, extent)| extent.clipped()).collect()
}

fn memory_of(bytes: &[u8]) -> Vec<Range> {
    said(&DeviceTree::new(bytes).unwrap(), Kind::Memory)
}

/// The firmware of the Raspberry Pi 4 leaves out the VideoCore's 76 MiB and the peripherals' range below 4 GiB.
#[test]
fn every_model_of_the_raspberry_pi_4_tells_its_memory() {
    const BELOW: [u32; 3] = [0, 0, 0x3b40_0000];
    let models: [(&[u32], u64); 4] = [
        (&[], 0x3b40_0000),
        (&[0, 0x4000_0000, 0x4000_0000], 0x7b40_0000),
        (&[0, 0x4000_0000, 0xbc00_0000], 0xf740_0000),
        (&[0, 0x4000_0000, 0xbc00_0000, 1, 0, 0x8000_0000, 1, 0x8000_0000, 0x8000_0000], 0x1_f740_0000),
    ];
    for (above, bytes) in models {
        let ranges: Vec<u32> = BELOW.iter().chain(above).copied().collect();
        let found = memory_of(&tree([memory("memory@0", &ranges)].to_vec()));
        assert_eq!(found.first(), Some(&(0, 0x3b40_0000)));
        assert_eq!(found.iter().map(|(start, end)| end - start).sum::<u64>(), bytes);
    }
}

#[test]
fn reserved_memory_is_told_and_reservations_without_a_place_are_passed_over() {
    let fixed = node("nvram@1", [property("reg", &[0, 0x1000, 0x2000])].to_vec(), Vec::new());
    let floating = node("cma", [property("size", &[0x400_0000])].to_vec(), Vec::new());
    let cells = [property("#address-cells", &[2]), property("#size-cells", &[1])].to_vec();
    let bytes = tree([node("reserved-memory", cells, [floating, fixed].to_vec())].to_vec());
    assert_eq!(said(&DeviceTree::new(&bytes).unwrap(), Kind::Reserved), [(0x1000, 0x3000)]);
}

#[test]
fn cores_and_the_interrupt_controller_are_found() {
    let core = |name, number| node(name, [property("reg", &[number])].to_vec(), Vec::new());
    let cpus = node(
        "cpus",
        [property("#address-cells", &[1]), property("#size-cells", &[0])].to_vec(),
        [core("cpu@0", 0), core("cpu@100", 0x100), core("cpu-map", 7)].to_vec(),
    );
    let registers = property("reg", &[0, 0x800_0000, 0x1_0000, 0, 0x801_0000, 0x1_0000]);
    let controller = node("intc@8000000", [text("compatible", "arm,gic-400"), registers].to_vec(), Vec::new());
    let bytes = tree([cpus, controller].to_vec());
    let tree = DeviceTree::new(&bytes).unwrap();
    let cores: Vec<u64> = tree.cores().map(|core| core.affinity).collect();
    assert_eq!(cores, [0, 0x100]);
    assert!(matches!(tree.controller(), Some(Controller::V2(0x800_0000, 0x801_0000))));
}

#[test]
fn something_else_is_no_device_tree() {
    assert_eq!(length(&[]), Err("no device tree there"));
    assert_eq!(length(&cells(&[MAGIC, LARGEST + 1])), Err("the device tree says that it is larger than 2 MiB"));
    assert_eq!(length(&cells(&[MAGIC, 48])), Ok(48));
    let bytes = tree(Vec::new());
    assert_eq!(length(&bytes), Ok(bytes.len() as u64));
}

#[test]
fn a_tree_that_was_cut_is_refused_and_never_read_beyond_its_end() {
    let memory = memory("memory@0", &[0, 0, 0x3b40_0000]);
    let bytes = tree([memory].to_vec());
    for cut in 0..bytes.len() {
        if let Ok(tree) = DeviceTree::new(&bytes[..cut]) {
            assert!(
                tree.statements().all(|(kind, extent)| (kind, extent.clipped()) == (Kind::Memory, (0, 0x3b40_0000)))
            );
        }
    }
}

#[test]
fn a_tree_with_any_byte_changed_is_refused_or_read() {
    let core = node("cpu@0", [property("reg", &[0])].to_vec(), Vec::new());
    let cpus = node("cpus", Vec::new(), [core].to_vec());
    let memory = memory("memory@0", &[0, 0, 0x3b40_0000]);
    let whole = tree([cpus, memory].to_vec());
    for place in 0..whole.len() {
        for value in [0, 1, 2, 3, 4, 9, 0x7f, 0x80, 0xff] {
            let mut bytes = whole.clone();
            bytes[place] = value;
            if let Ok(tree) = DeviceTree::new(&bytes) {
                let _ = (tree.statements().count(), tree.cores().count(), tree.redistributors().count());
                let _ = (tree.controller(), tree.pieces().count());
            }
        }
    }
}

#[test]
fn names_of_any_length_are_taken_and_deep_nodes_passed_over() {
    let long = "quirk-with-a-name-of-more-than-31-characters";
    let mut deep = memory("memory@5", &[0, 5, 5]);
    for _ in 0..10 {
        deep = node("bus", Vec::new(), [deep].to_vec());
    }
    let memory = node(
        "memory@0",
        [DeviceTreeProperty::new_unchecked(long, ""), text("device_type", "memory"), property("reg", &[0, 0, 9])]
            .to_vec(),
        Vec::new(),
    );
    assert_eq!(memory_of(&tree([deep, memory].to_vec())), [(0, 9)]);
}

#[test]
fn reservations_of_the_header_are_told() {
    let mut model = Model::default();
    model.memory_reservations = [dtoolkit::memreserve::MemoryReservation::new(0x1000, 0x2000)].to_vec();
    let bytes = model.to_dtb();
    assert_eq!(said(&DeviceTree::new(&bytes).unwrap(), Kind::Reserved), [(0x1000, 0x3000)]);
}

#[test]
fn firmware_is_called_as_its_node_says() {
    let conduit = |method| {
        let bytes = tree(vec![node("psci", vec![text("compatible", "arm,psci-1.0"), text("method", method)], vec![])]);
        DeviceTree::new(&bytes).unwrap().conduit()
    };
    assert_eq!(conduit("hvc"), Some(Conduit::Hypervisor));
    assert_eq!(conduit("smc"), Some(Conduit::SecureMonitor));
    assert_eq!(conduit("call"), None);
    let elsewhere = tree(vec![node("other", vec![text("method", "smc")], vec![])]);
    assert_eq!(DeviceTree::new(&elsewhere).unwrap().conduit(), None);
}
