//! An estimate of what a sequence takes on a Cortex-A72, in cycles: LLVM's static model of its pipelines, where it is installed. May call `step`.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::step::Step;
use cargo_l4k::process;

/// What it is an estimate of.
pub const MEANING: &str = "\
An estimate by `llvm-mca` of a Cortex-A72, in cycles, from the first instruction to the end of the last one: all memory is in the nearest cache, all \
branches are foretold, and what the exception itself, system registers and barriers take is not known to it.";

/// Names of the program; Debian's packages add LLVM's version.
const VERSIONS: std::ops::RangeInclusive<u32> = 14..=24;

/// The program that estimates.
#[derive(Debug)]
pub struct Estimator {
    program: String,
}

impl Estimator {
    /// The one that is installed.
    pub fn find() -> Result<Estimator> {
        let mut names = VERSIONS.rev().map(|version| format!("llvm-mca-{version}"));
        let plain = Some("llvm-mca".to_owned()).filter(|name| process::on_path(name));
        let program = plain.or_else(|| names.find(|name| process::on_path(name)));
        let program = program.context("there is no `llvm-mca`, which `--estimate` needs; Debian has it in `llvm`")?;
        Ok(Estimator { program })
    }

    /// Cycles of a sequence. The file is overwritten.
    pub fn cycles(&self, steps: &[Step], file: &Path) -> Result<u64> {
        let lines: Vec<String> = steps.iter().map(|step| straight(&step.text)).collect();
        fs::write(file, lines.join("\n") + "\n").with_context(|| format!("writing {}", file.display()))?;
        let mut command = Command::new(&self.program);
        command.args(["-mtriple=aarch64", "-mcpu=cortex-a72", "-iterations=1", "-instruction-info=false"]);
        let answer = process::answer(command.args(["-resource-pressure=false"]).arg(file))?;
        cycles_in(&answer).with_context(|| format!("`{}` tells no cycles", self.program))
    }
}

/// An instruction of a sequence that goes on with the next one wherever it jumps to: the model counts a hundred cycles for a call otherwise, and does
/// not know the way back.
fn straight(text: &str) -> String {
    let (name, operands) = text.split_once(' ').unwrap_or((text, ""));
    let with_target = |name: &str| match operands.rsplit_once(' ') {
        Some((before, _)) => format!("{name} {before} ."),
        None => format!("{name} ."),
    };
    match name {
        "bl" => with_target("b"),
        "blr" => format!("br {operands}"),
        "ret" | "eret" => "br x30".to_owned(),
        "b" | "cbz" | "cbnz" | "tbz" | "tbnz" | "adr" | "adrp" => with_target(name),
        _ if name.starts_with("b.") => with_target(name),
        _ => text.to_owned(),
    }
}

fn cycles_in(answer: &str) -> Option<u64> {
    let line = answer.lines().find_map(|line| line.strip_prefix("Total Cycles:"))?;
    line.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{cycles_in, straight};

    #[test]
    fn jumps_go_on_with_what_was_executed_next() {
        let texts = [
            ("bl 04e1c", "b ."),
            ("b.ne 04e1c", "b.ne ."),
            ("tbz w13, #0x0, 023b8", "tbz w13, #0x0, ."),
            ("adr x11, 20400", "adr x11, ."),
            ("blr x8", "br x8"),
            ("ret", "br x30"),
            ("bfi x0, x1, #0x1, #0x2", "bfi x0, x1, #0x1, #0x2"),
            ("eret", "br x30"),
        ];
        for (text, expected) in texts {
            assert_eq!(straight(text), expected);
        }
    }

    #[test]
    fn cycles_are_found_in_the_answer() {
        assert_eq!(cycles_in("Iterations:        1\nTotal Cycles:      153\nTotal uOps: 180\n"), Some(153));
        assert_eq!(cycles_in("error"), None);
    }
}
