//! Tests of the driver from identification to blocks, over the model.

extern crate std;

use std::vec;
use std::vec::Vec;

use super::*;
use crate::sd::clock::BaseClock;
use crate::sd::error::{Awaited, HostError, StopError};
use crate::sd::model::{BASE_HERTZ, Clockwork, LineFault, Model, Phase, Stuck};
use crate::sd::model_card::{Card, Defect, Kind, State};
use crate::sd::status::CardFault;

type TestCard = SdCard<Model, Clockwork>;

fn host(model: &Model) -> Host<Model, Clockwork> {
    Host::new(model.clone(), Clockwork::default(), BaseClock::new(BASE_HERTZ).unwrap())
}

fn started(kind: Kind, blocks: usize) -> (TestCard, Model) {
    let model = Model::new(Card::new(kind, blocks));
    let card = SdCard::start(host(&model)).expect("a card that works");
    model.inside().card.log.clear();
    (card, model)
}

fn start_error(kind: Kind, change: impl FnOnce(&Model)) -> StartError {
    let model = Model::new(Card::new(kind, 1024));
    change(&model);
    SdCard::start(host(&model)).expect_err("a card that does not work").error
}

fn read(card: &mut TestCard, first: u32, count: usize) -> Result<Vec<u8>, BlockError> {
    let mut blocks = vec![[0; BLOCK_BYTES]; count];
    card.read(first, &mut blocks).map(|()| blocks.concat())
}

fn write(card: &mut TestCard, first: u32, contents: &[u8]) -> Result<(), BlockError> {
    let blocks: Vec<[u8; BLOCK_BYTES]> = contents.iter().map(|byte| [*byte; BLOCK_BYTES]).collect();
    card.write(first, &blocks)
}

fn strike(model: &Model, index: u32, phase: Phase, errors: u32) {
    model.inside().fault = Some(LineFault { index, phase, errors });
}

#[test]
fn every_kind_of_card_is_identified() {
    let cases = [
        (Kind::First, 40, CardKind::StandardCapacity),
        (Kind::Standard, 40, CardKind::StandardCapacity),
        (Kind::High, 2048, CardKind::HighCapacity),
    ];
    for (kind, blocks, found) in cases {
        let (card, model) = started(kind, blocks);
        assert_eq!((card.kind(), card.blocks()), (found, blocks as u32));
        let inside = model.inside();
        assert_eq!((inside.card.state, inside.card.four_lines), (State::Transfer, true));
        assert_eq!((inside.hertz(), inside.control), (25_000_000, 0xf02));
    }
}

#[test]
fn identification_keeps_the_order_of_the_specification() {
    let model = Model::new(Card::new(Kind::First, 4));
    SdCard::start(host(&model)).unwrap();
    let expected = [0, 8, 0, 55, 141, 55, 141, 55, 141, 2, 3, 9, 7, 55, 106, 16];
    assert_eq!(model.inside().card.log, expected);
}

#[test]
fn every_block_is_read_and_written() {
    for (kind, blocks) in [(Kind::Standard, 12), (Kind::High, 1024)] {
        let (mut card, model) = started(kind, blocks);
        assert_eq!(read(&mut card, 0, blocks).unwrap(), model.inside().card.image);
        assert_eq!(read(&mut card, 5, 1).unwrap(), model.inside().card.block(5));
        write(&mut card, 7, b"a").unwrap();
        write(&mut card, 8, b"bcd").unwrap();
        for (number, byte) in (7..).zip(b"abcd") {
            assert_eq!(model.inside().card.block(number), [*byte; BLOCK_BYTES]);
        }
        assert_eq!(read(&mut card, 7, 4).unwrap()[3 * BLOCK_BYTES], b'd');
        assert_eq!(model.inside().card.log[..3], [18, 12, 17]);
        assert_eq!(model.inside().line_resets, 0);
    }
}

#[test]
fn programming_is_waited_for() {
    let (mut card, model) = started(Kind::High, 1024);
    write(&mut card, 0, b"x").unwrap();
    assert_eq!(model.inside().card.log, [24, 13, 13, 13, 13]);
    assert_eq!(model.inside().card.state, State::Transfer);
}

