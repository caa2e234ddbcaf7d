//! Tests of the clock's dividers.

use super::*;

fn divider(base: u32, form: DividerForm, clock: CardClock) -> Result<Divider, ClockOutOfRange> {
    Divider::new(BaseClock::new(base).unwrap(), form, clock)
}

#[test]
fn base_clocks_out_of_range_are_refused() {
    for hertz in [0, 399_999, 818_400_001, u32::MAX] {
        assert_eq!(BaseClock::new(hertz), Err(ClockOutOfRange));
    }
    assert_eq!(BaseClock::new(100_000_000).unwrap().hertz(), 100_000_000);
}

#[test]
fn version_three_divides_by_even_numbers() {
    let form = DividerForm::of_version(2);
    assert_eq!(divider(100_000_000, form, CardClock::DefaultSpeed), Ok(Divider { bits: 0x0200, hertz: 25_000_000 }));
    assert_eq!(divider(100_000_000, form, CardClock::Identification), Ok(Divider { bits: 0x7d00, hertz: 400_000 }));
    // Half of 626 is 0x139: its upper bits lie in bits 7:6.
    assert_eq!(divider(250_000_000, form, CardClock::Identification), Ok(Divider { bits: 0x3940, hertz: 399_361 }));
    assert_eq!(divider(BaseClock::HIGHEST, form, CardClock::Identification).unwrap().bits, 0xffc0);
    // 62.5 MHz is not divided by three, which is odd, but by four.
    assert_eq!(divider(62_500_000, form, CardClock::DefaultSpeed).unwrap().hertz, 15_625_000);
}

#[test]
fn versions_before_divide_by_powers_of_two() {
    let form = DividerForm::of_version(1);
    assert_eq!(divider(52_000_000, form, CardClock::DefaultSpeed), Ok(Divider { bits: 0x0200, hertz: 13_000_000 }));
    assert_eq!(divider(52_000_000, form, CardClock::Identification), Ok(Divider { bits: 0x8000, hertz: 203_125 }));
    assert_eq!(divider(102_400_001, form, CardClock::Identification), Err(ClockOutOfRange));
}

#[test]
fn no_clock_is_faster_than_asked() {
    for form in [DividerForm::PowersOfTwo, DividerForm::EvenNumbers] {
        for base in (400_000..102_400_000).step_by(333_333) {
            for clock in [CardClock::Identification, CardClock::DefaultSpeed] {
                let made = divider(base, form, clock).unwrap().hertz;
                assert!(made <= clock.hertz() && (made == base || made >= clock.hertz() / 5), "{made} of {base}");
            }
        }
    }
}

#[test]
fn a_slow_base_is_not_divided() {
    let slowest = divider(400_000, DividerForm::EvenNumbers, CardClock::Identification);
    assert_eq!(slowest, Ok(Divider { bits: 0, hertz: 400_000 }));
}
