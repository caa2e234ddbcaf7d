//! Part `commands`: the project's commands refuse what is wrong, and say what would be right. May call nothing of this directory but
//! `outcome`.

use std::env;
use std::io::Read;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use shared_child::SharedChild;
use shared_child::unix::SharedChildExt;
use signal_hook::consts::SIGTERM;

use super::outcome::Outcome;
use super::part::Context;
use crate::project::Project;

/// How long a command may take to refuse what is wrong.
const LIMIT: Duration = Duration::from_secs(60);

/// What is typed, and what must stand in the answer.
const REFUSED: [(&str, &str); 23] = [
    ("run no-such-example", "there is no example `no-such-example`; there are: control-loop, devices, files, hello"),
    ("run hello --board rpi4 --cores 2", "QEMU has this board as rpi4, 4 x cortex-a72, GICv2, EL2, 2G"),
    ("run hello --board rpi4 --gic 3", "the board rpi4 has a fixed interrupt controller: QEMU has this board as"),
    ("run own-board --el3", "the board versal is entered at EL2"),
    ("run hello --board amiga", "known: qemu-virt, rpi4, versal"),
    ("run hello --memory 12", "write for example 512M or 2G"),
    ("run files --board qemu-virt", "`files` is not for the board qemu-virt; it is for: rpi4"),
    ("image hello --board qemu-virt", "the board qemu-virt boots from no card; rpi4 does"),
    ("image hello --output README.md", "is a file, and a directory is to be there"),
    ("image hello --firmware examples", "has no start4.elf, no fixup4.dat"),
    ("bench --only cal", "there is no row `cal`; there are: null_syscall, call, reply_recv"),
    ("bench --only call --accept", "cannot be used with"),
    ("bench --serial --board versal", "the benchmark is not for the board versal; it is for: qemu-virt, rpi4"),
    ("bench --serial --accept", "cannot be used with"),
    ("bench --board rpi4", "required arguments were not provided"),
    ("bench --image target/no-card --board qemu-virt", "the board qemu-virt boots from no card; rpi4 does"),
    ("bench --image README.md", "is a file, and a directory is to be there"),
    ("bench --image target/no-card --firmware examples", "has no start4.elf, no fixup4.dat"),
    ("test --only everything", "the parts are: format, house"),
    ("test --base HEAD", "required arguments were not provided"),
    ("test --changed --base no-such-revision", "git cannot compare with `no-such-revision`"),
    ("suite --shard 2/2", "write i/n, two numbers with i below n"),
    ("planted nothing-like-it", "there is no such fault; there are: gicv2-priority"),
];

/// Types them all.
pub fn run(context: &Context) -> Outcome {
    let mut outcome = Outcome::default();
    for (line, answer) in REFUSED {
        outcome.add(line, refuses(&context.project, line, answer));
    }
    outcome
}

fn refuses(project: &Project, line: &str, answer: &str) -> Result<()> {
    let this = env::current_exe().context("the name of this program")?;
    let mut command = Command::new(this);
    command.args(line.split(' ')).current_dir(project.root());
    let (status, error) = said(&mut command, LIMIT)?;
    ensure!(!status.success(), "it succeeded");
    ensure!(error.contains(answer), "it said:\n{error}");
    Ok(())
}

/// How a command ends, and what it says on standard error. A command that does not refuse may boot a machine, which waits for ever.
fn said(command: &mut Command, limit: Duration) -> Result<(ExitStatus, String)> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let child = SharedChild::spawn(command)?;
    let mut pipe = child.take_stderr().context("standard error")?;
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = tell.send(pipe.read_to_end(&mut bytes).map(|_| bytes));
    });
    match told.recv_timeout(limit) {
        Ok(bytes) => Ok((child.wait()?, String::from_utf8_lossy(&bytes?).into_owned())),
        Err(_) => {
            // It ends its machine then.
            child.send_signal(SIGTERM)?;
            child.wait()?;
            bail!("it is not refused: it still runs after {} s", limit.as_secs())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::time::Duration;

    use super::said;

    #[test]
    fn a_command_that_runs_on_is_ended_and_reported() {
        let error = said(Command::new("sleep").arg("1000"), Duration::from_millis(10)).expect_err("it runs on");
        assert!(error.to_string().starts_with("it is not refused: it still runs after"), "{error}");
        let (status, error) = said(&mut Command::new("false"), Duration::from_secs(60)).expect("it ends");
        assert!(!status.success() && error.is_empty());
    }
}
