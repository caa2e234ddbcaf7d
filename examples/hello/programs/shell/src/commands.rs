//! The commands that need init.

use hello_interface::{Answer, CrashKind, FaultReport, Name, ProgramStatus, Request};
use l4k_drivers::console::ConsoleError;
use l4k_sys::Error;
use l4k_sys::startup::SUPERVISOR;
use shell_core::command::Command;

use crate::terminal::Terminal;

type Done = Result<(), ConsoleError>;

/// Does what a command says.
pub fn run(command: Command, terminal: &mut Terminal) -> Done {
    match command {
        // The shell answers it without init.
        Command::Help => Ok(()),
        Command::Programs => programs(terminal),
        Command::Memory => memory(terminal),
        Command::Crash(kind) => crash(kind, terminal),
        Command::Restart(name) => restart(name, terminal),
        Command::Ping => ping(terminal),
        Command::Exit(status) => exit(status, terminal),
    }
}

/// What init answers; an answer that is none counts as `NotSupported`.
fn ask(request: Request) -> Result<Answer, Error> {
    let answer = SUPERVISOR.call(request.to_message())?;
    Answer::from_message(&answer).ok_or(Error::NotSupported)
}

fn programs(terminal: &mut Terminal) -> Done {
    terminal.line(format_args!(
        "{:<10} {:<14} {:>8} {:>12} {:>7}",
        "program", "state", "priority", "time used", "starts"
    ))?;
    for index in 0.. {
        match ask(Request::List(index)) {
            Ok(Answer::Program(status)) => program(&status, terminal)?,
            Ok(Answer::NoMore) => break,
            other => return explain(other, terminal),
        }
    }
    Ok(())
}

fn program(status: &ProgramStatus, terminal: &mut Terminal) -> Done {
    let ProgramStatus { name, state, priority, starts, time_used, .. } = status;
    let microseconds = time_used.count() / 1_000;
    terminal.line(format_args!("{name:<10} {state:<14} {priority:>8} {microseconds:>9} us {starts:>7}"))
}

fn memory(terminal: &mut Terminal) -> Done {
    match ask(Request::Memory) {
        Ok(Answer::Memory(total, free)) => {
            let [total, free] = [total, free].map(|bytes| bytes / 1024);
            terminal.line(format_args!("untyped memory: {total} KiB in all, {free} KiB free"))
        }
        other => explain(other, terminal),
    }
}

fn crash(kind: CrashKind, terminal: &mut Terminal) -> Done {
    run_to_its_end("crash", kind as u64, terminal)
}

fn ping(terminal: &mut Terminal) -> Done {
    run_to_its_end("ping", 0, terminal)
}

/// Starts a program and tells how it ended. Init answers only then.
fn run_to_its_end(program: &str, argument: u64, terminal: &mut Terminal) -> Done {
    let Some(name) = Name::new(program) else { return Ok(()) };
    match ask(Request::Run(name, argument)) {
        Ok(Answer::Exited(0)) => Ok(()),
        Ok(Answer::Exited(status)) => terminal.line(format_args!("{program} has ended with status {status}")),
        Ok(Answer::Faulted(fault)) => terminal.line(format_args!("{}", FaultReport { program, fault })),
        other => explain(other, terminal),
    }
}

fn restart(name: Name, terminal: &mut Terminal) -> Done {
    match ask(Request::Restart(name)) {
        Ok(Answer::Restarted) => terminal.line(format_args!("{name} was restarted")),
        Ok(Answer::UnknownProgram) => terminal.line(format_args!("no program is called {name}; ps lists them")),
        Ok(Answer::NotAllowed) => terminal.line(format_args!("{name} cannot be restarted")),
        other => explain(other, terminal),
    }
}

fn exit(status: u8, terminal: &mut Terminal) -> Done {
    terminal.line(format_args!("ends with status {status}"))?;
    terminal.flush()?;
    explain(ask(Request::EndMachine(status)), terminal)
}

/// Says in words why a request was not fulfilled.
fn explain(answer: Result<Answer, Error>, terminal: &mut Terminal) -> Done {
    match answer {
        Ok(Answer::UnknownProgram) => terminal.line(format_args!("no such program")),
        Ok(Answer::NotAllowed) => terminal.line(format_args!("not allowed")),
        Ok(Answer::Busy) => terminal.line(format_args!("somebody waits for this program already")),
        Ok(Answer::CannotStart) => {
            terminal.line(format_args!("cannot be started; init has said why on the debug console"))
        }
        Ok(Answer::Refused(error)) => terminal.line(format_args!("the kernel has refused: {error}")),
        Ok(_) => terminal.line(format_args!("init has not understood")),
        Err(error) => terminal.line(format_args!("init cannot be asked: {error}")),
    }
}
