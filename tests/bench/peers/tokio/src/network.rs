//! TCP: an echo between two tasks of this runtime, and the server that is loaded from outside.
use crate::load::{ns, workload, Load, Workload};
use std::time::Instant;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

async fn give_back(mut stream: TcpStream) {
    let _ = stream.set_nodelay(true);
    let mut bytes = vec![0u8; 16 * 1024];
    while let Ok(got) = stream.read(&mut bytes).await {
        if got == 0 || stream.write_all(&bytes[..got]).await.is_err() {
            return;
        }
    }
}

async fn accept_all(listener: TcpListener) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(give_back(stream));
    }
}

async fn echo(load: Load) -> u64 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let server = tokio::spawn(accept_all(listener));
    let mut stream = TcpStream::connect(at).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut bytes = [0u8; 64];
    let begin = Instant::now();
    for _ in 0..load.count {
        stream.write_all(&bytes).await.unwrap();
        stream.read_exact(&mut bytes).await.unwrap();
    }
    let took = ns(begin);
    server.abort();
    took
}

/// Starts the server and gives its port.
pub fn serve(runtime: &Runtime) -> u16 {
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("no port");
    let port = listener.local_addr().unwrap().port();
    runtime.spawn(accept_all(listener));
    port
}

pub fn list() -> Vec<Workload> {
    vec![workload("echo", 1, echo)]
}
