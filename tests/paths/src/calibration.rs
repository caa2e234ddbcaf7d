//! A machine's whole software in a page and a half, with entries of known length: counts are worth something only if they agree with
//! it. May call `arguments`, `cause` and `table`.

use anyhow::{Result, ensure};

use crate::arguments::Layout;
use crate::cause::Cause;
use crate::instruction::Class;
use crate::table::Table;

/// Where it is loaded and entered, at EL1 with the MMU off: in the memory of QEMU's `virt`.
pub const ADDRESS: u64 = 0x4010_0000;

const VECTORS: usize = 0x800;
const HANDLER: usize = 0x1000;
const BLOCK: usize = 0x1080;
const PROGRAM: usize = 0x1800;

/// Sets the vectors and goes to the program at EL0.
const START: [u32; 7] = [
    0x1000_4000, // adr x0, vectors
    0xd518_c000, // msr vbar_el1, x0
    0x1000_bfc0, // adr x0, program
    0xd518_4020, // msr elr_el1, x0
    0xd518_401f, // msr spsr_el1, xzr
    0xd503_3fdf, // isb
    0xd69f_03e0, // eret
];

/// Every system call. Number 1 turns 1,000 rounds; number 2 passes a preemption point after them, as number 1 does, and turns
/// 3,000 more; number 3 ends the machine.
const HANDLE: [u32; 18] = [
    0xf100_0d1f, // cmp x8, #3
    0x5400_01c0, // b.eq exit
    0x1000_03c4, // adr x4, block
    0xd280_7d01, // mov x1, #1000
    0xf100_0421, // 1: subs x1, x1, #1
    0x54ff_ffe1, // b.ne 1b
    0xd538_c102, // mrs x2, isr_el1
    0xf100_091f, // cmp x8, #2
    0x5400_00a1, // b.ne 3f
    0xd281_7701, // mov x1, #3000
    0xf100_0421, // 2: subs x1, x1, #1
    0x54ff_ffe1, // b.ne 2b
    0xf900_0481, // str x1, [x4, #8]
    0xa940_0c82, // 3: ldp x2, x3, [x4]
    0xd69f_03e0, // eret
    0xd280_0300, // exit: mov x0, #0x18
    0x1000_0201, // adr x1, block
    0xd45e_0000, // hlt #0xf000
];

/// Calls 1 twice, then 2, then 3.
const CALLS: [u32; 7] = [
    0xd280_0028, // mov x8, #1
    0xd400_0001, // svc #0
    0xd400_0001, // svc #0
    0xd280_0048, // mov x8, #2
    0xd400_0001, // svc #0
    0xd280_0068, // mov x8, #3
    0xd400_0001, // svc #0
];

/// Where its kernel is.
#[must_use]
pub const fn layout() -> Layout {
    let (start, handler) = (ADDRESS, ADDRESS + HANDLER as u64);
    Layout { text: start..start + PROGRAM as u64, vectors: start + VECTORS as u64, system_call: handler, telling: None }
}

/// The bytes to load.
#[must_use]
pub fn image() -> Vec<u8> {
    let mut image = vec![0; 0x2000];
    put(&mut image, 0, &START);
    // b handler
    put(&mut image, VECTORS + 0x400, &[0x1400_0100]);
    put(&mut image, HANDLER, &HANDLE);
    // ADP_Stopped_ApplicationExit, status 0.
    put(&mut image, BLOCK, &[0x2_0026, 0, 0, 0]);
    put(&mut image, PROGRAM, &CALLS);
    image
}

fn put(image: &mut [u8], offset: usize, words: &[u32]) {
    for (index, word) in words.iter().enumerate() {
        image[offset + index * 4..][..4].copy_from_slice(&word.to_le_bytes());
    }
}

/// The branch to the handler and four instructions, two a round, the preemption point with two more, and the last two.
pub const FIRST_CALL: u64 = 1 + 4 + 2 * 1000 + 3 + 2;
/// The same with one more, two a further round, and the store.
pub const SECOND_CALL: u64 = FIRST_CALL + 1 + 2 * 3000 + 1;

/// Checks what was counted against what there is to count.
///
/// # Errors
/// Tells what differs.
pub fn check(table: &Table) -> Result<()> {
    let rows: Vec<[u64; 6]> = table.rows.iter().map(figures).collect();
    let expected = [
        // The number, entries, instructions of both, of the shortest, of the longest, of the longest stretch.
        [1, 2, 2 * FIRST_CALL, FIRST_CALL, FIRST_CALL, FIRST_CALL - 4],
        [2, 1, SECOND_CALL, SECOND_CALL, SECOND_CALL, SECOND_CALL - (FIRST_CALL - 4)],
    ];
    ensure!(rows == expected, "handlers of known length were counted as {rows:?}, and are {expected:?}");
    let longest = &table.rows[1].longest;
    let of = |wanted| longest.classes.iter().find(|(class, _)| *class == wanted).map_or(0, |(_, count)| *count);
    let found = [of(Class::Load), of(Class::Store), of(Class::RegisterRead), longest.code_lines, longest.data_lines];
    ensure!(
        found == [1, 1, 1, 2, 1],
        "loads, stores, reads of registers, lines of code and data were counted as {found:?}"
    );
    Ok(())
}

fn figures(row: &crate::table::Row) -> [u64; 6] {
    let Cause::Call(number) = row.cause else { return [0; 6] };
    [
        number,
        row.entries,
        row.instructions,
        row.shortest.instructions,
        row.longest.instructions,
        row.stretch.instructions,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recorder::Recorder;

    /// The recorder alone, fed with the words of one call 1.
    #[test]
    fn known_length_is_what_the_words_come_to() {
        let (image, mut recorder) = (image(), Recorder::new(layout()));
        let word = |address: u64| {
            let offset = (address - ADDRESS) as usize;
            u32::from_le_bytes(image[offset..offset + 4].try_into().expect("four bytes"))
        };
        let mut run = |addresses: &[u64]| {
            for address in addresses {
                let index = recorder.look(*address, word(*address)).expect("the kernel's");
                recorder.execute(index);
            }
        };
        let handler = ADDRESS + HANDLER as u64;
        let at = |range: std::ops::Range<u64>| range.map(|index| handler + index * 4).collect::<Vec<u64>>();
        run(&[ADDRESS + VECTORS as u64 + 0x400]);
        run(&at(0..4));
        (0..1000).for_each(|_| run(&at(4..6)));
        run(&at(6..9));
        run(&at(13..15));
        let row = &recorder.table().rows[0];
        assert_eq!((row.entries, row.longest.instructions), (1, FIRST_CALL));
        assert!(check(recorder.table()).is_err(), "half of it is not all of it");
    }
}
