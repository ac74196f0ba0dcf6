//! A waker of the host as a waker of Rust. Ours is two words and plain bits, Rust's has room for one: while a poll runs
//! it points to the context of the poll, and a clone, which may outlive that, is put on the heap.
//! Threads: [any].

use crate::abi;
use crate::context::{call, host};
use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::task::{RawWaker, RawWakerVTable, Waker};

struct Kept(abi::tokio_waker);
// The bits name a task; they are no pointer that anybody follows.
unsafe impl Send for Kept {}
unsafe impl Sync for Kept {}

static OF_A_POLL: RawWakerVTable = RawWakerVTable::new(keep, wake_of_poll, wake_of_poll, |_| {});
static KEPT: RawWakerVTable = RawWakerVTable::new(clone_kept, wake_kept, wake_kept_by_ref, drop_kept);

/// Valid while `of` is.
pub(crate) unsafe fn of_poll(of: *const abi::tokio_waker) -> ManuallyDrop<Waker> {
    ManuallyDrop::new(Waker::from_raw(RawWaker::new(of.cast(), &OF_A_POLL)))
}

unsafe fn wake(waker: abi::tokio_waker) {
    call!(host(), task_wake, waker)
}

unsafe fn keep(of: *const ()) -> RawWaker {
    RawWaker::new(Arc::into_raw(Arc::new(Kept(*of.cast::<abi::tokio_waker>()))).cast(), &KEPT)
}
unsafe fn wake_of_poll(of: *const ()) {
    wake(*of.cast())
}

unsafe fn clone_kept(of: *const ()) -> RawWaker {
    Arc::increment_strong_count(of.cast::<Kept>());
    RawWaker::new(of, &KEPT)
}
unsafe fn wake_kept(of: *const ()) {
    wake(Arc::from_raw(of.cast::<Kept>()).0)
}
unsafe fn wake_kept_by_ref(of: *const ()) {
    wake((*of.cast::<Kept>()).0)
}
unsafe fn drop_kept(of: *const ()) {
    drop(Arc::from_raw(of.cast::<Kept>()))
}
