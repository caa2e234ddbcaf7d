//! The table for people. May call `figure` and `marks`.

use std::fmt::Write as _;

use super::figure::Figure;
use super::marks::{self, Span};
use super::rows::Source;

/// What a count means, in front of the table.
pub const MEANING: &str = "\
kernel: instructions of the kernel, from the first one at the exception vector to the `eret`; counted by a plugin in QEMU, exact.
stretch: the longest part of it in which the kernel does not look for interrupts, where that is not all of it.
seen: instructions between two readings of CNTVCT_EL0 by the program, divided by the rounds: with the stub, and the loop around it.
One core, qemu-virt, Cortex-A57, -icount shift=0; release kernel without debug console. Every instruction counts as one.
seL4: its current sources, on the same machine; MCS is the variant with time as a capability, and the ratio is to that.";

/// All figures, a line each.
pub fn text(figures: &[Figure]) -> String {
    let mut out = format!("{MEANING}\n\n");
    let _ = writeln!(
        out,
        "{:<20}{:>9}{:>9}{:>9}{:>11}{:>11}{:>8}{:>8}  what",
        "row", "kernel", "stretch", "seen", "seL4", "seL4 MCS", "mark", "ratio"
    );
    for figure in figures {
        let [classic, mixed, mark, ratio] = columns(figure);
        let _ = writeln!(
            out,
            "{:<20}{:>9}{:>9}{:>9}{classic:>11}{mixed:>11}{mark:>8}{ratio:>8}  {}",
            figure.row.name,
            kernel(figure),
            stretch(figure),
            figure.user_to_user.map_or_else(String::new, |count| count.to_string()),
            figure.row.what
        );
    }
    out
}

/// The longest stretch of an entry that has preemption points.
fn stretch(figure: &Figure) -> String {
    let stretch = figure.stretch.as_ref().filter(|stretch| stretch.instructions < figure.instructions);
    stretch.map_or_else(String::new, |stretch| stretch.instructions.to_string())
}

/// Instructions of the kernel; nothing for a row that is seen by the program only.
pub fn kernel(figure: &Figure) -> String {
    match figure.row.source {
        Source::UserToUser { .. } => String::new(),
        _ => figure.instructions.to_string(),
    }
}

/// seL4's figures, the mark with a sign whether it is met, and the ratio.
pub fn columns(figure: &Figure) -> [String; 4] {
    let Some(marks) = marks::of(figure.row.name) else { return Default::default() };
    let sign = if figure.instructions <= marks.most { '+' } else { '-' };
    let ratio = figure.instructions as f64 / marks.mixed.least as f64;
    [span(marks.classic), span(marks.mixed), format!("{sign} {}", marks.most), format!("{ratio:.2}")]
}

fn span(Span { least, most }: Span) -> String {
    if least == most { least.to_string() } else { format!("{least}–{most}") }
}
