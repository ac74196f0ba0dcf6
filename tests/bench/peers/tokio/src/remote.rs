//! Work that comes from a thread that is no worker, and work that goes to one.
use crate::load::{ns, opaque, workload, Countdown, Load, Workload};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{mpsc, Arc};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::task::{block_in_place, spawn_blocking, yield_now};

const MANY: u64 = 10_000;
const FEW: u64 = 100;
const JOBS_AT_ONCE: u64 = 16;

async fn spawn_from_outside(count: u64, at_once: u64) -> u64 {
    let begin = Instant::now();
    let handle = Handle::current();
    for _ in 0..count / at_once {
        let handle = handle.clone();
        let spawned = spawn_blocking(move || (0..at_once).map(|_| handle.spawn(async {})).collect::<Vec<_>>());
        for each in spawned.await.unwrap() {
            each.await.unwrap();
        }
    }
    ns(begin)
}

fn stall() {
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_micros(10) {}
}

struct Busy {
    go_on: AtomicBool,
    left: Arc<Countdown>,
}

impl Busy {
    fn new(tasks: u64) -> Arc<Busy> {
        Arc::new(Busy { go_on: AtomicBool::new(true), left: Countdown::new(tasks) })
    }
    async fn measure(&self, count: u64, at_once: u64) -> u64 {
        let took = spawn_from_outside(count, at_once).await;
        self.go_on.store(false, Relaxed);
        self.left.finished().await;
        took
    }
}

async fn remote_busy1(load: Load) -> u64 {
    let tasks = 2 * load.workers as u64;
    let busy = Busy::new(tasks);
    for _ in 0..tasks {
        let busy = busy.clone();
        tokio::spawn(async move {
            while busy.go_on.load(Relaxed) {
                yield_now().await;
                stall();
            }
            busy.left.one_less();
        });
    }
    busy.measure(load.count, MANY).await
}

fn respawn_busily(busy: Arc<Busy>) {
    if busy.go_on.load(Relaxed) {
        stall();
        tokio::spawn(async move { respawn_busily(busy) });
    } else {
        busy.left.one_less();
    }
}

async fn remote_busy2(load: Load) -> u64 {
    let busy = Busy::new(load.workers as u64);
    for _ in 0..load.workers {
        let busy = busy.clone();
        tokio::spawn(async move { respawn_busily(busy) });
    }
    busy.measure(load.count, FEW).await
}

async fn block_often(jobs: u64) {
    for _ in 0..jobs / JOBS_AT_ONCE {
        let running: Vec<_> = (0..JOBS_AT_ONCE).map(|_| spawn_blocking(|| opaque(()))).collect();
        for each in running {
            each.await.unwrap();
        }
    }
}

async fn blocking(load: Load, producers: u64) -> u64 {
    let begin = Instant::now();
    let tasks: Vec<_> = (0..producers).map(|_| tokio::spawn(block_often(load.count / producers))).collect();
    for each in tasks {
        each.await.unwrap();
    }
    ns(begin)
}

async fn in_place(load: Load) -> u64 {
    let begin = Instant::now();
    for i in 0..load.count {
        opaque(block_in_place(|| i));
    }
    ns(begin)
}

async fn remote_wake(load: Load) -> u64 {
    let there = Arc::new(Notify::new());
    let (answered, back) = mpsc::sync_channel(1);
    let asked = there.clone();
    let other = tokio::spawn(async move {
        for _ in 0..load.count {
            asked.notified().await;
            answered.send(()).unwrap();
        }
    });
    let took = spawn_blocking(move || {
        let begin = Instant::now();
        for _ in 0..load.count {
            there.notify_one();
            back.recv().unwrap();
        }
        ns(begin)
    });
    let took = took.await.unwrap();
    other.await.unwrap();
    took
}

async fn long_polls(load: Load) -> u64 {
    let begin = Instant::now();
    let spin = || async {
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_millis(1) {}
    };
    let tasks: Vec<_> = (0..load.count).map(|_| tokio::spawn(spin())).collect();
    for each in tasks {
        each.await.unwrap();
    }
    ns(begin)
}

pub fn list() -> Vec<Workload> {
    vec![
        workload("spawn_remote_idle", MANY, |load| spawn_from_outside(load.count, MANY)),
        workload("spawn_remote_busy1", MANY, remote_busy1),
        workload("spawn_remote_busy2", FEW, remote_busy2),
        workload("spawn_blocking_1", JOBS_AT_ONCE, |load| blocking(load, 1)),
        workload("spawn_blocking_2", 2 * JOBS_AT_ONCE, |load| blocking(load, 2)),
        workload("spawn_blocking_4", 4 * JOBS_AT_ONCE, |load| blocking(load, 4)),
        workload("block_in_place", 1, in_place),
        workload("remote_wake", 1, remote_wake),
        workload("long_polls", 20, long_polls),
    ]
}
