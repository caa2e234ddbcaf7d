//! A walk through a flattened device tree (Devicetree Specification v0.4, chapter 5): each node with what is looked at of it. Takes any name, and never
//! panics, whatever the bytes are.

/// Tokens of the structure block.
const BEGIN_NODE: u32 = 1;
const END_NODE: u32 = 2;
const PROPERTY: u32 = 3;
const NOTHING: u32 = 4;
const END: u32 = 9;

/// Depth down to which nodes are told; 0 is the root. Interrupt controllers lie behind a bus or two.
pub const DEPTH_MAX: usize = 5;

/// How many words an address and a size have, where a node does not say (2.3.5).
const DEFAULT_CELLS: Cells = Cells { address: 2, size: 1 };

/// Words of addresses and of sizes in `reg`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cells {
    /// Of an address.
    pub address: u32,
    /// Of a size.
    pub size: u32,
}

/// A property by its value, or `None` if the node has none of that name.
type Property<'a> = Option<&'a [u8]>;

/// What is read of a node.
#[derive(Clone, Copy, Debug)]
struct Level<'a> {
    name: &'a [u8],
    registers: &'a [u8],
    compatible: &'a [u8],
    method: &'a [u8],
    device_type: &'a [u8],
    status: Property<'a>,
    ranges: Property<'a>,
    redistributor_regions: Property<'a>,
    redistributor_stride: Property<'a>,
    no_map: Property<'a>,
    reusable: Property<'a>,
    /// For the nodes below.
    cells: Cells,
}

const EMPTY: Level<'_> = Level {
    name: &[],
    registers: &[],
    compatible: &[],
    method: &[],
    device_type: &[],
    status: None,
    ranges: None,
    redistributor_regions: None,
    redistributor_stride: None,
    no_map: None,
    reusable: None,
    cells: DEFAULT_CELLS,
};

/// A node, below those that it lies in.
#[derive(Clone, Copy, Debug)]
pub struct Node<'n, 'a> {
    /// From the root to the node itself. Never empty.
    levels: &'n [Level<'a>],
}

impl<'a> Node<'_, 'a> {
    fn own(&self) -> &Level<'a> {
        self.levels.last().unwrap_or(&EMPTY)
    }

    /// The node that is so many levels further up.
    fn above(&self, count: usize) -> &Level<'a> {
        let place = self.levels.len().checked_sub(count + 1);
        place.and_then(|place| self.levels.get(place)).unwrap_or(&EMPTY)
    }

    /// How deep it lies: the root has 0.
    pub fn depth(&self) -> usize {
        self.levels.len().saturating_sub(1)
    }

    /// The name of the node above.
    pub fn parent(&self) -> &'a [u8] {
        self.above(1).name
    }

    /// Its property `reg`.
    pub fn registers(&self) -> &'a [u8] {
        self.own().registers
    }

    /// How its `reg` is to be read.
    pub fn cells(&self) -> Cells {
        self.above(1).cells
    }

    /// Its property `method`: of firmware, the instruction that calls it.
    pub fn method(&self) -> &'a [u8] {
        self.own().method
    }

    /// How many regions a GICv3's redistributors lie in; one where it does not say.
    pub fn redistributor_regions(&self) -> u32 {
        self.own().redistributor_regions.and_then(word).unwrap_or(1)
    }

    /// Bytes from one of a GICv3's redistributors to the next, where it says so.
    pub fn redistributor_stride(&self) -> Option<u64> {
        let value = self.own().redistributor_stride?;
        number(value, value.len() as u32 / 4).filter(|stride| *stride != 0 && stride.is_multiple_of(0x1_0000))
    }

    /// Whether its memory must not even be mapped.
    pub fn is_never_mapped(&self) -> bool {
        self.own().no_map.is_some()
    }

    /// Whether its memory may be used until a driver wants it.
    pub fn is_reusable(&self) -> bool {
        self.own().reusable.is_some()
    }

    /// Its property `status`, without the final 0, if it says that the node is not to be used.
    pub fn refused_status(&self) -> Property<'a> {
        self.own().status.map(first_string).filter(|status| !matches!(*status, b"okay" | b"ok"))
    }

    /// Whether it and every node that it lies in are to be used (2.3.4).
    pub fn is_available(&self) -> bool {
        (0..self.levels.len())
            .all(|count| Node { levels: self.levels.get(..=count).unwrap_or(&[]) }.refused_status().is_none())
    }

    /// Its name without the address.
    #[inline(never)]
    pub fn plain_name(&self) -> &'a [u8] {
        let name = self.own().name;
        name.split(|byte| *byte == b'@').next().unwrap_or(name)
    }

    /// Whether it is one of these.
    #[inline(never)]
    pub fn is_compatible(&self, name: &str) -> bool {
        self.own().compatible.split(|byte| *byte == 0).any(|known| known == name.as_bytes())
    }

    /// Whether its property `device_type` is this.
    pub fn is_device_type(&self, name: &str) -> bool {
        first_string(self.own().device_type) == name.as_bytes()
    }

    /// The address that the core sees for one that the node's `reg` has: through the property `ranges` of each bus that it lies behind (2.3.8).
    /// `None` if a bus does not pass it on.
    #[inline(never)]
    pub fn translate(&self, address: u64) -> Option<u64> {
        // The root is no bus: its addresses are the core's.
        (1..self.depth())
            .try_fold(address, |address, bus| self.above(bus).translate(self.above(bus + 1).cells, address))
    }
}

