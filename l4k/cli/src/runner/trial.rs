//! Boots one test and hears it out. Calls `verdict`.

use std::io::Write as _;
use std::time::Duration;

use anyhow::Result;
use l4k_qemu::session::Came;
use l4k_qemu::{Boot, Session};

use super::verdict::{Ending, SEPARATOR, has_crashed};

/// Whether a person sees what a test prints while it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Show {
    /// Only if it fails.
    Failures,
    /// As it comes.
    Everything,
}

/// Boots, and waits until the test has ended, has crashed, or has used up its time. Returns everything that the guest wrote.
///
/// # Errors
/// The emulator does not start.
pub fn run(boot: &Boot, limit: Duration, show: Show) -> Result<(Ending, String)> {
    let mut shown = 0;
    let session = Session::start(boot)?;
    let (came, output) = session.follow_until(limit, |output| {
        if show == Show::Everything {
            shown += show_from(output, shown);
        }
        has_crashed(output)
    })?;
    let ending = match came {
        Came::End(status) => Ending::Status(status.code()),
        Came::Enough => Ending::Crash,
        Came::Limit => Ending::Limit(limit),
    };
    Ok((ending, output))
}

/// Shows what the test has printed, from a place in the guest's output on. Returns how many bytes that were.
fn show_from(output: &str, shown: usize) -> usize {
    // Before the test begins, the kernel speaks.
    let Some(start) = output.find(SEPARATOR) else { return 0 };
    let from = shown.max(start);
    let new = output.get(from..).unwrap_or_default();
    // Where nobody listens any more, nothing is lost.
    let _ = std::io::stdout().write_all(new.replace(SEPARATOR, "").as_bytes());
    from + new.len() - shown
}
