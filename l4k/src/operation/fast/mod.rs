//! The fast paths: what nearly every call is, in one piece. Each refuses without a trace, and the operation of the same name does it then; or it does
//! exactly what that would have done. The model's tests run both and compare.
//!
//! A path first checks everything, in a line without branches taken, then changes everything. What it has in common with the others is in
//! `checks` (what a capability address means, who may run), `time` (whose time it is), `message` and `switch` (from one thread to another).

pub mod call;
pub mod checks;
pub mod fault;
pub mod give_way;
pub mod map;
mod meeting;
pub mod message;
pub mod reply;
pub mod reply_receive;
pub mod signal;
pub mod switch;
pub mod time;
mod waking;
