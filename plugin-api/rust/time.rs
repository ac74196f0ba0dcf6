//! Timers by the host's clock, which a simulation may replace.
//! Threads: [task].

use crate::abi;
use crate::context::{call, cx_of, error_of, host, instance, time};
use crate::select::{select, Either};
use std::future::Future;
use std::pin::Pin;
use std::ptr::null_mut;
use std::task::{Context, Poll};
use std::time::Duration;

/// Ready when its time has come. Cancel safe.
pub struct Sleep(*mut abi::tokio_timer);
unsafe impl Send for Sleep {}
unsafe impl Sync for Sleep {}

/// At least so long. Panics when the host has no memory for a timer.
pub fn sleep(span: Duration) -> Sleep {
    let instance = instance();
    let span = u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
    let mut timer = null_mut();
    let status = unsafe {
        let deadline = call!(host(), now_ns, instance).saturating_add(span);
        call!(time(), timer_new, instance, deadline, 0, &mut timer)
    };
    assert!(status == 0, "the host refused a timer: {}", error_of(status.into()));
    Sleep(timer)
}

impl Future for Sleep {
    type Output = ();
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let fired = unsafe { call!(time(), timer_poll, self.0, cx_of(context)) };
        if fired == abi::TOKIO_PENDING_RESULT {
            return Poll::Pending;
        }
        assert!(fired >= 0, "a timer ended before its time: {}", error_of(fired));
        Poll::Ready(())
    }
}
impl Drop for Sleep {
    fn drop(&mut self) {
        unsafe { call!(time(), timer_free, self.0) }
    }
}

/// It took too long, and was dropped.
#[derive(Debug, PartialEq, Eq)]
pub struct Elapsed;

pub async fn timeout<F: Future>(span: Duration, future: F) -> Result<F::Output, Elapsed> {
    match select(future, sleep(span)).await {
        Either::First(output) => Ok(output),
        Either::Second(()) => Err(Elapsed),
    }
}