impl Level<'_> {
    /// The address above this bus for one below it. `above`: how addresses above it are written.
    fn translate(&self, above: Cells, address: u64) -> Option<u64> {
        let ranges = self.ranges?;
        if ranges.is_empty() {
            return Some(address);
        }
        let (Cells { address: child @ 1..=2, size: size @ 1..=2 }, parent @ 1..=2) = (self.cells, above.address) else {
            return None;
        };
        entries(ranges, child + parent + size).find_map(|range| {
            let start = number(range, child)?;
            let onto = number(range.get(child as usize * 4..)?, parent)?;
            let length = number(range.get((child + parent) as usize * 4..)?, size)?;
            let offset = address.checked_sub(start)?;
            if offset < length { onto.checked_add(offset) } else { None }
        })
    }
}

/// A value's entries of so many words each.
pub fn entries(value: &[u8], words: u32) -> impl Iterator<Item = &[u8]> {
    // The bound is for the compiler: an entry of nothing would be a panic.
    value.chunks_exact((words as usize * 4).max(4))
}

/// A value's first string, without its final 0.
fn first_string(value: &[u8]) -> &[u8] {
    value.split(|byte| *byte == 0).next().unwrap_or(value)
}

/// A number of one or two words.
#[inline(never)]
pub fn number(bytes: &[u8], words: u32) -> Option<u64> {
    match words {
        1 => word(bytes).map(u64::from),
        2 => Some(u64::from(word(bytes)?) << 32 | u64::from(word(bytes.get(4..)?)?)),
        _ => None,
    }
}

/// The structure block and the strings of a tree.
#[derive(Clone, Copy, Debug)]
pub struct Structure<'a> {
    /// Tokens.
    pub tokens: &'a [u8],
    /// Names of properties.
    pub strings: &'a [u8],
}

/// The bytes are no tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damaged;

