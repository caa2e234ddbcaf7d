//! Follows a core through the kernel, instruction by instruction, and keeps what there is to tell of each entry. May call all of this
//! crate.

use l4k_marks::mark::MARK_WORDS;
use l4k_sys::abi::SystemCall;

use crate::arguments::Layout;
use crate::cause::Cause;
use crate::instruction::{Class, Step};
use crate::path::Path;
use crate::segments::Segments;
use crate::table::{Stretch, Table};

/// Distance of two exception vectors, and the number of the first one for exceptions of programs.
const VECTOR_BYTES: u64 = 0x80;
const FIRST_OF_PROGRAMS: u64 = 8;

/// What an instruction of the kernel is to the recorder.
#[derive(Clone, Copy, Debug)]
struct Place {
    class: Class,
    step: Step,
    role: Role,
}

/// The part that an instruction's address plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// None.
    Inner,
    /// The first one of a vector for exceptions of programs.
    Entry(Cause),
    /// The first one of a vector for exceptions of the kernel itself.
    Nested,
    /// The first one of what tells a fault.
    Telling,
}

/// What the core does.
#[derive(Debug)]
enum Activity {
    /// It has not left the kernel since it was started, or runs a program.
    Outside,
    /// It is on a way through the kernel.
    Inside,
    /// It waits for an interrupt.
    Waiting,
}

/// What an entry that passed a preemption point left behind; an interrupt may follow at once.
#[derive(Debug)]
struct Departure {
    cause: Cause,
    way_out: Stretch,
    answer: u64,
}

/// A recorder of one core.
#[derive(Debug)]
pub struct Recorder {
    layout: Layout,
    places: Vec<Option<Place>>,
    activity: Activity,
    path: Path,
    departure: Option<Departure>,
    segments: Segments,
    table: Table,
}

impl Recorder {
    /// Nothing was executed yet.
    #[must_use]
    pub fn new(layout: Layout) -> Recorder {
        let code = ((layout.text.end - layout.text.start) / 4) as usize;
        Recorder {
            layout,
            places: vec![None; code],
            activity: Activity::Outside,
            path: Path::new(code),
            departure: None,
            segments: Segments::default(),
            table: Table::default(),
        }
    }

    /// Looks at an instruction before it is executed for the first time. Its index, by which it is named from then on; `None` if it is
    /// not the kernel's.
    pub fn look(&mut self, address: u64, word: u32) -> Option<u32> {
        if !self.layout.text.contains(&address) {
            return None;
        }
        let index = (address - self.layout.text.start) / 4;
        self.places[index as usize] =
            Some(Place { class: Class::of(word), step: Step::of(word), role: self.role(address) });
        Some(index as u32)
    }

    /// Whether the number of a system call is to be told when this instruction is executed.
    #[must_use]
    pub fn wants_number(&self, address: u64) -> bool {
        address == self.layout.system_call
    }

    fn role(&self, address: u64) -> Role {
        if self.layout.telling == Some(address) {
            return Role::Telling;
        }
        let distance = address.wrapping_sub(self.layout.vectors);
        if distance >= 16 * VECTOR_BYTES || !distance.is_multiple_of(VECTOR_BYTES) {
            return Role::Inner;
        }
        match distance / VECTOR_BYTES {
            FIRST_OF_PROGRAMS => Role::Entry(Cause::Fault),
            number if number == FIRST_OF_PROGRAMS + 1 => Role::Entry(Cause::Interrupt),
            number if number == FIRST_OF_PROGRAMS + 3 => Role::Entry(Cause::SystemError),
            _ => Role::Nested,
        }
    }

    /// An instruction of the kernel is executed.
    pub fn execute(&mut self, index: u32) {
        let Some(Place { class, step, role }) = self.places[index as usize] else { return };
        match (&self.activity, role) {
            (_, Role::Entry(cause)) => self.enter(cause),
            (Activity::Waiting, _) => self.begin(Cause::InterruptWhileIdle),
            (Activity::Inside, Role::Nested) => self.path.nested += 1,
            (Activity::Inside, Role::Telling) if self.path.cause == Cause::Fault => self.path.cause = Cause::FaultTold,
            _ => (),
        }
        if !matches!(self.activity, Activity::Inside) {
            return;
        }
        self.path.add(index, class);
        match step {
            Step::On => (),
            Step::PreemptionPoint => self.pass_point(),
            Step::Return if self.path.nested > 0 => self.path.nested -= 1,
            Step::Return => self.leave(Activity::Outside),
            Step::Wait => self.leave(Activity::Waiting),
        }
    }

    /// The entry is a system call with this number.
    pub fn call(&mut self, number: u64) {
        self.path.cause = Cause::call(number);
    }

