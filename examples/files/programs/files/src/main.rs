//! Reads and writes files on an SD card: lists the root directory, shows HELLO.TXT, and adds a line to BOOTS.TXT.
//!
//! The controllers are driven by `l4k-drivers`, the file system is the crate `embedded-sdmmc`; this program brings both together.
//!
// The files of this program that may contain `unsafe`:
// trusted-files-begin
// src/registers.rs
// trusted-files-end
#![no_std]
#![no_main]

mod problem;
mod registers;

use embedded_sdmmc::{Directory, Mode, TimeSource, Timestamp, VolumeIdx, VolumeManager};
use l4k_drivers::registers::Mapped;
use l4k_drivers::sd::{BaseClock, Host, SdBlockDevice, SdCard, StartError};
use l4k_drivers::wait::Polling;
use l4k_sys::startup::Arguments;
use l4k_sys::{print, println};

use problem::Problem;

l4k_sys::entry!(main);
l4k_sys::panic_handler!(report);

type Card = SdCard<Mapped, Polling>;
type Disk = SdBlockDevice<Mapped, Polling>;
type Root<'a> = Directory<'a, Disk, NoClock, 4, 4, 1>;

/// What a line of BOOTS.TXT says.
const LINE: &[u8] = b"booted\r\n";

/// The board's clock is not asked: files are from the first day of FAT.
struct NoClock;

impl TimeSource for NoClock {
    fn get_timestamp(&self) -> Timestamp {
        Timestamp { year_since_1970: 10, zero_indexed_month: 0, zero_indexed_day: 0, hours: 0, minutes: 0, seconds: 0 }
    }
}

fn main(arguments: Arguments) -> Result<(), Problem> {
    let [address, first_clock, second_clock] = arguments.words();
    let registers = registers::at(address).ok_or(Problem::NoRegisters)?;
    let card = find_card(registers, [first_clock, second_clock])?;
    println!("card: {:?}, {} MiB", card.kind(), card.blocks() / 2048);
    let volumes: VolumeManager<_, _> = VolumeManager::new(SdBlockDevice::new(card), NoClock);
    let volume = volumes.open_volume(VolumeIdx(0))?;
    let root = volume.open_root_dir()?;
    list(&root)?;
    show(&root, "HELLO.TXT")?;
    let boots = note_boot(&root)?;
    println!("BOOTS.TXT: {boots} lines");
    Ok(())
}

/// The card of the first controller that has one.
fn find_card(registers: [Mapped; 2], clocks: [u64; 2]) -> Result<Card, Problem> {
    let mut last = StartError::from(l4k_drivers::sd::ClockOutOfRange);
    for (registers, clock) in registers.into_iter().zip(clocks) {
        let clock = u32::try_from(clock).map_err(|_| l4k_drivers::sd::ClockOutOfRange).and_then(BaseClock::new);
        let Ok(clock) = clock else { continue };
        match SdCard::start(Host::new(registers, Polling::default(), clock)) {
            Ok(card) => return Ok(card),
            Err(failure) => last = failure.error,
        }
    }
    Err(Problem::NoCard(last))
}

fn list(root: &Root<'_>) -> Result<(), Problem> {
    root.iterate_dir(|entry| {
        if !entry.attributes.is_volume() {
            println!("{:>10}  {}", entry.size, entry.name);
        }
        core::ops::ControlFlow::Continue(())
    })?;
    Ok(())
}

fn show(root: &Root<'_>, name: &str) -> Result<(), Problem> {
    let file = root.open_file_in_dir(name, Mode::ReadOnly)?;
    let mut buffer = [0; 64];
    while !file.is_eof() {
        let count = file.read(&mut buffer)?;
        for piece in buffer[..count].utf8_chunks() {
            print!("{}", piece.valid());
        }
    }
    file.close()?;
    Ok(())
}

/// Adds a line to BOOTS.TXT, reads the file and returns how many lines it has.
fn note_boot(root: &Root<'_>) -> Result<u32, Problem> {
    let file = root.open_file_in_dir("BOOTS.TXT", Mode::ReadWriteCreateOrAppend)?;
    file.write(LINE)?;
    file.flush()?;
    file.seek_from_start(0).map_err(Problem::Files)?;
    let mut line = [0; LINE.len()];
    let mut lines = 0;
    while !file.is_eof() {
        if file.read(&mut line)? != LINE.len() || line != LINE {
            return Err(Problem::Different);
        }
        lines += 1;
    }
    file.close()?;
    Ok(lines)
}
