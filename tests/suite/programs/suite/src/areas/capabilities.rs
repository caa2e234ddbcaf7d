//! Capability slots: copy, mint, move, swap, delete, revoke.

use l4k_sys::abi::{Error, FrameSize, ObjectKind, Rights, SystemCall, boot};
use l4k_sys::handle::NewObject;
use l4k_sys::registers::Registers;
use l4k_sys::{Badge, CNode, Endpoint, Frame, Message, stub};
use suite_support::machine;

use crate::harness::bench::{MAIN, READ_WRITE, map, own, page};
use crate::harness::bodies::{self, pair};
use crate::harness::failure::{holds, refused, same};
use crate::harness::threads::{Manner, URGENT};
use crate::harness::{Bench, Cell, Outcome};

crate::tests![
    a_copy_has_no_more_rights_than_its_source,
    a_badge_is_set_once,
    untyped_memory_is_never_copied,
    move_leaves_the_source_empty,
    swap_exchanges_two_slots,
    delete_takes_one_capability_and_the_object_with_the_last,
    revoke_deletes_all_descendants_and_nothing_else,
    revoke_reaches_into_other_tables,
    revoking_memory_stops_what_runs_on_it,
    slots_outside_the_table_are_refused,
    a_cnode_without_the_manage_right_cannot_be_changed,
    a_cnode_that_holds_itself_goes_away,
    many_copies_are_revoked,
];

fn rights(slot: u64) -> Outcome<Option<Rights>> {
    Ok(own(slot).query()?.map(|contents| contents.rights))
}

fn is_empty(slot: u64) -> Outcome<bool> {
    Ok(own(slot).query()?.is_none())
}

fn a_copy_has_no_more_rights_than_its_source(bench: &mut Bench<'_>) -> Outcome {
    let endpoint = bench.endpoint()?;
    let caller = bench.copy(endpoint.slot(), Rights::CALL)?;
    let again = bench.copy(caller, Rights::ALL)?;
    same("rights", rights(again)?, Some(Rights::CALL))?;
    let reply = bench.reply()?;
    refused("receive", Endpoint::from_slot(again).try_receive(reply), Error::MissingRight)?;
    let receiver = bench.copy(endpoint.slot(), Rights::RECEIVE)?;
    refused("call", Endpoint::from_slot(receiver).call(Message::EMPTY), Error::MissingRight)?;
    let place = bench.place()?;
    let copy = Registers::new([0, place.slot, 0, endpoint.slot(), 8]);
    let status = stub::system_call(SystemCall::CNodeCopy as u64, copy).x[0];
    same("status for rights that do not exist", status, Error::InvalidRights.code())
}

fn a_badge_is_set_once(bench: &mut Bench<'_>) -> Outcome {
    let endpoint = bench.endpoint()?;
    let badged = bench.mint(endpoint.slot(), Rights::ALL, 7)?;
    let place = bench.place()?;
    let mint = |source, badge| place.mint_from(own(source), Rights::ALL, Badge::new(badge));
    refused("a second badge", mint(badged, 8), Error::AlreadyBadged)?;
    refused("badge 0", mint(endpoint.slot(), 0), Error::InvalidBadge)?;
    refused("a thread's badge", mint(MAIN.slot(), 1), Error::AlreadyBadged)?;
    let copy = bench.copy(badged, Rights::ALL)?;
    same("badge of a copy", own(copy).query()?.map(|contents| contents.badge), Some(Badge::new(7)))
}

fn untyped_memory_is_never_copied(bench: &mut Bench<'_>) -> Outcome {
    let memory = bench.untyped(13)?;
    let (place, child) = (bench.place()?, bench.place()?);
    refused("copy", place.copy_from(own(memory.slot()), Rights::ALL), Error::NotCopyable)?;
    memory.retype(NewObject::Endpoint, child, 1)?;
    place.move_from(own(memory.slot()))?;
    place.revoke()?;
    same("the child follows the move", child.query()?, None)
}

