//! Tests of how errors are decoded.

extern crate std;

use super::*;

#[test]
fn every_bit_of_the_error_status_has_its_error() {
    let errors = [
        HostError::CommandTimeout,
        HostError::CommandCrc,
        HostError::CommandEndBit,
        HostError::CommandIndex,
        HostError::DataTimeout,
        HostError::DataCrc,
        HostError::DataEndBit,
        HostError::CurrentLimit,
        HostError::AutomaticStop(StopError::Unknown),
        HostError::Other(1 << 9),
    ];
    for (bit, error) in errors.into_iter().enumerate() {
        assert_eq!(HostError::decode(1 << bit, 0), error);
    }
    assert_eq!(HostError::decode(0b11, 0), HostError::CommandConflict);
}

#[test]
fn every_error_of_the_automatic_stop_is_told() {
    let errors = [StopError::NotSent, StopError::Timeout, StopError::Crc, StopError::EndBit, StopError::Index];
    for (bit, error) in errors.into_iter().enumerate() {
        assert_eq!(HostError::decode(1 << 8, 1 << bit), HostError::AutomaticStop(error));
    }
}

#[test]
fn the_cause_counts_before_what_follows_from_it() {
    // A command that got no response, and the data that never came therefore.
    assert_eq!(HostError::decode(0b1_0001, 0), HostError::CommandTimeout);
    assert_eq!(HostError::decode(0b11_0000, 0), HostError::DataCrc);
}

#[test]
fn an_error_is_told_in_words_down_to_its_cause() {
    let host = HostError::AutomaticStop(StopError::Timeout);
    assert_eq!(std::format!("{}", BlockError::Host(host)), "the automatic stop failed: the card did not answer");
    assert_eq!(
        std::format!("{}", StartError::Host(HostError::Other(0x8000))),
        "the controller reports error status 0x8000"
    );
}
