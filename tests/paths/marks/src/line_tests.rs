//! The lines come back as they were written.

extern crate std;

use std::string::ToString;

use crate::line::{Clocks, Closing, Line};
use crate::measure::Measured;

const BOARD: Clocks = Clocks { counter_hertz: 54_000_000, core_hertz: Some(1_500_000_000) };
const UNKNOWN: Clocks = Clocks { core_hertz: None, ..BOARD };

fn measured(rounds: u64, ticks: u64) -> Measured {
    Measured { rounds, ticks }
}

#[test]
fn a_round_is_its_share_of_the_ticks_to_the_nearest_tenth() {
    let line = Line::new("call", measured(4096, 54_000), BOARD).expect("a line");
    // 1 ms in 4,096 rounds: 244.14 ns, 366.21 cycles.
    assert_eq!((line.nanoseconds.count(), line.cycles.map(|cycles| cycles.count())), (2441, Some(3662)));
    let days = Line::new("long", measured(1, 54_000_000 * 1_000_000), BOARD).expect("a line");
    assert_eq!(days.nanoseconds.count(), 10_000_000_000_000_000);
    assert_eq!(Line::new("for ever", measured(1, u64::MAX), BOARD), None);
}

#[test]
fn lines_are_read_as_they_were_written() {
    for clocks in [BOARD, UNKNOWN] {
        for (rounds, ticks) in [(1, 1), (4096, 54_000), (8192, 3), (16, 700_000_000)] {
            let line = Line::new("round_trip_1000_threads", measured(rounds, ticks), clocks).expect("a line");
            assert_eq!(Line::read(&line.to_string()), Some(line), "{line}");
        }
    }
}

#[test]
fn a_line_is_for_people_as_well() {
    let line = Line::new("map", measured(8192, 54_000), UNKNOWN).expect("a line").to_string();
    assert_eq!(line, "map                          8192 rounds        122.1 ns");
    let line = Line::new("map", measured(8192, 54_000), BOARD).expect("a line").to_string();
    assert_eq!(line, "map                          8192 rounds        122.1 ns        183.1 cycles");
}

#[test]
fn nothing_measured_and_a_counter_without_a_rate_make_no_line() {
    assert_eq!(Line::new("call", Measured::NOTHING, BOARD), None);
    assert_eq!(Line::new("call", measured(1, 1), Clocks { counter_hertz: 0, core_hertz: None }), None);
}

#[test]
fn other_text_is_no_line() {
    for other in [
        "",
        "call",
        "call 1 rounds",
        "call 1 rounds 12 ns",
        "call 1 rounds 1.25 ns",
        "call 1 rounds 1.+ ns",
        "call +1 rounds 1.2 ns",
        "call 1 rounds 1.2 ns 3.4",
        "call 1 rounds 1.2 ns 3.4 cycles more",
        "call 1 turns 1.2 ns",
        "benchmark: done, 3 rows",
    ] {
        assert_eq!(Line::read(other), None, "{other}");
    }
}

#[test]
fn closing_lines_are_read_as_they_were_written() {
    for closing in [Closing::Done(58), Closing::Failed("src/a.rs:3: there is no slot left")] {
        assert_eq!(Closing::read(&closing.to_string()), Some(closing));
    }
    for other in ["", "benchmark: done, rows", "benchmark: done, -1 rows", "benchmark: stopped", "done, 3 rows"] {
        assert_eq!(Closing::read(other), None, "{other}");
    }
}