    /// Whether a system call with this number may be a mark, so that its words are to be told.
    #[must_use]
    pub const fn may_be_mark(number: u64) -> bool {
        number == SystemCall::Probe as u64
    }

    /// The entry has these words in `x1`–`x7`, and may be a mark.
    pub fn words(&mut self, words: [u64; MARK_WORDS]) {
        self.segments.note(words);
    }

    /// The kernel reads or writes memory.
    pub fn access(&mut self, address: u64) {
        if matches!(self.activity, Activity::Inside) {
            self.path.access(address);
        }
    }

    /// Code that is not the kernel's is executed.
    pub fn run_program(&mut self) {
        self.departure = None;
    }

    /// What was counted up to now.
    #[must_use]
    pub fn table(&self) -> &Table {
        &self.table
    }

    fn enter(&mut self, cause: Cause) {
        if let Some(Departure { cause: left, way_out, answer }) = self.departure.take()
            && cause == Cause::Interrupt
        {
            self.table.row(left).gave_way += 1;
            let interrupted = &mut self.table.interrupted;
            interrupted.answer = interrupted.answer.max(answer);
            if way_out.instructions > interrupted.way_out.instructions {
                interrupted.way_out = way_out;
            }
        }
        self.begin(cause);
    }

    fn begin(&mut self, cause: Cause) {
        self.activity = Activity::Inside;
        self.path.begin(cause);
    }

    fn pass_point(&mut self) {
        self.keep_stretch();
        self.path.pass_point();
    }

    fn keep_stretch(&mut self) {
        let start = self.layout.text.start;
        self.path.keep_stretch(self.table.row(self.path.cause), start);
        if let Some(segment) = self.segments.open(&mut self.table) {
            self.path.keep_stretch(segment.row(self.path.cause), start);
        }
    }

