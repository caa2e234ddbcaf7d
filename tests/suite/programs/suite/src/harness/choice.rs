//! Which tests of the suite run. May call nothing of this program.

use l4k_parameters::Text;
use l4k_parameters::keys::{FILTER, SHARD};

/// What whoever boots the suite has chosen.
///
/// - The parameter `filter` is a list of names with commas between them. A name is that of an area, or `area::test`; it stands for all tests whose
///   names begin so. A test is chosen if one of the names stands for it, or if there are only names with a `-` before them; but not if one with a
///   `-` stands for it. Without the parameter all tests are chosen.
/// - The parameter `shard` is `i/n`: of the chosen tests, each n-th runs, from number `i` on, counted from 0. All `n` shards together run
///   each test once.
pub struct Choice<'a> {
    filter: Option<&'a str>,
    /// Which of how many shards.
    shard: (u64, u64),
    /// How many chosen tests there were so far.
    chosen: u64,
}

impl<'a> Choice<'a> {
    /// From the parameters.
    pub fn read(parameters: &'a Text) -> Choice<'a> {
        let filter = parameters.value(FILTER).filter(|filter| !filter.is_empty());
        Choice { filter, shard: parameters.value(SHARD).map_or((0, 1), shard), chosen: 0 }
    }

    /// Whether the next test, in the order of the suite, runs.
    pub fn takes(&mut self, area: &str, name: &str) -> bool {
        if !self.names(area, name) {
            return false;
        }
        let (index, count) = self.shard;
        let is_taken = self.chosen % count == index;
        self.chosen += 1;
        is_taken
    }

    fn names(&self, area: &str, name: &str) -> bool {
        let Some(filter) = self.filter else { return true };
        let is_meant = |pattern: &str| match pattern.split_once("::") {
            Some((wanted_area, wanted)) => wanted_area == area && name.starts_with(wanted),
            None => area.starts_with(pattern),
        };
        let (mut wanted, mut unwanted) = (None, false);
        for pattern in filter.split(',') {
            match pattern.strip_prefix('-') {
                Some(pattern) => unwanted |= is_meant(pattern),
                None => wanted = Some(wanted == Some(true) || is_meant(pattern)),
            }
        }
        wanted.unwrap_or(true) && !unwanted
    }
}

/// The two numbers of `i/n`. Something else ends the suite with a message: a test that is left out by mistake would be worse.
fn shard(text: &str) -> (u64, u64) {
    let numbers = text.split_once('/').and_then(|(index, count)| Some((index.parse().ok()?, count.parse().ok()?)));
    match numbers {
        Some((index, count)) if index < count => (index, count),
        _ => panic!("the parameter shard is `{text}`, not `i/n` with i below n"),
    }
}
