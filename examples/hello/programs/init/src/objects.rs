//! What init makes for itself and for all: endpoints that outlive the programs that serve them, reply objects, the frame of
//! the UART's registers.

use l4k_init::boot::{self, Device, Interrupt};
use l4k_init::{DeviceMapping, Resources};
use l4k_sys::abi::FrameSize;
use l4k_sys::abi::boot::{BootInformation, slot};
use l4k_sys::handle::NewObject;
use l4k_sys::{Endpoint, Error, Reply, Thread};

use crate::Problem;
use hello_interface::{UartArguments, UartModel};

/// Reply objects: one for the next caller, one for each that can wait for a program to end, one for an exit.
pub const REPLIES: usize = 4;

/// Where the UART's registers are mapped for its driver: away from everything that a linker script uses.
const DEVICE_ADDRESS: u64 = 0x10_0000_0000;

/// Speed of the console's line, in bits per second.
const BAUD_RATE: u32 = 115_200;

/// Init's priority: above all that it supervises.
const PRIORITY: u8 = 250;

/// Objects that outlive the programs.
pub struct Objects {
    /// Requests, faults and ends of programs.
    pub supervisor: Endpoint,
    /// The console service.
    pub console: Endpoint,
    /// The echo service of the ping test.
    pub echo: Endpoint,
    /// Reply objects.
    pub replies: [Reply; REPLIES],
    /// The UART's registers.
    pub uart: [DeviceMapping; 1],
    /// The UART's interrupt.
    pub uart_interrupt: Interrupt,
    /// What the UART's driver is told of it.
    pub uart_arguments: UartArguments,
}

impl Objects {
    /// Makes all of them.
    pub fn new(resources: &mut Resources, information: &BootInformation<'_>) -> Result<Objects, Problem> {
        let kernel = |error| Problem::Kernel("make init's own objects", error);
        raise_priority().map_err(kernel)?;
        let console = boot::device_for(information, "console").ok_or(Problem::NoConsole)?;
        let mut endpoint = || resources.make(NewObject::Endpoint).map(Endpoint::from_slot).map_err(kernel);
        let (supervisor, service, echo) = (endpoint()?, endpoint()?, endpoint()?);
        let mut replies = [Reply::from_slot(0); REPLIES];
        for reply in &mut replies {
            *reply = Reply::from_slot(resources.make(NewObject::Reply).map_err(kernel)?);
        }
        Ok(Objects {
            supervisor,
            console: service,
            echo,
            replies,
            uart: [uart_registers(resources, &console)?],
            uart_interrupt: console.interrupt.ok_or(Problem::NoConsole)?,
            uart_arguments: uart_arguments(&console)?,
        })
    }
}

fn raise_priority() -> Result<(), Error> {
    let thread = Thread::from_slot(slot::THREAD);
    let status = thread.query()?;
    thread.set_priority(PRIORITY.min(status.maximum_priority), status.maximum_priority)
}

fn uart_registers(resources: &mut Resources, device: &Device<'_>) -> Result<DeviceMapping, Problem> {
    let frame = resources.device_frame(device.physical_address);
    let frame = frame.map_err(l4k_init::Problem::from)?;
    Ok(DeviceMapping { frame, size: FrameSize::Small, address: DEVICE_ADDRESS })
}

fn uart_arguments(device: &Device<'_>) -> Result<UartArguments, Problem> {
    let model = UartModel::compatible(device.compatible).ok_or(Problem::UnknownConsole)?;
    Ok(UartArguments {
        address: DEVICE_ADDRESS,
        model,
        clock_hertz: device.clock_hertz.unwrap_or(0),
        baud_rate: BAUD_RATE,
    })
}
