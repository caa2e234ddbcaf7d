//! A job: a piece of the test that a process of its own does, and what has to be so before it begins. May call `image`, `outcome` and `part`.

use super::image::Image;
use super::outcome::Outcome;
use super::part::{Context, Part};

/// What a job's time is spent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Making what is tested.
    Build,
    /// Testing it.
    Run,
}

/// What cargo locks while it builds there. Of two jobs that want the same one, the second would only wait, so it is not started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// The workspace's directory, `target`.
    Workspace,
    /// The directory of all firmware, `target/firmware`.
    Firmware,
    /// The directory in which clippy looks at firmware, `target/lint`.
    Lint,
    /// The directory of the project's tools, `target/tools`.
    Tools,
}

/// How many of the lanes a job takes. There are as many lanes as the computer has processors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lanes {
    /// One: what else runs makes it slower, and changes no result.
    One,
    /// All: it counts on processors that nobody else uses.
    All,
}

/// What a job is about: it can only fail if that has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// All sources, however they look.
    Sources,
    /// Packages of the workspace.
    Workspace,
    /// The package in this directory.
    Package(&'static str),
    /// The firmware project in this directory.
    Firmware(String),
    /// What lies in the directory of this firmware project, and nothing that it depends on.
    Project(String),
    /// This package of a firmware project, and what it depends on. What lies in the project itself, wherever, it is about as well.
    Part {
        /// The project's directory.
        firmware: &'static str,
        /// The package's directory.
        package: &'static str,
    },
    /// Every firmware project.
    AllFirmware,
    /// The book, and other texts.
    Texts,
}

/// What a job does.
pub type Work = Box<dyn Fn(&Context) -> Outcome + Send + Sync>;

/// A job.
pub struct Job {
    /// The part that it belongs to.
    pub part: Part,
    /// Its name. No other job has it.
    pub name: String,
    /// What its time is spent on.
    pub kind: Kind,
    /// What nobody else may hold meanwhile.
    pub holds: Option<Resource>,
    /// How many lanes it takes.
    pub lanes: Lanes,
    /// Names of jobs that have to be done before.
    pub after: Vec<String>,
    /// Images that have to be built before.
    pub images: Vec<Image>,
    /// What it is about. A job that tests and is about nothing in particular is about everything; one that builds is about what is built for others.
    pub subjects: Vec<Subject>,
    /// What it does.
    pub work: Work,
}

impl Job {
    /// A job that tests, takes one lane and waits for nothing.
    pub fn run(part: Part, name: impl Into<String>, work: impl Fn(&Context) -> Outcome + Send + Sync + 'static) -> Job {
        Job {
            part,
            name: format!("{}: {}", part.name(), name.into()),
            kind: Kind::Run,
            holds: None,
            lanes: Lanes::One,
            after: Vec::new(),
            images: Vec::new(),
            subjects: Vec::new(),
            work: Box::new(work),
        }
    }

    /// The same, which builds.
    pub fn build(
        part: Part,
        name: impl Into<String>,
        holds: Resource,
        work: impl Fn(&Context) -> Outcome + Send + Sync + 'static,
    ) -> Job {
        Job { kind: Kind::Build, holds: Some(holds), ..Job::run(part, name, work) }
    }

    /// Nobody else may hold this meanwhile.
    pub fn holding(self, resource: Resource) -> Job {
        Job { holds: Some(resource), ..self }
    }

    /// It takes all lanes.
    pub fn alone(self) -> Job {
        Job { lanes: Lanes::All, ..self }
    }

    /// It begins after another.
    pub fn after(mut self, other: &Job) -> Job {
        self.after.push(other.name.clone());
        self
    }

    /// It begins when an image is built, which it is about.
    pub fn with(mut self, image: &Image) -> Job {
        self.images.push(image.clone());
        self.about(Subject::Firmware(image.project().to_owned()))
    }

    /// It is about this as well.
    pub fn about(mut self, subject: Subject) -> Job {
        self.subjects.push(subject);
        self
    }
}
