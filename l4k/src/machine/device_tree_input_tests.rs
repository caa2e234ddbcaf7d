//! Trees that say something odd: each input that was once believed, and any tree against a model that knows each byte.

extern crate std;

use super::*;
use crate::machine::device_tree_statements::Region;
use crate::machine::memory_map::Extent;
use dtoolkit::memreserve::MemoryReservation;
use dtoolkit::model::{DeviceTree as Model, DeviceTreeNode, DeviceTreeProperty};
use proptest::prelude::*;
use std::string::String;
use std::vec;
use std::vec::Vec;

const MIB: u64 = 1 << 20;

fn property(name: &str, words: &[u32]) -> DeviceTreeProperty {
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
    DeviceTreeProperty::new(name, bytes).unwrap()
}

fn numbers(name: &str, values: &[u64]) -> DeviceTreeProperty {
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_be_bytes()).collect();
    DeviceTreeProperty::new(name, bytes).unwrap()
}

fn text(name: &str, value: &str) -> DeviceTreeProperty {
    DeviceTreeProperty::new(name, value).unwrap()
}

fn flag(name: &str) -> DeviceTreeProperty {
    DeviceTreeProperty::new(name, Vec::<u8>::new()).unwrap()
}

fn node(name: &str, properties: Vec<DeviceTreeProperty>, children: Vec<DeviceTreeNode>) -> DeviceTreeNode {
    let mut node = DeviceTreeNode::new(name).unwrap();
    properties.into_iter().for_each(|property| node.add_property(property));
    children.into_iter().for_each(|child| node.add_child(child));
    node
}

fn cells(address: u32, size: u32) -> Vec<DeviceTreeProperty> {
    vec![property("#address-cells", &[address]), property("#size-cells", &[size])]
}

/// RAM with further properties.
fn memory(name: &str, registers: &[u64], more: Vec<DeviceTreeProperty>) -> DeviceTreeNode {
    let own = vec![text("device_type", "memory"), numbers("reg", registers)];
    node(name, own.into_iter().chain(more).collect(), vec![])
}

fn reserved(children: Vec<DeviceTreeNode>) -> DeviceTreeNode {
    node("reserved-memory", cells(2, 2).into_iter().chain([flag("ranges")]).collect(), children)
}

fn hole(start: u64, bytes: u64, more: Vec<DeviceTreeProperty>) -> DeviceTreeNode {
    let own = vec![numbers("reg", &[start, bytes])];
    node(&std::format!("hole@{start:x}"), own.into_iter().chain(more).collect(), vec![])
}

/// A tree with two cells for addresses and for sizes, as QEMU's `virt` has it.
fn tree(children: Vec<DeviceTreeNode>, reservations: &[(u64, u64)]) -> Vec<u8> {
    let mut model = Model::default();
    model.root = node("", cells(2, 2), children);
    model.memory_reservations =
        reservations.iter().map(|(start, bytes)| MemoryReservation::new(*start, *bytes)).collect();
    model.to_dtb()
}

/// What the tree leaves to the kernel.
fn free(bytes: &[u8]) -> Vec<Range> {
    DeviceTree::new(bytes).unwrap().pieces().collect()
}

/// 512 MiB at 1 GiB, as each of these trees has it.
fn usual() -> DeviceTreeNode {
    memory("memory@40000000", &[0x4000_0000, 512 * MIB], vec![])
}

#[test]
fn overlap_nodes_memory_in_two_nodes_counts_once() {
    let second = memory("memory@50000000", &[0x5000_0000, 0x1000_0000], vec![]);
    assert_eq!(free(&tree(vec![usual(), second], &[])), [(0x4000_0000, 0x6000_0000)]);
}

#[test]
fn overlap_register_memory_twice_in_a_node_counts_once() {
    let both = memory("memory@40000000", &[0x4000_0000, 0x1800_0000, 0x5000_0000, 0x1000_0000], vec![]);
    assert_eq!(free(&tree(vec![both], &[])), [(0x4000_0000, 0x6000_0000)]);
}

#[test]
fn adjacent_split_pieces_without_a_gap_are_one() {
    let both = memory("memory@40000000", &[0x4000_0000, 0x23_0000, 0x4023_0000, 0x1fdd_0000], vec![]);
    assert_eq!(free(&tree(vec![both], &[])), [(0x4000_0000, 0x6000_0000)]);
}

