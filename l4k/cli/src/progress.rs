//! What a person sees of long work: a line that moves on a terminal, and plain lines elsewhere. All of it goes to standard error. May call
//! nothing of this crate.

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// How often the line moves.
const BEAT: Duration = Duration::from_millis(120);

/// Work that is told of while it lasts.
#[derive(Debug)]
pub struct Progress {
    what: String,
    since: Instant,
    bar: Shown,
}

#[derive(Debug)]
enum Shown {
    /// Not at all.
    Silent,
    /// By lines.
    Lines,
    /// By a line that moves.
    Moving(ProgressBar),
}

impl Progress {
    /// Work that nobody is told of.
    #[must_use]
    pub fn silent() -> Progress {
        Progress { what: String::new(), since: Instant::now(), bar: Shown::Silent }
    }

    /// Begins to tell of work.
    #[must_use]
    pub fn of(what: &str) -> Progress {
        let bar = match io::stderr().is_terminal() {
            true => Shown::Moving(moving(what)),
            false => {
                eprintln!("{what}");
                Shown::Lines
            }
        };
        Progress { what: what.to_owned(), since: Instant::now(), bar }
    }

    /// A step of it. Steps are many and short, so that only a terminal shows them.
    pub fn step(&self, name: &str) {
        if let Shown::Moving(bar) = &self.bar {
            bar.inc(1);
            bar.set_message(format!("{}: {name}", self.what));
        }
    }

    /// A line that stays, of a program that this one runs.
    pub fn line(&self, text: &str) {
        match &self.bar {
            Shown::Moving(bar) => bar.suspend(|| eprintln!("{text}")),
            Shown::Lines | Shown::Silent => eprintln!("{text}"),
        }
    }

    /// It is done.
    pub fn done(self) {
        let seconds = self.since.elapsed().as_secs_f32();
        match self.bar {
            Shown::Silent => {}
            Shown::Lines => eprintln!("{}: done in {seconds:.1} s", self.what),
            Shown::Moving(bar) => {
                bar.finish_and_clear();
                eprintln!("{}: done in {seconds:.1} s", self.what);
            }
        }
    }
}

fn moving(what: &str) -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {msg}") {
        bar.set_style(style);
    }
    bar.set_message(what.to_owned());
    bar.enable_steady_tick(BEAT);
    bar
}
