//! What the tests of this crate share: a small program, and a function that plays the kernel and writes down what it is asked.

extern crate std;

use core::cell::{Cell, RefCell};
use std::boxed::Box;
use std::vec::Vec;

use heapless::Vec as FixedVec;
use l4k_sys::abi::boot::BootInformation;
use l4k_sys::abi::memory::PAGE_SIZE;
use l4k_sys::abi::{Error, FrameSize, Rights, SystemCall, VERSION_MAJOR, VERSION_MINOR};
use l4k_sys::registers::Registers;
use l4k_sys::{Badge, Endpoint, stub};

use crate::description::{Description, Supply};
use crate::device_memory::DevicePool;
use crate::image::{AbiVersion, Image, Segment};
use crate::memory::UntypedPool;
use crate::resources::Resources;
use crate::slots::{SlotAllocator, SlotRange};
use crate::window::Window;

/// Pages of the segments of [`image`].
pub const IMAGE_PAGES: u64 = 4;
/// Pages of its stack.
pub const STACK_PAGES: u64 = 2;

/// Contents of its first segment: more than a page.
static TEXT: [u8; 5000] = [0x90; 5000];

/// Code of a page and a bit, and data of two pages of which the second is zero.
pub fn image() -> Image<'static> {
    let execute = Rights::READ.union(Rights::EXECUTE);
    let write = Rights::READ.union(Rights::WRITE);
    let mut segments = FixedVec::new();
    let text = Segment { address: 0x20_0000, bytes: 2 * PAGE_SIZE, rights: execute, contents: &TEXT };
    let data = Segment { address: 0x20_4000, bytes: 2 * PAGE_SIZE, rights: write, contents: &TEXT[..10] };
    segments.push(text).unwrap();
    segments.push(data).unwrap();
    let abi = AbiVersion { major: VERSION_MAJOR, minor: VERSION_MINOR };
    Image { name: "sample", entry: 0x20_0000, stack_bytes: STACK_PAGES * PAGE_SIZE, abi, segments }
}

/// A description without devices.
pub fn description(supplies: &[Supply]) -> Description<'_> {
    Description::new(Endpoint::from_slot(20), Badge::new(3), supplies)
}

/// Resources over the recording kernel.
pub fn resources() -> Resources {
    Resources {
        slots: SlotAllocator::new(SlotRange { first: 100, count: 200 }),
        memory: UntypedPool::new(&BootInformation::new(&boot_bytes())),
        devices: DevicePool::new(&BootInformation::new(&boot_bytes())),
        window: Window::on(Box::leak(std::vec![0; FrameSize::Large.bytes() as usize].into_boxed_slice())),
    }
}

/// Boot information with one untyped of 16 MiB in slot 50.
fn boot_bytes() -> [u8; 64] {
    let mut bytes = [0; 64];
    let mut writer = l4k_sys::abi::boot::Writer::new(&mut bytes);
    writer.append_words(l4k_sys::abi::boot::tag::UNTYPED, [50, 0x4000_0000, 24, 0]).unwrap();
    bytes
}

/// A system call as the kernel saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Which.
    pub call: SystemCall,
    /// Its arguments.
    pub x: [u64; 8],
}

std::thread_local! {
    static SEEN: RefCell<Vec<Seen>> = const { RefCell::new(Vec::new()) };
    static FAIL_AT: Cell<usize> = const { Cell::new(usize::MAX) };
}

/// Starts recording; the call with this index will fail with `Dying`.
pub fn record(fail_at: usize) {
    SEEN.take();
    FAIL_AT.set(fail_at);
    stub::install(kernel);
}

/// What was recorded.
pub fn recorded() -> Vec<Seen> {
    SEEN.take()
}

fn kernel(number: u64, registers: Registers) -> Registers {
    let call = SystemCall::from_number(number).unwrap();
    let index = SEEN.with_borrow_mut(|seen| {
        seen.push(Seen { call, x: registers.x });
        seen.len() - 1
    });
    if index == FAIL_AT.get() {
        return Registers::new([Error::Dying.code()]);
    }
    match call {
        SystemCall::FrameQuery => Registers::new([0, 0x4000_0000, 21, 0, 0]),
        SystemCall::UntypedQuery => Registers::new([0, 0x4000_0000, 24, 0, 0]),
        _ => Registers::default(),
    }
}
