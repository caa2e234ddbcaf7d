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

/// A node by itself.
#[derive(Clone, Copy, Debug)]
struct Level<'a> {
    name: &'a [u8],
    /// Tokens, from its first property on.
    properties: &'a [u8],
}

const EMPTY: Level<'_> = Level { name: &[], properties: &[] };

/// A node, below those that it lies in.
#[derive(Clone, Copy, Debug)]
pub struct Node<'n, 'a> {
    strings: &'a [u8],
    /// From the root to the node itself. Never empty.
    levels: &'n [Level<'a>],
}

impl<'a> Node<'_, 'a> {
    /// The node that is so many levels further up; 0 is the node itself.
    fn level(&self, up: usize) -> Level<'a> {
        let place = self.levels.len().checked_sub(up + 1);
        place.and_then(|place| self.levels.get(place)).copied().unwrap_or(EMPTY)
    }

    /// A property of the node that is so many levels further up. The walk has found all of them whole.
    #[inline(never)]
    fn property(&self, up: usize, name: &str) -> Property<'a> {
        let mut rest = self.level(up).properties;
        loop {
            match take_word(&mut rest).ok()? {
                PROPERTY => {
                    let (found, value) = take_property(&mut rest, self.strings).ok()?;
                    if found == name.as_bytes() {
                        return Some(value);
                    }
                }
                NOTHING => {}
                _ => return None,
            }
        }
    }

    /// How deep it lies: the root has 0.
    pub fn depth(&self) -> usize {
        self.levels.len().saturating_sub(1)
    }

    /// The name of the node above.
    pub fn parent(&self) -> &'a [u8] {
        self.level(1).name
    }

    /// Its property `reg`.
    pub fn registers(&self) -> &'a [u8] {
        self.property(0, "reg").unwrap_or(&[])
    }

    /// How its `reg` is to be read.
    pub fn cells(&self) -> Cells {
        self.cells_below(1)
    }

    /// Whether what it says of addresses below it can be read.
    pub fn has_cells(&self) -> bool {
        ["#address-cells", "#size-cells"]
            .iter()
            .all(|name| self.property(0, name).is_none_or(|value| word(value).is_some()))
    }

    /// How addresses are written in the nodes below the one that is so many levels further up.
    #[inline(never)]
    fn cells_below(&self, up: usize) -> Cells {
        let count = |name: &str| self.property(up, name).and_then(word);
        Cells {
            address: count("#address-cells").unwrap_or(DEFAULT_CELLS.address),
            size: count("#size-cells").unwrap_or(DEFAULT_CELLS.size),
        }
    }

    /// Its property `method`: of firmware, the instruction that calls it.
    pub fn method(&self) -> &'a [u8] {
        self.property(0, "method").unwrap_or(&[])
    }

    /// How many regions a GICv3's redistributors lie in; one where it does not say.
    pub fn redistributor_regions(&self) -> u32 {
        self.property(0, "#redistributor-regions").and_then(word).unwrap_or(1)
    }

    /// Bytes from one of a GICv3's redistributors to the next, where it says so.
    pub fn redistributor_stride(&self) -> Option<u64> {
        let value = self.property(0, "redistributor-stride")?;
        number(value, value.len() as u32 / 4).filter(|stride| *stride != 0 && stride.is_multiple_of(0x1_0000))
    }

    /// Whether its memory must not even be mapped.
    pub fn is_never_mapped(&self) -> bool {
        self.property(0, "no-map").is_some()
    }

    /// Whether its memory may be used until a driver wants it.
    pub fn is_reusable(&self) -> bool {
        self.property(0, "reusable").is_some()
    }

    /// Its property `status`, without the final 0, if it says that the node is not to be used.
    pub fn refused_status(&self) -> Property<'a> {
        self.refused_status_above(0)
    }

    fn refused_status_above(&self, up: usize) -> Property<'a> {
        self.property(up, "status").map(first_string).filter(|status| !matches!(*status, b"okay" | b"ok"))
    }

    /// Whether it and every node that it lies in are to be used (2.3.4).
    #[inline(never)]
    pub fn is_available(&self) -> bool {
        (0..self.levels.len()).all(|up| self.refused_status_above(up).is_none())
    }

    /// Its name without the address.
    #[inline(never)]
    pub fn plain_name(&self) -> &'a [u8] {
        up_to(self.level(0).name, b'@')
    }

    /// Whether it is one of these.
    #[inline(never)]
    pub fn is_compatible(&self, name: &str) -> bool {
        let known = self.property(0, "compatible").unwrap_or(&[]);
        known.split(|byte| *byte == 0).any(|known| known == name.as_bytes())
    }

    /// Whether its property `device_type` is this.
    pub fn is_device_type(&self, name: &str) -> bool {
        self.property(0, "device_type").is_some_and(|kind| first_string(kind) == name.as_bytes())
    }

    /// The address that the core sees for one that the node's `reg` has: through the property `ranges` of each bus that it lies behind (2.3.8).
    /// `None` if a bus does not pass it on.
    #[inline(never)]
    pub fn translate(&self, address: u64) -> Option<u64> {
        // The root is no bus: its addresses are the core's.
        (1..self.depth()).try_fold(address, |address, bus| self.translate_above(bus, address))
    }

    /// The address above the bus that is so many levels further up, for one below it.
    fn translate_above(&self, bus: usize, address: u64) -> Option<u64> {
        let mut ranges = self.property(bus, "ranges")?;
        if ranges.is_empty() {
            return Some(address);
        }
        let (below, above) = (self.cells_below(bus), self.cells_below(bus + 1));
        loop {
            let start = take_number(&mut ranges, below.address)?;
            let onto = take_number(&mut ranges, above.address)?;
            let length = take_number(&mut ranges, below.size)?;
            if let Some(offset) = address.checked_sub(start).filter(|offset| *offset < length) {
                return onto.checked_add(offset);
            }
        }
    }
}

