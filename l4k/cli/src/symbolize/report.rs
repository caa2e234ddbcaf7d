//! The addresses in what the kernel and `l4k-init` print about faults, line by line. May call `symbols` for its types.
//!
//! The kernel names the thread, which has its program's name, then four registers a line:
//!
//! ```text
//! l4k: thread 'crash' (0x…) suspended, no fault handler: … fault (…) at address 0x0, pc 0x200a10, syndrome 0x…
//! l4k:   x28 0000000000000000 0000000000000000 00000000002005e0
//! l4k: exception in the kernel (vector 4): …, address 0x…, pc 0xffff…, link 0xffff…, sp 0xffff…
//! ```
//!
//! A supervisor names the program: `crash crashed: read of address 0x0: nothing is mapped there (pc 0x200a10)`.

use super::symbols::Kind;

/// An address that a line has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// The address.
    pub address: u64,
    /// What it is.
    pub kind: Kind,
    /// The program that it belongs to, if the text says so.
    pub program: Option<String>,
}

/// Before the program counter.
const PROGRAM_COUNTER: &str = "pc 0x";

/// Before the address that the function returns to.
const LINK: &str = "link 0x";

/// Before the row of registers whose third is the link register.
const LINK_ROW: &str = "l4k:   x28 ";

/// Before the last row of a report.
const LAST_ROW: &str = "l4k:   sp ";

/// Before and after a thread's name.
const THREAD: [&str; 2] = ["thread '", "'"];

/// Reads lines one after another.
#[derive(Debug, Default)]
pub struct Reader {
    /// The program of the report that is being read.
    reported: Option<String>,
}

impl Reader {
    /// The addresses in the next line, if it tells of a fault.
    pub fn read(&mut self, line: &str, programs: &[&str]) -> Vec<Mention> {
        if let Some(row) = after(line, LINK_ROW) {
            let link = row.split_whitespace().nth(2).and_then(|word| u64::from_str_radix(word, 16).ok());
            let program = self.reported.clone();
            return link.map(|address| Mention { address, kind: Kind::Return, program }).into_iter().collect();
        }
        if line.contains(LAST_ROW) {
            self.reported = None;
            return Vec::new();
        }
        let program = program_in(line, programs);
        let mut mentions = Vec::new();
        for (before, kind) in [(PROGRAM_COUNTER, Kind::Instruction), (LINK, Kind::Return)] {
            if let Some(address) = after(line, before).and_then(hexadecimal) {
                mentions.push(Mention { address, kind, program: program.clone() });
            }
        }
        if line.contains(THREAD[0]) && !mentions.is_empty() {
            self.reported = program;
        }
        mentions
    }
}

/// The program that a line is about: that of the thread that it names, or the first word that is a program's name.
fn program_in(line: &str, programs: &[&str]) -> Option<String> {
    let thread = after(line, THREAD[0]).and_then(|rest| rest.split_once(THREAD[1])).map(|(name, _)| name);
    let words = || line.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-' && letter != '_');
    let found = match thread {
        // A thread's name has 16 bytes at the most, and a program's may have more.
        Some(thread) => programs
            .iter()
            .find(|program| **program == thread || (thread.len() == THREAD_NAME && program.starts_with(thread))),
        None => words().find_map(|word| programs.iter().find(|program| **program == word)),
    };
    found.map(|program| (*program).to_owned())
}

/// Bytes that a thread's name has at the most.
const THREAD_NAME: usize = 16;

fn after<'a>(line: &'a str, before: &str) -> Option<&'a str> {
    line.split_once(before).map(|(_, rest)| rest)
}

fn hexadecimal(text: &str) -> Option<u64> {
    let end = text.find(|letter: char| !letter.is_ascii_hexdigit()).unwrap_or(text.len());
    u64::from_str_radix(&text[..end], 16).ok()
}

#[cfg(test)]
mod tests {
    use super::{Kind, Mention, Reader};

    const PROGRAMS: [&str; 3] = ["init", "crash", "a-program-with-a-long-name"];

    fn mention(address: u64, kind: Kind, program: Option<&str>) -> Mention {
        Mention { address, kind, program: program.map(str::to_owned) }
    }

    fn read(lines: &[&str]) -> Vec<Mention> {
        let mut reader = Reader::default();
        lines.iter().flat_map(|line| reader.read(line, &PROGRAMS)).collect()
    }

    #[test]
    fn report_of_the_kernel_has_program_counter_and_link() {
        let found = read(&[
            "l4k: thread 'crash' (0x1200) suspended, no fault handler: Read fault (Data, Unmapped, level 3) at address \
             0x0, pc 0x200a10, syndrome 0x92000007",
            "l4k:   x0  0000000000000001 0000000000000002 0000000000000003 0000000000000004",
            "l4k:   x28 0000000000000000 0000000000000000 00000000002005e0",
            "l4k:   sp  0000000000211ff0 pstate 0000000000000000",
            "l4k:   x28 0000000000000000 0000000000000000 0000000000000010",
        ]);
        let crash = Some("crash");
        assert_eq!(
            found,
            [
                mention(0x20_0a10, Kind::Instruction, crash),
                mention(0x20_05e0, Kind::Return, crash),
                mention(0x10, Kind::Return, None)
            ]
        );
    }

    #[test]
    fn report_of_a_supervisor_names_the_program() {
        let found = read(&["error: crash crashed: read of address 0x0: nothing is mapped there (pc 0x200a10)"]);
        assert_eq!(found, [mention(0x20_0a10, Kind::Instruction, Some("crash"))]);
    }

    #[test]
    fn a_stack_overflow_hides_no_address() {
        let found = read(&[
            "crash crashed: stack overflow, its stack has 16384 bytes: write to address 0x20fff0: nothing is mapped there (pc 0x200a10)",
            "l4k: thread 'init' (0x1200) suspended, no fault handler: Page fault (Write, NotMapped, level 3) at address \
             0x20fff0, pc 0x200a10, syndrome 0x92000047",
            "l4k:   stack overflow: the stack has 16384 bytes",
            "l4k:   x28 0000000000000000 0000000000000000 00000000002005e0",
        ]);
        let init = Some("init");
        let instruction = |program| mention(0x20_0a10, Kind::Instruction, program);
        assert_eq!(found, [instruction(Some("crash")), instruction(init), mention(0x20_05e0, Kind::Return, init)]);
    }

    #[test]
    fn exception_in_the_kernel_belongs_to_no_program() {
        let found =
            read(&["l4k: exception in the kernel (vector 4): syndrome 0x96000045 (class 0x25), address 0x10, \
                            pc 0xffff000040201234, link 0xffff000040205678, sp 0xffff000040300000"]);
        assert_eq!(
            found,
            [
                mention(0xffff_0000_4020_1234, Kind::Instruction, None),
                mention(0xffff_0000_4020_5678, Kind::Return, None)
            ]
        );
    }

    #[test]
    fn a_thread_s_name_is_the_beginning_of_a_long_one() {
        let found = read(&["l4k: thread 'a-program-with-a' (0x1) suspended, pc 0x200000,"]);
        assert_eq!(found[0].program.as_deref(), Some("a-program-with-a-long-name"));
        assert_eq!(read(&["l4k: thread 'cra' (0x1) suspended, pc 0x200000,"])[0].program, None);
    }

    #[test]
    fn other_lines_have_none() {
        assert!(read(&["crash: I am well", "init on qemu-virt", "pc 0x", "l4k: stopped", ""]).is_empty());
    }
}
