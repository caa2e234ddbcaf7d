//! Boots one test and hears it out. Calls `verdict` and `mark`.

use std::io::Write as _;
use std::time::Duration;

use anyhow::Result;
use l4k_qemu::session::Came;
use l4k_qemu::{Boot, Session};

use super::mark::{Mark, showable};
use super::verdict::{CrashWatch, Ending};

/// The most that is kept of what a guest writes. A test that writes more has failed.
pub const MOST: usize = 8 << 20;

/// Whether a person sees what a test prints while it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Show {
    /// Only if it fails.
    Failures,
    /// As it comes.
    Everything,
}

/// Boots, and waits until the test has ended, has crashed, has written too much, or has used up its time. Returns everything that the guest wrote.
///
/// # Errors
/// The emulator does not start.
pub fn run(boot: &Boot, limit: Duration, show: Show, mark: Mark) -> Result<(Ending, String)> {
    let mut window = Window { mark, start: None, shown: 0 };
    let mut watch = CrashWatch::default();
    let session = Session::start(boot)?;
    let (came, output) = session.follow_until(limit, |output| {
        if show == Show::Everything {
            print(window.new_in(output, showable(output)));
        }
        output.len() > MOST || watch.has_crashed(output)
    })?;
    if show == Show::Everything {
        print(window.new_in(output.as_bytes(), output.len()));
    }
    let ending = match came {
        Came::End(status) => Ending::Status(status.code()),
        Came::Enough if output.len() > MOST => Ending::Flood(MOST),
        Came::Enough => Ending::Crash,
        Came::Limit => Ending::Limit(limit),
    };
    Ok((ending, output))
}

/// Where nobody listens any more, nothing is lost.
fn print(bytes: &[u8]) {
    let _ = std::io::stdout().write_all(bytes);
}

/// What a person has seen of a test. Before the test begins, the kernel speaks.
struct Window {
    mark: Mark,
    /// Where the test's own output begins.
    start: Option<usize>,
    /// Where what was not shown yet begins.
    shown: usize,
}

impl Window {
    /// What of the test's output is new, up to a place in the guest's.
    fn new_in<'a>(&mut self, output: &'a [u8], up_to: usize) -> &'a [u8] {
        if self.start.is_none() {
            self.start = self.mark.find(output, 0).map(|mark| mark.end);
            self.shown = self.start.unwrap_or(0);
        }
        if self.start.is_none() {
            return &[];
        }
        let end = self.mark.find(output, self.shown).map_or(up_to, |mark| mark.start);
        let new = output.get(self.shown..end).unwrap_or_default();
        self.shown += new.len();
        // The second mark stays where it is, and stops this each time.
        new
    }
}

#[cfg(test)]
mod tests {
    use super::{Mark, Window, showable};

    #[test]
    fn a_person_sees_what_the_test_prints_and_no_mark() {
        let mark = Mark::with_number(7);
        let output = format!("boot{}said\x1e, and more{}", mark.text(), mark.text());
        // However the pieces come.
        for step in [1, 5, 19, 1000] {
            let (mut window, mut seen) = (Window { mark, start: None, shown: 0 }, Vec::new());
            for end in (0..output.len()).step_by(step).chain([output.len()]) {
                let so_far = &output.as_bytes()[..end];
                seen.extend_from_slice(window.new_in(so_far, showable(so_far)));
            }
            seen.extend_from_slice(window.new_in(output.as_bytes(), output.len()));
            assert_eq!(String::from_utf8_lossy(&seen), "said\x1e, and more", "in pieces of {step}");
        }
    }
}