#[test]
fn nothing_is_done_for_no_blocks_and_for_blocks_beyond_the_end() {
    let (mut card, model) = started(Kind::Standard, 4);
    assert_eq!(read(&mut card, 4, 0), Ok(vec![]));
    for (first, count) in [(4, 1), (0, 5), (5, 0), (u32::MAX, 1), (u32::MAX, 2)] {
        assert_eq!(read(&mut card, first, count), Err(BlockError::BeyondEnd));
    }
    assert_eq!(write(&mut card, 3, b"ab"), Err(BlockError::BeyondEnd));
    assert!(model.inside().card.log.is_empty());
}

#[test]
fn more_blocks_than_the_counter_holds_are_several_transfers() {
    let (mut card, model) = started(Kind::High, 66 * 1024);
    let contents = read(&mut card, 1, 65_537).unwrap();
    assert_eq!(contents, model.inside().card.image[BLOCK_BYTES..][..65_537 * BLOCK_BYTES]);
    assert_eq!(model.inside().card.log, [18, 12, 18, 12]);
}

#[test]
fn a_card_smaller_than_it_says_refuses() {
    let (mut card, model) = started(Kind::Standard, 1);
    assert_eq!(card.blocks(), 4);
    assert_eq!(read(&mut card, 1, 1), Err(BlockError::Card(CardFault::OutOfRange)));
    assert_eq!(read(&mut card, 1, 2), Err(BlockError::Card(CardFault::OutOfRange)));
    assert_eq!(write(&mut card, 1, b"x"), Err(BlockError::Card(CardFault::OutOfRange)));
    assert_eq!(read(&mut card, 0, 1).unwrap(), model.inside().card.image);
}

#[test]
fn cards_that_cannot_be_used_are_told_apart() {
    let cases = [
        (Defect::Missing, StartError::NoCard),
        (Defect::NeverReady, StartError::PowerUp),
        (Defect::WrongPattern, StartError::Voltage),
        (Defect::WrongVoltage, StartError::Voltage),
        (Defect::NoAddress, StartError::NoAddress),
        (Defect::Locked, StartError::Locked),
        (Defect::NewCsd, StartError::Capacity),
    ];
    for (defect, error) in cases {
        assert_eq!(start_error(Kind::High, |model| model.inside().card.defect = defect), error);
    }
}

#[test]
fn a_controller_that_is_stuck_does_not_hold_up() {
    let cases = [(Stuck::Reset, Awaited::Reset), (Stuck::Clock, Awaited::Clock), (Stuck::Events, Awaited::Command)];
    for (stuck, awaited) in cases {
        let error = start_error(Kind::High, |model| model.inside().stuck = stuck);
        assert_eq!(error, StartError::Host(HostError::Silent(awaited)));
    }
    let error = start_error(Kind::High, |model| model.inside().stuck = Stuck::Lines);
    assert_eq!(error, StartError::Host(HostError::Silent(Awaited::Lines)));
}

#[test]
fn damaged_responses_end_identification() {
    for index in [8, 55, 41, 2, 3, 9, 7, 6] {
        let error = start_error(Kind::High, |model| strike(model, index, Phase::Response, 0b10));
        assert_eq!(error, StartError::Host(HostError::CommandCrc), "CMD{index}");
    }
}

#[test]
fn a_card_can_be_started_after_a_failure_and_once_more() {
    let model = Model::new(Card::new(Kind::High, 1024));
    model.inside().card.defect = Defect::Missing;
    let failure = SdCard::start(host(&model)).unwrap_err();
    model.inside().card.defect = Defect::None;
    let card = SdCard::start(failure.host).unwrap();
    let mut card = SdCard::start(card.into_host()).unwrap();
    assert_eq!(read(&mut card, 9, 1).unwrap(), model.inside().card.block(9));
}

#[test]
fn a_clock_that_cannot_be_divided_is_refused() {
    let model = Model::new(Card::new(Kind::High, 1024));
    model.inside().version = 1;
    let base = BaseClock::new(200_000_000).unwrap();
    let failure = SdCard::start(Host::new(model, Clockwork::default(), base)).unwrap_err();
    assert_eq!(failure.error, StartError::Clock);
}

