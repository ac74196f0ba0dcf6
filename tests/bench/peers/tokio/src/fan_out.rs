//! One event, many receivers. An operation is one receiver that has seen one event.
use crate::load::{ns, opaque, poll_once, workload, Countdown, Load, Workload};
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

/// Two calls in turn: in Tokio before 1.26, who stands in line again is woken by the call that is still going on.
type CallsInTurn = [Notify; 2];

async fn hear_all_calls(calls: Arc<CallsInTurn>, heard: Arc<Countdown>, times: u64) {
    let next = calls[0].notified();
    tokio::pin!(next);
    poll_once(next.as_mut()).await;
    heard.one_less();
    for i in 1..=times {
        next.as_mut().await;
        next.set(calls[(i % 2) as usize].notified());
        poll_once(next.as_mut()).await;
        heard.one_less();
    }
}

async fn notify_waiters(load: Load) -> u64 {
    let calls = Arc::new(CallsInTurn::default());
    let heard = Countdown::new(WAITERS);
    for _ in 0..WAITERS {
        tokio::spawn(hear_all_calls(calls.clone(), heard.clone(), load.count / WAITERS));
    }
    heard.finished().await;
    let begin = Instant::now();
    for i in 0..load.count / WAITERS {
        heard.again(WAITERS);
        calls[(i % 2) as usize].notify_waiters();
        heard.finished().await;
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
