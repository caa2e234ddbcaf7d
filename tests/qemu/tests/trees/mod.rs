//! Device trees of one's own for QEMU's `virt`, and the loader that hands one to a raw image.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use dtoolkit::memreserve::MemoryReservation;
use dtoolkit::model::{DeviceTree, DeviceTreeNode, DeviceTreeProperty};
use l4k_qemu::{Boot, Machine, Session};

use crate::hello::raw;

/// Where the raw image, the tree, and the loader's code go.
const IMAGE: u64 = 0x4020_0000;
const TREE: u64 = 0x4800_0000;
const LOADER: u64 = 0x4400_0000;

/// A tree to be.
pub struct Tree {
    children: Vec<DeviceTreeNode>,
    reservations: Vec<MemoryReservation>,
}

fn property(name: &str, words: &[u32]) -> DeviceTreeProperty {
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
    DeviceTreeProperty::new(name, bytes).expect("a short name")
}

fn numbers(name: &str, values: &[u64]) -> DeviceTreeProperty {
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_be_bytes()).collect();
    DeviceTreeProperty::new(name, bytes).expect("a short name")
}

fn text(name: &str, value: &str) -> DeviceTreeProperty {
    DeviceTreeProperty::new(name, value).expect("a short name")
}

fn flag(name: &str) -> DeviceTreeProperty {
    DeviceTreeProperty::new(name, Vec::<u8>::new()).expect("a short name")
}

fn cells(address: u32, size: u32) -> [DeviceTreeProperty; 2] {
    [property("#address-cells", &[address]), property("#size-cells", &[size])]
}

fn node(
    name: &str,
    properties: impl IntoIterator<Item = DeviceTreeProperty>,
    children: Vec<DeviceTreeNode>,
) -> DeviceTreeNode {
    let mut node = DeviceTreeNode::new(name).expect("a short name");
    properties.into_iter().for_each(|property| node.add_property(property));
    children.into_iter().for_each(|child| node.add_child(child));
    node
}

/// Reserved memory: each piece with these flags.
pub fn reserved(pieces: &[(u64, u64)], flags: &[&str]) -> DeviceTreeNode {
    let piece = |(start, bytes): &(u64, u64)| {
        let marks = flags.iter().map(|name| flag(name));
        node(&format!("hole@{start:x}"), [numbers("reg", &[*start, *bytes])].into_iter().chain(marks), vec![])
    };
    node("reserved-memory", cells(2, 2).into_iter().chain([flag("ranges")]), pieces.iter().map(piece).collect())
}

fn controller(registers: &[u64]) -> DeviceTreeNode {
    let regions = property("#redistributor-regions", &[registers.len() as u32 / 2 - 1]);
    node("intc", [text("compatible", "arm,gic-v3"), numbers("reg", registers), regions], vec![])
}

impl Tree {
    /// The interrupt controller and the firmware, and no memory yet.
    pub fn new() -> Tree {
        Self::with_controller(controller(&[0x800_0000, 0x1_0000, 0x80a_0000, 0xf6_0000]))
    }

    /// The same with a GICv2.
    pub fn with_v2() -> Tree {
        let registers = numbers("reg", &[0x800_0000, 0x1_0000, 0x801_0000, 0x1_0000]);
        Self::with_controller(node("intc", [text("compatible", "arm,cortex-a15-gic"), registers], vec![]))
    }

    /// The same, but the controller lies behind a bus that begins at its address.
    pub fn behind_a_bus() -> Tree {
        let controller = controller(&[0, 0x1_0000, 0xa_0000, 0xf6_0000]);
        let properties = cells(2, 2).into_iter().chain([numbers("ranges", &[0, 0x800_0000, 0x200_0000])]);
        Self::with_controller(node("soc", properties, vec![controller]))
    }

    /// The same, but the redistributors, of two frames for each core, lie in regions for so many cores each.
    pub fn in_regions(cores: &[u64]) -> Tree {
        let mut registers = vec![0x800_0000, 0x1_0000];
        let mut next = 0x80a_0000;
        for count in cores {
            registers.extend([next, count * 0x2_0000]);
            next += count * 0x2_0000;
        }
        Self::with_controller(controller(&registers))
    }

    fn with_controller(controller: DeviceTreeNode) -> Tree {
        let firmware = node("psci", [text("compatible", "arm,psci-1.0"), text("method", "hvc")], vec![]);
        Tree { children: vec![firmware, controller], reservations: Vec::new() }
    }

    /// With one more node.
    pub fn with(mut self, node: DeviceTreeNode) -> Tree {
        self.children.push(node);
        self
    }

    /// With a node of memory: start and length of each piece.
    pub fn memory(self, pieces: &[u64]) -> Tree {
        let name = format!("memory@{:x}", pieces[0]);
        self.with(node(&name, [text("device_type", "memory"), numbers("reg", pieces)], vec![]))
    }

