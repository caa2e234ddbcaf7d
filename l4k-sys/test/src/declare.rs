//! The macro that makes a test program, and the list of its tests that the runner reads. Calls `harness` and `function`.
//!
//! The list is the section `.l4k.tests` of the program's file: for each test its name, then its remarks, each behind a [`FIELD`], then a [`RECORD`].
//! So the runner can answer `--list` without booting anything.

/// Ends a test in the list: ASCII's record separator.
pub const RECORD: u8 = 0x1e;

/// Stands before each remark: ASCII's unit separator.
pub const FIELD: u8 = 0x1f;

/// The bytes of a text of this length. For [`tests!`](crate::tests!).
#[must_use]
pub const fn bytes<const N: usize>(text: &str) -> [u8; N] {
    match text.as_bytes().first_chunk::<N>() {
        Some(bytes) => *bytes,
        None => [0; N],
    }
}

/// Makes the file a test program. Each function is a test; the crate's own documentation says what a test can do.
#[macro_export]
macro_rules! tests {
    ($($(#[$($attribute:tt)*])* fn $name:ident($($parameter:tt)*) $(-> $result:ty)? $body:block)+) => {
        $($crate::__function! { [] $(#[$($attribute)*])* fn $name($($parameter)*) $(-> $result)? $body })+

        #[doc(hidden)]
        mod l4k_tests {
            const LIST: &str = concat!($(stringify!($name), $($crate::__remark!($($attribute)*),)* "\x1e"),+);

            // SAFETY: the section holds nothing else, and nobody runs it.
            #[used]
            #[unsafe(link_section = ".l4k.tests")]
            static BYTES: [u8; LIST.len()] = $crate::declare::bytes(LIST);

            pub fn main(
                information: $crate::l4k_sys::abi::boot::BootInformation<'static>,
            ) -> $crate::l4k_sys::exit::Status {
                let tests = [$($crate::harness::Test {
                    name: stringify!($name),
                    run: |information| $crate::function::call(super::$name, information),
                }),+];
                $crate::harness::run(&tests, information)
            }
        }

        $crate::l4k_sys::first_program!(l4k_tests::main);
        $crate::l4k_sys::panic_handler!(report);
    };
}

/// What the list says about an attribute of a test: nothing, if it means nothing to the runner.
#[doc(hidden)]
#[macro_export]
macro_rules! __remark {
    (ignore $($reason:tt)*) => {
        "\x1fignore"
    };
    (should_panic) => {
        "\x1fshould_panic"
    };
    (should_panic(expected = $text:literal)) => {
        concat!("\x1fshould_panic=", $text)
    };
    (should_panic = $text:literal) => {
        concat!("\x1fshould_panic=", $text)
    };
    ($($other:tt)*) => {
        ""
    };
}

/// The function of a test, without the attributes that only the runner understands.
#[doc(hidden)]
#[macro_export]
macro_rules! __function {
    ([$($kept:tt)*] #[ignore $($reason:tt)*] $($rest:tt)*) => {
        $crate::__function! { [$($kept)*] $($rest)* }
    };
    ([$($kept:tt)*] #[should_panic $($expected:tt)*] $($rest:tt)*) => {
        $crate::__function! { [$($kept)*] $($rest)* }
    };
    ([$($kept:tt)*] #[$($other:tt)*] $($rest:tt)*) => {
        $crate::__function! { [$($kept)* #[$($other)*]] $($rest)* }
    };
    ([$($kept:tt)*] $($function:tt)*) => { $($kept)* $($function)* };
}

#[cfg(test)]
mod tests {
    use super::{FIELD, RECORD, bytes};

    #[test]
    fn remarks_are_those_that_the_runner_understands() {
        assert_eq!(__remark!(ignore), "\x1fignore");
        assert_eq!(__remark!(ignore = "slow"), "\x1fignore");
        assert_eq!(__remark!(should_panic), "\x1fshould_panic");
        assert_eq!(__remark!(should_panic(expected = "too large")), "\x1fshould_panic=too large");
        assert_eq!(__remark!(doc = " should_panic"), "");
        assert_eq!("\x1f\x1e".as_bytes(), [FIELD, RECORD]);
    }

    #[test]
    fn a_function_keeps_the_other_attributes() {
        __function! { [] #[ignore = "x"] #[must_use] #[should_panic(expected = "y")] #[inline] fn seven() -> u32 { 7 } }
        assert_eq!(seven(), 7);
    }

    #[test]
    fn a_text_becomes_its_bytes() {
        assert_eq!(bytes::<2>("ab"), *b"ab");
    }
}
