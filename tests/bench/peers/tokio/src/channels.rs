//! Channels with one receiver: oneshot and mpsc, alone and with several senders.
use crate::load::{ns, opaque, workload, Load, Workload};
use std::time::Instant;
use tokio::sync::{mpsc, oneshot};

const BATCH: u64 = 1000;
const PRODUCERS: u64 = 5;

async fn oneshot_ready(load: Load) -> u64 {
    let begin = Instant::now();
    for i in 0..load.count {
        let (sender, receiver) = oneshot::channel();
        sender.send(i).unwrap();
        opaque(receiver.await.unwrap());
    }
    ns(begin)
}

async fn mpsc_unbounded(load: Load) -> u64 {
    let begin = Instant::now();
    let (sender, mut receiver) = mpsc::unbounded_channel();
    for _ in 0..load.count / BATCH {
        for i in 0..BATCH {
            sender.send(i).unwrap();
        }
        for _ in 0..BATCH {
            opaque(receiver.recv().await);
        }
    }
    ns(begin)
}

async fn mpsc_bounded(load: Load) -> u64 {
    let begin = Instant::now();
    let (sender, mut receiver) = mpsc::channel(BATCH as usize);
    for _ in 0..load.count / BATCH {
        for i in 0..BATCH {
            sender.send(i).await.unwrap();
        }
        for _ in 0..BATCH {
            opaque(receiver.recv().await);
        }
    }
    ns(begin)
}

async fn contended_bounded(count: u64, capacity: usize, producers: u64) -> u64 {
    let (sender, mut receiver) = mpsc::channel(capacity);
    let begin = Instant::now();
    for _ in 0..producers {
        let sender = sender.clone();
        tokio::spawn(async move {
            for i in 0..count / producers {
                sender.send(i).await.unwrap();
            }
        });
    }
    for _ in 0..count {
        opaque(receiver.recv().await);
    }
    ns(begin)
}

async fn contended_unbounded(load: Load) -> u64 {
    let (sender, mut receiver) = mpsc::unbounded_channel();
    let begin = Instant::now();
    for _ in 0..PRODUCERS {
        let sender = sender.clone();
        tokio::spawn(async move {
            for i in 0..load.count / PRODUCERS {
                sender.send(i).unwrap();
            }
        });
    }
    for _ in 0..load.count {
        opaque(receiver.recv().await);
    }
    ns(begin)
}

async fn request_response(load: Load) -> u64 {
    let (sender, mut receiver) = mpsc::channel::<oneshot::Sender<i32>>(10);
    tokio::spawn(async move {
        while let Some(reply) = receiver.recv().await {
            reply.send(1).unwrap();
        }
    });
    let begin = Instant::now();
    for _ in 0..load.count {
        let (reply, answer) = oneshot::channel();
        sender.send(reply).await.unwrap();
        opaque(answer.await.unwrap());
    }
    ns(begin)
}

pub fn list() -> Vec<Workload> {
    vec![
        workload("oneshot", 1, oneshot_ready),
        workload("mpsc", BATCH, mpsc_unbounded),
        workload("mpsc_bounded", BATCH, mpsc_bounded),
        workload("mpsc_contended", PRODUCERS * BATCH, |load| contended_bounded(load.count, 1_000_000, PRODUCERS)),
        workload("mpsc_contended_full", PRODUCERS * BATCH, |load| contended_bounded(load.count, 100, PRODUCERS)),
        workload("mpsc_unbounded_contended", PRODUCERS * BATCH, contended_unbounded),
        workload("mpsc_stream", BATCH, |load| contended_bounded(load.count, 128, 1)),
        workload("request_response", 1, request_response),
    ]
}
