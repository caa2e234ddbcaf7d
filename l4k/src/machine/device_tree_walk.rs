//! A walk through a flattened device tree (Devicetree Specification v0.4, chapter 5): each node with what is looked at of it. Takes any name, and never
//! panics, whatever the bytes are.

/// Tokens of the structure block.
const BEGIN_NODE: u32 = 1;
const END_NODE: u32 = 2;
const PROPERTY: u32 = 3;
const NOTHING: u32 = 4;
const END: u32 = 9;

/// Depth down to which nodes are told; 0 is the root.
pub const DEPTH_MAX: usize = 3;

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

/// A node.
#[derive(Clone, Copy, Debug)]
pub struct Node<'a> {
    /// How deep it lies.
    pub depth: usize,
    /// Its name, with the address.
    pub name: &'a [u8],
    /// The name of the node above.
    pub parent: &'a [u8],
    /// How its `reg` is to be read.
    pub cells: Cells,
    /// Its property `reg`.
    pub registers: &'a [u8],
    /// Its property `compatible`: strings, each ended by 0.
    pub compatible: &'a [u8],
    /// Its property `method`: of firmware, the instruction that calls it.
    pub method: &'a [u8],
}

impl<'a> Node<'a> {
    /// Its name without the address.
    #[inline(never)]
    pub fn plain_name(&self) -> &'a [u8] {
        self.name.split(|byte| *byte == b'@').next().unwrap_or(self.name)
    }

    /// Whether it is one of these.
    #[inline(never)]
    pub fn is_compatible(&self, name: &str) -> bool {
        self.compatible.split(|byte| *byte == 0).any(|known| known == name.as_bytes())
    }
}

/// A node that is being read.
#[derive(Clone, Copy, Debug)]
struct Level<'a> {
    name: &'a [u8],
    registers: &'a [u8],
    compatible: &'a [u8],
    method: &'a [u8],
    /// For the nodes below.
    cells: Cells,
}

const EMPTY: Level<'_> = Level { name: &[], registers: &[], compatible: &[], method: &[], cells: DEFAULT_CELLS };

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
        let name = name.split(|byte| *byte == 0).next().unwrap_or(name);
        let Some(level) = level else { return Ok(()) };
        match name {
            b"reg" => level.registers = value,
            b"compatible" => level.compatible = value,
            b"method" => level.method = value,
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
    pub fn step(&mut self) -> Result<Option<Node<'a>>, Damaged> {
        loop {
            let before = self.rest;
            let token = take_word(&mut self.rest)?;
            if self.open && token != PROPERTY && token != NOTHING {
                self.open = false;
                self.rest = before;
                match self.innermost() {
                    None => continue,
                    node => return Ok(node),
                }
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

    fn innermost(&self) -> Option<Node<'a>> {
        let depth = self.depth.checked_sub(1).filter(|depth| *depth <= DEPTH_MAX)?;
        let parent = depth.checked_sub(1).and_then(|above| self.levels.get(above)).unwrap_or(&EMPTY);
        let Level { name, registers, compatible, method, .. } = *self.levels.get(depth)?;
        Some(Node { depth, name, parent: parent.name, cells: parent.cells, registers, compatible, method })
    }
}

impl<'a> Iterator for Nodes<'a> {
    type Item = Node<'a>;

    /// The walk ends at the damage, if there is one.
    fn next(&mut self) -> Option<Node<'a>> {
        self.step().ok().flatten()
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
    *rest = rest.get(length.next_multiple_of(4)..).ok_or(Damaged)?;
    Ok(value)
}

/// A string without its final 0.
fn take_string<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], Damaged> {
    let length = rest.iter().position(|byte| *byte == 0).ok_or(Damaged)?;
    let with_end = take(rest, length + 1)?;
    Ok(with_end.get(..length).unwrap_or(with_end))
}