#[test]
fn memreserve_top_a_reservation_up_to_the_last_address_reserves() {
    let bytes = tree(vec![usual()], &[(0x5000_0000, 0xffff_ffff_b000_0000)]);
    assert_eq!(free(&bytes), [(0x4000_0000, 0x5000_0000)]);
}

#[test]
fn reserved_past_top_a_reservation_whose_size_wraps_reserves() {
    let past = reserved(vec![hole(0x5000_0000, 0xffff_ffff_ffff_0000, vec![])]);
    assert_eq!(free(&tree(vec![usual(), past], &[])), [(0x4000_0000, 0x5000_0000)]);
}

#[test]
fn huge_size_memory_whose_size_wraps_is_not_believed() {
    let huge = memory("memory@40000000", &[0x4000_0000, u64::MAX], vec![]);
    assert_eq!(free(&tree(vec![huge], &[])), []);
}

#[test]
fn secure_memory_what_is_disabled_is_left_alone() {
    for status in ["disabled", "reserved", "fail", "fail-parity", "", "Okay"] {
        let secure = memory("memory@e000000", &[0x0e00_0000, 0x100_0000], vec![text("status", status)]);
        let over = memory("memory@50000000", &[0x5000_0000, 0x1000_0000], vec![text("status", status)]);
        assert_eq!(free(&tree(vec![secure, usual(), over], &[])), [(0x4000_0000, 0x5000_0000)], "{status}");
    }
    for status in ["okay", "ok"] {
        let usable = memory("memory@e000000", &[0x0e00_0000, 0x100_0000], vec![text("status", status)]);
        assert_eq!(free(&tree(vec![usable], &[])), [(0x0e00_0000, 0x0f00_0000)], "{status}");
    }
}

#[test]
fn nomap_memory_is_taken_out_and_reusable_memory_is_not() {
    let with = |flags: &[&str]| {
        let hole = hole(0x5000_0000, 0x800_0000, flags.iter().map(|name| flag(name)).collect());
        free(&tree(vec![usual(), reserved(vec![hole])], &[]))
    };
    let parted = [(0x4000_0000, 0x5000_0000), (0x5800_0000, 0x6000_0000)];
    assert_eq!(with(&["no-map"]), parted);
    assert_eq!(with(&[]), parted);
    assert_eq!(with(&["no-map", "reusable"]), parted);
    assert_eq!(with(&["reusable"]), [(0x4000_0000, 0x6000_0000)]);
}

#[test]
fn many_ranges_and_many_reserved_lose_nothing() {
    let mut registers = vec![0x4000_0000, 128 * MIB];
    registers.extend((0..40).flat_map(|index| [0x4800_0000 + index * 4 * MIB, 2 * MIB]));
    let pieces = free(&tree(vec![memory("memory@40000000", &registers, vec![])], &[]));
    assert_eq!((pieces.len(), pieces.iter().map(|(start, end)| end - start).sum()), (40, (128 + 80) * MIB));
    let holes = (0..40).map(|index| hole(0x5000_0000 + index * MIB, 0x1000, vec![])).collect();
    let pieces = free(&tree(vec![usual(), reserved(holes)], &[]));
    assert_eq!((pieces.len(), pieces.iter().map(|(start, end)| end - start).sum()), (41, 512 * MIB - 40 * 0x1000));
}

#[test]
fn memory_is_found_by_its_device_type_and_not_by_its_name() {
    let named = node("memory@80000000", vec![numbers("reg", &[0x8000_0000, MIB])], vec![]);
    let other = memory("ddr@90000000", &[0x9000_0000, MIB], vec![]);
    assert_eq!(free(&tree(vec![named, other], &[])), [(0x9000_0000, 0x9010_0000)]);
}

/// A GICv3 with this `reg`, in a bus with these `ranges`, in another with those.
fn behind(registers: &[u64], outer: &[DeviceTreeProperty], inner: &[DeviceTreeProperty]) -> Vec<u8> {
    let properties = vec![text("compatible", "arm,gic-v3"), numbers("reg", registers)];
    let controller = node("intc@0", properties, vec![]);
    let bus = |name, own: &[DeviceTreeProperty], child| {
        node(name, cells(2, 2).into_iter().chain(own.to_vec()).collect(), vec![child])
    };
    tree(vec![bus("soc", outer, bus("bus", inner, controller))], &[])
}