/// A value's first string, without its final 0.
pub fn first_string(value: &[u8]) -> &[u8] {
    up_to(value, 0)
}

/// The bytes before the first of this value.
#[inline(never)]
fn up_to(bytes: &[u8], end: u8) -> &[u8] {
    let length = bytes.iter().position(|byte| *byte == end);
    length.and_then(|length| bytes.get(..length)).unwrap_or(bytes)
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

/// The same, which is taken off a value.
pub fn take_number(rest: &mut &[u8], words: u32) -> Option<u64> {
    let value = number(rest, words)?;
    *rest = rest.get(words as usize * 4..)?;
    Some(value)
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
        Nodes { strings: self.strings, rest: self.tokens, levels: [EMPTY; DEPTH_MAX + 1], depth: 0 }
    }
}

/// A walk through the nodes.
#[derive(Clone, Debug)]
pub struct Nodes<'a> {
    strings: &'a [u8],
    rest: &'a [u8],
    levels: [Level<'a>; DEPTH_MAX + 1],
    depth: usize,
}

impl<'a> Nodes<'a> {
    /// No node: a walk that ends at once.
    pub const NONE: Nodes<'static> = Structure { tokens: &[], strings: &[] }.nodes();

    /// The next node, or `None` at the end.
    ///
    /// # Errors
    /// [`Damaged`]; nodes before the damage were told.
    #[inline(never)]
    pub fn step(&mut self) -> Result<Option<Node<'_, 'a>>, Damaged> {
        loop {
            let before = self.rest;
            match take_word(&mut self.rest)? {
                BEGIN_NODE => {
                    let name = take_string(&mut self.rest)?;
                    let properties = self.rest;
                    self.pass_properties()?;
                    self.depth += 1;
                    if let Some(level) = self.levels.get_mut(self.depth - 1) {
                        *level = Level { name, properties };
                        return Ok(Some(self.last()));
                    }
                }
                END_NODE => self.depth = self.depth.checked_sub(1).ok_or(Damaged)?,
                NOTHING => {}
                END if self.depth == 0 => {
                    self.rest = before;
                    return Ok(None);
                }
                _ => return Err(Damaged),
            }
        }
    }

    /// The node that was told last.
    pub fn last(&self) -> Node<'_, 'a> {
        Node { strings: self.strings, levels: self.levels.get(..self.depth).unwrap_or(&self.levels) }
    }

    /// Passes over a node's properties, and looks whether they are whole.
    fn pass_properties(&mut self) -> Result<(), Damaged> {
        loop {
            let before = self.rest;
            match take_word(&mut self.rest)? {
                PROPERTY => {
                    take_property(&mut self.rest, self.strings)?;
                }
                NOTHING => {}
                _ => {
                    self.rest = before;
                    return Ok(());
                }
            }
        }
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

/// A property's name and its value, behind the token.
#[inline(never)]
fn take_property<'a>(rest: &mut &'a [u8], strings: &'a [u8]) -> Result<(&'a [u8], &'a [u8]), Damaged> {
    let length = take_word(rest)?;
    let name = take_word(rest)?;
    let value = take(rest, length as usize)?;
    let name = strings.get(name as usize..).ok_or(Damaged)?;
    Ok((first_string(name), value))
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
