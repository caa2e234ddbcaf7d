//! Mappings: what the program can do changes with them, at once.

use l4k_init::Resources;
use l4k_sys::abi::memory::{USER_END, USER_START};
use l4k_sys::abi::{Access, Error, FaultCause, FaultKind, FrameSize, MapAttributes, Rights, ThreadState};
use l4k_sys::handle::{NewObject, StartRegisters};
use l4k_sys::{AddressSpace, AsidPool, Endpoint, Frame, Message, Received, Reply};
use suite_support::arena::KERNEL_ADDRESS;
use suite_support::instructions::RETURN;
use suite_support::machine;
use suite_support::role::Role;

use crate::harness::bench::{READ_EXECUTE, READ_WRITE, SPACE, map, own, page};
use crate::harness::bodies::{self, Body, pair};
use crate::harness::failure::{Failure, refused, same};
use crate::harness::threads::{Manner, URGENT};
use crate::harness::{Bench, Cell, Outcome};

crate::tests![
    a_mapped_frame_can_be_read_and_written,
    after_unmap_every_access_faults_at_once,
    another_frame_at_the_same_address_shows_itself,
    two_mappings_of_a_frame_show_the_same,
    a_read_only_page_cannot_be_written,
    protect_takes_rights_away_and_gives_them_back,
    data_cannot_be_executed,
    data_in_a_large_page_cannot_be_executed,
    code_that_was_written_as_data_runs_when_mapped_executable,
    code_that_was_replaced_runs_anew,
    write_and_execute_must_be_asked_for_by_name,
    rights_are_bounded_by_the_capability,
    addresses_outside_the_user_range_are_refused,
    a_frame_holds_one_mapping_and_an_address_one_frame,
    tables_run_out_and_come_back,
    deleting_a_frame_unmaps_it,
    deleting_an_address_space_frees_its_frames,
    spaces_need_an_identifier,
    a_destroyed_pool_takes_its_identifiers_away,
    a_destroyed_pool_leaves_empty_spaces_to_another,
    many_spaces_live_side_by_side,
    mappings_of_another_space_do_not_show,
    another_program_cannot_read_what_the_suite_has_mapped,
    a_change_in_another_space_is_seen_there,
    a_buffer_that_is_unmapped_is_no_danger,
];

const NORMAL: MapAttributes = MapAttributes::NORMAL;

/// `mov w0, #value; ret`.
fn code(value: u32) -> [u32; 2] {
    [0x5280_0000 | value << 5, RETURN]
}

fn write_code(address: u64, instructions: [u32; 2]) {
    machine::write_register(address, instructions[0]);
    machine::write_register(address + 4, instructions[1]);
}

/// A thread whose access is to fault; with this access and cause, at this address.
#[track_caller]
fn faults(bench: &mut Bench<'_>, body: Body, address: u64, expected: (Access, FaultCause)) -> Outcome {
    let (endpoint, reply) = (bench.endpoint()?, bench.reply()?);
    bench.start(Manner::of(URGENT).faults(endpoint), body, [address, 15])?;
    let (access, cause) = expected;
    match endpoint.try_receive(reply) {
        Ok(Received::Fault { message, .. }) => {
            let found = message.fault().map(|fault| (fault.access, fault.cause, fault.address));
            same("fault", found, Some((access, cause, address)))
        }
        other => Err(Failure::new(format_args!("{other:?} instead of a fault"))),
    }
}

fn a_mapped_frame_can_be_read_and_written(bench: &mut Bench<'_>) -> Outcome {
    let frame = bench.mapped(page(0), READ_WRITE)?;
    machine::write(page(0) + 8, 5);
    same("word", machine::read(page(0) + 8), 5)?;
    same("where it is mapped", frame.query()?.mapped_at, Some(page(0)))
}

fn after_unmap_every_access_faults_at_once(bench: &mut Bench<'_>) -> Outcome {
    let frame = bench.mapped(page(0), READ_WRITE)?;
    machine::write(page(0), 5);
    frame.unmap()?;
    faults(bench, bodies::reader, page(0), (Access::Read, FaultCause::NotMapped))?;
    faults(bench, bodies::writer, page(0), (Access::Write, FaultCause::NotMapped))?;
    faults(bench, bodies::jumper, page(0), (Access::Execute, FaultCause::NotMapped))?;
    frame.unmap()?;
    same("where it is mapped", frame.query()?.mapped_at, None)?;
    map(frame, page(1), READ_WRITE)?;
    same("its contents", machine::read(page(1)), 5)
}

