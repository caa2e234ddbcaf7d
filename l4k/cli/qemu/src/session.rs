//! A running machine, with its serial port in our hands. May call `boot` and the transcript.
//!
//! The port is one end of a pair of Unix sockets; QEMU has the other end as its standard input. So nothing is written before
//! somebody listens, no name has to be found for it, and the end of the emulator is an event on the same wire. Nothing here polls:
//! a thread reads the socket and hands on what comes, and each wait has a deadline.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, ExitStatus, Stdio};
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
        let (ours, theirs) = UnixStream::pair().context("a pair of sockets")?;
        let child = boot
            .command("socket,fd=0")
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            .spawn()
            .with_context(|| format!("{} does not start", crate::emulator::PROGRAM))?;
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
            match self.output.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
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
            match self.output.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(bytes) => {
                    self.transcript.extend(&bytes);
                    let text = self.transcript.text();
                    let whole = text.rfind('\n').map_or(0, |end| end + 1);
                    text.get(told..whole).unwrap_or("").lines().for_each(&mut tell);
                    told = told.max(whole);
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
    pub fn follow_until(mut self, limit: Duration, mut enough: impl FnMut(&str) -> bool) -> Result<(Came, String)> {
        let deadline = Instant::now() + limit;
        let came = loop {
            match self.output.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(bytes) => self.transcript.extend(&bytes),
                Err(RecvTimeoutError::Timeout) => break Came::Limit,
                Err(RecvTimeoutError::Disconnected) => {
                    break Came::End(self.child.wait().context("waiting for the emulator")?);
                }
            }
            if enough(&self.transcript.text()) {
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
