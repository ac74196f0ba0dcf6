//! How a plugin hears that it is to stop: `stop.requested().await`, in any number of tasks.
//! Invariant: a waiter that is in the list was pending; once it is requested the list is empty and stays so.
//! Threads: [any].

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

#[derive(Default)]
struct Shared {
    requested: bool,
    next: u64,
    waiters: Vec<(u64, Waker)>,
}

#[derive(Clone, Default)]
pub struct Stop(Arc<Mutex<Shared>>);

impl Stop {
    /// Ready once the plugin is to stop. Cancel safe.
    pub fn requested(&self) -> Requested {
        Requested { of: self.clone(), id: None }
    }
    pub fn is_requested(&self) -> bool {
        self.lock().requested
    }
    pub(crate) fn request(&self) {
        let waiters = {
            let mut shared = self.lock();
            shared.requested = true;
            std::mem::take(&mut shared.waiters)
        };
        waiters.into_iter().for_each(|(_, waker)| waker.wake());
    }
    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

pub struct Requested {
    of: Stop,
    id: Option<u64>,
}
impl Future for Requested {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let of = self.of.clone();
        let mut shared = of.lock();
        if shared.requested {
            return Poll::Ready(());
        }
        let id = *self.id.get_or_insert_with(|| {
            shared.next += 1;
            shared.next
        });
        match shared.waiters.iter_mut().find(|waiter| waiter.0 == id) {
            Some(waiter) => waiter.1 = context.waker().clone(),
            None => shared.waiters.push((id, context.waker().clone())),
        }
        Poll::Pending
    }
}
impl Drop for Requested {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            self.of.lock().waiters.retain(|waiter| waiter.0 != id);
        }
    }
}
