//! Each operation on memory by itself: what every core meets afterwards, and that a fault in its sequence shows.

use l4k::machine::simulated::data_cache::View;
use l4k::machine::simulated::ledger::Met;
use l4k::machine::simulated::request::{Change, Kind, Maker, Mutation};
use l4k_model::maintenance::stage::Stage;
use l4k_sys::abi::{Access, MapAttributes, ObjectKind, SystemCall};

const ADDRESS: u64 = 0x4000_0000;
const ALIAS: u64 = 0x4020_0000;
const READ_WRITE: u64 = 0b011;
const READ_EXECUTE: u64 = 0b101;
const ALL: u64 = 0b111;

/// Seeds for each test: what is open is chosen in other ways.
const SEEDS: u64 = 120;

/// A test of one operation.
type Test = fn(&mut Stage) -> Result<(), String>;

/// Three cores, in the first space all.
fn stage(seed: u64) -> Stage {
    let mut stage = Stage::new(3, seed);
    for core in 0..3 {
        let thread = stage.threads[core][1].slot;
        let _ = stage.call(0, SystemCall::ThreadSuspend, &[thread]).expect("nothing is stale yet");
    }
    stage
}

/// The test holds whatever is chosen, and fails for some choices if this fault is planted.
fn holds_and_can_fail(test: Test, call: SystemCall, kind: Kind, change: Change) {
    for seed in 1..=SEEDS {
        assert_eq!(test(&mut stage(seed)), Ok(()), "seed {seed}");
    }
    let mutation = Mutation { maker: Maker::Call(call as u64), kind, number: None, change };
    let fails = (1..=SEEDS).any(|seed| {
        let mut stage = stage(seed);
        stage.plant(mutation);
        test(&mut stage).is_err()
    });
    assert!(fails, "{mutation:?} does not show");
}

/// A call that has to succeed.
fn call(stage: &mut Stage, call: SystemCall, x: &[u64]) -> Result<(), String> {
    match stage.call(0, call, x)? {
        None => Ok(()),
        Some(error) => panic!("{call:?} is refused: {error:?}"),
    }
}

/// A new frame, and a copy of its capability.
fn frames(stage: &mut Stage) -> Result<[u64; 2], String> {
    let (frame, copy) = (stage.frames[0], stage.frames[1]);
    call(stage, SystemCall::UntypedRetype, &[stage.memory[0], ObjectKind::Frame as u64, 12, 0, frame, 1])?;
    call(stage, SystemCall::CNodeCopy, &[0, copy, 0, frame, ALL])?;
    Ok([frame, copy])
}

fn map(stage: &mut Stage, frame: u64, address: u64, rights: u64, attributes: u64) -> Result<(), String> {
    call(stage, SystemCall::FrameMap, &[frame, stage.spaces[0], address, rights, attributes])
}

/// What a program on a core meets. The judge looks at it, too.
fn use_page(stage: &mut Stage, core: usize, address: u64, access: Access) -> Result<Met, String> {
    let met = stage.world.kernel.system.store.machine.access(core, address, access);
    stage.judge.between(&mut stage.world.kernel.system)?;
    Ok(met)
}

/// Whether all cores can, or none can, access an address.
fn all_agree(stage: &mut Stage, address: u64, access: Access, is_there: bool) -> Result<(), String> {
    for core in 0..3 {
        let met = use_page(stage, core, address, access)?;
        if (met != Met::Fault) != is_there {
            return Err(format!("core {core} meets {met:x?} with {access:?} at {address:#x}"));
        }
    }
    Ok(())
}

#[test]
fn a_page_that_is_mapped_is_there_on_every_core() {
    let test: Test = |stage| {
        let [frame, _] = frames(stage)?;
        all_agree(stage, ADDRESS, Access::Read, false)?;
        map(stage, frame, ADDRESS, READ_WRITE, 0)?;
        all_agree(stage, ADDRESS, Access::Write, true)
    };
    holds_and_can_fail(test, SystemCall::FrameMap, Kind::Publish, Change::LeaveOut);
}

