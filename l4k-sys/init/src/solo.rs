//! One program with devices of the board, and nothing else: it is started, and its end is the machine's end, with its status. What a first program
//! takes to try a driver out.
//!
//! The program's arguments are an address, at which the registers of its first device are mapped, those of each further one
//! [`DEVICE_STRIDE`] bytes on, and the rates in hertz of the clocks of the first and the second device (0 where the board does not know).
//! Devices are mapped for it, their interrupts are not passed on.

use heapless::Vec;
use l4k_sys::abi::boot::BootInformation;
use l4k_sys::abi::{Error, FrameSize};
use l4k_sys::exit::Status;
use l4k_sys::handle::NewObject;
use l4k_sys::startup::label;
use l4k_sys::{Badge, Endpoint, Received, Reply};

use crate::boot::{Device, device_for};
use crate::description::{Description, DeviceMapping};
pub use crate::problem::Problem;
use crate::program::Program;
use crate::resources::Resources;

/// Most devices that the program can have.
pub const DEVICES_MAX: usize = 8;

/// Where the first device is mapped: away from everything that a linker script uses.
pub const DEVICE_ADDRESS: u64 = 0x10_0000_0000;

/// From one device to the next, in bytes.
pub const DEVICE_STRIDE: u64 = 0x1_0000;

/// Starts the program of this name with the devices of these roles, waits for its end and returns its status.
///
/// # Errors
/// [`Problem`].
pub fn run(
    information: &BootInformation<'static>,
    program: &'static str,
    roles: &[&'static str],
) -> Result<Status, Problem> {
    let mut resources = Resources::new(information)?;
    let mut devices: Vec<Device<'_>, DEVICES_MAX> = Vec::new();
    for role in roles {
        let device = device_for(information, role).ok_or(Problem::NoDevice(role))?;
        devices.push(device).map_err(|_| Problem::TooManyDevices)?;
    }
    let mappings = map_all(&mut resources, &devices)?;
    let clock = |index: usize| devices.get(index).and_then(|device| device.clock_hertz).unwrap_or(0);
    supervise(&mut resources, program, &mappings, [DEVICE_ADDRESS, clock(0), clock(1)])
}

/// Starts the program of this name with these devices and arguments, waits for its end and returns its status.
///
/// # Errors
/// [`Problem`].
pub fn supervise(
    resources: &mut Resources,
    program: &'static str,
    devices: &[DeviceMapping],
    arguments: [u64; 3],
) -> Result<Status, Problem> {
    let supervisor = Endpoint::from_slot(resources.make(NewObject::Endpoint)?);
    let reply = Reply::from_slot(resources.make(NewObject::Reply)?);
    let description = Description { devices, ..Description::new(supervisor, Badge::new(1), &[]) };
    let program = Program::new(resources, program, description)?;
    program.start(resources, arguments)?;
    end_of(supervisor, reply, &program)
}

/// What the program asks for meanwhile has no answer; its end comes.
fn end_of(supervisor: Endpoint, reply: Reply, program: &Program<'_>) -> Result<Status, Problem> {
    loop {
        match supervisor.receive(reply)? {
            Received::Message { message, .. } if message.label() == label::EXIT => {
                return Ok(Status::new(message.words[0] as u8));
            }
            Received::Fault { message, .. } => {
                let crashed = |fault| Problem::Crashed(program.name(), program.explain(fault));
                return Err(message.fault().map_or(Problem::Kernel(Error::NotSupported), crashed));
            }
            Received::Message { .. } => reply.send(l4k_sys::Message::REFUSAL)?,
            Received::Notification { .. } => {}
        }
    }
}

fn map_all(resources: &mut Resources, devices: &[Device<'_>]) -> Result<Vec<DeviceMapping, DEVICES_MAX>, Problem> {
    let mut mappings = Vec::new();
    for (index, device) in (0..).zip(devices) {
        let frame = resources.device_frame(device.physical_address)?;
        let address = DEVICE_ADDRESS + index * DEVICE_STRIDE;
        // There are no more than `DEVICES_MAX`.
        let _ = mappings.push(DeviceMapping { frame, size: FrameSize::Small, address });
    }
    Ok(mappings)
}