#[test]
fn gic_ranges_addresses_behind_buses_are_translated() {
    let registers = [0, 0x1_0000, 0xa_0000, 0xf6_0000];
    let through = |outer: &[DeviceTreeProperty], inner: &[DeviceTreeProperty]| {
        DeviceTree::new(&behind(&registers, outer, inner)).unwrap().controller()
    };
    let (same, none) = ([flag("ranges")], []);
    let onto = [numbers("ranges", &[0, 0x800_0000, 0x200_0000])];
    let further = [numbers("ranges", &[0, 0x7000_0000, 0x100, 0x800_0000, 0x1_0800_0000, 0x1000_0000])];
    assert_eq!(through(&same, &onto), Some(Controller::V3(0x800_0000, 0x80a_0000)));
    assert_eq!(through(&onto, &same), Some(Controller::V3(0x800_0000, 0x80a_0000)));
    assert_eq!(through(&further, &onto), Some(Controller::V3(0x1_0800_0000, 0x1_080a_0000)));
    // A bus that says nothing passes on nothing, and one that ends before the redistributors not these.
    assert_eq!(through(&none, &onto), None);
    assert_eq!(through(&same, &[numbers("ranges", &[0, 0x800_0000, 0x2_0000])]), None);
    assert_eq!(through(&same, &[numbers("ranges", &[0, u64::MAX, 0x200_0000])]), None);
}

#[test]
fn a_controller_that_is_disabled_or_lies_in_a_disabled_bus_is_passed_over() {
    let controller = |name, start, more: Vec<DeviceTreeProperty>| {
        let own = vec![text("compatible", "arm,gic-v3"), numbers("reg", &[start, 0x1_0000, start + MIB, 0x2_0000])];
        node(name, own.into_iter().chain(more).collect(), vec![])
    };
    let disabled = || vec![text("status", "disabled")];
    let bus = |status: Vec<DeviceTreeProperty>, child| {
        node("soc", cells(2, 2).into_iter().chain([flag("ranges")]).chain(status).collect(), vec![child])
    };
    let first = controller("intc@1", 0x1000_0000, disabled());
    let second = bus(disabled(), controller("intc@2", 0x2000_0000, vec![]));
    let third = bus(vec![text("status", "okay")], controller("intc@3", 0x3000_0000, vec![]));
    let bytes = tree(vec![first, second, third], &[]);
    assert_eq!(DeviceTree::new(&bytes).unwrap().controller(), Some(Controller::V3(0x3000_0000, 0x3010_0000)));
}

#[test]
fn redistributors_are_told_region_by_region() {
    let regions = |more: Vec<DeviceTreeProperty>| {
        let registers = numbers("reg", &[1 << 28, 0x1_0000, 2 << 28, 0x4_0000, 3 << 28, 0x2_0000, 4 << 28, 0x2000]);
        let own = vec![text("compatible", "arm,gic-v3"), registers];
        let bytes = tree(vec![node("intc", own.into_iter().chain(more).collect(), vec![])], &[]);
        let told = DeviceTree::new(&bytes).unwrap().redistributors();
        told.map(|Region { extent: Extent { start, bytes }, stride }| (start, bytes, stride)).collect::<Vec<_>>()
    };
    assert_eq!(regions(vec![]), [(2 << 28, 0x4_0000, None)]);
    let two = || property("#redistributor-regions", &[2]);
    assert_eq!(regions(vec![two()]), [(2 << 28, 0x4_0000, None), (3 << 28, 0x2_0000, None)]);
    let stride = numbers("redistributor-stride", &[0x4_0000]);
    assert_eq!(regions(vec![stride]), [(2 << 28, 0x4_0000, Some(0x4_0000))]);
    assert_eq!(regions(vec![numbers("redistributor-stride", &[0])]), [(2 << 28, 0x4_0000, None)]);
}