fn another_frame_at_the_same_address_shows_itself(bench: &mut Bench<'_>) -> Outcome {
    let frames = [bench.frame()?, bench.frame()?, bench.frame()?];
    for (number, frame) in (1..).zip(frames) {
        map(frame, page(0), READ_WRITE)?;
        same("a new frame", machine::read(page(0)), 0)?;
        machine::write(page(0), number);
        frame.unmap()?;
    }
    for round in 0..10 {
        for (number, frame) in (1..).zip(frames) {
            map(frame, page(0), Rights::READ)?;
            same("the frame's word", (round, machine::read(page(0))), (round, number))?;
            frame.unmap()?;
        }
    }
    Ok(())
}

fn two_mappings_of_a_frame_show_the_same(bench: &mut Bench<'_>) -> Outcome {
    let frame = bench.mapped(page(0), READ_WRITE)?;
    let copy = Frame::from_slot(bench.copy(frame.slot(), Rights::ALL)?);
    map(copy, page(5), READ_WRITE)?;
    machine::write(page(0) + 64, 1);
    same("through the copy", machine::read(page(5) + 64), 1)?;
    machine::write(page(5) + 64, 2);
    same("through the first", machine::read(page(0) + 64), 2)
}

fn a_read_only_page_cannot_be_written(bench: &mut Bench<'_>) -> Outcome {
    bench.mapped(page(0), Rights::READ)?;
    same("word", machine::read(page(0)), 0)?;
    faults(bench, bodies::writer, page(0), (Access::Write, FaultCause::Permission))
}

fn protect_takes_rights_away_and_gives_them_back(bench: &mut Bench<'_>) -> Outcome {
    let frame = bench.frame()?;
    refused("nothing is mapped", frame.protect(READ_WRITE, NORMAL), Error::NotMapped)?;
    map(frame, page(0), READ_WRITE)?;
    machine::write(page(0), 9);
    frame.protect(Rights::READ, NORMAL)?;
    faults(bench, bodies::writer, page(0), (Access::Write, FaultCause::Permission))?;
    same("word", machine::read(page(0)), 9)?;
    frame.protect(READ_WRITE, NORMAL)?;
    machine::write(page(0), 10);
    same("word", machine::read(page(0)), 10)?;
    refused("write and execute", frame.protect(Rights::ALL, NORMAL), Error::WriteAndExecute)
}

fn data_cannot_be_executed(bench: &mut Bench<'_>) -> Outcome {
    bench.mapped(page(0), READ_WRITE)?;
    write_code(page(0), code(7));
    faults(bench, bodies::jumper, page(0), (Access::Execute, FaultCause::Permission))
}

fn data_in_a_large_page_cannot_be_executed(bench: &mut Bench<'_>) -> Outcome {
    let large = Frame::from_slot(bench.make(NewObject::Frame(FrameSize::Large))?);
    map(large, page(512), READ_WRITE)?;
    write_code(page(700), code(7));
    faults(bench, bodies::jumper, page(700), (Access::Execute, FaultCause::Permission))?;
    large.protect(READ_EXECUTE, NORMAL)?;
    same("result", machine::call(page(700)), 7)?;
    faults(bench, bodies::writer, page(701), (Access::Write, FaultCause::Permission))
}

fn code_that_was_written_as_data_runs_when_mapped_executable(bench: &mut Bench<'_>) -> Outcome {
    let frame = bench.mapped(page(0), READ_WRITE)?;
    write_code(page(0), code(7));
    frame.unmap()?;
    map(frame, page(0), READ_EXECUTE)?;
    same("result", machine::call(page(0)), 7)?;
    faults(bench, bodies::writer, page(0), (Access::Write, FaultCause::Permission))
}

fn code_that_was_replaced_runs_anew(bench: &mut Bench<'_>) -> Outcome {
    let frame = bench.mapped(page(0), READ_WRITE)?;
    for value in 1..50 {
        write_code(page(0), code(value));
        frame.protect(READ_EXECUTE, NORMAL)?;
        same("result", machine::call(page(0)), u64::from(value))?;
        frame.protect(READ_WRITE, NORMAL)?;
    }
    Ok(())
}

