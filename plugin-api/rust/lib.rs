//! Plugins of tokiod in Rust: a small safe layer over the C ABI.
//!
//! A whole plugin stands in plugin-api/README.md.
//!
//! Futures of this crate wake the task that polls them. A combinator that hands out wakers of its own (such as
//! `FuturesUnordered`) would never hear of them, so polling one with such a waker panics.
//!
//! Threads: tasks move between the workers, so what they hold is `Send`. A panic ends its task, and is told to the host.

#[allow(non_camel_case_types, non_snake_case, non_upper_case_globals, dead_code, clippy::all)]
#[doc(hidden)]
pub mod abi {
    include!(env!("TOKIOD_ABI_RS"));
}
mod context;
mod net;
#[doc(hidden)]
pub mod plugin;
mod select;
mod stop;
mod task;
mod time;
mod waker;

pub mod log;

pub use plugin::finish;
pub use net::{TcpListener, TcpStream};
pub use select::{select, Either, Select};
pub use stop::{Requested, Stop};
pub use task::{spawn_as, JoinError, JoinHandle, TaskName};
pub use time::{sleep, timeout, Elapsed, Sleep};
