//! The kernel's stack: below it is a page that is not mapped, so that a stack that gets too deep is told, and overwrites nothing.

mod hello;

use std::fs;

use hello::{LIMIT, PROMPT, boot_with, elf, usual};
use l4k_qemu::debugger::DebugPort;
use object::{Object, ObjectSymbol};

/// Bytes of the page.
const GUARD: u64 = 4096;

/// Part of the mangled name of the function that takes system calls, the first that runs on the kernel's stack: of several cores, and of one.
const SYSTEM_CALL: &str = "4trap11system_call";
const SYSTEM_CALL_ALONE: &str = "4trap17system_call_alone";

/// Status of a kernel that stops by itself.
const STATUS: i32 = 101;

/// Address of the one symbol that a condition holds for.
fn symbol(condition: impl Fn(&str) -> bool) -> u64 {
    let file = fs::read(elf()).expect("the image");
    let file = object::File::parse(file.as_slice()).expect("an ELF file");
    let mut found = file.symbols().filter(|symbol| symbol.name().is_ok_and(&condition));
    found.next().expect("the symbol").address()
}

#[test]
fn overflow_is_told_with_an_address_in_the_page_below_the_stack() {
    let scratch = std::env::temp_dir().join(format!("l4k-kernel-stack-{}", std::process::id()));
    fs::create_dir_all(&scratch).expect("a directory");
    let port = DebugPort::at(&scratch.join("debugger"));
    let arguments = port.arguments();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut session = boot_with(usual(), &arguments);
    session.expect(PROMPT, LIMIT).expect("the prompt");

    // Held where a system call has just got the kernel's stack, which is empty.
    let mut debugger = port.hold(LIMIT).expect("the machine is held");
    let function = if usual().cores == 1 { SYSTEM_CALL_ALONE } else { SYSTEM_CALL };
    let entry = symbol(|name| name.contains(function));
    debugger.run_to(entry, || session.send("ps\r")).expect("a system call");
    assert_eq!(debugger.program_counter().expect("a register"), entry);
    let guard = symbol(|name| name == "__stacks");
    let bytes = symbol(|name| name == "l4k_first_stack_bytes") - symbol(|name| name == "l4k_core_local_bytes");
    assert_eq!(debugger.stack_pointer().expect("a register"), guard + GUARD + bytes, "the stack of the first core");

    // The same call with a stack that is used up.
    debugger.set_stack_pointer(guard + GUARD).expect("a register");
    drop(debugger);
    let ended = session.wait_for_end(LIMIT).expect("the machine ends");
    fs::remove_dir_all(&scratch).expect("a directory of ours");
    assert_eq!(ended.status.code(), Some(STATUS), "{}", ended.output);
    let message = ended.output.lines().find(|line| line.contains("exception in the kernel")).expect("a message");
    let address = message.split("address 0x").nth(1).and_then(|rest| rest.split(',').next()).expect("an address");
    let address = u64::from_str_radix(address, 16).expect("a number");
    assert!((guard..guard + GUARD).contains(&address), "{message}");
}
