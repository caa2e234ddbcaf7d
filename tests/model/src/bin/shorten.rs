//! Shortens the sequence of a file on which kernel and model differ, and prints it as a program.

use std::process::ExitCode;
use std::{env, fs, panic};

use l4k_model::reference::driver::{describe, play, shrink};
use l4k_model::reference::sequence;

fn main() -> ExitCode {
    let Some(file) = env::args_os().nth(1) else {
        eprintln!("shorten: name the file that the fuzzer left");
        return ExitCode::FAILURE;
    };
    let bytes = match fs::read(&file) {
        Ok(bytes) => bytes,
        Err(error) => {
            eprintln!("shorten: {}: {error}", file.display());
            return ExitCode::FAILURE;
        }
    };
    // The tries on the way are of no interest.
    let told = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let steps = shrink(sequence::of_bytes(&bytes));
    panic::set_hook(told);
    match panic::catch_unwind(|| play(&steps)) {
        Ok(Ok(_)) => println!("kernel and model agree on {}", file.display()),
        Ok(Err(divergence)) => println!("{}{}", divergence.program, divergence.difference),
        Err(_) => println!("{}an invariant of the kernel does not hold: see above", describe(&steps)),
    }
    ExitCode::SUCCESS
}
