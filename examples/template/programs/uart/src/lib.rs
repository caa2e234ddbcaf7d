//! What other programs have to know of the UART driver: its slots and its registers' address.
#![no_std]

pub mod slots;
