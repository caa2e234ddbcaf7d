//! What became of a test. May call `test_list`.

use std::time::Duration;

use super::test_list::Expected;

/// Stands before and behind what a test prints: `l4k_test::harness::SEPARATOR`.
pub const SEPARATOR: char = '\u{1e}';

/// Status of a program that panicked: `l4k_sys::exit::Status::PANIC`.
const PANIC: i32 = 101;

/// How the kernel's report on a test that crashed begins. `l4k_test::harness::THREAD_NAME` is in it.
const CRASH: &str = "l4k: thread 'test' (";

/// What stands in the last line of that report.
const CRASH_END: &str = " pstate ";

/// How a boot came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The machine ended with this status; `None` if something else ended the emulator.
    Status(Option<i32>),
    /// The guest said that the test had crashed.
    Crash,
    /// The time was over.
    Limit(Duration),
}

/// Whether the guest has told of a crash, and has told all of it.
#[must_use]
pub fn has_crashed(output: &str) -> bool {
    let report = output.find(CRASH).and_then(|start| output.get(start..));
    let end = report.and_then(|report| report.find(CRASH_END).and_then(|end| report.get(end..)));
    end.is_some_and(|end| end.contains('\n'))
}

/// What a test itself has printed, and what was printed about it.
#[must_use]
pub fn output_of_test(output: &str) -> &str {
    let behind = output.split_once(SEPARATOR).map_or(output, |(_, behind)| behind);
    behind.split_once(SEPARATOR).map_or(behind, |(before, _)| before)
}

/// Judges a test.
///
/// # Errors
/// It has failed; the text says why, and what it has printed.
pub fn judge(expected: &Expected, ending: Ending, output: &str) -> Result<(), String> {
    let printed = output_of_test(output).replace('\r', "");
    let whole = output.matches(SEPARATOR).count() == 2;
    let started = output.contains(SEPARATOR);
    let reason = match (expected, ending) {
        (Expected::Success, Ending::Status(Some(0))) if whole => return Ok(()),
        (Expected::Panic(text), Ending::Status(Some(PANIC))) if started && printed.contains(&**text) => return Ok(()),
        (Expected::Panic(text), Ending::Status(Some(PANIC))) if started => {
            format!("the test panicked, and its message lacks the text that was expected: {text:?}")
        }
        (Expected::Panic(_), Ending::Status(Some(0))) if whole => "the test did not panic as expected".to_owned(),
        (_, Ending::Crash) => "the test crashed".to_owned(),
        (_, Ending::Limit(limit)) if started => format!("the test had not ended after {} seconds", limit.as_secs()),
        (_, Ending::Limit(limit)) => format!("the test had not begun after {} seconds", limit.as_secs()),
        (_, Ending::Status(Some(PANIC))) if started => "the test panicked".to_owned(),
        (_, Ending::Status(_)) if !started => "the machine ended before the test began".to_owned(),
        (_, Ending::Status(Some(status))) => format!("the test ended the program, with status {status}"),
        (_, Ending::Status(None)) => "the emulator was ended from outside".to_owned(),
    };
    let printed = printed.trim();
    Err(if printed.is_empty() { reason } else { format!("{reason}\n{printed}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Ending = Ending::Limit(Duration::from_secs(7));
    const PASSED: &str = "boot\x1esaid\x1e";
    const PANICKED: &str = "boot\x1esaid\r\nerror: panicked at tests/a.rs:3:5:\r\ntoo large\r\n";

    fn status(code: i32) -> Ending {
        Ending::Status(Some(code))
    }

    #[test]
    fn a_test_passes_if_it_returned() {
        assert_eq!(judge(&Expected::Success, status(0), PASSED), Ok(()));
        // It ended the program itself, with a status that means success, before it was done.
        let said = judge(&Expected::Success, status(0), "\x1esaid").unwrap_err();
        assert_eq!(said, "the test ended the program, with status 0\nsaid");
    }

    #[test]
    fn what_was_expected_to_panic_has_to() {
        let expected = |text: &str| Expected::Panic(text.to_owned());
        assert_eq!(judge(&expected(""), status(101), PANICKED), Ok(()));
        assert_eq!(judge(&expected("too large"), status(101), PANICKED), Ok(()));
        assert!(judge(&expected("too small"), status(101), PANICKED).unwrap_err().contains("lacks the text"));
        assert!(judge(&expected(""), status(0), PASSED).unwrap_err().starts_with("the test did not panic"));
        assert!(judge(&expected(""), Ending::Crash, PANICKED).unwrap_err().starts_with("the test crashed"));
    }

    #[test]
    fn each_failure_says_what_happened() {
        for (ending, output, why) in [
            (status(101), PANICKED, "the test panicked\nsaid\nerror: panicked at tests/a.rs:3:5:\ntoo large"),
            (status(5), "\x1e", "the test ended the program, with status 5"),
            (Ending::Status(None), "\x1e", "the emulator was ended from outside"),
            (LIMIT, "\x1esaid", "the test had not ended after 7 seconds\nsaid"),
            (LIMIT, "boot", "the test had not begun after 7 seconds\nboot"),
            (status(1), "l4k: no package", "the machine ended before the test began\nl4k: no package"),
        ] {
            assert_eq!(judge(&Expected::Success, ending, output), Err(why.to_owned()));
        }
    }

    #[test]
    fn a_crash_is_known_when_its_report_is_whole() {
        let report = "\x1el4k: thread 'test' (Ref(3)) suspended, no fault handler\nl4k:   x0  0\nl4k:   sp  0 pstate 0";
        assert!(!has_crashed(report));
        assert!(has_crashed(&format!("{report}\n")));
        assert!(!has_crashed("l4k: thread 'other' (Ref(3)) suspended\nl4k:   sp  0 pstate 0\n"));
    }
}