#[test]
fn a_page_that_is_unmapped_is_gone_on_every_core() {
    let test: Test = |stage| {
        let [frame, _] = frames(stage)?;
        map(stage, frame, ADDRESS, READ_WRITE, 0)?;
        all_agree(stage, ADDRESS, Access::Write, true)?;
        call(stage, SystemCall::FrameUnmap, &[frame])?;
        all_agree(stage, ADDRESS, Access::Read, false)
    };
    holds_and_can_fail(test, SystemCall::FrameUnmap, Kind::InvalidatePage, Change::Wrong);
}

#[test]
fn a_table_that_is_given_back_leads_nobody_anywhere() {
    let test: Test = |stage| {
        let [frame, copy] = frames(stage)?;
        map(stage, frame, ADDRESS, READ_WRITE, 0)?;
        all_agree(stage, ADDRESS, Access::Read, true)?;
        call(stage, SystemCall::FrameUnmap, &[frame])?;
        map(stage, copy, ALIAS, READ_WRITE, 0)?;
        all_agree(stage, ALIAS, Access::Read, true)?;
        all_agree(stage, ADDRESS, Access::Read, false)
    };
    holds_and_can_fail(test, SystemCall::FrameUnmap, Kind::InvalidatePage, Change::LastLevel);
}

#[test]
fn a_right_that_is_taken_is_gone_and_the_others_stay_all_the_time() {
    let test: Test = |stage| {
        let [frame, _] = frames(stage)?;
        map(stage, frame, ADDRESS, READ_WRITE, 0)?;
        all_agree(stage, ADDRESS, Access::Write, true)?;
        for rights in [1, READ_WRITE, 1] {
            call(stage, SystemCall::FrameProtect, &[frame, rights, 0])?;
        }
        all_agree(stage, ADDRESS, Access::Read, true)?;
        all_agree(stage, ADDRESS, Access::Write, false)
    };
    holds_and_can_fail(test, SystemCall::FrameProtect, Kind::InvalidatePage, Change::Local);
}

#[test]
fn a_memory_type_changes_with_a_break() {
    let test: Test = |stage| {
        let [frame, _] = frames(stage)?;
        map(stage, frame, ADDRESS, READ_WRITE, 0)?;
        all_agree(stage, ADDRESS, Access::Read, true)?;
        call(stage, SystemCall::FrameProtect, &[frame, READ_WRITE, MapAttributes::UNCACHED.bits()])?;
        all_agree(stage, ADDRESS, Access::Write, true)
    };
    holds_and_can_fail(test, SystemCall::FrameProtect, Kind::InvalidatePage, Change::LeaveOut);
}

/// Code that was written through an alias is what all cores execute.
fn executes_what_was_written(
    stage: &mut Stage,
    then: fn(&mut Stage, [u64; 2]) -> Result<(), String>,
) -> Result<(), String> {
    let frames = frames(stage)?;
    map(stage, frames[0], ADDRESS, ALL, MapAttributes::WRITE_AND_EXECUTE.bits())?;
    for _ in 0..4 {
        for core in 0..3 {
            let _ = use_page(stage, core, ADDRESS, Access::Execute)?;
            let _ = use_page(stage, core, ADDRESS, Access::Write)?;
        }
    }
    then(stage, frames)?;
    for core in [0, 1, 2, 0, 1, 2] {
        let _ = use_page(stage, core, ADDRESS, Access::Execute)?;
    }
    Ok(())
}

#[test]
fn published_code_is_fetched_by_every_core() {
    let test: Test = |stage| {
        executes_what_was_written(stage, |stage, [frame, _]| {
            call(stage, SystemCall::FrameMaintain, &[frame, 3, 0, 4096])
        })
    };
    holds_and_can_fail(test, SystemCall::FrameMaintain, Kind::ForgetInstructions, Change::LeaveOut);
}

#[test]
fn code_that_is_mapped_is_fetched_by_every_core() {
    let test: Test =
        |stage| executes_what_was_written(stage, |stage, [_, copy]| map(stage, copy, ALIAS, READ_EXECUTE, 0));
    holds_and_can_fail(test, SystemCall::FrameMap, Kind::Lines, Change::LeaveOut);
}

/// `x7` is 0 by contract. A program that writes something else into it gets the same maintenance.
#[test]
fn a_number_in_x7_skips_no_maintenance_of_a_first_map() {
    let test: Test = |stage| {
        executes_what_was_written(stage, |stage, [_, copy]| {
            let space = stage.spaces[0];
            call(stage, SystemCall::FrameMap, &[copy, space, ALIAS, READ_EXECUTE, 0, 0, 0, u64::MAX])
        })
    };
    holds_and_can_fail(test, SystemCall::FrameMap, Kind::Lines, Change::LeaveOut);
}

