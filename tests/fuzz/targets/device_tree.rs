//! Any bytes are a device tree, or are refused. Of a tree that is made of the input, each byte is free if and only if it is memory that nobody has.
#![no_main]

use dtoolkit::memreserve::MemoryReservation;
use dtoolkit::model::{DeviceTree as Model, DeviceTreeNode, DeviceTreeProperty};
use l4k::machine::device_tree::{DeviceTree, length};
use l4k::machine::memory_map::Claims;
use libfuzzer_sys::arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;

/// What a tree says of a piece of memory.
struct Piece {
    place: Place,
    start: u64,
    bytes: u64,
    status: Option<&'static str>,
    no_map: bool,
    reusable: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Place {
    Memory,
    Reserved,
    Header,
}

const UNIT: u64 = 0x700;

fn piece(input: &mut Unstructured<'_>) -> Result<Piece> {
    let length = input.int_in_range(0..=80)?;
    Ok(Piece {
        place: *input.choose(&[Place::Memory, Place::Reserved, Place::Header])?,
        start: input.int_in_range(1..=64)? * UNIT,
        bytes: if length > 64 { u64::MAX - length } else { length * UNIT },
        status: *input.choose(&[None, Some("okay"), Some("ok"), Some("disabled"), Some("fail")])?,
        no_map: input.arbitrary()?,
        reusable: input.arbitrary()?,
    })
}

fn numbers(values: &[u64]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_be_bytes()).collect()
}

impl Piece {
    fn node(&self, index: usize) -> DeviceTreeNode {
        let mut node = DeviceTreeNode::new(format!("piece{index}")).expect("a short name");
        let mut add =
            |name: &str, value: Vec<u8>| node.add_property(DeviceTreeProperty::new(name, value).expect("a name"));
        add("reg", numbers(&[self.start, self.bytes]));
        self.status.iter().for_each(|status| add("status", [status.as_bytes(), &[0]].concat()));
        [("no-map", self.no_map), ("reusable", self.reusable)]
            .iter()
            .filter(|(_, is)| *is)
            .for_each(|(name, _)| add(name, Vec::new()));
        if self.place == Place::Memory {
            add("device_type", b"memory\0".to_vec());
        }
        node
    }

    fn is_available(&self) -> bool {
        matches!(self.status, None | Some("okay" | "ok"))
    }

    fn has(&self, byte: u64) -> bool {
        self.start <= byte && u128::from(byte) < u128::from(self.start) + u128::from(self.bytes)
    }

    fn is_memory(&self) -> bool {
        self.place == Place::Memory && self.is_available() && self.start.checked_add(self.bytes).is_some()
    }

    fn is_taken(&self) -> bool {
        match self.place {
            Place::Memory => !self.is_available(),
            Place::Reserved => self.is_available() && (self.no_map || !self.reusable),
            Place::Header => true,
        }
    }
}

fn tree(pieces: &[Piece]) -> Vec<u8> {
    let cells = |node: &mut DeviceTreeNode| {
        for name in ["#address-cells", "#size-cells"] {
            node.add_property(DeviceTreeProperty::new(name, 2u32.to_be_bytes().to_vec()).expect("a name"));
        }
    };
    let mut model = Model::default();
    let mut reserved = DeviceTreeNode::new("reserved-memory").expect("a short name");
    cells(&mut model.root);
    cells(&mut reserved);
    for (index, piece) in pieces.iter().enumerate() {
        match piece.place {
            Place::Memory => model.root.add_child(piece.node(index)),
            Place::Reserved => reserved.add_child(piece.node(index)),
            Place::Header => model.memory_reservations.push(MemoryReservation::new(piece.start, piece.bytes)),
        }
    }
    model.root.add_child(reserved);
    model.to_dtb()
}

/// Reads everything there is.
fn read(bytes: &[u8]) {
    let _ = length(bytes);
    if let Ok(tree) = DeviceTree::new(bytes) {
        let pieces: Vec<_> = tree.pieces().take(100).collect();
        assert!(pieces.windows(2).all(|pair| pair[0].1 < pair[1].0), "{pieces:x?} are not apart");
        let _ = (tree.cores().count(), tree.redistributors().count());
        let _ = (tree.controller(), tree.conduit());
    }
}

fn structured(input: &mut Unstructured<'_>) -> Result<()> {
    let pieces = (0..input.int_in_range(0..=12)?).map(|_| piece(input)).collect::<Result<Vec<Piece>>>()?;
    let mut bytes = tree(&pieces);
    let free: Vec<_> = DeviceTree::new(&bytes).expect("a whole tree").pieces().collect();
    for byte in (0..160).flat_map(|unit| [unit * UNIT, unit * UNIT + UNIT - 1]) {
        let expected = pieces.iter().any(|piece| piece.is_memory() && piece.has(byte))
            && !pieces.iter().any(|piece| piece.is_taken() && piece.has(byte));
        assert_eq!(free.iter().any(|(start, end)| *start <= byte && byte < *end), expected, "byte {byte:#x}");
    }
    // The same tree, damaged.
    for _ in 0..input.int_in_range(0..=4)? {
        let place = input.choose_index(bytes.len())?;
        bytes[place] = input.arbitrary()?;
    }
    read(&bytes);
    Ok(())
}

fuzz_target!(|bytes: &[u8]| {
    read(bytes);
    let _ = structured(&mut Unstructured::new(bytes));
});