fn write_and_execute_must_be_asked_for_by_name(bench: &mut Bench<'_>) -> Outcome {
    let frame = bench.frame()?;
    refused("unasked", map(frame, page(0), Rights::ALL), Error::WriteAndExecute)?;
    same("where it is mapped", frame.query()?.mapped_at, None)?;
    frame.map(SPACE, page(0), Rights::ALL, MapAttributes::WRITE_AND_EXECUTE)?;
    write_code(page(0), code(3));
    Ok(())
}

fn rights_are_bounded_by_the_capability(bench: &mut Bench<'_>) -> Outcome {
    let frame = bench.frame()?;
    let weak = Frame::from_slot(bench.copy(frame.slot(), Rights::READ)?);
    refused("write", map(weak, page(0), READ_WRITE), Error::MissingRight)?;
    refused("execute", map(weak, page(0), READ_EXECUTE), Error::MissingRight)?;
    map(weak, page(0), Rights::READ)?;
    refused("protect", weak.protect(READ_WRITE, NORMAL), Error::MissingRight)?;
    refused("write without read", map(frame, page(1), Rights::WRITE), Error::InvalidRights)
}

fn addresses_outside_the_user_range_are_refused(bench: &mut Bench<'_>) -> Outcome {
    let frame = bench.frame()?;
    for address in [0, USER_END, USER_END + 0x1000, KERNEL_ADDRESS, !0xfff, 1 << 48, 0xffff_ffff_8000_0000] {
        refused("address", map(frame, address, Rights::READ), Error::InvalidAddress)?;
    }
    for address in [page(0) + 1, page(0) + 0x800, u64::MAX] {
        refused("address", map(frame, address, Rights::READ), Error::Misaligned)?;
    }
    let large = Frame::from_slot(bench.make(NewObject::Frame(FrameSize::Large))?);
    refused("large", map(large, page(1), Rights::READ), Error::Misaligned)?;
    refused("large", map(large, 0, Rights::READ), Error::InvalidAddress)?;
    map(frame, USER_START, Rights::READ)?;
    map(large, USER_END - FrameSize::Large.bytes(), Rights::READ)?;
    same("the lowest page", machine::read(USER_START), 0)?;
    same("the last word", machine::read(USER_END - 8), 0)
}

fn a_frame_holds_one_mapping_and_an_address_one_frame(bench: &mut Bench<'_>) -> Outcome {
    let (first, second) = (bench.mapped(page(0), Rights::READ)?, bench.frame()?);
    refused("again", map(first, page(1), Rights::READ), Error::AlreadyMapped)?;
    refused("onto another", map(second, page(0), Rights::READ), Error::AddressInUse)?;
    let large = Frame::from_slot(bench.make(NewObject::Frame(FrameSize::Large))?);
    refused("over smaller pages", map(large, page(0), Rights::READ), Error::AddressInUse)?;
    map(large, page(512), Rights::READ)?;
    refused("into a larger page", map(second, page(513), Rights::READ), Error::AddressInUse)?;
    refused("onto the suite's own code", map(second, 0x20_0000, READ_WRITE), Error::AddressInUse)
}

fn tables_run_out_and_come_back(bench: &mut Bench<'_>) -> Outcome {
    let space = bench.space()?;
    let free = space.query()?.free_tables;
    let frames = bench.make_many(NewObject::Frame(FrameSize::Small), 16)?;
    let mut mapped = 0;
    let error = loop {
        let frame = Frame::from_slot(frames + mapped);
        match frame.map(space, page(0) + (mapped << 39), Rights::READ, NORMAL) {
            Ok(()) => mapped += 1,
            Err(error) => break error,
        }
    };
    same("error", error, Error::NoTables)?;
    let frame = Frame::from_slot(frames + mapped);
    same("what was refused", frame.query()?.mapped_at, None)?;
    frame.map(space, page(1), Rights::READ, NORMAL)?;
    for slot in frames..=frames + mapped {
        Frame::from_slot(slot).unmap()?;
    }
    same("free tables", space.query()?.free_tables, free)
}

