//! TCP. The host makes the system calls; a future here asks, and is woken.
//! Threads: one task for each object at a time, hence `&mut self`.

use crate::abi;
use crate::context::{call, cx_of, error_of, instance, net};
use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::ptr::null_mut;
use std::task::{Context, Poll};

struct Io(*mut abi::tokio_io);
unsafe impl Send for Io {}
unsafe impl Sync for Io {}
impl Io {
    fn raw(&self) -> *mut abi::tokio_io {
        self.0
    }
}
impl Drop for Io {
    fn drop(&mut self) {
        unsafe { call!(net(), close, self.0) }
    }
}

type Make = unsafe extern "C" fn(
    *mut abi::tokio_plugin,
    *const abi::tokio_sock_params,
    *mut *mut abi::tokio_io,
) -> abi::tokio_status;

fn make(how: Option<Make>, params: abi::tokio_sock_params) -> io::Result<Io> {
    let mut made = null_mut();
    let status = unsafe { how.expect("a function of tokio.net/1")(instance(), &params, &mut made) };
    if status < 0 { Err(error_of(status.into())) } else { Ok(Io(made)) }
}

fn stream_params() -> abi::tokio_sock_params {
    let mut params: abi::tokio_sock_params = unsafe { std::mem::zeroed() };
    params.size = std::mem::size_of::<abi::tokio_sock_params>() as u32;
    params.type_ = abi::TOKIO_SOCK_STREAM;
    params
}

fn raw_of(address: SocketAddr) -> abi::tokio_addr {
    let mut raw: abi::tokio_addr = unsafe { std::mem::zeroed() };
    raw.port = address.port();
    match address {
        SocketAddr::V4(v4) => {
            raw.family = abi::TOKIO_AF_INET as u16;
            raw.ip[..4].copy_from_slice(&v4.ip().octets());
        }
        SocketAddr::V6(v6) => {
            raw.family = abi::TOKIO_AF_INET6 as u16;
            raw.ip = v6.ip().octets();
            raw.scope_id = v6.scope_id();
            raw.flowinfo = v6.flowinfo();
        }
    }
    raw
}

fn address_of(raw: &abi::tokio_addr) -> SocketAddr {
    let ip = if u32::from(raw.family) == abi::TOKIO_AF_INET6 {
        IpAddr::V6(Ipv6Addr::from(raw.ip))
    } else {
        IpAddr::V4(Ipv4Addr::new(raw.ip[0], raw.ip[1], raw.ip[2], raw.ip[3]))
    };
    SocketAddr::new(ip, raw.port)
}

/// A call of the host until it is no longer pending.
struct Asked<F>(F);
impl<F: FnMut(*mut abi::tokio_cx) -> abi::tokio_res + Unpin> Future for Asked<F> {
    type Output = io::Result<usize>;
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match (self.0)(cx_of(context)) {
            abi::TOKIO_PENDING_RESULT => Poll::Pending,
            failed if failed < 0 => Poll::Ready(Err(error_of(failed))),
            got => Poll::Ready(Ok(got as usize)),
        }
    }
}

pub struct TcpListener(Io);

impl TcpListener {
    /// Its port can be taken again at once when it is closed.
    pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
        let mut params = stream_params();
        params.flags = abi::TOKIO_SF_REUSEADDR.into();
        params.local = raw_of(address);
        make(unsafe { (*net()).listen }, params).map(TcpListener)
    }
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        let mut local = unsafe { std::mem::zeroed() };
        let status = unsafe { call!(net(), get_addr, self.0.raw(), &mut local, null_mut()) };
        if status < 0 { Err(error_of(status.into())) } else { Ok(address_of(&local)) }
    }
    /// Cancel safe.
    pub async fn accept(&mut self) -> io::Result<(TcpStream, SocketAddr)> {
        let mut peer = unsafe { std::mem::zeroed() };
        let mut accepted = Unowned(null_mut());
        let io = &self.0;
        Asked(|cx| unsafe { call!(net(), poll_accept, io.raw(), cx, accepted.out(), &mut peer) }).await?;
        Ok((TcpStream(Io(accepted.0)), address_of(&peer)))
    }
}

/// Where the host writes what nobody owns yet; a bare pointer would keep the future from moving between threads.
struct Unowned(*mut abi::tokio_io);
unsafe impl Send for Unowned {}
impl Unowned {
    fn out(&mut self) -> *mut *mut abi::tokio_io {
        &mut self.0
    }
}

pub struct TcpStream(Io);

impl TcpStream {
    pub async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
        let mut params = stream_params();
        params.remote = raw_of(address);
        let io = make(unsafe { (*net()).connect }, params)?;
        let begun = &io;
        Asked(|cx| unsafe { call!(net(), poll_connect, begun.raw(), cx) }).await?;
        Ok(TcpStream(io))
    }
    /// How many bytes there were; 0 is the end. Cancel safe.
    pub async fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let io = &self.0;
        Asked(|cx| unsafe { call!(net(), poll_read, io.raw(), cx, into.as_mut_ptr().cast(), into.len() as _) }).await
    }
    /// How many bytes were taken. Cancel safe.
    pub async fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        let io = &self.0;
        Asked(|cx| unsafe { call!(net(), poll_write, io.raw(), cx, from.as_ptr().cast(), from.len() as _) }).await
    }
    /// Not cancel safe: nobody knows how much was written.
    pub async fn write_all(&mut self, mut from: &[u8]) -> io::Result<()> {
        while !from.is_empty() {
            let written = self.write(from).await?;
            if written == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            from = &from[written..];
        }
        Ok(())
    }
    /// Ends what we send; the peer may go on.
    pub async fn shutdown(&mut self) -> io::Result<()> {
        let io = &self.0;
        Asked(|cx| unsafe { call!(net(), poll_shutdown, io.raw(), cx, abi::TOKIO_SHUT_WR) }).await.map(|_| ())
    }
}
