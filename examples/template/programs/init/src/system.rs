//! The system: which programs there are, and what each of them is given.

use core::array;

use l4k_init::boot::{Interrupt, device_for};
use l4k_init::{Description, DeviceMapping, Problem, Program, Resources, Supply, SupplySource};
use l4k_sys::abi::boot::BootInformation;
use l4k_sys::abi::{FrameSize, Rights};
use l4k_sys::handle::NewObject;
use l4k_sys::{Badge, Endpoint, Reply};
use uart::slots;

/// What init makes before it starts anybody. The endpoints outlive the servers: who calls while a server is started again waits for it.
pub struct Objects {
    /// Here init hears that a program has crashed or ended.
    pub supervisor: Endpoint,
    /// Through this init receives.
    pub reply: Reply,
    /// The UART driver is called here.
    uart: Endpoint,
    /// The greeter is called here.
    greeter: Endpoint,
    uart_interrupt: Interrupt,
    uart_registers: [DeviceMapping; 1],
    /// Rate of the UART's clock; 0 if the board does not know it.
    pub uart_clock_hertz: u64,
}

impl Objects {
    pub fn new(resources: &mut Resources, information: &BootInformation<'static>) -> Result<Objects, Problem> {
        let mut endpoint = || resources.make(NewObject::Endpoint).map(Endpoint::from_slot);
        let (supervisor, uart, greeter) = (endpoint()?, endpoint()?, endpoint()?);
        let reply = Reply::from_slot(resources.make(NewObject::Reply)?);
        let device = device_for(information, "console").ok_or(Problem::NoDevice("console"))?;
        let frame = resources.device_frame(device.physical_address)?;
        Ok(Objects {
            supervisor,
            reply,
            uart,
            greeter,
            uart_interrupt: device.interrupt.ok_or(Problem::NoDevice("console, with an interrupt"))?,
            uart_registers: [DeviceMapping { frame, size: FrameSize::Small, address: slots::REGISTERS }],
            uart_clock_hertz: device.clock_hertz.unwrap_or(0),
        })
    }
}

/// What goes into the slots of each program, beside what every program finds in its slots.
pub struct Supplies {
    uart: [Supply; 4 + slots::REPLIES],
    greeter: [Supply; 1],
    shell: [Supply; 2],
}

impl Supplies {
    pub fn new(objects: &Objects) -> Supplies {
        let (uart, greeter) = (objects.uart.slot(), objects.greeter.slot());
        let signal = SupplySource::MintOwn { from: slots::NOTIFICATION, rights: Rights::SIGNAL, badge: Badge::new(1) };
        let for_uart = [
            Supply::copy(slots::SERVER, uart, Rights::RECEIVE),
            Supply::make(slots::NOTIFICATION, NewObject::Notification),
            Supply { slot: slots::SIGNAL, source: signal },
            Supply { slot: slots::IRQ, source: SupplySource::Irq(objects.uart_interrupt) },
        ];
        let reply = |index: usize| Supply::make(slots::FIRST_REPLY + index as u64, NewObject::Reply);
        Supplies {
            uart: array::from_fn(|index| for_uart.get(index).copied().unwrap_or_else(|| reply(index - for_uart.len()))),
            greeter: [Supply::copy(greeter::SERVER_SLOT, greeter, Rights::RECEIVE)],
            shell: [
                Supply::copy(slots::CLIENT, uart, Rights::CALL),
                Supply::copy(greeter::CLIENT_SLOT, greeter, Rights::CALL),
            ],
        }
    }
}

/// The programs, with memory for each. Init hears of the first one with badge 1, of the second one with badge 2, and so on.
pub fn programs<'a>(
    resources: &mut Resources,
    objects: &'a Objects,
    supplies: &'a Supplies,
) -> Result<[Program<'a>; 3], Problem> {
    let describe = |badge, supplies| Description::new(objects.supervisor, Badge::new(badge), supplies);
    let uart = Description { priority: 200, devices: &objects.uart_registers, ..describe(1, &supplies.uart) };
    Ok([
        Program::new(resources, "uart", uart)?,
        Program::new(resources, "greeter", describe(2, &supplies.greeter))?,
        Program::new(resources, "shell", describe(3, &supplies.shell))?,
    ])
}
