//! Part `examples`: every example but hello and the template, which have tests of their own, is built for each of its boards and run with what it wants to find
//! there; it prints what its manifest says. May call `card`, `equipment`, `firmware` and `image`.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use l4k_qemu::monitor::{Monitor, Screen};
use l4k_qemu::{Board, Boot, Machine, Session};

use super::image::Image;
use super::job::{Job, Resource, Subject};
use super::outcome::Outcome;
use super::part::{Context, Part};
use crate::card;
use crate::equipment::{Equipment, card_in};
use crate::firmware::{self, Firmware, Profile};
use crate::image;
use crate::image::configuration::Console;
use crate::project::Project;
use cargo_l4k::set_up::Missing;

/// What makes the cards that examples find.
pub const CARD: Subject = Subject::Package("l4k/cli/card");

/// How long a line may take.
const LIMIT: Duration = Duration::from_secs(60);

/// Examples that talk to a person: tests of their own do that.
const WITH_TESTS_OF_THEIR_OWN: [&str; 2] = ["hello", "template"];

/// The example that draws, and goes on.
const PICTURE: &str = "picture";

/// The example that writes to its card.
const FILES: &str = "files";

/// Colours that the picture has somewhere, and where: in hundredths of width and height.
const COLORS: [(usize, usize, [u8; 3]); 4] =
    [(1, 1, [16, 24, 64]), (50, 37, [250, 200, 40]), (1, 98, [30, 110, 50]), (99, 70, [16, 24, 64])];

/// A job for each on each of its boards.
pub fn jobs(project: &Project) -> Result<Vec<Job>> {
    let mut jobs = Vec::new();
    for name in project.examples()?.into_iter().filter(|name| !WITH_TESTS_OF_THEIR_OWN.contains(&name.as_str())) {
        for board in firmware::boards(&project.example(&name)?)? {
            let image = Image::of(format!("examples/{name}"), board);
            let job = {
                let (name, image) = (name.clone(), image.clone());
                move |context: &Context| Outcome::of(&format!("{name}, {board}"), on_board(context, &name, &image))
            };
            jobs.push(Job::run(Part::Examples, format!("{name}, {board}"), job).with(&image).about(CARD));
        }
    }
    let image = Job::run(Part::Examples, "image of hello, rpi4", |context| {
        Outcome::of("image of hello, rpi4", image_of_hello(context))
    });
    jobs.push(image.holding(Resource::Firmware).about(Subject::Firmware("examples/hello".to_owned())).about(CARD));
    Ok(jobs)
}

/// What `cargo xtask image` writes: the kernel that is on the card boots.
fn image_of_hello(context: &Context) -> Result<()> {
    let scratch = std::env::temp_dir().join(format!("l4k-image-of-hello-{}", std::process::id()));
    let request = image::Request {
        board: Board::RaspberryPi4,
        format: image::Format::Card,
        profile: Profile::Development,
        console: Console::Pl011,
        output: Some(scratch.clone()),
        vendor: None,
        json: Some(std::env::temp_dir().join(format!("l4k-image-of-hello-{}.json", std::process::id()))),
    };
    image::run(&context.project.example_project("hello")?, &request, Missing::Install)?;
    if let Some(json) = &request.json {
        let written: serde_json::Value = serde_json::from_slice(&fs::read(json)?)?;
        ensure!(written["files"][0]["path"] == "kernel8.img", "{written:#}");
        fs::remove_file(json)?;
    }
    let kernel = scratch.join("from-the-card.img");
    fs::write(&kernel, card::read(&scratch.join("sdcard.img"), "kernel8.img")?)?;
    let mut session = Session::start(&Boot::new(Machine::of(Board::RaspberryPi4), &kernel))?;
    session.expect("l4k> ", LIMIT)?;
    session.send("exit 4\r")?;
    let ended = session.wait_for_end(LIMIT)?;
    ensure!(ended.status.code() == Some(4), "it ended with {}", ended.status);
    fs::remove_dir_all(&scratch).with_context(|| format!("removing {}", scratch.display()))
}

fn on_board(context: &Context, name: &str, image: &Image) -> Result<()> {
    let equipment = Equipment::of(&context.project.example(name)?)?;
    ensure!(!equipment.expected.is_empty(), "its manifest does not say what it prints");
    boot(name, &image.firmware(context)?, image.board(), &equipment)
}

/// Boots a firmware with its equipment; it prints what it should, and leaves what it should behind.
pub fn boot(name: &str, firmware: &Firmware, board: Board, equipment: &Equipment) -> Result<()> {
    let scratch = std::env::temp_dir().join(format!("l4k-example-{}-{name}-{board}", std::process::id()));
    let machine = Machine::of(board);
    let monitor = Monitor::at(&scratch.join("monitor"));
    let arguments = monitor.arguments();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let boot = Boot::new(machine.clone(), &firmware.image(&machine)?).with_arguments(&arguments);
    let boot = equipment.install(boot, &scratch)?;
    let result = hold(name, &boot, equipment, &monitor, &scratch);
    fs::remove_dir_all(&scratch).with_context(|| format!("removing {}", scratch.display()))?;
    result
}

fn hold(name: &str, boot: &Boot, equipment: &Equipment, monitor: &Monitor, scratch: &Path) -> Result<()> {
    let mut session = Session::start(boot)?;
    for line in &equipment.expected {
        session.expect(line, LIMIT)?;
    }
    if name == PICTURE {
        return check_picture(&monitor.screen(&scratch.join("screen.ppm"), LIMIT)?);
    }
    let ended = session.wait_for_end(LIMIT)?;
    ensure!(ended.status.success(), "it ended with {}:\n{}", ended.status, ended.output);
    if name == FILES {
        let boots = card::read(&card_in(scratch), "BOOTS.TXT")?;
        ensure!(boots == b"booted\r\n", "BOOTS.TXT holds {:?}", boots.escape_ascii().to_string());
    }
    Ok(())
}

fn check_picture(screen: &Screen) -> Result<()> {
    ensure!((screen.width, screen.height) == (320, 240), "a screen of {} x {}", screen.width, screen.height);
    for (x, y, color) in COLORS {
        let found = screen.pixel(screen.width * x / 100, screen.height * y / 100);
        ensure!(found == Some(color), "at {x}, {y} hundredths is {found:?}, not {color:?}");
    }
    Ok(())
}
