//! A running machine, with its serial port in our hands. May call `boot` and the transcript.
//!
//! The port is one end of a pair of Unix sockets; QEMU has the other end as its standard input. So nothing is written before
//! somebody listens, no name has to be found for it, and the end of the emulator is an event on the same wire. Nothing here polls:
//! a thread reads the socket and hands on what comes, and each wait has a deadline.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};

use crate::boot::Boot;
use crate::transcript::Transcript;

/// How a machine ended.
#[derive(Debug)]
pub struct Ended {
    /// The emulator's exit status; the guest's own where it ended by semihosting.
    pub status: ExitStatus,
    /// Everything that the guest wrote.
    pub output: String,
}

/// How far a machine came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Came {
    /// It ended, with the emulator's exit status.
    End(ExitStatus),
    /// What it wrote was enough.
    Enough,
    /// It did not end within the limit.
    Limit,
}

/// A running machine. It is ended when the value goes away.
pub struct Session {
    child: Child,
    port: UnixStream,
    output: Receiver<Vec<u8>>,
    transcript: Transcript,
}

impl Session {
    /// Boots.
    ///
    /// # Errors
    /// The emulator cannot be started.
    pub fn start(boot: &Boot) -> Result<Session> {
        Session::of(boot.command("socket,fd=0"))
    }

    /// A command whose standard input is the other end of the serial port.
    fn of(mut command: Command) -> Result<Session> {
        let (ours, theirs) = UnixStream::pair().context("a pair of sockets")?;
        command.stdin(Stdio::from(OwnedFd::from(theirs))).stdout(Stdio::null());
        let child = command.spawn().context("the emulator does not start")?;
        let reading = ours.try_clone().context("a second handle of the serial port")?;
        let (sender, output) = channel();
        thread::spawn(move || hand_on(reading, &sender));
        Ok(Session { child, port: ours, output, transcript: Transcript::default() })
    }

    /// Types `text`.
    ///
    /// # Errors
    /// The machine has ended.
    pub fn send(&mut self, text: &str) -> Result<()> {
        self.port.write_all(text.as_bytes()).map_err(|error| self.failure(&format!("cannot type {text:?}: {error}")))
    }

    /// Waits until the guest has written `text`, and returns what it wrote from the end of the text waited for before to the end of
    /// this one.
    ///
    /// # Errors
    /// The text does not come within `limit`, or the machine ends before. The error shows the output.
    pub fn expect(&mut self, text: &str, limit: Duration) -> Result<String> {
        let deadline = Instant::now() + limit;
        loop {
            if let Some(found) = self.transcript.find(text) {
                return Ok(found);
            }
            match self.next(deadline) {
                Ok(bytes) => self.transcript.extend(&bytes),
                Err(RecvTimeoutError::Timeout) => bail!(self.failure(&format!("no {text:?} within {limit:?}"))),
                Err(RecvTimeoutError::Disconnected) => bail!(self.failure(&format!("ended without {text:?}"))),
            }
        }
    }

    /// Sends a line and waits for `text`.
    ///
    /// # Errors
    /// As [`Session::expect`].
    pub fn ask(&mut self, line: &str, text: &str, limit: Duration) -> Result<String> {
        self.send(&format!("{line}\r"))?;
        self.expect(text, limit)
    }

    /// Waits until the machine has ended by itself.
    ///
    /// # Errors
    /// It does not end within `limit`.
    pub fn wait_for_end(self, limit: Duration) -> Result<Ended> {
        self.follow_to_end(limit, |_| ())
    }

