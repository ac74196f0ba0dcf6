// [crab]
use std::future::Future;
use std::time::Duration;
use tokiod::{log, select, sleep, Either, Stop};

async fn run(stop: Stop) {
    for tick in 1..=3 {
        if let Either::First(()) = select(stop.requested(), sleep(Duration::from_millis(20))).await {
            return; // the host stops this instance
        }
        log::info(&format!("tick {tick}"));
    }
    tokiod::finish(7); // the exit code of `tokiod run`
}

fn start(_config: &str, stop: Stop) -> Result<impl Future<Output = ()> + Send, String> {
    Ok(run(stop)) // an error would be the reason why the instance did not start
}

tokiod::plugin!("org.example.crab", "1.0.0", "ticks three times", start);
// [/crab]
