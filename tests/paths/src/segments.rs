//! Marks of programs, and the segments between them. May call `table`.

use l4k_marks::Mark;
use l4k_marks::mark::MARK_WORDS;

use crate::table::{Segment, Table};

/// Where the program is among its segments.
#[derive(Debug, Default)]
pub struct Segments {
    /// The name of those that follow.
    name: String,
    /// Index of the one that entries are added to.
    current: Option<usize>,
    /// The entry that is going on is this mark.
    mark: Option<Mark>,
}

impl Segments {
    /// The entry that is going on has these words.
    pub fn note(&mut self, words: [u64; MARK_WORDS]) {
        self.mark = Mark::from_words(words);
    }

    /// The segment that the entry that is going on belongs to. A mark belongs to none.
    pub fn open<'a>(&self, table: &'a mut Table) -> Option<&'a mut Segment> {
        match self.mark {
            None => table.segments.get_mut(self.current?),
            Some(_) => None,
        }
    }

    /// The entry is over: if it was a mark, its effect begins.
    pub fn leave(&mut self, table: &mut Table) {
        match self.mark.take() {
            Some(Mark::Name(name)) => name.text().clone_into(&mut self.name),
            Some(Mark::Begin) => self.current = Some(self.index(table)),
            Some(Mark::End { rounds, ticks }) => {
                if let Some(segment) = self.current.take().and_then(|index| table.segments.get_mut(index)) {
                    segment.rounds += rounds;
                    segment.ticks += ticks;
                    segment.pieces += 1;
                }
            }
            None => (),
        }
    }

    /// Of the segment of the present name, which is made if there is none.
    fn index(&self, table: &mut Table) -> usize {
        let segments = &mut table.segments;
        segments.iter().position(|segment| segment.name == self.name).unwrap_or_else(|| {
            segments.push(Segment { name: self.name.clone(), ..Segment::default() });
            segments.len() - 1
        })
    }
}

#[cfg(test)]
mod tests {
    use l4k_marks::Name;
    use l4k_sys::abi::SystemCall;

    use super::*;
    use crate::arguments::Layout;
    use crate::cause::Cause;
    use crate::recorder::Recorder;

    const VECTORS: u64 = 0x1000;
    const SYNCHRONOUS: u64 = VECTORS + 0x400;
    const BODY: u64 = VECTORS + 0x800;
    const NOP: u32 = 0xd503_201f;
    const RETURN: u32 = 0xd69f_03e0;

    fn recorder() -> Recorder {
        let text = VECTORS..VECTORS + 0x1000;
        Recorder::new(Layout { text, vectors: VECTORS, system_call: BODY, telling: None })
    }

    /// A system call whose handler has so many instructions behind the vector's one.
    fn call(recorder: &mut Recorder, number: u64, words: [u64; MARK_WORDS], length: u64) {
        let execute = |recorder: &mut Recorder, address, word| {
            let index = recorder.look(address, word).expect("the kernel's");
            recorder.execute(index);
        };
        execute(recorder, SYNCHRONOUS, NOP);
        recorder.call(number);
        if Recorder::may_be_mark(number) {
            recorder.words(words);
        }
        (1..length).for_each(|index| execute(recorder, BODY + index * 4, NOP));
        execute(recorder, BODY + length * 4, RETURN);
    }

    fn mark(recorder: &mut Recorder, mark: Mark) {
        call(recorder, SystemCall::Probe as u64, mark.words(), 5);
    }

    fn segment(recorder: &mut Recorder, calls: &[(u64, u64)]) {
        mark(recorder, Mark::Begin);
        calls.iter().for_each(|(number, length)| call(recorder, *number, [0; MARK_WORDS], *length));
        mark(recorder, Mark::End { rounds: 2, ticks: 10 });
    }

    fn figures(segment: &Segment) -> Vec<(Cause, u64, u64)> {
        segment.rows.iter().map(|row| (row.cause, row.entries, row.instructions)).collect()
    }

    #[test]
    fn only_entries_between_the_marks_belong_to_a_segment() {
        let mut recorder = recorder();
        call(&mut recorder, 29, [0; MARK_WORDS], 3);
        mark(&mut recorder, Mark::Name(Name::new("first")));
        call(&mut recorder, 29, [0; MARK_WORDS], 4);
        segment(&mut recorder, &[(29, 6), (1, 2), (29, 8)]);
        call(&mut recorder, 29, [0; MARK_WORDS], 9);
        let [only] = &recorder.table().segments[..] else { panic!("one segment") };
        assert_eq!((only.name.as_str(), only.rounds, only.ticks), ("first", 2, 10));
        assert_eq!(figures(only), [(Cause::Call(1), 1, 3), (Cause::Call(29), 2, 16)]);
        let row = &only.rows[1];
        assert_eq!((row.shortest.instructions, row.longest.instructions, row.stretch.instructions), (7, 9, 9));
        assert_eq!(only.instructions(), 19);
    }

    #[test]
    fn segments_of_one_name_are_counted_together() {
        let mut recorder = recorder();
        for name in ["a", "b", "a"] {
            mark(&mut recorder, Mark::Name(Name::new(name)));
            segment(&mut recorder, &[(6, 3)]);
        }
        let segments = &recorder.table().segments;
        assert_eq!(segments.iter().map(|segment| segment.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!((segments[0].rounds, segments[0].ticks, segments[0].pieces), (4, 20, 2));
        assert_eq!(figures(&segments[0]), [(Cause::Call(6), 2, 8)]);
    }

    #[test]
    fn a_probe_that_is_no_mark_is_an_entry_like_others() {
        let mut recorder = recorder();
        segment(&mut recorder, &[(SystemCall::Probe as u64, 7)]);
        assert_eq!(figures(&recorder.table().segments[0]), [(Cause::Call(SystemCall::Probe as u64), 1, 8)]);
    }
}
