//! Tokio as a peer of tests/bench: the shapes of plugins/bench under the same names, each as one spawned task of a
//! multi-thread runtime. usage: tokio_peer WORKERS; then one request a line, one JSON object a line back:
//! `list`; `run NAME COUNT`; `serve` (a TCP echo server that stays).
mod channels;
mod fan_out;
mod load;
mod locks;
mod memory;
mod network;
mod remote;
mod spawn;
mod timers;

use load::{Load, Workload};
use std::io::BufRead;
use tokio::runtime::{Builder, Runtime};

fn workloads() -> Vec<Workload> {
    let mut all = spawn::list();
    all.extend(remote::list());
    all.extend(channels::list());
    all.extend(fan_out::list());
    all.extend(locks::list());
    all.extend(timers::list());
    all.extend(memory::list());
    all.extend(network::list());
    all
}

fn names() -> String {
    let quoted: Vec<String> = workloads().iter().map(|each| format!("\"{}\"", each.name)).collect();
    format!("{{\"workloads\":[{}]}}", quoted.join(","))
}

fn run(runtime: &Runtime, workers: usize, name: &str, asked: u64) -> String {
    let all = workloads();
    let found = match all.iter().find(|each| each.name == name) {
        Some(found) => found,
        None => return format!("{{\"error\":\"there is no workload {name}\"}}"),
    };
    let count = ((asked + found.step - 1) / found.step).max(1) * found.step;
    let work = (found.run)(Load { count, workers });
    let total = runtime.block_on(async move { tokio::spawn(work).await.unwrap() });
    format!(
        "{{\"workload\":\"{name}\",\"operations\":{count},\"total\":{total},\"unit\":\"{}\",\"per_op\":{:.3}}}",
        found.unit,
        total as f64 / count as f64
    )
}

fn answer(runtime: &Runtime, workers: usize, line: &str) -> String {
    let words: Vec<&str> = line.split_whitespace().collect();
    match words[..] {
        ["list"] => names(),
        ["run", name, count] => match count.parse() {
            Ok(count) => run(runtime, workers, name, count),
            Err(_) => format!("{{\"error\":\"run takes a count, got {count}\"}}"),
        },
        ["serve"] => format!("{{\"port\":{}}}", network::serve(runtime)),
        _ => "{\"error\":\"expected list, run NAME COUNT or serve\"}".to_string(),
    }
}

fn main() {
    let workers: usize = std::env::args().nth(1).and_then(|text| text.parse().ok()).expect("usage: tokio_peer WORKERS");
    let runtime = Builder::new_multi_thread().worker_threads(workers).enable_all().build().expect("no runtime");
    for line in std::io::stdin().lock().lines() {
        println!("{}", answer(&runtime, workers, &line.expect("standard input cannot be read")));
    }
    runtime.shutdown_background();
}
