//! What a workload is, and what several of them need.
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;
use tokio::sync::Notify;

/// `count` is a multiple of the workload's step.
#[derive(Clone, Copy)]
pub struct Load {
    pub count: u64,
    pub workers: usize,
}

/// `run` gives the total, in `unit`, of all operations.
pub struct Workload {
    pub name: &'static str,
    pub step: u64,
    pub unit: &'static str,
    pub run: Box<dyn Fn(Load) -> Pin<Box<dyn Future<Output = u64> + Send>>>,
}

pub fn workload<F, Fut>(name: &'static str, step: u64, run: F) -> Workload
where
    F: Fn(Load) -> Fut + 'static,
    Fut: Future<Output = u64> + Send + 'static,
{
    Workload { name, step, unit: "ns", run: Box::new(move |load| Box::pin(run(load))) }
}

pub fn ns(since: Instant) -> u64 {
    since.elapsed().as_nanos() as u64
}

/// The compiler must have `value` in memory here, and knows nothing of what it is afterwards. (std's own is newer than
/// Debian's compiler.)
pub fn opaque<T>(mut value: T) -> T {
    unsafe { std::arch::asm!("/* {0} */", in(reg) &mut value, options(nostack, preserves_flags)) };
    value
}

/// Counts down to zero and then wakes who waits.
pub struct Countdown {
    left: AtomicU64,
    done: Notify,
}

impl Countdown {
    pub fn new(from: u64) -> Arc<Countdown> {
        Arc::new(Countdown { left: AtomicU64::new(from), done: Notify::new() })
    }
    pub fn one_less(&self) {
        if self.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.done.notify_one();
        }
    }
    pub fn again(&self, from: u64) {
        self.left.store(from, Ordering::Relaxed);
    }
    pub async fn finished(&self) {
        self.done.notified().await;
    }
}

/// Polls a future once and lets it be. (std's poll_fn is newer than Debian's compiler.)
pub fn poll_once<F: Future>(future: Pin<&mut F>) -> PollOnce<'_, F> {
    PollOnce(future)
}

pub struct PollOnce<'a, F>(Pin<&'a mut F>);

impl<F: Future> Future for PollOnce<'_, F> {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let _ = self.0.as_mut().poll(context);
        Poll::Ready(())
    }
}
