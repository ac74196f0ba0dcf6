//! Timers: armed and dropped, timeouts that do not fire, a million at once, and how late a tick is.
use crate::load::{ns, opaque, poll_once, workload, Load, Workload};
use std::pin::Pin;
use std::time::{Duration, Instant};
use tokio::time::{interval_at, sleep, sleep_until, timeout, Sleep};

const OUTSTANDING: u64 = 1_000_000;

async fn insert_and_cancel(load: Load) -> u64 {
    let begin = Instant::now();
    for _ in 0..load.count {
        let sleeping = sleep(Duration::from_secs(10));
        tokio::pin!(sleeping);
        poll_once(sleeping).await;
    }
    ns(begin)
}

async fn create_and_drop(load: Load) -> u64 {
    let begin = Instant::now();
    for _ in 0..load.count {
        let _ = opaque(sleep(Duration::from_secs(10)));
    }
    ns(begin)
}

async fn timeout_ready(load: Load) -> u64 {
    let begin = Instant::now();
    for i in 0..load.count {
        opaque(timeout(Duration::from_secs(1), async { opaque(i) }).await.unwrap());
    }
    ns(begin)
}

async fn timeout_pending(load: Load) -> u64 {
    let begin = Instant::now();
    for _ in 0..load.count {
        timeout(Duration::from_secs(1), tokio::task::yield_now()).await.unwrap();
    }
    ns(begin)
}

async fn among_a_million(load: Load) -> u64 {
    let base = tokio::time::Instant::now() + Duration::from_secs(60);
    let mut others: Vec<Pin<Box<Sleep>>> = Vec::with_capacity(OUTSTANDING as usize);
    for i in 0..OUTSTANDING {
        let mut each = Box::pin(sleep_until(base + Duration::from_micros(i * 7919 % 60_000_000)));
        poll_once(each.as_mut()).await;
        others.push(each);
    }
    insert_and_cancel(load).await
}

async fn tick_lateness(load: Load) -> u64 {
    let period = Duration::from_millis(1);
    let mut ticks = interval_at(tokio::time::Instant::now() + period, period);
    let mut late = 0;
    for _ in 0..load.count {
        late += ticks.tick().await.elapsed().as_nanos() as u64;
    }
    late
}

pub fn list() -> Vec<Workload> {
    vec![
        workload("timer", 1, insert_and_cancel),
        workload("timer_create_drop", 1, create_and_drop),
        workload("timeout_ready", 1, timeout_ready),
        workload("timeout_pending", 1, timeout_pending),
        workload("sleeps_outstanding", 100_000, among_a_million),
        Workload { unit: "ns late", ..workload("interval", 1, tick_lateness) },
    ]
}
