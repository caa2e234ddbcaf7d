//! The first core of a running machine, held, looked at and changed by way of QEMU's gdb server (the gdb manual's appendix "Remote Serial
//! Protocol"). May call nothing of this crate.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::boot::in_option;

/// The registers x0 to x30, the stack pointer and the program counter, of eight bytes each, come first.
const STACK_POINTER: usize = 31;
const PROGRAM_COUNTER: usize = 32;

/// Where a debugger can come in.
#[derive(Debug)]
pub struct DebugPort {
    socket: PathBuf,
}

impl DebugPort {
    /// A port at a place in the file system where nothing is yet.
    #[must_use]
    pub fn at(socket: &Path) -> DebugPort {
        DebugPort { socket: socket.to_owned() }
    }

    /// QEMU's arguments for it.
    #[must_use]
    pub fn arguments(&self) -> Vec<String> {
        let chardev = format!("socket,id=debugger,path={},server=on,wait=off", in_option(&self.socket));
        ["-chardev", &chardev, "-gdb", "chardev:debugger"].map(str::to_owned).to_vec()
    }

    /// Holds the machine.
    ///
    /// # Errors
    /// The machine has ended, or does not answer within `limit`.
    pub fn hold(&self, limit: Duration) -> Result<Debugger> {
        let stream = UnixStream::connect(&self.socket).context("connecting to QEMU's gdb server")?;
        stream.set_read_timeout(Some(limit))?;
        let mut debugger = Debugger { stream };
        // Why it stands still; the answer comes when it does.
        debugger.ask("?")?;
        Ok(debugger)
    }
}

/// A machine that is held. It runs again when the value goes away.
#[derive(Debug)]
pub struct Debugger {
    stream: UnixStream,
}

impl Debugger {
    /// Lets the machine run until a core is about to execute the instruction at an address.
    ///
    /// # Errors
    /// It does not get there within the limit, or the machine ends. `meanwhile` is done while it runs, and may fail.
    pub fn run_to(&mut self, address: u64, meanwhile: impl FnOnce() -> Result<()>) -> Result<()> {
        self.command(&format!("Z1,{address:x},4"))?;
        self.send("c")?;
        meanwhile()?;
        let stopped = self.receive()?;
        ensure!(stopped.starts_with('T'), "the machine did not stop: {stopped}");
        self.command(&format!("z1,{address:x},4"))
    }

    /// The stack pointer in use.
    ///
    /// # Errors
    /// No answer.
    pub fn stack_pointer(&mut self) -> Result<u64> {
        self.register(STACK_POINTER)
    }

    /// The program counter.
    ///
    /// # Errors
    /// No answer.
    pub fn program_counter(&mut self) -> Result<u64> {
        self.register(PROGRAM_COUNTER)
    }

    /// Sets the stack pointer in use.
    ///
    /// # Errors
    /// No answer.
    pub fn set_stack_pointer(&mut self, value: u64) -> Result<()> {
        let mut registers = self.ask("g")?;
        let text: String = value.to_le_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        ensure!(registers.len() > digits(STACK_POINTER).end, "too few registers: {registers}");
        registers.replace_range(digits(STACK_POINTER), &text);
        self.command(&format!("G{registers}"))
    }

    fn register(&mut self, number: usize) -> Result<u64> {
        let registers = self.ask("g")?;
        let text = registers.get(digits(number)).with_context(|| format!("too few registers: {registers}"))?;
        let number = u64::from_str_radix(text, 16).with_context(|| format!("register {number} is {text}"))?;
        Ok(number.swap_bytes())
    }

    fn command(&mut self, command: &str) -> Result<()> {
        let answer = self.ask(command)?;
        ensure!(answer == "OK", "QEMU answers {command} with {answer:?}");
        Ok(())
    }

    fn ask(&mut self, command: &str) -> Result<String> {
        self.send(command)?;
        self.receive()
    }

    fn send(&mut self, command: &str) -> Result<()> {
        write!(self.stream, "${command}#{:02x}", sum(command.as_bytes())).context("QEMU's gdb server is gone")
    }

    /// The next packet's contents; what stands before it are acknowledgements.
    fn receive(&mut self) -> Result<String> {
        while self.byte()? != b'$' {}
        let mut text = Vec::new();
        loop {
            match self.byte()? {
                b'#' => break,
                byte => text.push(byte),
            }
        }
        let expected = String::from_utf8(vec![self.byte()?, self.byte()?])?;
        if u8::from_str_radix(&expected, 16) != Ok(sum(&text)) {
            bail!("a packet of QEMU's gdb server is damaged");
        }
        self.stream.write_all(b"+").context("QEMU's gdb server is gone")?;
        String::from_utf8(text).context("a packet of QEMU's gdb server is no text")
    }

    fn byte(&mut self) -> Result<u8> {
        let mut byte = [0];
        self.stream.read_exact(&mut byte).context("QEMU's gdb server does not answer")?;
        Ok(byte[0])
    }
}

impl Drop for Debugger {
    fn drop(&mut self) {
        // Lets the machine go; there is nobody to tell of an error.
        let _ = self.ask("D");
    }
}

/// Where a register's digits are.
const fn digits(register: usize) -> std::ops::Range<usize> {
    register * 16..(register + 1) * 16
}

fn sum(text: &[u8]) -> u8 {
    text.iter().fold(0, |sum, byte| sum.wrapping_add(*byte))
}
