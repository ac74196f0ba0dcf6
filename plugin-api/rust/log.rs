//! Lines in the daemon's log, under the instance's name. Cheap when the level is off.
//! Threads: [any] that works for an instance.

use crate::abi;
use crate::context::{call, cx_or_null, instance, log, str_of};
use std::ptr::null;

pub fn debug(message: &str) {
    write(abi::TOKIO_LOG_DEBUG, message)
}
pub fn info(message: &str) {
    write(abi::TOKIO_LOG_INFO, message)
}
pub fn warn(message: &str) {
    write(abi::TOKIO_LOG_WARN, message)
}
pub fn error(message: &str) {
    write(abi::TOKIO_LOG_ERROR, message)
}

fn write(level: u32, message: &str) {
    let table = log();
    if table.is_null() || level < unsafe { (*table).min_level.read_volatile() } {
        return;
    }
    let record = abi::tokio_log_rec {
        size: std::mem::size_of::<abi::tokio_log_rec>() as u32,
        level,
        target: str_of(""),
        message: str_of(message),
        file: str_of(""),
        line: 0,
        nkv: 0,
        kv: null(),
    };
    unsafe { call!(table, log, instance(), cx_or_null(), &record) }
}
