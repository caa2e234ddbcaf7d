//! A FAT file system of `embedded-sdmmc` on the driver, over the model.

extern crate std;

use std::vec::Vec;

use embedded_sdmmc::{Error, Mode, TimeSource, Timestamp, VolumeIdx, VolumeManager};

use super::*;
use crate::sd::capacity::BLOCK_BYTES;
use crate::sd::clock::BaseClock;
use crate::sd::error::HostError;
use crate::sd::host::Host;
use crate::sd::model::{BASE_HERTZ, Clockwork, LineFault, Model, Phase};
use crate::sd::model_card::{Card, Kind};

/// Where the volume begins, in blocks.
const VOLUME: usize = 8;
/// Blocks of the volume: enough for more than 4084 clusters of one block, which makes it FAT16.
const VOLUME_BLOCKS: u16 = 4200;
/// Blocks of one of the two FATs.
const FAT_BLOCKS: u16 = 17;

/// No clock is needed to see files' contents.
struct NoTime;

impl TimeSource for NoTime {
    fn get_timestamp(&self) -> Timestamp {
        Timestamp { year_since_1970: 56, zero_indexed_month: 0, zero_indexed_day: 0, hours: 0, minutes: 0, seconds: 0 }
    }
}

/// An empty FAT16 volume in the first partition.
fn format(image: &mut [u8]) {
    image.fill(0);
    let mut put = |place: usize, bytes: &[u8]| image[place..place + bytes.len()].copy_from_slice(bytes);
    // The partition: FAT16, where it begins, how long it is.
    put(446 + 4, &[0x0e]);
    put(446 + 8, &(VOLUME as u32).to_le_bytes());
    put(446 + 12, &u32::from(VOLUME_BLOCKS).to_le_bytes());
    put(510, &[0x55, 0xaa]);
    let boot = VOLUME * BLOCK_BYTES;
    put(boot, b"\xeb\x3c\x90L4KTEST ");
    put(boot + 11, &512_u16.to_le_bytes());
    // One block a cluster, one reserved, two FATs.
    put(boot + 13, &[1, 1, 0, 2]);
    put(boot + 17, &512_u16.to_le_bytes());
    put(boot + 19, &VOLUME_BLOCKS.to_le_bytes());
    put(boot + 21, &[0xf8]);
    put(boot + 22, &FAT_BLOCKS.to_le_bytes());
    put(boot + 38, b"\x29\x01\x02\x03\x04L4K VOLUME FAT16   \x55");
    put(boot + 510, &[0x55, 0xaa]);
    for fat in 0..2 {
        put((VOLUME + 1 + fat * usize::from(FAT_BLOCKS)) * BLOCK_BYTES, &[0xf8, 0xff, 0xff, 0xff]);
    }
}

fn formatted(kind: Kind) -> (SdBlockDevice<Model, Clockwork>, Model) {
    let mut card = Card::new(kind, 5 * 1024);
    format(&mut card.image);
    let model = Model::new(card);
    let host = Host::new(model.clone(), Clockwork::default(), BaseClock::new(BASE_HERTZ).unwrap());
    (SdBlockDevice::new(SdCard::start(host).unwrap()), model)
}

type DeviceResult<T> = Result<T, Error<BlockError>>;

fn write_file(device: SdBlockDevice<Model, Clockwork>, contents: &[u8]) -> DeviceResult<()> {
    let volumes: VolumeManager<_, _> = VolumeManager::new(device, NoTime);
    let volume = volumes.open_volume(VolumeIdx(0))?;
    let root = volume.open_root_dir()?;
    let file = root.open_file_in_dir("HELLO.TXT", Mode::ReadWriteCreateOrTruncate)?;
    file.write(contents)?;
    file.close()?;
    root.close()
}

fn read_file(device: SdBlockDevice<Model, Clockwork>) -> DeviceResult<Vec<u8>> {
    let volumes: VolumeManager<_, _> = VolumeManager::new(device, NoTime);
    let volume = volumes.open_volume(VolumeIdx(0))?;
    let root = volume.open_root_dir()?;
    let file = root.open_file_in_dir("HELLO.TXT", Mode::ReadOnly)?;
    let mut contents = std::vec![0; file.length() as usize];
    assert_eq!(file.read(&mut contents)?, contents.len());
    Ok(contents)
}

fn again(model: &Model) -> SdBlockDevice<Model, Clockwork> {
    let host = Host::new(model.clone(), Clockwork::default(), BaseClock::new(BASE_HERTZ).unwrap());
    SdBlockDevice::new(SdCard::start(host).unwrap())
}

#[test]
fn a_file_is_written_and_read_again_after_a_new_start() {
    let contents: Vec<u8> = (0..10_000_u32).map(|place| ((place * 31) >> 3) as u8).collect();
    for kind in [Kind::First, Kind::Standard, Kind::High] {
        let (device, model) = formatted(kind);
        write_file(device, &contents).unwrap();
        assert_eq!(read_file(again(&model)).unwrap(), contents);
        // What is on the card, looked at without driver and file system: the first entry after the two FATs.
        let inside = model.inside();
        let root = inside.card.block(VOLUME + 1 + 2 * usize::from(FAT_BLOCKS));
        assert_eq!((&root[..11], &root[28..32]), (&b"HELLO   TXT"[..], &10_000_u32.to_le_bytes()[..]));
    }
}

#[test]
fn a_file_system_is_told_of_errors_and_works_on() {
    let (device, model) = formatted(Kind::High);
    write_file(device, b"before").unwrap();
    model.inside().fault = Some(LineFault { index: 24, phase: Phase::Block(1), errors: 1 << 5 });
    let error = write_file(again(&model), b"after").unwrap_err();
    assert!(matches!(error, Error::DeviceError(BlockError::Host(HostError::DataCrc))), "{error:?}");
    write_file(again(&model), b"after").unwrap();
    assert_eq!(read_file(again(&model)).unwrap(), b"after");
}

#[test]
fn blocks_go_through_the_trait() {
    let (device, model) = formatted(Kind::Standard);
    assert_eq!(device.num_blocks(), Ok(BlockCount(5 * 1024)));
    let mut blocks = [Block::new(), Block::new()];
    blocks[1].contents[3] = 9;
    device.write(&blocks, BlockIdx(100)).unwrap();
    assert_eq!(model.inside().card.block(101)[3], 9);
    device.read(&mut blocks[..1], BlockIdx(101)).unwrap();
    assert_eq!(blocks[0].contents[3], 9);
    assert_eq!(device.read(&mut blocks, BlockIdx(5 * 1024 - 1)), Err(BlockError::BeyondEnd));
    assert_eq!(device.into_card().blocks(), 5 * 1024);
}