fn deleting_a_frame_unmaps_it(bench: &mut Bench<'_>) -> Outcome {
    let frame = bench.mapped(page(0), READ_WRITE)?;
    let copy = Frame::from_slot(bench.copy(frame.slot(), Rights::ALL)?);
    map(copy, page(1), READ_WRITE)?;
    machine::write(page(1), 4);
    own(frame.slot()).revoke()?;
    faults(bench, bodies::reader, page(1), (Access::Read, FaultCause::NotMapped))?;
    same("the one that was not revoked", machine::read(page(0)), 4)?;
    own(frame.slot()).delete()?;
    faults(bench, bodies::reader, page(0), (Access::Read, FaultCause::NotMapped))
}

fn deleting_an_address_space_frees_its_frames(bench: &mut Bench<'_>) -> Outcome {
    let (space, frame) = (bench.space()?, bench.frame()?);
    frame.map(space, page(0), READ_WRITE, NORMAL)?;
    own(space.slot()).delete()?;
    same("where it is mapped", frame.query()?.mapped_at, None)?;
    map(frame, page(0), READ_WRITE)?;
    machine::write(page(0), 3);
    same("word", machine::read(page(0)), 3)
}

fn spaces_need_an_identifier(bench: &mut Bench<'_>) -> Outcome {
    let space = AddressSpace::from_slot(bench.make(NewObject::AddressSpace(15))?);
    let frame = bench.frame()?;
    refused("map", frame.map(space, page(0), Rights::READ, NORMAL), Error::NoAsid)?;
    Resources::ASID_POOL.assign(space)?;
    refused("a second one", Resources::ASID_POOL.assign(space), Error::AsidAssigned)?;
    frame.map(space, page(0), Rights::READ, NORMAL)?;
    Ok(())
}

fn a_destroyed_pool_takes_its_identifiers_away(bench: &mut Bench<'_>) -> Outcome {
    let pool = AsidPool::from_slot(bench.make(NewObject::AsidPool)?);
    let space = AddressSpace::from_slot(bench.make(NewObject::AddressSpace(15))?);
    let (mapped, frame) = (bench.frame()?, bench.frame()?);
    pool.assign(space)?;
    mapped.map(space, page(0), Rights::READ, NORMAL)?;
    own(pool.slot()).delete()?;
    same("it has an identifier", space.query()?.has_identifier, false)?;
    same("where the frame is mapped", mapped.query()?.mapped_at, None)?;
    refused("map", frame.map(space, page(1), Rights::READ, NORMAL), Error::NoAsid)?;
    // What was mapped is in no capability any more, and must never count again.
    refused("a new identifier", Resources::ASID_POOL.assign(space), Error::AddressInUse)?;
    mapped.unmap()?;
    refused("a new identifier", Resources::ASID_POOL.assign(space), Error::AddressInUse)
}

fn a_destroyed_pool_leaves_empty_spaces_to_another(bench: &mut Bench<'_>) -> Outcome {
    let pool = AsidPool::from_slot(bench.make(NewObject::AsidPool)?);
    let space = AddressSpace::from_slot(bench.make(NewObject::AddressSpace(15))?);
    let frame = bench.frame()?;
    pool.assign(space)?;
    frame.map(space, page(0), Rights::READ, NORMAL)?;
    frame.unmap()?;
    own(pool.slot()).delete()?;
    Resources::ASID_POOL.assign(space)?;
    Ok(frame.map(space, page(1), Rights::READ, NORMAL)?)
}

/// Each has its own frame at the same address, and each is gone with its frame unmapped.
fn many_spaces_live_side_by_side(bench: &mut Bench<'_>) -> Outcome {
    const SPACES: u64 = 40;
    let spaces = bench.make_many(NewObject::AddressSpace(15), SPACES)?;
    let frames = bench.make_many(NewObject::Frame(FrameSize::Small), SPACES)?;
    for index in 0..SPACES {
        let space = AddressSpace::from_slot(spaces + index);
        Resources::ASID_POOL.assign(space)?;
        Frame::from_slot(frames + index).map(space, page(0), READ_WRITE, NORMAL)?;
    }
    for index in 0..SPACES {
        let frame = Frame::from_slot(frames + index);
        same("where it is mapped", frame.query()?.mapped_at, Some(page(0)))?;
        own(spaces + index).delete()?;
        same("where it is mapped", frame.query()?.mapped_at, None)?;
        frame.unmap()?;
    }
    Ok(())
}

