//! Memory of tasks that wait: what a million of them add to the resident size of this process.
use crate::load::{workload, Countdown, Load, Workload};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::sleep;

fn resident_bytes() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("/proc/self/statm cannot be read");
    let pages: u64 =
        statm.split(' ').nth(1).and_then(|text| text.parse().ok()).expect("/proc/self/statm has no second word");
    pages * unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as u64
}

async fn grown_since(before: u64, parked: &Countdown) -> u64 {
    parked.finished().await;
    sleep(Duration::from_millis(20)).await;
    resident_bytes().saturating_sub(before)
}

async fn idle_on_notify(load: Load) -> u64 {
    let end = Arc::new(Notify::new());
    let parked = Countdown::new(load.count);
    let left = Countdown::new(load.count);
    let before = resident_bytes();
    for _ in 0..load.count {
        let (end, parked, left) = (end.clone(), parked.clone(), left.clone());
        tokio::spawn(async move {
            parked.one_less();
            end.notified().await;
            left.one_less();
        });
    }
    let grown = grown_since(before, &parked).await;
    end.notify_waiters();
    left.finished().await;
    grown
}

async fn idle_on_sleep(load: Load) -> u64 {
    let parked = Countdown::new(load.count);
    let mut tasks: Vec<_> = (0..load.count).map(|_| None).collect(); // written, hence resident before it counts
    let before = resident_bytes();
    for each in &mut tasks {
        let parked = parked.clone();
        let task = tokio::spawn(async move {
            parked.one_less();
            sleep(Duration::from_secs(600)).await;
        });
        *each = Some(task);
    }
    let grown = grown_since(before, &parked).await;
    for each in tasks.into_iter().flatten() {
        each.abort();
    }
    grown
}

pub fn list() -> Vec<Workload> {
    vec![
        Workload { unit: "B", ..workload("memory_notify", 1, idle_on_notify) },
        Workload { unit: "B", ..workload("memory_sleep", 1, idle_on_sleep) },
    ]
}
