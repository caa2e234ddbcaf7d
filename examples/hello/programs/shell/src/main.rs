//! The shell: reads lines from the console and does what they say, with init's help.
#![no_std]
#![no_main]

mod commands;
mod terminal;

use hello_interface::slots;
use l4k_drivers::console::{ConsoleClient, ConsoleError};
use l4k_sys::Endpoint;
use shell_core::command::{Command, HELP};
use shell_core::editor::{Editor, Event};

use crate::terminal::Terminal;

l4k_sys::entry!(main);
l4k_sys::panic_handler!(report);

const PROMPT: &str = "l4k> ";

fn main() -> Result<(), ConsoleError> {
    let mut terminal = Terminal::new(ConsoleClient::new(Endpoint::from_slot(slots::CONSOLE)));
    let mut editor = Editor::new();
    terminal.line(format_args!("This is l4k. help lists the commands."))?;
    terminal.text(PROMPT)?;
    loop {
        let byte = terminal.read()?;
        match terminal.edit(&mut editor, byte)? {
            Event::Editing => {}
            Event::Entered => {
                obey(editor.line(), &mut terminal)?;
                terminal.text(PROMPT)?;
            }
            Event::Interrupted => terminal.text(PROMPT)?,
        }
    }
}

fn obey(line: &str, terminal: &mut Terminal) -> Result<(), ConsoleError> {
    match Command::parse(line) {
        Ok(None) => Ok(()),
        Ok(Some(Command::Help)) => help(terminal),
        Ok(Some(command)) => commands::run(command, terminal),
        Err(mistake) => {
            terminal.line(format_args!("{mistake}"))?;
            match mistake {
                shell_core::command::Mistake::UnknownCommand(_) => help(terminal),
                _ => Ok(()),
            }
        }
    }
}

fn help(terminal: &mut Terminal) -> Result<(), ConsoleError> {
    HELP.iter().try_for_each(|line| terminal.line(format_args!("  {line}")))
}