fn mappings_of_another_space_do_not_show(bench: &mut Bench<'_>) -> Outcome {
    let (space, frame) = (bench.space()?, bench.frame()?);
    bench.mapped(page(0), READ_WRITE)?;
    machine::write(page(0), 11);
    frame.map(space, page(0), READ_WRITE, NORMAL)?;
    same("word", machine::read(page(0)), 11)?;
    let other = bench.frame()?;
    other.map(space, page(1), READ_WRITE, NORMAL)?;
    faults(bench, bodies::reader, page(1), (Access::Read, FaultCause::NotMapped))
}

fn another_program_cannot_read_what_the_suite_has_mapped(bench: &mut Bench<'_>) -> Outcome {
    bench.mapped(page(0), READ_WRITE)?;
    machine::write(page(0), 0x55);
    let ties = bench.ties()?;
    bench.partner(&ties, URGENT, Role::Reader, page(0))?;
    match ties.supervisor.receive(ties.reply)? {
        Received::Fault { message, .. } => {
            let fault = message.fault().map(|fault| (fault.access, fault.cause, fault.address));
            same("fault", fault, Some((Access::Read, FaultCause::NotMapped, page(0))))
        }
        other => Err(Failure::new(format_args!("{other:?} instead of a fault"))),
    }
}

/// A thread of another address space, which has just one page of code and one of data.
fn a_change_in_another_space_is_seen_there(bench: &mut Bench<'_>) -> Outcome {
    let (endpoint, reply) = (bench.endpoint()?, bench.reply()?);
    let space = bench.space()?;
    let code_page = bench.mapped(page(0), READ_WRITE)?;
    // ldr x1, [x0]; svc #1: the fault tells that the load went well.
    write_code(page(0), [0xf940_0001, 0xd400_0021]);
    code_page.unmap()?;
    code_page.map(space, page(0), READ_EXECUTE, NORMAL)?;
    let data = bench.frame()?;
    for mapped in [true, false, true] {
        if mapped {
            data.map(space, page(8), Rights::READ, NORMAL)?;
        } else {
            data.unmap()?;
        }
        let loaded = load_elsewhere(bench, space, endpoint, reply)?;
        same("the load went well", loaded, mapped)?;
    }
    Ok(())
}

fn load_elsewhere(bench: &mut Bench<'_>, space: AddressSpace, endpoint: Endpoint, reply: Reply) -> Outcome<bool> {
    let helper = bench.thread(Manner::of(URGENT).faults(endpoint), bodies::once, [0, 0])?;
    helper.thread.configure(Manner::of(URGENT).cnode, space, Some(endpoint))?;
    let start = StartRegisters { instruction_pointer: page(0), stack_pointer: page(2), arguments: [page(8), 0, 0] };
    helper.thread.write_registers(start)?;
    helper.thread.resume()?;
    let Ok(Received::Fault { message, .. }) = endpoint.try_receive(reply) else {
        return Err(Failure::new(format_args!("no fault")));
    };
    helper.is_in(ThreadState::Faulted)?;
    // So that it stays where it is.
    reply.send(Message::new::<0>(1, []))?;
    match message.fault().map(|fault| (fault.kind, fault.address)) {
        Some((FaultKind::UnknownSystemCall, _)) => Ok(true),
        Some((FaultKind::Page, address)) if address == page(8) => Ok(false),
        other => Err(Failure::new(format_args!("fault {other:?}"))),
    }
}

fn a_buffer_that_is_unmapped_is_no_danger(bench: &mut Bench<'_>) -> Outcome {
    let (endpoint, reply) = (bench.endpoint()?, bench.reply()?);
    let server = bench.thread(Manner::of(URGENT), bodies::echo_server, [pair(endpoint, reply), 0])?;
    bench.give_buffer(&server)?;
    server.thread.resume()?;
    let buffer = bench.frame()?;
    let client = bench.thread(Manner::of(URGENT), bodies::caller, [endpoint.slot(), 1])?;
    map(buffer, client.stack_end + 4096, READ_WRITE)?;
    client.thread.set_buffer(buffer, client.stack_end + 4096)?;
    own(buffer.slot()).delete()?;
    client.thread.resume()?;
    same("a short call works without it", Cell(1).outcome(), Some(Ok(())))
}
