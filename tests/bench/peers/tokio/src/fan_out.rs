//! One event, many receivers. An operation is one receiver that has seen one event.
use crate::load::{ns, opaque, workload, Countdown, Load, Workload};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::{broadcast, watch, Notify};

const WAITERS: u64 = 100;

async fn broadcast_to(load: Load, receivers: u64) -> u64 {
    let (sender, _) = broadcast::channel(1000);
    let heard = Countdown::new(receivers);
    for _ in 0..receivers {
        let (mut from, heard) = (sender.subscribe(), heard.clone());
        tokio::spawn(async move {
            while from.recv().await.is_ok() {
                heard.one_less();
            }
        });
    }
    let begin = Instant::now();
    for i in 0..load.count / receivers {
        heard.again(receivers);
        sender.send(i).unwrap();
        heard.finished().await;
    }
    ns(begin)
}

async fn watch_by(load: Load, receivers: u64) -> u64 {
    let (sender, first) = watch::channel(0);
    let heard = Countdown::new(receivers);
    for _ in 0..receivers {
        let (mut from, heard) = (first.clone(), heard.clone());
        tokio::spawn(async move {
            while from.changed().await.is_ok() {
                opaque(*from.borrow());
                heard.one_less();
            }
        });
    }
    let begin = Instant::now();
    for i in 0..load.count / receivers {
        heard.again(receivers);
        sender.send(i).unwrap();
        heard.finished().await;
    }
    ns(begin)
}

async fn notify_waiters(load: Load) -> u64 {
    let calls = Arc::new(Notify::new());
    let ready = Countdown::new(WAITERS);
    for _ in 0..WAITERS {
        let (calls, ready) = (calls.clone(), ready.clone());
        tokio::spawn(async move {
            let next = calls.notified();
            tokio::pin!(next);
            crate::load::poll_once(next.as_mut()).await;
            ready.one_less();
            for _ in 0..load.count / WAITERS {
                next.as_mut().await;
                next.set(calls.notified());
                crate::load::poll_once(next.as_mut()).await;
                ready.one_less();
            }
        });
    }
    ready.finished().await;
    let begin = Instant::now();
    for _ in 0..load.count / WAITERS {
        ready.again(WAITERS);
        calls.notify_waiters();
        ready.finished().await;
    }
    ns(begin)
}

pub fn list() -> Vec<Workload> {
    vec![
        workload("broadcast_10", 10, |load| broadcast_to(load, 10)),
        workload("broadcast_1000", 1000, |load| broadcast_to(load, 1000)),
        workload("watch_10", 10, |load| watch_by(load, 10)),
        workload("watch_1000", 1000, |load| watch_by(load, 1000)),
        workload("notify_waiters", WAITERS, notify_waiters),
    ]
}