    /// The same, and tells each line of the guest when it is whole.
    ///
    /// # Errors
    /// It does not end within `limit`.
    pub fn follow_to_end(mut self, limit: Duration, mut tell: impl FnMut(&str)) -> Result<Ended> {
        let deadline = Instant::now() + limit;
        let mut told = 0;
        loop {
            match self.next(deadline) {
                Ok(bytes) => {
                    self.transcript.extend(&bytes);
                    let new = &self.transcript.bytes()[told..];
                    let whole = new.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
                    String::from_utf8_lossy(&new[..whole]).lines().for_each(&mut tell);
                    told += whole;
                }
                Err(RecvTimeoutError::Timeout) => bail!(self.failure(&format!("not ended within {limit:?}"))),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        let status = self.child.wait().context("waiting for the emulator")?;
        Ok(Ended { status, output: self.transcript.text() })
    }

    /// Waits until the machine has ended by itself, until `enough` says so of everything that the guest has written, or until the limit. Then it
    /// ends the machine, and returns everything that the guest has written.
    ///
    /// # Errors
    /// The emulator cannot be waited for.
    pub fn follow_until(mut self, limit: Duration, mut enough: impl FnMut(&[u8]) -> bool) -> Result<(Came, String)> {
        let deadline = Instant::now() + limit;
        let came = loop {
            match self.next(deadline) {
                Ok(bytes) => self.transcript.extend(&bytes),
                Err(RecvTimeoutError::Timeout) => break Came::Limit,
                Err(RecvTimeoutError::Disconnected) => {
                    break Came::End(self.child.wait().context("waiting for the emulator")?);
                }
            }
            if enough(self.transcript.bytes()) {
                break Came::Enough;
            }
        };
        Ok((came, self.transcript.text()))
    }

    /// Everything that the guest has written and that has been waited for or passed over so far.
    #[must_use]
    pub fn output(&self) -> String {
        self.transcript.text()
    }

    /// What the guest writes next. A guest that never stops writing does not put the deadline off.
    fn next(&self, deadline: Instant) -> Result<Vec<u8>, RecvTimeoutError> {
        match deadline.saturating_duration_since(Instant::now()) {
            Duration::ZERO => Err(RecvTimeoutError::Timeout),
            left => self.output.recv_timeout(left),
        }
    }

    fn failure(&self, what: &str) -> anyhow::Error {
        let mut message = format!("{what}; the guest's output:\n");
        for line in self.transcript.text().lines() {
            let _ = writeln!(message, "    | {line}");
        }
        let _ = write!(message, "(not read yet: {:?})", self.transcript.unread());
        anyhow!(message)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // Already ended, or to be ended now; there is nobody to tell of an error.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads until the emulator closes its end.
fn hand_on(mut port: UnixStream, output: &Sender<Vec<u8>>) {
    let mut buffer = [0; 4096];
    while let Ok(count) = port.read(&mut buffer) {
        if count == 0 || output.send(buffer[..count].to_vec()).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::time::Duration;

    use super::{Came, Session};

    const LIMIT: Duration = Duration::from_millis(200);

    /// A process in the place of the emulator: its standard input is the serial port.
    fn session(script: &str) -> Session {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Session::of(command).expect("a shell")
    }

    #[test]
    fn who_writes_without_end_is_ended_at_the_limit() {
        let flood = || session("while :; do echo flood; done >&0");
        assert_eq!(flood().follow_until(LIMIT, |_| false).expect("it is waited for").0, Came::Limit);
        assert!(flood().wait_for_end(LIMIT).unwrap_err().to_string().starts_with("not ended within 200ms"));
        let said = flood().expect("never", LIMIT).unwrap_err().to_string();
        assert!(said.starts_with("no \"never\" within 200ms"), "{}", said.lines().next().unwrap_or_default());
    }

    #[test]
    fn every_line_is_told_once_also_those_that_are_no_text() {
        let mut told = Vec::new();
        let session = session("printf 'one\\n\\377\\377\\377two\\nthr' >&0; printf 'ee\\nrest' >&0");
        let limit = Duration::from_secs(60);
        let ended = session.follow_to_end(limit, |line| told.push(line.to_owned())).expect("it ends");
        assert_eq!(told, ["one", "\u{fffd}\u{fffd}\u{fffd}two", "three"]);
        assert!(ended.output.ends_with("three\nrest"), "{}", ended.output);
    }
}
