//! A person at the console of examples/hello: what is typed goes to the machine's serial port, and what comes back is judged.

mod hello;

use hello::{LIMIT, PROMPT, boot, boot_with, usual};
use l4k_qemu::{Clock, Machine, Session};

fn shell() -> Session {
    shell_on(usual())
}

fn shell_on(machine: Machine) -> Session {
    let mut session = boot(machine);
    session.expect(PROMPT, LIMIT).expect("the shell's prompt");
    session
}

/// Types a line; what the machine answers, the echo included.
fn answer(session: &mut Session, line: &str) -> String {
    session.ask(line, PROMPT, LIMIT).expect("an answer and the next prompt")
}

/// Ends the machine through the shell and checks its status.
fn exit(mut session: Session, status: u8) {
    session.send(&format!("exit {status}\r")).expect("the machine runs");
    let ended = session.wait_for_end(LIMIT).expect("the machine ends");
    assert_eq!(ended.status.code(), Some(i32::from(status)), "{}", ended.output);
}

#[test]
fn help_lists_every_command() {
    let mut session = shell();
    let help = answer(&mut session, "help");
    for command in ["help", "ps", "mem", "crash", "restart", "ping", "exit"] {
        assert!(help.contains(&format!("\n  {command} ")), "{help}");
    }
    exit(session, 0);
}

#[test]
fn ps_lists_every_program() {
    let mut session = shell();
    let list = answer(&mut session, "ps");
    for program in ["init", "uart", "shell", "pong", "ping", "crash"] {
        assert!(list.contains(&format!("\n{program} ")), "{list}");
    }
    exit(session, 0);
}

#[test]
fn mem_tells_less_free_than_all() {
    let mut session = shell();
    let text = answer(&mut session, "mem");
    let figures: Vec<u64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    assert!(matches!(figures[..], [all, free] if 0 < free && free < all), "{text}");
    exit(session, 0);
}

#[test]
fn each_crash_is_reported_with_program_address_and_cause() {
    let mut session = shell();
    for (line, expected) in [
        ("crash read", "crash crashed: read of address 0x0: nothing is mapped there"),
        ("crash jump", "crash crashed: execution of address 0xffff000000000000: kernel memory"),
        ("crash stack", ": not permitted there"),
        ("crash write", ": not permitted there"),
    ] {
        let text = answer(&mut session, line);
        assert!(text.contains(expected), "{line}: {text}");
    }
    assert!(answer(&mut session, "crash stack").contains("crash crashed: execution of address 0x"));
    assert!(answer(&mut session, "crash write").contains("crash crashed: write to address 0x"));
    exit(session, 0);
}

#[test]
fn crashed_program_comes_back() {
    let mut session = shell();
    answer(&mut session, "crash read");
    assert!(answer(&mut session, "restart crash").contains("crash was restarted"));
    let list = answer(&mut session, "ps");
    let crash = list.lines().find(|line| line.starts_with("crash ")).expect("crash is listed");
    assert!(!crash.contains("not started") && crash.trim_end().ends_with(" 2"), "{list}");
    exit(session, 0);
}

#[test]
fn uart_driver_comes_back_and_goes_on_serving() {
    let mut session = shell();
    for _ in 0..5 {
        assert!(answer(&mut session, "restart uart").contains("uart was restarted"));
        assert!(answer(&mut session, "help").contains("restart PROGRAM"));
    }
    exit(session, 0);
}

/// Ticks by which two runs may differ, of 1.6 million: the host types at different instants, so that the counter (16 instructions a tick)
/// is read at another phase and one more or less of the timer's interrupts falls into the measured stretch.
const TICKS_OF_CHANCE: u64 = 64;

#[test]
fn ping_counts_instructions_the_same_in_every_run() {
    let count = || {
        let mut session = shell_on(Machine { clock: Clock::Instructions, ..usual() });
        let text = answer(&mut session, "ping");
        let line = text.lines().find(|line| line.starts_with("ping: ")).expect("ping's line").to_owned();
        exit(session, 0);
        line
    };
    let ticks = |line: &str| {
        assert!(line.contains("10000 calls") && line.contains(" per round trip"), "{line}");
        let before = line.split_once(" ticks,").expect("ticks").0;
        before.rsplit(' ').next().and_then(|number| number.parse::<u64>().ok()).expect("a number of ticks")
    };
    let (first, second) = (count(), count());
    let difference = ticks(&first).abs_diff(ticks(&second));
    assert!(difference <= TICKS_OF_CHANCE, "{first} and {second}");
}

#[test]
fn exit_hands_its_status_to_the_host() {
    for status in [0, 1, 42, 255] {
        exit(shell(), status);
    }
}

/// As on a board without a debugger: the instruction that ends the machine is undefined there.
#[test]
fn exit_that_nobody_takes_is_refused_and_the_shell_goes_on() {
    let mut session = boot_with(usual(), &["-semihosting-config", "enable=off"]);
    session.expect(PROMPT, LIMIT).expect("the shell's prompt");
    for _ in 0..2 {
        assert!(answer(&mut session, "exit 6").contains("the kernel has refused: NotSupported"));
    }
    assert!(answer(&mut session, "help").contains("restart PROGRAM"));
}

#[test]
fn line_can_be_edited() {
    let mut session = shell();
    // ctrl-u, backspace, cursor keys.
    assert!(answer(&mut session, "nonsense\x15hellp\x7f\x7fp").contains("restart PROGRAM"));
    assert!(answer(&mut session, "elp\x1b[D\x1b[D\x1b[Dh").contains("restart PROGRAM"));
    exit(session, 0);
}

#[test]
fn nonsense_is_answered_and_does_no_harm() {
    let mut session = shell();
    assert!(answer(&mut session, "nonsense").contains("unknown command: nonsense"));
    answer(&mut session, &"x".repeat(500));
    answer(&mut session, "\x1b[99;99z\x01\x02\u{ff}");
    assert!(answer(&mut session, "restart nobody").contains("no program is called nobody"));
    assert!(answer(&mut session, "help").contains("restart PROGRAM"));
    exit(session, 0);
}

#[test]
fn lines_that_are_typed_ahead_are_all_obeyed() {
    let mut session = shell();
    let lines = 40;
    session.send(&"help\r".repeat(lines)).expect("the machine runs");
    for _ in 0..lines {
        session.expect("exit [STATUS]", LIMIT).expect("an answer to each line");
    }
    session.expect(PROMPT, LIMIT).expect("the last prompt");
    exit(session, 0);
}