#[test]
fn a_number_in_x7_skips_no_maintenance_that_was_asked_for() {
    let test: Test = |stage| {
        executes_what_was_written(stage, |stage, [frame, _]| {
            call(stage, SystemCall::FrameMaintain, &[frame, 3, 0, 4096, 0, 0, 0, 4096])
        })
    };
    holds_and_can_fail(test, SystemCall::FrameMaintain, Kind::Lines, Change::LeaveOut);
}

#[test]
fn code_that_is_mapped_uncached_is_fetched_anew() {
    let test: Test = |stage| {
        let uncached = MapAttributes::UNCACHED.bits();
        executes_what_was_written(stage, |stage, [_, copy]| {
            map(stage, copy, ALIAS, READ_EXECUTE, MapAttributes::UNCACHED.bits())
        })?;
        call(stage, SystemCall::FrameUnmap, &[stage.frames[1]])?;
        call(stage, SystemCall::FrameProtect, &[stage.frames[0], READ_EXECUTE, uncached])?;
        all_agree(stage, ADDRESS, Access::Execute, true)
    };
    holds_and_can_fail(test, SystemCall::FrameProtect, Kind::ForgetInstructions, Change::LeaveOut);
}

#[test]
fn memory_that_is_mapped_uncached_has_what_the_caches_had() {
    let test: Test = |stage| {
        let [frame, copy] = frames(stage)?;
        map(stage, frame, ADDRESS, READ_WRITE, 0)?;
        all_agree(stage, ADDRESS, Access::Write, true)?;
        map(stage, copy, ALIAS, 1, MapAttributes::UNCACHED.bits())?;
        all_agree(stage, ALIAS, Access::Read, true)
    };
    holds_and_can_fail(test, SystemCall::FrameMap, Kind::Complete, Change::LeaveOut);
}

/// Where the words of a page lie that is written on every core, some of them several times.
fn written_on_every_core(stage: &mut Stage) -> Result<u64, String> {
    let mut start = 0;
    for core in [0, 1, 2, 0, 1, 2] {
        let Met::Memory(place, ..) = use_page(stage, core, ADDRESS, Access::Write)? else {
            return Err("a fault".to_owned());
        };
        start = place & !0xfff;
    }
    Ok(start)
}

/// Lines of a page that the caches have and memory has not, and lines that the caches have as memory was before.
fn lines_that_differ(stage: &Stage, start: u64) -> [usize; 2] {
    let machine = &stage.world.kernel.system.store.machine;
    let mut differ = [0, 0];
    for word in (start..start + 4096).step_by(8) {
        let is_dirty = machine.ledger.borrow().data.is_dirty(word);
        let is_behind = machine.memory_word(View::Cached, word) != machine.memory_word(View::Memory, word);
        differ[0] += usize::from(is_dirty);
        differ[1] += usize::from(is_behind && !is_dirty);
    }
    differ
}

/// A line that is still dirty when memory is used uncached is written over it at any time later. So the caches are cleaned when no core can use the
/// cacheable mapping any more: others write all the time that the call takes.
#[test]
fn no_cache_has_anything_to_write_back_when_memory_has_become_uncached() {
    let test: Test = |stage| {
        let [frame, _] = frames(stage)?;
        map(stage, frame, ADDRESS, READ_WRITE, 0)?;
        let start = written_on_every_core(stage)?;
        call(stage, SystemCall::FrameProtect, &[frame, READ_WRITE, MapAttributes::UNCACHED.bits()])?;
        match lines_that_differ(stage, start) {
            [0, _] => Ok(()),
            [dirty, _] => Err(format!("{dirty} words are still to be written back")),
        }
    };
    // The wait behind the invalidation must be over before the first line is cleaned.
    holds_and_can_fail(test, SystemCall::FrameProtect, Kind::InvalidatePage, Change::Swap);
    holds_and_can_fail(test, SystemCall::FrameProtect, Kind::Lines, Change::LeaveOut);
}