fn move_leaves_the_source_empty(bench: &mut Bench<'_>) -> Outcome {
    let endpoint = bench.endpoint()?;
    let badged = bench.mint(endpoint.slot(), Rights::CALL, 9)?;
    let before = own(badged).query()?;
    let place = bench.place()?;
    refused("onto an occupied slot", own(badged).move_from(own(endpoint.slot())), Error::SlotOccupied)?;
    place.move_from(own(badged))?;
    same("what has arrived", place.query()?, before)?;
    holds("the source is empty", is_empty(badged)?)?;
    refused("an empty source", own(badged).move_from(own(badged)), Error::SlotEmpty)
}

fn swap_exchanges_two_slots(bench: &mut Bench<'_>) -> Outcome {
    let endpoint = bench.endpoint()?.slot();
    let child = bench.mint(endpoint, Rights::CALL, 5)?;
    let grandchild = bench.copy(child, Rights::ALL)?;
    let empty = bench.slot()?;
    refused("with an empty slot", own(endpoint).swap_with(own(empty)), Error::SlotEmpty)?;
    let contents = [own(endpoint).query()?, own(child).query()?];
    own(endpoint).swap_with(own(child))?;
    same("contents", [own(child).query()?, own(endpoint).query()?], contents)?;
    own(child).revoke()?;
    holds("what was the child is gone", is_empty(endpoint)?)?;
    holds("the grandchild is gone", is_empty(grandchild)?)
}

fn delete_takes_one_capability_and_the_object_with_the_last(bench: &mut Bench<'_>) -> Outcome {
    let memory = bench.untyped(12)?;
    let first = bench.place()?;
    memory.retype(NewObject::Endpoint, first, 1)?;
    let second = bench.copy(first.slot, Rights::ALL)?;
    first.delete()?;
    holds("the object is there", memory.query()?.used_bytes != 0 && !is_empty(second)?)?;
    own(second).delete()?;
    same("memory in use", memory.query()?.used_bytes, 0)?;
    own(second).delete()?;
    Ok(())
}

fn revoke_deletes_all_descendants_and_nothing_else(bench: &mut Bench<'_>) -> Outcome {
    let endpoint = bench.endpoint()?.slot();
    let sibling = bench.endpoint()?.slot();
    let child = bench.copy(endpoint, Rights::ALL)?;
    let grandchild = bench.mint(child, Rights::ALL, 1)?;
    let great_grandchild = bench.copy(grandchild, Rights::ALL)?;
    own(grandchild).revoke()?;
    same("empty", [is_empty(child)?, is_empty(grandchild)?, is_empty(great_grandchild)?], [false, false, true])?;
    own(endpoint).revoke()?;
    same("empty", [is_empty(child)?, is_empty(grandchild)?], [true, true])?;
    same("empty", [is_empty(endpoint)?, is_empty(sibling)?], [false, false])
}

fn revoke_reaches_into_other_tables(bench: &mut Bench<'_>) -> Outcome {
    let table = CNode::from_slot(bench.make(NewObject::CNode(4))?);
    let endpoint = bench.endpoint()?.slot();
    table.at(3).mint_from(own(endpoint), Rights::CALL, Badge::new(3))?;
    table.at(4).copy_from(table.at(3), Rights::ALL)?;
    same("kind", table.at(4).query()?.map(|contents| contents.kind), Some(ObjectKind::Endpoint))?;
    refused("a slot behind the table", table.at(16).copy_from(own(endpoint), Rights::ALL), Error::SlotOutOfRange)?;
    refused("slot 0", table.at(0).copy_from(own(endpoint), Rights::ALL), Error::SlotOutOfRange)?;
    own(endpoint).revoke()?;
    same("contents", [table.at(3).query()?, table.at(4).query()?], [None, None])
}