    /// With memory that only the secure side has, as QEMU says it.
    pub fn withheld(self, start: u64, bytes: u64) -> Tree {
        let own = [text("device_type", "memory"), numbers("reg", &[start, bytes])];
        let status = [text("status", "disabled"), text("secure-status", "okay")];
        self.with(node(&format!("memory@{start:x}"), own.into_iter().chain(status), vec![]))
    }

    /// With cores: affinity and status.
    pub fn cores(self, cores: &[(u32, Option<&str>)]) -> Tree {
        let core = |(affinity, status): &(u32, Option<&str>)| {
            let status = status.iter().map(|status| text("status", status));
            node(&format!("cpu@{affinity:x}"), [property("reg", &[*affinity])].into_iter().chain(status), vec![])
        };
        self.with(node("cpus", cells(1, 0), cores.iter().map(core).collect()))
    }

    /// With a reservation in the header.
    pub fn reservation(mut self, start: u64, bytes: u64) -> Tree {
        self.reservations.push(MemoryReservation::new(start, bytes));
        self
    }

    fn bytes(&self) -> Vec<u8> {
        let mut model = DeviceTree::default();
        model.root = node("", cells(2, 2), self.children.clone());
        model.memory_reservations = self.reservations.clone();
        model.to_dtb()
    }
}

/// What a loader does before it leaves.
#[derive(Clone, Copy)]
pub enum Step {
    /// It writes a word to a device.
    Store(u64, u32),
    /// It puts a number into x3.
    Set(u64),
    /// It executes an instruction.
    Execute(u32),
}

impl Step {
    fn code(&self) -> Vec<u32> {
        match *self {
            Step::Store(address, value) => {
                let store = 0xb900_0043; // str w3, [x2]
                wide(2, address).chain(wide(3, u64::from(value))).chain([store]).collect()
            }
            Step::Set(value) => wide(3, value).collect(),
            Step::Execute(instruction) => vec![instruction],
        }
    }
}

/// `movz` and `movk` of a register by halves of words.
fn wide(register: u32, value: u64) -> impl Iterator<Item = u32> {
    (0..4u32).map(move |half| {
        let first = if half == 0 { 0xd280_0000 } else { 0xf280_0000 };
        first | half << 21 | ((value >> (16 * half) & 0xffff) as u32) << 5 | register
    })
}

/// What the loader leaves in x0.
#[derive(Clone, Copy)]
pub enum X0 {
    /// The tree's address.
    Tree,
    /// The same, and nothing in CNTFRQ_EL0: only the highest exception level can do that.
    TreeWithoutRate,
    /// The same, after these instructions of the loader's, which may use x2 and x3.
    TreeAfter(&'static [Step]),
    /// Something else, and only QEMU's own tree, where the board says.
    Is(u64),
}

impl X0 {
    /// The loader's code: its steps, x0, x1, `br x1`.
    fn code(self) -> Vec<u8> {
        let value = if let X0::Is(value) = self { value } else { TREE };
        let without_rate = matches!(self, X0::TreeWithoutRate).then_some(0xd51b_e01f_u32);
        let steps: &[Step] = if let X0::TreeAfter(steps) = self { steps } else { &[] };
        let before = without_rate.into_iter().chain(steps.iter().flat_map(Step::code));
        let words = before.chain(wide(0, value)).chain(wide(1, IMAGE)).chain([0xd61f_0020]);
        words.flat_map(u32::to_le_bytes).collect()
    }

    /// Where the tree goes. QEMU puts one of its own where the board says.
    const fn place_of_tree(self) -> Option<u64> {
        if let X0::Is(_) = self { None } else { Some(TREE) }
    }
}

/// A file for QEMU that is gone when the machine has read it.
fn file(name: &str, bytes: &[u8]) -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}-{number}", std::process::id()));
    fs::write(&path, bytes).expect("a file for QEMU");
    path
}

/// Boots the raw image with exactly this tree.
pub fn boot_tree(machine: Machine, tree: &Tree, x0: X0) -> Session {
    let (tree, code, image) = (file("tree", &tree.bytes()), file("loader", &x0.code()), raw());
    let load = |path: &Path, address: u64| format!("loader,file={},addr={address:#x},force-raw=on", path.display());
    let mut devices = vec![load(&image, IMAGE), load(&code, LOADER), format!("loader,addr={LOADER:#x},cpu-num=0")];
    devices.extend(x0.place_of_tree().map(|place| load(&tree, place)));
    let arguments: Vec<&str> = devices.iter().flat_map(|device| ["-device", device]).collect();
    let mut session = Session::start(&Boot::empty(machine).with_arguments(&arguments)).expect("QEMU starts");
    // Once the kernel speaks, QEMU has read its files.
    session.expect("l4k: version", crate::hello::LIMIT).expect("the kernel's first line");
    for path in [tree, code] {
        fs::remove_file(path).expect("the file of this test");
    }
    session
}
