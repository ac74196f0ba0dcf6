//! Scheduling alone: tasks that start, yield, start others and end.
use crate::load::{ns, workload, Countdown, Load, Workload};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::oneshot;

const BATCH: u64 = 1000;
const YIELDING_TASKS: u64 = 200;
const LEAVES: u64 = 1_000_000;

async fn spawn_detached(load: Load) -> u64 {
    let begin = Instant::now();
    for _ in 0..load.count / BATCH {
        let left = Countdown::new(BATCH);
        for _ in 0..BATCH {
            let left = left.clone();
            tokio::spawn(async move { left.one_less() });
        }
        left.finished().await;
    }
    ns(begin)
}

async fn spawn_join(load: Load) -> u64 {
    let begin = Instant::now();
    for _ in 0..load.count {
        tokio::spawn(async {}).await.unwrap();
    }
    ns(begin)
}

async fn yield_many(load: Load) -> u64 {
    let begin = Instant::now();
    let left = Countdown::new(YIELDING_TASKS);
    for _ in 0..YIELDING_TASKS {
        let left = left.clone();
        tokio::spawn(async move {
            for _ in 0..load.count / YIELDING_TASKS {
                tokio::task::yield_now().await;
            }
            left.one_less();
        });
    }
    left.finished().await;
    ns(begin)
}

fn chain(end: oneshot::Sender<()>, left: u64) {
    if left == 0 {
        end.send(()).unwrap();
    } else {
        tokio::spawn(async move { chain(end, left - 1) });
    }
}

async fn chained_spawn(load: Load) -> u64 {
    let begin = Instant::now();
    for _ in 0..load.count / BATCH {
        let (sender, receiver) = oneshot::channel();
        tokio::spawn(async move { chain(sender, BATCH) });
        receiver.await.unwrap();
    }
    ns(begin)
}

async fn ask(left: Arc<Countdown>) {
    let (there, asked) = oneshot::channel();
    let (reply, back) = oneshot::channel();
    tokio::spawn(async move {
        asked.await.unwrap();
        reply.send(()).unwrap();
    });
    there.send(()).unwrap();
    back.await.unwrap();
    left.one_less();
}

async fn ping_pong(load: Load) -> u64 {
    let begin = Instant::now();
    for _ in 0..load.count / BATCH {
        let left = Countdown::new(BATCH);
        for _ in 0..BATCH {
            tokio::spawn(ask(left.clone()));
        }
        left.finished().await;
    }
    ns(begin)
}

fn skynet_node(number: u64, size: u64) -> Pin<Box<dyn Future<Output = u64> + Send>> {
    Box::pin(async move {
        if size == 1 {
            return number;
        }
        let children: Vec<_> =
            (0..10).map(|i| tokio::spawn(skynet_node(number + i * (size / 10), size / 10))).collect();
        let mut sum = 0;
        for child in children {
            sum += child.await.unwrap();
        }
        sum
    })
}

async fn skynet(load: Load) -> u64 {
    let begin = Instant::now();
    for _ in 0..load.count / LEAVES {
        assert_eq!(skynet_node(0, LEAVES).await, LEAVES * (LEAVES - 1) / 2);
    }
    ns(begin)
}

pub fn list() -> Vec<Workload> {
    vec![
        workload("spawn", BATCH, spawn_detached),
        workload("spawn_join", 1, spawn_join),
        workload("yield", YIELDING_TASKS, yield_many),
        workload("chained_spawn", BATCH, chained_spawn),
        workload("ping_pong", BATCH, ping_pong),
        workload("skynet", LEAVES, skynet),
    ]
}
