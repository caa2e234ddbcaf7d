//! The shell: shows a prompt, reads a name, and shows how the greeter greets it. `exit` ends the machine.
#![no_std]
#![no_main]

mod line;

use embedded_io::Write;
use l4k_drivers::console::{ConsoleClient, ConsoleError};
use l4k_sys::Endpoint;

l4k_sys::entry!(main);
l4k_sys::panic_handler!(report);

fn main() -> Result<(), ConsoleError> {
    let mut console = ConsoleClient::new(Endpoint::from_slot(uart::slots::CLIENT));
    let greeter = Endpoint::from_slot(greeter::CLIENT_SLOT);
    show(&mut console, "\r\nThis is l4k. Type a name, or exit.\r\n")?;
    loop {
        show(&mut console, "name> ")?;
        let line = line::read(&mut console)?;
        match line.trim() {
            "" => continue,
            "exit" => return console.flush(),
            name => match greeter::ask(greeter, name) {
                Ok(Some(greeting)) => show(&mut console, &greeting)?,
                Ok(None) => show(&mut console, "That name is too long.")?,
                Err(_) => show(&mut console, "The greeter has crashed. Ask again.")?,
            },
        }
        show(&mut console, "\r\n")?;
    }
}

fn show(console: &mut ConsoleClient, text: &str) -> Result<(), ConsoleError> {
    console.write_all(text.as_bytes())
}
