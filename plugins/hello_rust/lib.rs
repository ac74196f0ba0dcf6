//! Echo in Rust: gives back every byte it is sent.
//!   {"port": 7010}
//! Threads: each connection is a task of its own.

use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokiod::{log, select, sleep, spawn, Either, Stop, TcpListener, TcpStream};

async fn serve(mut client: TcpStream, stop: Stop) {
    let mut buffer = [0; 1024];
    while let Either::Second(Ok(received)) = select(stop.requested(), client.read(&mut buffer)).await {
        if received == 0 || client.write_all(&buffer[..received]).await.is_err() {
            return;
        }
    }
}

async fn accept(mut listener: TcpListener, stop: Stop) {
    while let Either::Second(accepted) = select(stop.requested(), listener.accept()).await {
        match accepted {
            Ok((client, _)) => drop(spawn!("echo connection", serve(client, stop.clone()))),
            Err(error) => {
                log::warn(&format!("cannot accept, waiting: {error}"));
                sleep(Duration::from_millis(50)).await; // else it would spin until a connection ends
            }
        }
    }
}

/// One key, read by hand; a plugin with more of them takes a JSON library.
fn port_of(config: &str) -> Result<u16, String> {
    let text: String = config.chars().filter(|c| !c.is_whitespace()).collect();
    if text.is_empty() || text == "{}" {
        return Ok(7010);
    }
    let number = text.strip_prefix("{\"port\":").and_then(|rest| rest.strip_suffix('}'));
    number
        .and_then(|digits| digits.parse().ok())
        .ok_or_else(|| format!("the configuration must be {{\"port\": 0..65535}}, got {config}"))
}

fn start(config: &str, stop: Stop) -> Result<impl Future<Output = ()> + Send, String> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port_of(config)?));
    let listener = TcpListener::bind(address).map_err(|error| format!("cannot listen on {address}: {error}"))?;
    log::info(&format!("listening on {}", listener.local_addr().map_err(|error| error.to_string())?));
    Ok(accept(listener, stop))
}

tokiod::plugin!("dev.tokiod.hello-rust", "0.1.0", "gives back every byte it is sent, in Rust", start);
