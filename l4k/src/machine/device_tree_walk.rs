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
    pub fn plain_name(&self) -> &'a [u8] {
        self.name.split(|byte| *byte == b'@').next().unwrap_or(self.name)
    }

    /// Whether it is one of these.
    pub fn is_compatible(&self, name: &str) -> bool {
        self.compatible.split(|byte| *byte == 0).any(|known| known == name.as_bytes())
    }
}

/// A node that is being read.
#[derive(Clone, Copy)]
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
    /// Calls `found` for each node down to [`DEPTH_MAX`], in the order of the tree. A node's properties come before the nodes below it (5.4.2).
    ///
    /// # Errors
    /// [`Damaged`]; nodes before the damage were told.
    pub fn each_node(&self, mut found: impl FnMut(Node<'a>)) -> Result<(), Damaged> {
        let mut levels = [EMPTY; DEPTH_MAX + 2];
        let mut depth = 0;
        let mut rest = self.tokens;
        // Whether the innermost node's properties may still come.
        let mut open = false;
        loop {
            let token = take_word(&mut rest)?;
            if open && token != PROPERTY && token != NOTHING {
                tell(&levels, depth - 1, &mut found);
                open = false;
            }
            match token {
                BEGIN_NODE => {
                    let name = take_string(&mut rest)?;
                    if let Some(level) = levels.get_mut(depth) {
                        *level = Level { name, ..EMPTY };
                    }
                    depth += 1;
                    open = true;
                }
                END_NODE => depth = depth.checked_sub(1).ok_or(Damaged)?,
                PROPERTY if open => self.property(&mut rest, levels.get_mut(depth - 1))?,
                NOTHING => {}
                END if depth == 0 => return Ok(()),
                _ => return Err(Damaged),
            }
        }
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

fn tell<'a>(levels: &[Level<'a>], depth: usize, found: &mut impl FnMut(Node<'a>)) {
    if depth > DEPTH_MAX {
        return;
    }
    let parent = depth.checked_sub(1).and_then(|above| levels.get(above)).unwrap_or(&EMPTY);
    if let Some(Level { name, registers, compatible, method, .. }) = levels.get(depth) {
        found(Node { depth, name, parent: parent.name, cells: parent.cells, registers, compatible, method });
    }
}

/// The first four bytes, big endian.
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
