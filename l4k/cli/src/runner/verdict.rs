//! What became of a test. May call `test_list` and `mark`.

use std::time::Duration;

use super::mark::Mark;
use super::test_list::Expected;

/// Status of a program that panicked: `l4k_sys::exit::Status::PANIC`.
const PANIC: i32 = 101;

/// How `l4k_sys::panic::report` goes on behind the program's name. The place follows, and the message in the next line.
const PANICKED: &str = "] panicked at ";

/// How the kernel's report on a test that crashed begins. `l4k_test::harness::THREAD_NAME` is in it.
const CRASH: &str = "l4k: thread 'test' (";

/// How the kernel's report says that a stack was too small. The size follows.
const OVERFLOW: &str = "l4k:   stack overflow: ";

/// What stands in the last line of that report.
const CRASH_END: &str = " pstate ";

/// How a boot came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The machine ended with this status; `None` if something else ended the emulator.
    Status(Option<i32>),
    /// The guest said that the test had crashed.
    Crash,
    /// The guest had written more than so many bytes.
    Flood(usize),
    /// The time was over.
    Limit(Duration),
}

/// Bytes that are shown of a test that has written too much.
const SHOWN: usize = 4 << 10;

/// Bytes of a report that are looked at: it has fewer.
const REPORT: usize = 16 << 10;

/// Looks for the kernel's report on a crash in what comes. What was looked at is not looked at again.
#[derive(Clone, Copy, Debug, Default)]
pub struct CrashWatch {
    from: usize,
}

impl CrashWatch {
    /// Whether the guest has told of a crash, and has told all of it.
    #[must_use]
    pub fn has_crashed(&mut self, output: &[u8]) -> bool {
        while let Some(start) = find(output, CRASH, self.from) {
            let report = &output[start..output.len().min(start + REPORT)];
            if let Some(end) = find(report, CRASH_END, 0) {
                return report[end..].contains(&b'\n');
            }
            if report.len() < REPORT {
                self.from = start;
                return false;
            }
            // Something that only begins like a report.
            self.from = start + CRASH.len();
        }
        self.from = self.from.max(output.len().saturating_sub(CRASH.len() - 1));
        false
    }
}

fn find(bytes: &[u8], text: &str, from: usize) -> Option<usize> {
    let behind = bytes.get(from..)?;
    Some(from + behind.windows(text.len()).position(|window| window == text.as_bytes())?)
}

/// What a test itself has printed, and what was printed about it.
#[must_use]
pub fn output_of_test(output: &str, mark: Mark) -> &str {
    let mark = mark.text();
    let behind = output.split_once(&mark).map_or(output, |(_, behind)| behind);
    behind.split_once(&mark).map_or(behind, |(before, _)| before)
}

/// The message of the panic that ended the program: what stands behind the last line that tells of a panic. A test may print what it likes before.
fn panic_message(printed: &str) -> Option<&str> {
    let (_, report) = printed.rsplit_once(PANICKED)?;
    report.split_once('\n').map(|(_, message)| message)
}

