//! What the layer for Rust promises, checked from inside; the daemon's log has a line for each check.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};
use tokiod::{log, select, sleep, spawn, timeout, Either, Elapsed, JoinError, Stop, TcpListener, TcpStream};

fn check(what: &str, holds: bool) {
    if holds { log::info(&format!("holds: {what}")) } else { log::error(&format!("FAILS: {what}")) }
}

/// Counts how many are alive.
struct Counted(Arc<AtomicUsize>);
impl Counted {
    fn new(of: &Arc<AtomicUsize>) -> Counted {
        of.fetch_add(1, SeqCst);
        Counted(of.clone())
    }
}
impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

struct Yield(bool);
impl Future for Yield {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(());
        }
        let kept = context.waker().clone(); // outlives the poll, as a channel's would
        kept.clone().wake();
        Poll::Pending
    }
}

async fn tasks() {
    let alive = Arc::new(AtomicUsize::new(0));
    let held = Counted::new(&alive);
    let output = spawn!("output", async move {
        let _held = held;
        for _ in 0..100 {
            Yield(false).await;
        }
        vec![1, 2, 3]
    });
    check("a handle gives the output", output.await == Ok(vec![1, 2, 3]));
    check("the future was dropped", alive.load(SeqCst) == 0);

    let held = Counted::new(&alive);
    let aborted = spawn!("aborted", async move {
        let _held = held;
        std::future::pending::<()>().await
    });
    aborted.abort();
    check("an aborted task is cancelled", aborted.await == Err(JoinError::Cancelled));
    check("and dropped", alive.load(SeqCst) == 0);

    let held = Counted::new(&alive);
    let panicked = spawn!("panicked", async move {
        let _held = held;
        Yield(false).await;
        panic!("on purpose, {}", 7);
    });
    check("a panic is the outcome", panicked.await == Err(JoinError::Panicked("on purpose, 7".into())));
    check("and its future is gone", alive.load(SeqCst) == 0);

    drop(spawn!("detached", {
        let held = Counted::new(&alive);
        async move { drop(held) }
    }));
    while alive.load(SeqCst) != 0 {
        Yield(false).await;
    }
    check("a task without a handle runs", true);

    let handles: Vec<_> = (0..1000usize).map(|i| spawn!("many", async move { Yield(false).await; i })).collect();
    let mut sum = 0;
    for handle in handles {
        sum += handle.await.unwrap_or(0);
    }
    check("a thousand tasks give what they gave", sum == 499_500);
}

async fn time() {
    let before = Instant::now();
    sleep(Duration::from_millis(20)).await;
    check("a sleep is never early", before.elapsed() >= Duration::from_millis(20));
    check("a timeout ends what takes too long", timeout(Duration::from_millis(1), std::future::pending::<()>()).await == Err(Elapsed));
    check("and gives what is in time", timeout(Duration::from_secs(100), async { 5 }).await == Ok(5));
}

async fn net() -> std::io::Result<()> {
    let mut listener = TcpListener::bind("[::1]:0".parse().unwrap()).or_else(|_| TcpListener::bind("127.0.0.1:0".parse().unwrap()))?;
    let address = listener.local_addr()?;
    let server = spawn!("server", async move {
        let (mut client, _) = listener.accept().await?;
        let (mut all, mut buffer) = (Vec::new(), [0; 4096]);
        loop {
            match client.read(&mut buffer).await? {
                0 => break,
                n => all.extend_from_slice(&buffer[..n]),
            }
        }
        client.write_all(&all).await?;
        Ok::<usize, std::io::Error>(all.len())
    });
    let sent: Vec<u8> = (0..1_000_000u32).map(|i| i as u8).collect();
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(&sent).await?;
    stream.shutdown().await?;
    let (mut got, mut buffer) = (Vec::new(), vec![0; 65536]);
    loop {
        match stream.read(&mut buffer).await? {
            0 => break,
            n => got.extend_from_slice(&buffer[..n]),
        }
    }
    check("a megabyte there and back", got == sent && matches!(server.await, Ok(Ok(1_000_000))));
    check("nobody listens there any more", TcpStream::connect(address).await.is_err());
    Ok(())
}

struct Foreign;
impl Wake for Foreign {
    fn wake(self: Arc<Self>) {}
}

async fn misuse() {
    let outcome = spawn!("misuse", async {
        let foreign = Waker::from(Arc::new(Foreign));
        let _ = Pin::new(&mut sleep(Duration::from_secs(1))).poll(&mut Context::from_waker(&foreign));
    });
    let says = matches!(outcome.await, Err(JoinError::Panicked(text)) if text.contains("a waker that is not its task's"));
    check("a waker of somebody else is refused", says);
}

async fn all(stop: Stop) {
    tasks().await;
    time().await;
    if let Err(error) = net().await {
        check(&format!("net: {error}"), false);
    }
    misuse().await;
    let heard: Vec<_> = (0..3)
        .map(|_| {
            let stop = stop.clone();
            spawn!("waits for the end", async move { stop.requested().await })
        })
        .collect();
    let first = select(stop.requested(), sleep(Duration::from_millis(1))).await;
    check("no end was asked for yet", matches!(first, Either::Second(())) && !stop.is_requested());
    log::info("checked itself");
    for handle in heard {
        let _ = handle.await;
    }
    check("all heard the end", stop.is_requested());
}

fn start(config: &str, stop: Stop) -> Result<impl Future<Output = ()> + Send, String> {
    assert!(!config.contains("panic"), "asked to panic");
    Ok(all(stop))
}

tokiod::plugin!("dev.tokiod.test.checks-itself", "0.1.0", "checks the layer for Rust", start);