impl<'a> Structure<'a> {
    /// Its nodes down to [`DEPTH_MAX`], in the order of the tree. A node's properties come before the nodes below it (5.4.2).
    pub const fn nodes(&self) -> Nodes<'a> {
        Nodes { structure: *self, rest: self.tokens, levels: [EMPTY; DEPTH_MAX + 1], depth: 0, open: false }
    }

    fn property(&self, rest: &mut &'a [u8], level: Option<&mut Level<'a>>) -> Result<(), Damaged> {
        let length = take_word(rest)?;
        let name = take_word(rest)?;
        let value = take(rest, length as usize)?;
        let name = self.strings.get(name as usize..).ok_or(Damaged)?;
        let Some(level) = level else { return Ok(()) };
        match first_string(name) {
            b"reg" => level.registers = value,
            b"compatible" => level.compatible = value,
            b"method" => level.method = value,
            b"device_type" => level.device_type = value,
            b"status" => level.status = Some(value),
            b"ranges" => level.ranges = Some(value),
            b"#redistributor-regions" => level.redistributor_regions = Some(value),
            b"redistributor-stride" => level.redistributor_stride = Some(value),
            b"no-map" => level.no_map = Some(value),
            b"reusable" => level.reusable = Some(value),
            b"#address-cells" => level.cells.address = word(value).ok_or(Damaged)?,
            b"#size-cells" => level.cells.size = word(value).ok_or(Damaged)?,
            _ => {}
        }
        Ok(())
    }
}

/// A walk through the nodes.
#[derive(Clone, Debug)]
pub struct Nodes<'a> {
    structure: Structure<'a>,
    rest: &'a [u8],
    levels: [Level<'a>; DEPTH_MAX + 1],
    depth: usize,
    /// Whether the innermost node's properties may still come.
    open: bool,
}

impl<'a> Nodes<'a> {
    /// The next node, or `None` at the end.
    ///
    /// # Errors
    /// [`Damaged`]; nodes before the damage were told.
    #[inline(never)]
    pub fn step(&mut self) -> Result<Option<Node<'_, 'a>>, Damaged> {
        loop {
            let before = self.rest;
            let token = take_word(&mut self.rest)?;
            if self.open && token != PROPERTY && token != NOTHING {
                self.open = false;
                self.rest = before;
                if self.depth > self.levels.len() {
                    continue;
                }
                return Ok(self.levels.get(..self.depth).map(|levels| Node { levels }));
            }
            match token {
                BEGIN_NODE => {
                    let name = take_string(&mut self.rest)?;
                    if let Some(level) = self.levels.get_mut(self.depth) {
                        *level = Level { name, ..EMPTY };
                    }
                    self.depth += 1;
                    self.open = true;
                }
                END_NODE => self.depth = self.depth.checked_sub(1).ok_or(Damaged)?,
                PROPERTY if self.open => {
                    self.structure.property(&mut self.rest, self.levels.get_mut(self.depth - 1))?;
                }
                NOTHING => {}
                END if self.depth == 0 => {
                    self.rest = before;
                    return Ok(None);
                }
                _ => return Err(Damaged),
            }
        }
    }

    /// Calls `found` for each node that is still to come, until it finds something. The walk ends at the damage, if there is one.
    #[inline]
    pub fn find<T>(mut self, mut found: impl FnMut(Node<'_, 'a>) -> Option<T>) -> Option<T> {
        while let Ok(Some(node)) = self.step() {
            if let Some(what) = found(node) {
                return Some(what);
            }
        }
        None
    }
}

/// The first four bytes, big endian.
#[inline(never)]
pub fn word(bytes: &[u8]) -> Option<u32> {
    bytes.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
}

fn take_word(rest: &mut &[u8]) -> Result<u32, Damaged> {
    let value = word(rest).ok_or(Damaged)?;
    *rest = rest.get(4..).unwrap_or(&[]);
    Ok(value)
}

/// Bytes, and what fills them up to a multiple of four.
fn take<'a>(rest: &mut &'a [u8], length: usize) -> Result<&'a [u8], Damaged> {
    let value = rest.get(..length).ok_or(Damaged)?;
    // A value is in memory: its length is far from the largest number.
    *rest = rest.get(length.next_multiple_of(4)..).ok_or(Damaged)?;
    Ok(value)
}

/// A string without its final 0.
fn take_string<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], Damaged> {
    let length = rest.iter().position(|byte| *byte == 0).ok_or(Damaged)?;
    let with_end = take(rest, length + 1)?;
    Ok(with_end.get(..length).unwrap_or(with_end))
}
