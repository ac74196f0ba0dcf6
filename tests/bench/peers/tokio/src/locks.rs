//! Notify, mutex, rwlock and semaphore: uncontended, and with tasks that wait for each other.
use crate::load::{ns, opaque, workload, Load, Workload};
use std::future::Future;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::{Mutex, Notify, RwLock, Semaphore};
use tokio::task::yield_now;

const RIVALS: u64 = 6;

async fn notify_round_trips(load: Load) -> u64 {
    let there = Arc::new(Notify::new());
    let back = Arc::new(Notify::new());
    let (asked, answer) = (there.clone(), back.clone());
    let other = tokio::spawn(async move {
        for _ in 0..load.count {
            asked.notified().await;
            answer.notify_one();
        }
    });
    let begin = Instant::now();
    for _ in 0..load.count {
        there.notify_one();
        back.notified().await;
    }
    let took = ns(begin);
    other.await.unwrap();
    took
}

async fn mutex_pair(load: Load) -> u64 {
    let value = Mutex::new(0u64);
    let begin = Instant::now();
    for _ in 0..load.count {
        *value.lock().await += 1;
    }
    ns(begin)
}

async fn semaphore_pair(load: Load) -> u64 {
    let seats = Semaphore::new(10);
    let begin = Instant::now();
    for _ in 0..load.count {
        drop(seats.acquire().await.unwrap());
    }
    ns(begin)
}

async fn rwlock_read(load: Load) -> u64 {
    let value = RwLock::new(0u64);
    let begin = Instant::now();
    for _ in 0..load.count {
        opaque(*value.read().await);
    }
    ns(begin)
}

async fn rwlock_write(load: Load) -> u64 {
    let value = RwLock::new(0u64);
    let begin = Instant::now();
    for _ in 0..load.count {
        *value.write().await += 1;
    }
    ns(begin)
}

async fn contended<S, F, Fut>(shared: S, count: u64, each: F) -> u64
where
    S: Send + Sync + 'static,
    F: Fn(Arc<S>, u64) -> Fut,
    Fut: Future<Output = ()> + Send + 'static,
{
    let shared = Arc::new(shared);
    let begin = Instant::now();
    let tasks: Vec<_> = (0..RIVALS).map(|_| tokio::spawn(each(shared.clone(), count / RIVALS))).collect();
    for task in tasks {
        task.await.unwrap();
    }
    ns(begin)
}

async fn lock_often(value: Arc<Mutex<u64>>, times: u64) {
    for _ in 0..times {
        let mut guard = value.lock().await;
        *guard += 1;
        yield_now().await;
    }
}

async fn acquire_often(seats: Arc<Semaphore>, times: u64) {
    for _ in 0..times {
        let permit = seats.acquire().await.unwrap();
        yield_now().await;
        drop(permit);
    }
}

/// Every fourth access writes.
async fn read_and_write(value: Arc<RwLock<u64>>, times: u64) {
    for i in 0..times {
        if i % 4 == 0 {
            let mut guard = value.write().await;
            *guard += 1;
            yield_now().await;
        } else {
            let guard = value.read().await;
            opaque(*guard);
            yield_now().await;
        }
    }
}

pub fn list() -> Vec<Workload> {
    vec![
        workload("notify", 1, notify_round_trips),
        workload("mutex", 1, mutex_pair),
        workload("semaphore", 1, semaphore_pair),
        workload("rwlock_read", 1, rwlock_read),
        workload("rwlock_write", 1, rwlock_write),
        workload("mutex_contended", RIVALS, |load| contended(Mutex::new(0), load.count, lock_often)),
        workload("semaphore_contended", RIVALS, |load| contended(Semaphore::new(2), load.count, acquire_often)),
        workload("rwlock_contended", RIVALS, |load| contended(RwLock::new(0), load.count, read_and_write)),
    ]
}
