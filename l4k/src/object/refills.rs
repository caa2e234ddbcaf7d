//! Refills of a scheduling context: when how much of its budget may be used. A sporadic server (Sprunt, Sha and Lehoczky 1989), with a list of
//! fixed length and without its known defect of premature replenishment (Stanovich et al. 2010): what is used returns one
//! period after its use began, and what does not fit in the list waits longer, never shorter.
//!
//! Between two operations: the amounts sum up to the budget; refills are in order and do not overlap; the last ends within a period
//! of the first's release. In any window of a period's length, no more than the budget is used.

use crate::base::time::{Instant, Ticks};

/// Refills of a context at most.
pub const REFILLS: usize = 4;

/// Time that may be used from an instant on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Refill {
    /// From when on.
    pub release: Instant,
    /// How much.
    pub amount: Ticks,
}

impl Refill {
    /// When it is used up if its use begins with its release.
    const fn end(self) -> Instant {
        self.release.after(self.amount)
    }
}

/// The refills, the first to be used first. Zero bytes are a budget of nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refills {
    /// Those in use come first; the others have no amount.
    list: [Refill; REFILLS],
}

impl Refills {
    /// The whole budget, at once.
    #[must_use]
    pub const fn full(budget: Ticks, now: Instant) -> Refills {
        let mut list = [Refill { release: Instant(0), amount: Ticks(0) }; REFILLS];
        list[0] = Refill { release: now, amount: budget };
        Refills { list }
    }

    /// Begins a slice anew, which has one refill.
    #[inline(always)]
    pub const fn restart(&mut self, budget: Ticks) {
        self.list[0].amount = budget;
    }

    /// Takes off the first refill what is less than all of it.
    #[inline(always)]
    pub const fn shorten(&mut self, used: Ticks) {
        self.list[0].amount = Ticks(self.list[0].amount.0.wrapping_sub(used.0));
    }

    fn count(&self) -> usize {
        self.list.iter().take_while(|refill| refill.amount != Ticks(0)).count()
    }

