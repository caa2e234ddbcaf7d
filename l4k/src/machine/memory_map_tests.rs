//! The pieces of memory against a model that knows each byte, for whatever is said of them.

extern crate std;

use super::*;
use proptest::prelude::*;
use std::vec;
use std::vec::Vec;

impl Claims for Vec<(Claim, Range)> {
    fn each(&self, mut told: impl FnMut(Claim, Range)) {
        self.iter().for_each(|(claim, range)| told(*claim, *range));
    }
}

fn there(start: u64, end: u64) -> (Claim, Range) {
    (Claim::There, (start, end))
}

fn taken(start: u64, end: u64) -> (Claim, Range) {
    (Claim::Taken, (start, end))
}

fn found(claims: &[(Claim, Range)]) -> Ranges {
    let mut ranges = Ranges::EMPTY;
    ranges.find(&claims.to_vec());
    ranges
}

fn pieces(claims: &[(Claim, Range)]) -> Vec<Range> {
    found(claims).iter().collect()
}

/// What the model's unit of memory is: a part of a page, so that pages are cut.
const UNIT: u64 = PAGE / 4;

/// Units that the model knows; whatever goes further is nobody's.
const UNITS: u64 = 96;

/// Runs of pages of which each byte is there and not taken.
fn model(claims: &[(Claim, Range)]) -> Vec<Range> {
    let says = |claim: Claim, place: u64| {
        claims.iter().any(|(kind, (start, end))| *kind == claim && *start <= place && place < *end)
    };
    let is_free = |unit: u64| says(Claim::There, unit * UNIT) && !says(Claim::Taken, unit * UNIT);
    let mut runs: Vec<Range> = Vec::new();
    for page in 0..UNITS / 4 {
        if !(page * 4..page * 4 + 4).all(is_free) {
            continue;
        }
        match runs.last_mut().filter(|run| run.1 == page * PAGE) {
            Some(run) => run.1 += PAGE,
            None => runs.push((page * PAGE, (page + 1) * PAGE)),
        }
    }
    runs
}

/// A piece that begins within the model, often at the end of another, of any size: nothing, a little, or more than there is.
fn claim() -> impl Strategy<Value = (Claim, Range)> {
    let bytes = prop_oneof![8 => (0..UNITS / 2).prop_map(|units| units * UNIT), 1 => Just(u64::MAX), 1 => Just(0)];
    let kind = prop_oneof![2 => Just(Claim::There), 1 => Just(Claim::Taken)];
    (kind, 0..UNITS, bytes).prop_map(|(kind, unit, bytes)| {
        let extent = Extent { start: unit * UNIT, bytes };
        // Memory without an end is not believed; what is taken is taken to the end.
        let range = if kind == Claim::There { extent.checked().unwrap_or((0, 0)) } else { extent.clipped() };
        (kind, (range.0, if kind == Claim::There { range.1.min(UNITS * UNIT) } else { range.1 }))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn each_byte_counts_once_whatever_is_said_in_whatever_order(claims in proptest::collection::vec(claim(), 0..14)) {
        prop_assert_eq!(pieces(&claims), model(&claims));
        let backwards: Vec<(Claim, Range)> = claims.iter().rev().copied().collect();
        prop_assert_eq!(pieces(&backwards), model(&claims));
    }

    #[test]
    fn the_largest_pieces_are_kept_and_the_others_are_counted(sizes in proptest::collection::vec(1..9u64, 0..160)) {
        let mut claims = Vec::new();
        let mut start = PAGE;
        for pages in &sizes {
            claims.push(there(start, start + pages * PAGE));
            start += (pages + 1) * PAGE;
        }
        let ranges = found(&claims);
        let mut largest = sizes.clone();
        largest.sort_unstable_by(|one, other| other.cmp(one));
        let kept = largest.len().min(RANGES);
        let mut sizes_kept: Vec<u64> = ranges.iter().map(|(start, end)| (end - start) / PAGE).collect();
        prop_assert!(ranges.iter().is_sorted());
        sizes_kept.sort_unstable_by(|one, other| other.cmp(one));
        prop_assert_eq!(&sizes_kept, &largest[..kept]);
        let dropped = largest[kept..].iter().sum::<u64>() * PAGE;
        let left_out = LeftOut { pieces: (largest.len() - kept) as u64, bytes: dropped, out_of_reach: 0 };
        prop_assert_eq!(ranges.left_out, left_out);
    }
}

#[test]
fn memory_that_is_told_twice_counts_once_and_neighbours_are_one_piece() {
    assert_eq!(pieces(&[there(0x4000, 0x9000), there(0x6000, 0x8000)]), [(0x4000, 0x9000)]);
    assert_eq!(pieces(&[there(0x6000, 0x8000), there(0x4000, 0x6000)]), [(0x4000, 0x8000)]);
    assert_eq!(pieces(&[there(0x4000, 0x6800), there(0x6800, 0x8000)]), [(0x4000, 0x8000)]);
}

#[test]
fn what_is_taken_is_taken_out_in_whole_pages() {
    assert_eq!(pieces(&[there(0, 0x10_0000), taken(0x1800, 0x2001)]), [(0, 0x1000), (0x3000, 0x10_0000)]);
    assert_eq!(pieces(&[there(0, 0x4000), taken(0, 0x4000)]), []);
    assert_eq!(pieces(&[there(0x1000, 0x4000), taken(0, 0x1000), taken(0x4000, 0x5000)]), [(0x1000, 0x4000)]);
    assert_eq!(pieces(&[there(0x1000, 0x4000), taken(0x2000, u64::MAX)]), [(0x1000, 0x2000)]);
    assert_eq!(pieces(&[there(0x1000, 0x4000), taken(0x3000, 0x2000), taken(0x2000, 0x2000)]), [(0x1000, 0x4000)]);
}

#[test]
fn a_size_beyond_all_addresses_is_no_memory_and_still_a_reservation() {
    let extent = Extent { start: 0x4000_0000, bytes: u64::MAX };
    assert_eq!((extent.checked(), extent.clipped()), (None, (0x4000_0000, u64::MAX)));
    let whole = Extent { start: 0, bytes: u64::MAX };
    assert_eq!(whole.checked(), Some((0, u64::MAX)));
}

#[test]
fn memory_is_counted_in_whole_pages_within_reach() {
    assert_eq!(pieces(&[there(1, 0x2fff)]), [(0x1000, 0x2000)]);
    let ranges = found(&[
        there(OBJECT_MEMORY_END - 0x1000, OBJECT_MEMORY_END + 0x3000),
        there(OBJECT_MEMORY_END + 0x5000, OBJECT_MEMORY_END + 0x7000),
    ]);
    assert_eq!((ranges.bytes(), ranges.left_out.out_of_reach), (0x1000, 0x5000));
    assert_eq!(found(&[there(0, u64::MAX)]).bytes(), OBJECT_MEMORY_END);
    assert_eq!(found(&[there(u64::MAX - 5, u64::MAX)]).left_out, LeftOut::default());
}

#[test]
fn any_number_of_neighbours_is_one_piece() {
    let mut claims: Vec<(Claim, Range)> = (0..500).map(|page| there(page * PAGE, (page + 1) * PAGE)).collect();
    claims.sort_by_key(|(_, (start, _))| start.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    assert_eq!(pieces(&claims), vec![(0, 500 * PAGE)]);
}