/// Judges a test.
///
/// # Errors
/// It has failed; the text says why, and what it has printed.
pub fn judge(expected: &Expected, ending: Ending, output: &str, mark: Mark) -> Result<(), String> {
    let printed = output_of_test(output, mark).replace('\r', "");
    let marks = output.matches(&mark.text()).count();
    let (started, whole) = (marks > 0, marks == 2);
    let panic = panic_message(&printed).filter(|_| started && ending == Ending::Status(Some(PANIC)));
    let reason = match (expected, ending) {
        (Expected::Success, Ending::Status(Some(0))) if whole => return Ok(()),
        (Expected::Panic(text), _) if panic.is_some_and(|message| message.contains(&**text)) => return Ok(()),
        (Expected::Panic(text), _) if panic.is_some() => {
            format!("the test panicked, and its message lacks the text that was expected: {text:?}")
        }
        (Expected::Panic(_), Ending::Status(Some(0))) if whole => "the test did not panic as expected".to_owned(),
        (_, Ending::Crash) if printed.contains(OVERFLOW) => "the test overflowed its stack".to_owned(),
        (_, Ending::Crash) => "the test crashed".to_owned(),
        (_, Ending::Flood(most)) => {
            let whole = printed.trim();
            let shown = whole.floor_char_boundary(SHOWN);
            return Err(format!(
                "the machine had written more than {most} bytes, and was ended; the first {shown} are\n{}",
                &whole[..shown]
            ));
        }
        (_, Ending::Limit(limit)) if started => format!("the test had not ended after {} seconds", limit.as_secs()),
        (_, Ending::Limit(limit)) => format!("the test had not begun after {} seconds", limit.as_secs()),
        _ if panic.is_some() => "the test panicked".to_owned(),
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
    const PASSED: &str = "boot#said#";
    const PANICKED: &str = "boot#said\r\n[a] panicked at tests/a.rs:3:5:\r\ntoo large\r\n";

    fn status(code: i32) -> Ending {
        Ending::Status(Some(code))
    }

    /// Judges an output, in which `#` stands for the mark.
    fn judged(expected: &Expected, ending: Ending, output: &str) -> Result<(), String> {
        let mark = Mark::with_number(5);
        judge(expected, ending, &output.replace('#', &mark.text()), mark)
    }

    #[test]
    fn a_test_passes_if_it_returned() {
        assert_eq!(judged(&Expected::Success, status(0), PASSED), Ok(()));
        // It ended the program itself, with a status that means success, before it was done.
        let said = judged(&Expected::Success, status(0), "#said").unwrap_err();
        assert_eq!(said, "the test ended the program, with status 0\nsaid");
    }

    #[test]
    fn what_a_test_prints_does_not_pass_for_the_harness() {
        for forged in ["\x1e", "\x1e0000000000000006\x1e", "test result: ok. 1 passed; 0 failed"] {
            let said = judged(&Expected::Success, status(0), &format!("#{forged}")).unwrap_err();
            assert!(said.starts_with("the test ended the program, with status 0"), "{said}");
            assert_eq!(judged(&Expected::Success, status(0), &format!("#{forged}#")), Ok(()));
        }
    }

    #[test]
    fn what_was_expected_to_panic_has_to() {
        let expected = |text: &str| Expected::Panic(text.to_owned());
        assert_eq!(judged(&expected(""), status(101), PANICKED), Ok(()));
        assert_eq!(judged(&expected("too large"), status(101), PANICKED), Ok(()));
        assert!(judged(&expected("too small"), status(101), PANICKED).unwrap_err().contains("lacks the text"));
        assert!(judged(&expected(""), status(0), PASSED).unwrap_err().starts_with("the test did not panic"));
        assert!(judged(&expected(""), Ending::Crash, PANICKED).unwrap_err().starts_with("the test crashed"));
    }

    #[test]
    fn the_expected_text_counts_in_the_message_alone() {
        // Printed by the test before it panicked, part of the place, or part of an invented report.
        for text in ["said", "tests/a.rs", "invented"] {
            let output = PANICKED.replace("said", "said\r\n[a] panicked at x:1:1:\r\ninvented");
            let said = judged(&Expected::Panic(text.to_owned()), status(101), &output).unwrap_err();
            assert!(said.contains("lacks the text"), "{text}: {said}");
        }
        // It ended the program with the status of a panic.
        let said = judged(&Expected::Panic(String::new()), status(101), "#said").unwrap_err();
        assert_eq!(said, "the test ended the program, with status 101\nsaid");
    }

    #[test]
    fn each_failure_says_what_happened() {
        for (ending, output, why) in [
            (status(101), PANICKED, "the test panicked\nsaid\n[a] panicked at tests/a.rs:3:5:\ntoo large"),
            (status(5), "#", "the test ended the program, with status 5"),
            (Ending::Status(None), "#", "the emulator was ended from outside"),
            (LIMIT, "#said", "the test had not ended after 7 seconds\nsaid"),
            (LIMIT, "boot", "the test had not begun after 7 seconds\nboot"),
            (status(1), "l4k: no package", "the machine ended before the test began\nl4k: no package"),
        ] {
            assert_eq!(judged(&Expected::Success, ending, output), Err(why.to_owned()));
        }
    }

    #[test]
    fn a_flood_is_a_failure_that_can_be_read() {
        let output = format!("#{}", "ü".repeat(9000));
        let said = judged(&Expected::Success, Ending::Flood(9000), &output).unwrap_err();
        assert!(
            said.starts_with("the machine had written more than 9000 bytes") && said.len() < 5000,
            "{}",
            said.len()
        );
    }

    #[test]
    fn a_stack_overflow_is_called_one() {
        let report = "#said\nl4k: thread 'test' (0x1) suspended\nl4k:   stack overflow: the stack has 16384 bytes\n";
        let said = judged(&Expected::Success, Ending::Crash, report).unwrap_err();
        assert!(said.starts_with("the test overflowed its stack\nsaid"), "{said}");
        let said = judged(&Expected::Success, Ending::Crash, "#stack overflow: not the kernel's words").unwrap_err();
        assert!(said.starts_with("the test crashed"), "{said}");
    }

    #[test]
    fn a_crash_is_known_when_its_report_is_whole() {
        let report = "l4k: thread 'test' (Ref(3)) suspended, no fault handler\nl4k:   x0  0\nl4k:   sp  0 pstate 0";
        let mut watch = CrashWatch::default();
        // However the pieces come.
        assert!((0..=report.len()).all(|end| !watch.has_crashed(&report.as_bytes()[..end])));
        assert!(watch.has_crashed(format!("{report}\n").as_bytes()));
        let mut watch = CrashWatch::default();
        assert!(!watch.has_crashed(b"l4k: thread 'other' (Ref(3)) suspended\nl4k:   sp  0 pstate 0\n"));
        // A test that prints such a line, and much more, hides no later report.
        let imitation = format!("{CRASH}{}", "x".repeat(2 * REPORT));
        assert!(!watch.has_crashed(imitation.as_bytes()));
        assert!(watch.has_crashed(format!("{imitation}{report}\n").as_bytes()));
    }
}