    fn leave(&mut self, activity: Activity) {
        self.keep_stretch();
        self.activity = activity;
        let (path, start) = (&self.path, self.layout.text.start);
        path.add_to(self.table.row(path.cause), start);
        if let Some(segment) = self.segments.open(&mut self.table) {
            path.add_to(segment.row(path.cause), start);
        }
        self.segments.leave(&mut self.table);
        self.departure = path.stretch_before.map(|before| Departure {
            cause: path.cause,
            way_out: path.stretch(start),
            answer: before + path.stretch.instructions,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Visits;

    const VECTORS: u64 = 0x1000;
    const NOP: u32 = 0xd503_201f;
    const POINT: u32 = 0xd538_c100;
    const RETURN: u32 = 0xd69f_03e0;
    const WAIT: u32 = 0xd503_207f;
    const SYNCHRONOUS: u64 = VECTORS + 0x400;
    const INTERRUPT: u64 = VECTORS + 0x480;
    const OWN_FAULT: u64 = VECTORS + 0x200;
    const BODY: u64 = VECTORS + 0x800;

    fn recorder() -> Recorder {
        Recorder::new(Layout {
            text: VECTORS..VECTORS + 0x1000,
            vectors: VECTORS,
            system_call: BODY,
            telling: Some(BODY + 0x100),
        })
    }

    /// Executes each word at its address.
    fn execute(recorder: &mut Recorder, instructions: &[(u64, u32)]) {
        for (address, word) in instructions {
            let index = recorder.look(*address, *word).expect("the kernel's");
            recorder.execute(index);
        }
    }

    fn row(recorder: &Recorder, cause: Cause) -> &crate::table::Row {
        recorder.table().rows.iter().find(|row| row.cause == cause).expect("entries for this cause")
    }

    fn counts(recorder: &Recorder, cause: Cause) -> [u64; 4] {
        let row = row(recorder, cause);
        [row.entries, row.shortest.instructions, row.longest.instructions, row.stretch.instructions]
    }

    #[test]
    fn entry_is_counted_from_the_vector_to_the_return() {
        let mut recorder = recorder();
        // Start-up, which is no entry.
        execute(&mut recorder, &[(BODY, NOP), (BODY + 4, RETURN)]);
        execute(&mut recorder, &[(SYNCHRONOUS, NOP), (BODY, NOP)]);
        recorder.call(29);
        execute(&mut recorder, &[(BODY + 4, NOP), (BODY + 8, RETURN)]);
        execute(&mut recorder, &[(SYNCHRONOUS, NOP), (BODY + 4, RETURN)]);
        assert_eq!(counts(&recorder, Cause::Call(29)), [1, 4, 4, 4]);
        assert_eq!(counts(&recorder, Cause::Fault), [1, 2, 2, 2]);
        assert_eq!(recorder.table().rows.len(), 2);
    }

    #[test]
    fn shortest_entry_is_kept_in_its_order() {
        let mut recorder = recorder();
        execute(
            &mut recorder,
            &[(SYNCHRONOUS, NOP), (BODY + 4, NOP), (BODY + 8, NOP), (BODY + 4, NOP), (BODY + 12, RETURN)],
        );
        execute(&mut recorder, &[(SYNCHRONOUS, NOP), (BODY + 8, NOP), (BODY + 4, NOP), (BODY + 8, RETURN)]);
        let row = row(&recorder, Cause::Fault);
        let addresses: Vec<u64> = row.shortest.addresses().collect();
        assert_eq!(addresses, [SYNCHRONOUS, BODY + 8, BODY + 4, BODY + 8]);
        assert!(row.longest.order.is_empty());
    }

    #[test]
    fn waiting_ends_an_entry_and_the_next_instruction_begins_another() {
        let mut recorder = recorder();
        execute(&mut recorder, &[(INTERRUPT, NOP), (BODY, NOP), (BODY + 4, WAIT)]);
        execute(
            &mut recorder,
            &[(BODY + 8, NOP), (BODY + 4, WAIT), (BODY + 8, NOP), (BODY + 12, NOP), (BODY + 16, RETURN)],
        );
        assert_eq!(counts(&recorder, Cause::Interrupt), [1, 3, 3, 3]);
        assert_eq!(counts(&recorder, Cause::InterruptWhileIdle), [2, 2, 3, 3]);
    }

    #[test]
    fn exception_of_the_kernel_itself_belongs_to_the_entry() {
        let mut recorder = recorder();
        execute(&mut recorder, &[(SYNCHRONOUS, NOP), (OWN_FAULT, NOP), (OWN_FAULT + 4, RETURN), (BODY + 4, RETURN)]);
        assert_eq!(counts(&recorder, Cause::Fault), [1, 4, 4, 4]);
    }

    #[test]
    fn fault_that_is_told_is_a_cause_of_its_own() {
        let mut recorder = recorder();
        execute(&mut recorder, &[(SYNCHRONOUS, NOP), (BODY + 0x100, NOP), (BODY + 4, RETURN)]);
        execute(&mut recorder, &[(SYNCHRONOUS, NOP), (BODY + 4, RETURN)]);
        assert_eq!(counts(&recorder, Cause::FaultTold), [1, 3, 3, 3]);
        assert_eq!(counts(&recorder, Cause::Fault), [1, 2, 2, 2]);
        assert_eq!(recorder.table().longest_stretch().map(|row| row.cause), Some(Cause::Fault));
    }

    #[test]
    fn stretch_ends_at_a_preemption_point() {
        let mut recorder = recorder();
        execute(&mut recorder, &[(SYNCHRONOUS, NOP), (BODY + 4, POINT), (BODY + 8, NOP), (BODY + 12, NOP)]);
        execute(&mut recorder, &[(BODY + 4, POINT), (BODY + 16, RETURN)]);
        assert_eq!(counts(&recorder, Cause::Fault), [1, 6, 6, 3]);
        let visits = |address| Visits { address, times: 1 };
        assert_eq!(row(&recorder, Cause::Fault).stretch.visits, [BODY + 4, BODY + 8, BODY + 12].map(visits));
    }

    #[test]
    fn only_an_interrupt_that_comes_at_once_has_waited() {
        let mut recorder = recorder();
        let preempted = [(SYNCHRONOUS, NOP), (BODY + 4, POINT), (BODY + 8, RETURN)];
        execute(&mut recorder, &preempted);
        recorder.run_program();
        execute(&mut recorder, &[(INTERRUPT, RETURN)]);
        assert_eq!(row(&recorder, Cause::Fault).gave_way, 0);
        execute(&mut recorder, &preempted);
        execute(&mut recorder, &[(INTERRUPT, RETURN), (INTERRUPT, RETURN)]);
        let interrupted = &recorder.table().interrupted;
        assert_eq!(
            (row(&recorder, Cause::Fault).gave_way, interrupted.way_out.instructions, interrupted.answer),
            (1, 1, 3)
        );
    }

    #[test]
    fn lines_are_distinct() {
        let mut recorder = recorder();
        execute(&mut recorder, &[(SYNCHRONOUS, NOP), (BODY, NOP)]);
        [0x2000, 0x2038, 0x2040, 0x2000].into_iter().for_each(|address| recorder.access(address));
        execute(&mut recorder, &[(BODY + 4, NOP), (BODY + 64, RETURN)]);
        recorder.access(0x9000);
        let longest = &row(&recorder, Cause::Fault).longest;
        assert_eq!((longest.code_lines, longest.data_lines), (3, 2));
    }

    #[test]
    fn code_of_programs_is_not_the_kernels() {
        assert_eq!(recorder().look(VECTORS + 0x1000, NOP), None);
    }
}
