//! Random sequences of calls on memory, from threads on all cores. Calls `stage`.

use super::stage::{ADDRESSES, Stage};
use l4k::machine::simulated::choices::Choices;
use l4k_sys::abi::{ObjectKind, SystemCall};

/// Takes so many random steps.
///
/// # Errors
/// What was done, and what somebody met that must not be.
pub fn play(stage: &mut Stage, choices: &mut Choices, steps: usize) -> Result<(), String> {
    let mut subject = Subject::of(stage, choices);
    for _ in 0..steps {
        if choices.one_in(STAYS) {
            subject = Subject::of(stage, choices);
        }
        step(stage, choices, subject).map_err(|what| {
            let told = &stage.told;
            format!("{}\n{what}", told[told.len().saturating_sub(12)..].join("\n"))
        })?;
    }
    Ok(())
}

/// Steps that are about the same frame, at the same address of the same space, on average.
const STAYS: usize = 6;

/// What a step is about.
#[derive(Clone, Copy, Debug)]
struct Subject {
    frame: u64,
    space: u64,
    address: u64,
}

impl Subject {
    fn of(stage: &Stage, choices: &mut Choices) -> Subject {
        Subject {
            frame: choices.of(&stage.frames).unwrap_or(0),
            space: choices.of(&stage.spaces).unwrap_or(0),
            address: choices.of(&ADDRESSES).unwrap_or(0),
        }
    }
}

// house: long function because it is a table: one arm for each kind of step.
fn step(stage: &mut Stage, choices: &mut Choices, subject: Subject) -> Result<(), String> {
    let core = choices.below(stage.threads.len());
    let Subject { frame, space, address } = subject;
    // Some frames are code, the others mostly data.
    let is_code = frame % 3 == 0;
    let rights = choices.of(if is_code { &[5, 5, 7, 7, 3] } else { &[1, 3, 3, 3, 5] }).unwrap_or(1);
    let uncached = choices.of(if is_code { &[0, 0, 0, 1] } else { &[0, 0, 1, 1] }).unwrap_or(0);
    let attributes = uncached | u64::from(rights == 7) << 1;
    let interrupted = choices.one_in(4).then(|| choices.below(3) as u32);
    let maintenance = choices.of(if is_code { &[3, 3, 3, 1] } else { &[1, 2, 2, 3] }).unwrap_or(1);
    let (call, x): (SystemCall, &[u64]) = match choices.below(26) {
        0..=6 => (SystemCall::FrameMap, &[frame, space, address, rights, attributes]),
        7..=9 => (SystemCall::FrameUnmap, &[frame]),
        10..=13 => (SystemCall::FrameProtect, &[frame, rights, attributes]),
        14..=15 => (SystemCall::FrameMaintain, &[frame, maintenance, 0, 4096]),
        16..=18 => (SystemCall::UntypedRetype, &[stage.memory[0], ObjectKind::Frame as u64, 12, 0, frame, 1]),
        19 => (SystemCall::CNodeCopy, &[0, frame, 0, choices.of(&stage.frames).unwrap_or(0), 7]),
        20 => (SystemCall::CNodeDelete, &[0, frame]),
        21 if choices.one_in(2) => (SystemCall::CNodeRevoke, &[0, stage.memory[0]]),
        22 => return renew_space(stage, choices),
        23 => {
            let threads = stage.threads[core];
            let thread = choices.of(&threads).map_or(0, |thread| thread.slot);
            (SystemCall::ThreadSuspend, &[thread])
        }
        24 => {
            let threads = stage.threads[core];
            let thread = choices.of(&threads).map_or(0, |thread| thread.slot);
            (SystemCall::ThreadResume, &[thread])
        }
        _ => (SystemCall::Yield, &[]),
    };
    let x = x.to_vec();
    // Who suspends others must not be suspended itself: the first thread is always there.
    let core = if matches!(call, SystemCall::ThreadSuspend | SystemCall::ThreadResume) { 0 } else { core };
    stage.call_interrupted(core, call, &x, interrupted).map(|_| ())
}

/// A space goes, and another one comes in its memory.
fn renew_space(stage: &mut Stage, choices: &mut Choices) -> Result<(), String> {
    let index = 1 + choices.below(2);
    let core = choices.below(stage.threads.len());
    if choices.one_in(2) {
        let _ = stage.call(core, SystemCall::CNodeRevoke, &[0, stage.memory[index]])?;
    } else {
        let _ = stage.call(core, SystemCall::CNodeRevoke, &[0, stage.spaces[index]])?;
        let _ = stage.call(core, SystemCall::CNodeDelete, &[0, stage.spaces[index]])?;
    }
    if choices.one_in(3) {
        return Ok(());
    }
    stage.make_space(index)
}