fn revoking_memory_stops_what_runs_on_it(bench: &mut Bench<'_>) -> Outcome {
    let memory = bench.untyped(14)?;
    let places = bench.slots(2)?;
    memory.retype(NewObject::Frame(FrameSize::Small), own(places), 1)?;
    memory.retype(NewObject::Endpoint, own(places + 1), 1)?;
    map(Frame::from_slot(places), page(0), READ_WRITE)?;
    machine::write(page(0), 1);
    let reply = bench.reply()?;
    let endpoint = Endpoint::from_slot(places + 1);
    bench.start(Manner::of(URGENT), bodies::echo_server, [pair(endpoint, reply), 0])?;
    own(memory.slot()).revoke()?;
    same("the server's receive", Cell(0).outcome(), Some(Err(Error::PeerGone)))?;
    same("memory in use", memory.query()?.used_bytes, 0)?;
    let frame = bench.frame()?;
    map(frame, page(0), READ_WRITE)?;
    same("the page is another one", machine::read(page(0)), 0)
}

fn slots_outside_the_table_are_refused(bench: &mut Bench<'_>) -> Outcome {
    let endpoint = bench.endpoint()?.slot();
    for index in [0, 4096, 4097, 1 << 32, u64::MAX] {
        refused("delete", own(index).delete(), Error::SlotOutOfRange)?;
        refused("revoke", own(index).revoke(), Error::SlotOutOfRange)?;
        refused("query", own(index).query(), Error::SlotOutOfRange)?;
        refused("copy to", own(index).copy_from(own(endpoint), Rights::ALL), Error::SlotOutOfRange)?;
        refused("move from", own(endpoint).move_from(own(index)), Error::SlotOutOfRange)?;
    }
    let occupied = own(boot::slot::CNODE).copy_from(own(endpoint), Rights::ALL);
    refused("an occupied slot", occupied, Error::SlotOccupied)?;
    let empty = bench.slot()?;
    refused("revoke of an empty slot", own(empty).revoke(), Error::SlotEmpty)
}

fn a_cnode_without_the_manage_right_cannot_be_changed(bench: &mut Bench<'_>) -> Outcome {
    let table = bench.make(NewObject::CNode(4))?;
    let weak = CNode::from_slot(bench.copy(table, Rights::NONE)?);
    let endpoint = bench.endpoint()?.slot();
    refused("copy", weak.at(1).copy_from(own(endpoint), Rights::ALL), Error::MissingRight)?;
    refused("delete", weak.at(1).delete(), Error::MissingRight)?;
    let made = bench.system.memory.retype(NewObject::Endpoint, weak.at(1), 1);
    refused("retype", made, Error::MissingRight)?;
    CNode::from_slot(table).at(1).copy_from(own(endpoint), Rights::ALL)?;
    refused("something else than a CNode", CNode::from_slot(endpoint).at(1).delete(), Error::WrongKind)
}

fn a_cnode_that_holds_itself_goes_away(bench: &mut Bench<'_>) -> Outcome {
    let memory = bench.untyped(14)?;
    let places = bench.slots(2)?;
    memory.retype(NewObject::CNode(3), own(places), 2)?;
    let tables = [CNode::from_slot(places), CNode::from_slot(places + 1)];
    tables[0].at(1).move_from(own(places + 1))?;
    let second = bench.slot()?;
    own(second).copy_from(tables[0].at(1), Rights::ALL)?;
    CNode::from_slot(second).at(1).copy_from(own(places), Rights::ALL)?;
    CNode::from_slot(second).at(2).copy_from(own(second), Rights::ALL)?;
    own(memory.slot()).revoke()?;
    same("memory in use", memory.query()?.used_bytes, 0)
}

fn many_copies_are_revoked(bench: &mut Bench<'_>) -> Outcome {
    let table = CNode::from_slot(bench.make(NewObject::CNode(10))?);
    let endpoint = bench.endpoint()?.slot();
    table.at(1).copy_from(own(endpoint), Rights::ALL)?;
    for slot in 2..1024 {
        // A tree that is neither flat nor a chain.
        table.at(slot).copy_from(table.at(slot / 2), Rights::ALL)?;
    }
    own(endpoint).revoke()?;
    (1..1024).try_for_each(|slot| same("slot", table.at(slot).query()?, None))
}