    /// The refill to be used next.
    #[must_use]
    pub const fn first(&self) -> Refill {
        self.list[0]
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> &[Refill] {
        self.list.get(..self.count()).unwrap_or(&[])
    }

    /// A thread begins to run on them, now or later: what was released before is released now, in one piece with what is released while it
    /// is used.
    #[inline(never)]
    pub fn begin(&mut self, now: Instant) {
        if self.list[0].release < now {
            self.list[0].release = now;
            while self.list[1].amount != Ticks(0) && self.list[1].release <= self.list[0].end() {
                let first = self.remove_first();
                self.list[0] = Refill { release: first.release, amount: Ticks(first.amount.0 + self.list[0].amount.0) };
            }
        }
    }

    /// Takes off what was used since the first refill's release; it returns a period after that. What was used beyond all refills, because
    /// the timer was late, is owed: the first release moves on by it.
    pub fn charge(&mut self, used: Ticks, period: Ticks, least: Ticks) {
        let mut used = used.0;
        for _ in 0..REFILLS {
            let first = self.list[0];
            let amount = first.amount.0.min(used);
            used -= amount;
            if amount < first.amount.0 {
                self.list[0] =
                    Refill { release: first.release.after(Ticks(amount)), amount: Ticks(first.amount.0 - amount) };
            } else {
                self.remove_first();
            }
            self.add(Refill { release: first.release.after(period), amount: Ticks(amount) });
            if used == 0 {
                break;
            }
        }
        self.list[0].release = self.list[0].release.after(Ticks(used));
        self.order();
        self.join_small(least);
    }

    /// Gives up the rest of the first refill: it is as if it was used.
    pub fn give_up(&mut self, period: Ticks, least: Ticks) {
        self.charge(self.list[0].amount, period, least);
    }

    fn remove_first(&mut self) -> Refill {
        let first = self.list[0];
        self.list.rotate_left(1);
        self.list[REFILLS - 1] = Refill::default();
        first
    }

    /// Adds a refill behind the others: to the last one if it follows at once or if there is no place, by moving that one's release on.
    fn add(&mut self, refill: Refill) {
        let count = self.count();
        if refill.amount == Ticks(0) {
            return;
        }
        match count.checked_sub(1).and_then(|last| self.list.get_mut(last)) {
            Some(last) if last.end() >= refill.release || count == REFILLS => {
                let amount = Ticks(last.amount.0 + refill.amount.0);
                let release = Instant(refill.release.0.saturating_sub(last.amount.0)).max(last.release);
                *last = Refill { release, amount };
            }
            _ => {
                if let Some(place) = self.list.get_mut(count) {
                    *place = refill;
                }
            }
        }
    }

    /// A first release that has moved on takes along what it has reached.
    fn order(&mut self) {
        while self.list[1].amount != Ticks(0) && self.list[0].end() > self.list[1].release {
            let first = self.remove_first();
            self.list[0] = Refill { release: first.release, amount: Ticks(first.amount.0 + self.list[0].amount.0) };
        }
    }

    /// A first refill that is not worth a switch of threads waits for the next.
    fn join_small(&mut self, least: Ticks) {
        while self.list[1].amount != Ticks(0) && self.list[0].amount < least {
            let first = self.remove_first();
            let release = Instant(self.list[0].release.0.saturating_sub(first.amount.0)).max(first.release);
            self.list[0] = Refill { release, amount: Ticks(first.amount.0 + self.list[0].amount.0) };
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::vec;
    use std::vec::Vec;

    use super::{REFILLS, Refills};
    use crate::base::time::{Instant, Ticks};
    use proptest::prelude::*;

    fn check(refills: &Refills, budget: u64, period: u64) {
        let all = refills.all();
        assert!((1..=REFILLS).contains(&all.len()), "{refills:?}");
        assert_eq!(all.iter().map(|refill| refill.amount.0).sum::<u64>(), budget, "sum of {refills:?}");
        assert!(all.iter().all(|refill| refill.amount.0 > 0), "{refills:?}");
        assert!(all.windows(2).all(|pair| pair[0].end() <= pair[1].release), "order of {refills:?}");
        assert!(all[all.len() - 1].end() <= all[0].release.after(Ticks(period)), "span of {refills:?}");
    }

    /// Runs a thread that wants to run in some stretches of time, others that it does not; the ticks that it ran.
    fn simulate(budget: u64, period: u64, least: u64, wishes: &[(u64, u64)]) -> Vec<bool> {
        let mut refills = Refills::full(Ticks(budget), Instant(0));
        let (mut now, mut ran) = (0u64, vec![]);
        for (sleeps, wants) in wishes {
            ran.extend((0..*sleeps).map(|_| false));
            now += sleeps;
            let mut left = *wants;
            while left > 0 {
                refills.begin(Instant(now));
                check(&refills, budget, period);
                let waits = refills.first().release.since(Instant(now)).0;
                ran.extend((0..waits).map(|_| false));
                now += waits;
                refills.begin(Instant(now));
                let uses = left.min(refills.first().amount.0);
                assert!(uses > 0);
                ran.extend((0..uses).map(|_| true));
                now += uses;
                left -= uses;
                refills.charge(Ticks(uses), Ticks(period), Ticks(least));
                check(&refills, budget, period);
            }
        }
        ran
    }

    fn most_in_a_window(ran: &[bool], period: usize) -> u64 {
        let count = |window: &[bool]| window.iter().filter(|ran| **ran).count() as u64;
        ran.windows(period.min(ran.len()).max(1)).map(count).max().unwrap_or(0)
    }

    proptest! {
        #[test]
        fn no_window_of_a_period_has_more_than_the_budget(
            period in 4u64..60,
            part in 0u64..100,
            least in 1u64..4,
            wishes in proptest::collection::vec((0u64..80, 1u64..50), 1..30),
        ) {
            let budget = (period * part / 100).max(least);
            let ran = simulate(budget, period, least, &wishes);
            let most = most_in_a_window(&ran, period as usize);
            prop_assert!(most <= budget, "{most} of {budget} in {period}");
        }

        #[test]
        fn who_always_wants_to_run_gets_the_whole_budget(period in 4u64..60, part in 10u64..100) {
            let budget = (period * part / 100).max(1);
            let ran = simulate(budget, period, 1, &[(0, budget * 20)]);
            prop_assert_eq!(ran.len() as u64, 19 * period + budget);
        }

        #[test]
        fn time_that_was_used_too_long_is_owed(period in 10u64..60, used in 1u64..200) {
            let budget = period / 2;
            let mut refills = Refills::full(Ticks(budget), Instant(0));
            refills.charge(Ticks(used), Ticks(period), Ticks(1));
            check(&refills, budget, period);
            // At the rate of budget by period from then on, the sum is right again at that release.
            let release = refills.first().release.0;
            prop_assert!(release >= used.min(budget), "{release}");
            prop_assert!(used < budget || release >= period + (used - budget));
        }
    }

    #[test]
    fn a_full_list_makes_time_wait_longer() {
        let mut refills = Refills::full(Ticks(20), Instant(0));
        for index in 0..6 {
            refills.begin(Instant(index * 10));
            refills.charge(Ticks(2), Ticks(100), Ticks(1));
            check(&refills, 20, 100);
        }
        assert_eq!(refills.all().len(), REFILLS);
        assert!(refills.all()[REFILLS - 1].release >= Instant(100 + 50 - 6));
    }

    #[test]
    fn what_is_given_up_comes_back_a_period_later() {
        let mut refills = Refills::full(Ticks(20), Instant(0));
        refills.begin(Instant(7));
        refills.charge(Ticks(5), Ticks(100), Ticks(1));
        refills.give_up(Ticks(100), Ticks(1));
        assert_eq!(refills.first().release, Instant(107));
        check(&refills, 20, 100);
    }
}