#[test]
fn every_error_of_a_transfer_is_told_and_got_over() {
    let errors = [
        (Phase::Response, 1 << 1, HostError::CommandCrc),
        (Phase::Response, 1 << 2, HostError::CommandEndBit),
        (Phase::Response, 1 << 3, HostError::CommandIndex),
        (Phase::Block(0), 1 << 4, HostError::DataTimeout),
        (Phase::Block(1), 1 << 5, HostError::DataCrc),
        (Phase::Block(2), 1 << 6, HostError::DataEndBit),
    ];
    for (phase, bits, error) in errors {
        let (mut card, model) = started(Kind::High, 1024);
        strike(&model, 18, phase, bits);
        assert_eq!(read(&mut card, 0, 3), Err(BlockError::Host(error)));
        assert_eq!(read(&mut card, 0, 3).unwrap(), model.inside().card.image[..3 * BLOCK_BYTES]);
        strike(&model, 25, phase, bits);
        assert_eq!(write(&mut card, 0, b"abc"), Err(BlockError::Host(error)));
        assert_eq!(write(&mut card, 0, b"abc"), Ok(()));
        assert_eq!(model.inside().card.block(2), [b'c'; BLOCK_BYTES]);
        assert_eq!(model.inside().line_resets, 4);
    }
}

#[test]
fn errors_of_single_blocks_are_got_over() {
    let (mut card, model) = started(Kind::Standard, 8);
    for (phase, bits) in [(Phase::Response, 2), (Phase::Block(0), 1 << 4), (Phase::Block(1), 1 << 5)] {
        strike(&model, 17, phase, bits);
        assert!(read(&mut card, 2, 1).is_err());
        strike(&model, 24, phase, bits);
        assert!(write(&mut card, 2, b"q").is_err());
    }
    write(&mut card, 2, b"r").unwrap();
    assert_eq!(read(&mut card, 2, 1).unwrap(), [b'r'; BLOCK_BYTES]);
}

#[test]
fn a_stop_that_fails_is_told_and_made_up_for() {
    let (mut card, model) = started(Kind::High, 1024);
    strike(&model, 25, Phase::Stop(1 << 1), 1 << 8);
    let error = HostError::AutomaticStop(StopError::Timeout);
    assert_eq!(write(&mut card, 0, b"ab"), Err(BlockError::Host(error)));
    assert_eq!(model.inside().card.state, State::Transfer);
    assert_eq!(model.inside().card.log[..3], [25, 13, 12]);
}

#[test]
fn a_transfer_that_has_ended_has_not_timed_out() {
    let (mut card, model) = started(Kind::High, 1024);
    strike(&model, 18, Phase::End, 1 << 4);
    assert_eq!(read(&mut card, 0, 2).unwrap(), model.inside().card.image[..2 * BLOCK_BYTES]);
    strike(&model, 18, Phase::End, 1 << 5);
    assert_eq!(read(&mut card, 0, 2), Err(BlockError::Host(HostError::DataCrc)));
    assert!(read(&mut card, 0, 2).is_ok());
}

#[test]
fn a_failed_write_is_told() {
    let (mut card, model) = started(Kind::High, 1024);
    model.inside().card.defect = Defect::WriteError;
    assert_eq!(write(&mut card, 0, b"a"), Err(BlockError::Card(CardFault::General)));
    assert_eq!(write(&mut card, 0, b"ab"), Err(BlockError::Card(CardFault::General)));
    model.inside().card.defect = Defect::None;
    assert_eq!(write(&mut card, 0, b"a"), Ok(()));
}

#[test]
fn a_card_that_never_ends_programming_does_not_hold_up() {
    let (mut card, model) = started(Kind::High, 1024);
    model.inside().card.defect = Defect::Programming;
    assert_eq!(write(&mut card, 0, b"a"), Err(BlockError::StillProgramming));
    assert_eq!(read(&mut card, 0, 1), Err(BlockError::StillProgramming));
    model.inside().card.defect = Defect::None;
    assert_eq!(read(&mut card, 0, 1).unwrap(), [b'a'; BLOCK_BYTES]);
}

#[test]
fn a_card_that_is_pulled_out_is_told() {
    let (mut card, model) = started(Kind::High, 1024);
    model.inside().card.defect = Defect::Missing;
    assert_eq!(read(&mut card, 0, 1), Err(BlockError::Host(HostError::CommandTimeout)));
    assert_eq!(write(&mut card, 0, b"a"), Err(BlockError::Host(HostError::CommandTimeout)));
}

#[test]
fn a_card_put_in_anew_must_be_started_anew() {
    let (mut card, model) = started(Kind::High, 1024);
    model.inside().card = Card::new(Kind::High, 1024);
    assert!(read(&mut card, 0, 1).is_err());
    let mut card = SdCard::start(card.into_host()).unwrap();
    assert!(read(&mut card, 0, 1).is_ok());
}
