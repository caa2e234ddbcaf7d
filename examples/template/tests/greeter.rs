//! Tests of the greeter. `cargo test` boots each of them in QEMU, as a program on the kernel.
#![no_std]
#![no_main]

use greeter::{Text, greeting, message_of, text_of};
use l4k_test::l4k_sys::Message;

l4k_test::tests! {
    fn a_greeting_names_the_person() {
        assert_eq!(greeting("Ada").as_deref(), Some("Hello, Ada!"));
    }

    fn a_name_that_is_too_long_has_no_greeting() {
        let name = Text::try_from("a name of forty-two letters is too long to").unwrap();
        assert_eq!(greeting(&name), None);
    }

    fn a_text_that_travels_arrives() {
        let name = Text::try_from("Ada").unwrap();
        assert_eq!(text_of(&message_of(&name)), Some(name));
        assert_eq!(text_of(&Message::EMPTY), None);
    }
}
