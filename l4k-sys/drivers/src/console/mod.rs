//! The console service: bytes from and to a UART, for several clients.

pub mod client;
pub mod protocol;
pub mod server;
pub mod service;

pub use client::{ConsoleClient, ConsoleError};
pub use protocol::{Answer, Request};
pub use server::ConsoleServer;
pub use service::ConsoleService;