#[test]
fn cpu1_fail_the_status_of_a_core_is_told_with_it() {
    let core = |name, affinity, status: Option<&str>| {
        let own = vec![property("reg", &[affinity])];
        node(name, own.into_iter().chain(status.map(|status| text("status", status))).collect(), vec![])
    };
    let cores = vec![core("cpu@0", 0, None), core("cpu@1", 0x700, Some("fail")), core("cpu@2", 2, Some("okay"))];
    let bytes = tree(vec![node("cpus", cells(1, 0), cores)], &[]);
    let found: Vec<_> =
        DeviceTree::new(&bytes).unwrap().cores().map(|core| (core.affinity, core.refused.map(String::from))).collect();
    assert_eq!(found, [(0, None), (0x700, Some(String::from("fail"))), (2, None)]);
}

/// What a random tree says of a piece of memory: where it stands, start and length in units, how it is marked.
#[derive(Clone, Debug)]
struct Piece {
    place: Place,
    start: u64,
    bytes: u64,
    status: Option<&'static str>,
    flags: Vec<&'static str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Memory,
    ReservedMemory,
    Header,
}

/// Not a multiple of a page: the tree is read as it is, rounding comes later.
const UNIT: u64 = 0x700;
const UNITS: u64 = 64;

fn piece() -> impl Strategy<Value = Piece> {
    let place = prop_oneof![3 => Just(Place::Memory), 2 => Just(Place::ReservedMemory), 1 => Just(Place::Header)];
    let bytes = prop_oneof![8 => (0..UNITS / 2).prop_map(|units| units * UNIT), 1 => Just(u64::MAX), 1 => Just(0)];
    let status =
        prop_oneof![4 => Just(None), 1 => Just(Some("okay")), 1 => Just(Some("disabled")), 1 => Just(Some("fail"))];
    let flags = proptest::sample::subsequence(vec!["no-map", "reusable"], 0..=2);
    (place, 1..UNITS, bytes, status, flags).prop_map(|(place, unit, bytes, status, flags)| Piece {
        place,
        start: unit * UNIT,
        bytes,
        status,
        flags,
    })
}

impl Piece {
    fn node(&self, index: usize) -> DeviceTreeNode {
        let mut properties = vec![numbers("reg", &[self.start, self.bytes])];
        properties.extend(self.status.map(|status| text("status", status)));
        properties.extend(self.flags.iter().map(|name| flag(name)));
        if self.place == Place::Memory {
            properties.push(text("device_type", "memory"));
        }
        node(&std::format!("piece{index}@{:x}", self.start), properties, vec![])
    }

    fn is_available(&self) -> bool {
        self.status.is_none_or(|status| status == "okay")
    }

    fn has(&self, byte: u64) -> bool {
        self.start <= byte && u128::from(byte) < u128::from(self.start) + u128::from(self.bytes)
    }

    fn is_memory(&self) -> bool {
        let ends = u128::from(self.start) + u128::from(self.bytes) <= u128::from(u64::MAX);
        self.place == Place::Memory && self.is_available() && ends
    }

    fn is_taken(&self) -> bool {
        match self.place {
            Place::Memory => !self.is_available(),
            Place::ReservedMemory => {
                self.is_available() && (self.flags.contains(&"no-map") || !self.flags.contains(&"reusable"))
            }
            Place::Header => true,
        }
    }
}

fn tree_of(pieces: &[Piece]) -> Vec<u8> {
    let nodes = |place: Place| {
        pieces.iter().enumerate().filter(move |(_, piece)| piece.place == place).map(|(index, piece)| piece.node(index))
    };
    let header: Vec<(u64, u64)> =
        pieces.iter().filter(|piece| piece.place == Place::Header).map(|piece| (piece.start, piece.bytes)).collect();
    let children = nodes(Place::Memory).chain([reserved(nodes(Place::ReservedMemory).collect())]).collect();
    tree(children, &header)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn each_byte_of_a_tree_is_free_if_and_only_if_it_is_memory_that_nobody_has(pieces in proptest::collection::vec(piece(), 0..12)) {
        let found = free(&tree_of(&pieces));
        prop_assert!(found.windows(2).all(|pair| pair[0].1 < pair[1].0), "{:?} are not apart", found);
        for byte in (0..UNITS * 2).flat_map(|unit| [unit * UNIT, unit * UNIT + UNIT - 1]) {
            let expected = pieces.iter().any(|piece| piece.is_memory() && piece.has(byte))
                && !pieces.iter().any(|piece| piece.is_taken() && piece.has(byte));
            prop_assert_eq!(found.iter().any(|(start, end)| *start <= byte && byte < *end), expected, "byte {:#x}", byte);
        }
    }
}
