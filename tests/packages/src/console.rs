//! A talk with the template's firmware, over the standard input and output of a process. May call nothing of this crate.

use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

/// How long each answer may take. A machine that boots takes about a second; the rest is for a busy computer.
const LIMIT: Duration = Duration::from_secs(120);

/// Waits for the prompt, tells the firmware a name, reads its greeting, and ends the machine.
///
/// # Errors
/// An answer does not come, or the machine ends with an error.
pub fn talk(command: &mut Command) -> Result<()> {
    let mut machine = Machine::start(command)?;
    machine.expect("name> ")?;
    machine.send("Ada\r")?;
    machine.expect("Hello, Ada!")?;
    machine.expect("name> ")?;
    machine.send("exit\r")?;
    machine.end()
}

/// A process with a machine in it. It is ended when the value goes away.
struct Machine {
    child: Child,
    output: Receiver<Vec<u8>>,
    /// What came, without what was waited for before.
    text: String,
}

impl Machine {
    fn start(command: &mut Command) -> Result<Machine> {
        command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().context("the tool does not start")?;
        let output = child.stdout.take().context("the console")?;
        let (sender, receiver) = channel();
        thread::spawn(move || hand_on(output, &sender));
        Ok(Machine { child, output: receiver, text: String::new() })
    }

    fn send(&mut self, text: &str) -> Result<()> {
        let port = self.child.stdin.as_mut().context("the console")?;
        port.write_all(text.as_bytes()).and_then(|()| port.flush()).with_context(|| format!("cannot type {text:?}"))
    }

    fn expect(&mut self, wanted: &str) -> Result<()> {
        let deadline = Instant::now() + LIMIT;
        loop {
            if let Some(place) = self.text.find(wanted) {
                self.text.drain(..place + wanted.len());
                return Ok(());
            }
            match self.output.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(bytes) => self.text.push_str(&String::from_utf8_lossy(&bytes)),
                Err(RecvTimeoutError::Timeout) => bail!("no {wanted:?} within {LIMIT:?}; the rest was {:?}", self.text),
                Err(RecvTimeoutError::Disconnected) => bail!("ended without {wanted:?}; the rest was {:?}", self.text),
            }
        }
    }

    /// Waits until the console is closed, which is when the machine has ended.
    fn end(mut self) -> Result<()> {
        let deadline = Instant::now() + LIMIT;
        loop {
            match self.output.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => bail!("the machine did not end within {LIMIT:?} after `exit`"),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        let status = self.child.wait().context("waiting for the tool")?;
        ensure!(status.success(), "the tool ended with {status}");
        Ok(())
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            // The emulator is a child of the tool, so the signal goes to the group of both.
            let _ = Command::new("kill").args(["--", &format!("-{}", self.child.id())]).status();
            let _ = self.child.wait();
        }
    }
}

fn hand_on(mut output: impl Read, sender: &Sender<Vec<u8>>) {
    let mut bytes = [0; 1024];
    while let Ok(count @ 1..) = output.read(&mut bytes) {
        if sender.send(bytes[..count].to_vec()).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::talk;

    /// A shell that plays the firmware: it reads as many bytes as are typed.
    fn played(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("printf 'name> '; head -c 4 > /dev/null; {script}")]);
        command
    }

    #[test]
    fn talk_ends_well_with_greeting_and_end() {
        talk(&mut played("printf 'Hello, Ada!\\r\\nname> '; head -c 5 > /dev/null"))
            .expect("it answers as the firmware does");
    }

    #[test]
    fn wrong_greeting_is_told() {
        let error = talk(&mut played("echo 'Hello, Bob!'")).expect_err("the greeting is for somebody else");
        assert!(error.to_string().contains("ended without \"Hello, Ada!\""), "{error}");
    }

    #[test]
    fn bad_end_is_told() {
        let script = "printf 'Hello, Ada!\\r\\nname> '; head -c 5 > /dev/null; exit 1";
        let error = talk(&mut played(script)).expect_err("it fails in the end");
        assert!(error.to_string().contains("exit status: 1"), "{error}");
    }
}
