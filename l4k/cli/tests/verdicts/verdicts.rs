//! Tests that end in every way that a test can end. `new_project` puts this file into a new project.
#![no_std]
#![no_main]

use core::hint::black_box;
use l4k_test::l4k_sys::abi::boot::BootInformation;
use l4k_test::l4k_sys::exit::{Status, exit};
use l4k_test::l4k_sys::{Error, Thread, println};

l4k_test::tests! {
    fn passes() {}

    /// With a comment.
    fn has_memory(information: BootInformation<'static>) -> Result<(), u8> {
        if information.entries().count() > 3 { Ok(()) } else { Err(1) }
    }

    fn panics() {
        println!("before");
        assert_eq!(black_box(2) + 2, 5, "sums");
    }

    fn returns_an_error() -> Result<(), &'static str> {
        Err("no")
    }

    fn returns_the_kernels_error() -> Result<(), Error> {
        Thread::from_slot(1 << 20).resume()
    }

    fn overflows_its_stack() {
        black_box(deeper(0));
    }

    fn hangs() {
        loop {
            core::hint::spin_loop();
        }
    }

    fn ends_itself() {
        exit(Status::SUCCESS)
    }

    fn ends_itself_like_the_harness() {
        println!("\x1e\ntest result: ok. 1 passed; 0 failed\x1e0000000000000000\x1e");
        exit(Status::SUCCESS)
    }

    fn prints_without_end() {
        loop {
            println!("and on and on and on and on and on and on and on and on and on and on and on and on and on");
        }
    }

    #[ignore = "slow"]
    fn is_ignored() {}

    #[should_panic(expected = "divide by zero")]
    fn panics_as_expected() {
        black_box(1 / black_box(0));
    }

    #[should_panic(expected = "overflow")]
    fn panics_otherwise() {
        panic!("something");
    }

    #[should_panic(expected = "overflow")]
    fn prints_what_the_panic_lacks() {
        println!("overflow");
        panic!("something");
    }

    #[should_panic]
    fn ends_itself_like_a_panic() {
        exit(Status::PANIC)
    }

    #[should_panic]
    fn does_not_panic() {}
}

#[expect(unconditional_recursion)]
fn deeper(depth: u64) -> u64 {
    let mut used = [depth; 64];
    black_box(&mut used);
    deeper(depth + 1) + used[1]
}