/// A line that a cache took while memory was used uncached is old. So it is dropped before the cacheable mapping can be used.
#[test]
fn no_cache_has_anything_old_when_memory_has_become_cached_again() {
    let test: Test = |stage| {
        let [frame, _] = frames(stage)?;
        stage.world.kernel.system.store.machine.ledger.borrow_mut().is_device_quiet = true;
        map(stage, frame, ADDRESS, READ_WRITE, MapAttributes::UNCACHED.bits())?;
        let start = written_on_every_core(stage)?;
        call(stage, SystemCall::FrameProtect, &[frame, READ_WRITE, 0])?;
        match lines_that_differ(stage, start) {
            [_, 0] => Ok(()),
            [_, old] => Err(format!("{old} words are older in the caches than in memory")),
        }
    };
    holds_and_can_fail(test, SystemCall::FrameProtect, Kind::Lines, Change::LeaveOut);
}

#[test]
fn memory_that_is_given_anew_is_zero_for_devices_too() {
    let test: Test = |stage| {
        let [frame, _] = frames(stage)?;
        map(stage, frame, ADDRESS, READ_WRITE, 0)?;
        let Met::Memory(place, ..) = use_page(stage, 1, ADDRESS, Access::Write)? else {
            return Err("a fault".to_owned());
        };
        call(stage, SystemCall::CNodeRevoke, &[0, stage.memory[0]])?;
        let small = [stage.memory[0], ObjectKind::Untyped as u64, 5, 0, stage.frames[0], 1];
        call(stage, SystemCall::UntypedRetype, &small)?;
        let machine = &stage.world.kernel.system.store.machine;
        match machine.memory_word(View::Memory, place) {
            0 => Ok(()),
            value => Err(format!("{value:#x} is left of the owner before")),
        }
    };
    holds_and_can_fail(test, SystemCall::UntypedRetype, Kind::Lines, Change::LeaveOut);
}

/// The second core runs in another space than the others, and has walked its tables. Two frames.
fn live_apart(stage: &mut Stage) -> Result<[u64; 2], String> {
    let [frame, copy] = frames(stage)?;
    let [first, second] = stage.threads[1].map(|thread| thread.slot);
    call(stage, SystemCall::ThreadSuspend, &[first])?;
    call(stage, SystemCall::ThreadResume, &[second])?;
    call(stage, SystemCall::FrameMap, &[frame, stage.spaces[2], ADDRESS, READ_WRITE, 0])?;
    for _ in 0..4 {
        let _ = use_page(stage, 1, ADDRESS, Access::Read)?;
    }
    Ok([frame, copy])
}

#[test]
fn a_space_that_goes_is_forgotten_by_every_core() {
    let test: Test = |stage| {
        live_apart(stage)?;
        let thread = stage.threads[1][1].slot;
        call(stage, SystemCall::ThreadSuspend, &[thread])?;
        call(stage, SystemCall::CNodeRevoke, &[0, stage.memory[2]])
    };
    holds_and_can_fail(test, SystemCall::CNodeRevoke, Kind::InvalidateSpace, Change::LeaveOut);
}

#[test]
fn an_identifier_that_is_used_again_is_forgotten_before() {
    let test: Test = |stage| {
        let [_, copy] = live_apart(stage)?;
        call(stage, SystemCall::CNodeRevoke, &[0, stage.memory[2]])?;
        stage.make_space(2)?;
        call(stage, SystemCall::FrameMap, &[copy, stage.spaces[2], ALIAS, READ_WRITE, 0])?;
        match [use_page(stage, 1, ADDRESS, Access::Read)?, use_page(stage, 1, ALIAS, Access::Read)?] {
            [Met::Fault, Met::Memory(..)] => Ok(()),
            met => Err(format!("the new space has {met:x?}")),
        }
    };
    holds_and_can_fail(test, SystemCall::AsidPoolAssign, Kind::InvalidateSpace, Change::LeaveOut);
}

#[test]
fn an_idle_core_has_left_its_tables() {
    for seed in 1..=SEEDS {
        let mut stage = stage(seed);
        let thread = stage.threads[1][0].slot;
        call(&mut stage, SystemCall::ThreadSuspend, &[thread]).expect("nothing stale");
        let ledger = stage.world.kernel.system.store.machine.ledger.borrow();
        assert_eq!(ledger.sides[1].roots, [l4k::base::arch::SpaceRoot::NOTHING]);
    }
}
