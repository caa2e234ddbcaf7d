//! Numbers that programs choose, as indices. A processor guesses what a check will say, and goes on before it knows. So each number is made smaller
//! than its table by arithmetic as well, and a load that was guessed stays in the table. All the kernel does so by these functions. May call `hint`.

pub use super::hint::confined;

/// The number of a slot, in a table whose last slot is number `last`, 2^n - 1.
#[inline(always)]
#[must_use]
pub const fn within(number: u64, last: u32) -> u32 {
    number as u32 & last
}

/// The number, if it is below `count`.
#[inline(always)]
#[must_use]
pub fn below(number: u64, count: u64) -> Option<u64> {
    if number < count { Some(confined(number, count)) } else { None }
}

/// The element of a table with this number.
#[inline(always)]
#[must_use]
pub fn element<T>(table: &[T], number: u64) -> Option<&T> {
    table.get(below(number, table.len() as u64)? as usize)
}

/// The same, to be changed.
#[inline(always)]
#[must_use]
pub fn element_mut<T>(table: &mut [T], number: u64) -> Option<&mut T> {
    table.get_mut(below(number, table.len() as u64)? as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_inside_stays_and_one_outside_becomes_zero() {
        for count in [1, 2, 3, 81, 1 << 40, u64::MAX] {
            assert_eq!((confined(0, count), confined(count - 1, count)), (0, count - 1));
            assert_eq!((confined(count, count), confined(u64::MAX, count)), (0, 0));
        }
    }

    #[test]
    fn a_number_of_a_slot_stays_in_its_table() {
        assert_eq!((within(7, 7), within(8, 7), within(u64::MAX, 7)), (7, 0, 7));
    }

    #[test]
    fn an_element_is_found_by_its_number_and_no_other_number_finds_one() {
        let mut table = [10, 11, 12];
        assert_eq!(
            [0, 2, 3, u64::MAX].map(|number| element(&table, number).copied()),
            [Some(10), Some(12), None, None]
        );
        assert_eq!(element_mut(&mut table, 1), Some(&mut 11));
        assert_eq!(element_mut(&mut table, 1 << 32 | 1), None);
        assert_eq!(element::<u8>(&[], 0), None);
    }
}
