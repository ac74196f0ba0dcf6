//! Tasks. `spawn!("name", future)` starts one; its handle may be awaited, aborted or dropped, which detaches.
//! Invariant: the body is a future until that has ended, then its output until somebody took it.
//! Threads: a body is polled by one worker at a time, and dropped by any; so futures and outputs are `Send`.

use crate::abi;
use crate::context::{call, cx_of, guarded, host, instance, str_of, Scope};
use crate::waker;
use std::ffi::c_void;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::ptr::null_mut;
use std::task::{Context, Poll};

/// What a task is called in lists and logs, and where it was spawned; `spawn!` makes one.
pub trait TaskName {
    const NAME: &'static str;
    const FILE: &'static str;
    const LINE: u32;
}

/// Starts a task: `spawn!("echo connection", serve(stream))`.
#[macro_export]
macro_rules! spawn {
    ($name:literal, $future:expr) => {{
        struct Name;
        impl $crate::TaskName for Name {
            const NAME: &'static str = $name;
            const FILE: &'static str = file!();
            const LINE: u32 = line!();
        }
        $crate::spawn_as::<Name, _>($future)
    }};
}

/// Why a task has no output.
#[derive(Debug, PartialEq, Eq)]
pub enum JoinError {
    Cancelled,
    Panicked(String),
    /// The host did not take the task: the status, for example of a quota.
    Refused(i32),
}

enum State<F: Future> {
    Runs(F),
    Ended(F::Output),
    Empty,
}
struct Body<F: Future> {
    instance: *mut abi::tokio_plugin,
    state: State<F>,
}

struct Kind<N, F>(PhantomData<(N, F)>);
impl<N: TaskName, F: Future> Kind<N, F> {
    const TABLE: abi::tokio_task_vt = abi::tokio_task_vt {
        size: std::mem::size_of::<abi::tokio_task_vt>() as u32,
        flags: 0,
        poll: Some(poll::<F>),
        destroy: Some(destroy::<F>),
        name: abi::tokio_str { ptr: N::NAME.as_ptr().cast(), len: N::NAME.len() },
        file: abi::tokio_str { ptr: N::FILE.as_ptr().cast(), len: N::FILE.len() },
        line: N::LINE,
        reserved: 0,
        spawned_at: None,
        walk: None,
    };
}

unsafe extern "C" fn poll<F: Future>(raw: *mut c_void, cx: *mut abi::tokio_cx) -> abi::tokio_poll {
    let body = &mut *raw.cast::<Body<F>>();
    let waker = waker::of_poll(&(*cx).waker);
    let _scope = Scope::of_poll(cx, &waker);
    let polled = guarded(body.instance, || {
        let State::Runs(future) = &mut body.state else { unreachable!("a task was polled after its end") };
        let polled = Pin::new_unchecked(future).poll(&mut Context::from_waker(&waker));
        let Poll::Ready(output) = polled else { return abi::TOKIO_POLL_PENDING };
        drop(std::mem::replace(&mut body.state, State::Empty)); // the future, whose drop may panic
        body.state = State::Ended(output);
        abi::TOKIO_POLL_READY
    });
    let Some(polled) = polled else {
        clear(body);
        return abi::TOKIO_POLL_PANIC as abi::tokio_poll;
    };
    polled as abi::tokio_poll
}
/// Drops what is left. A value whose drop panics is not dropped again.
fn clear<F: Future>(body: &mut Body<F>) {
    let left = std::mem::replace(&mut body.state, State::Empty);
    guarded(body.instance, || drop(left));
}
unsafe extern "C" fn destroy<F: Future>(raw: *mut c_void) {
    let body = &mut *raw.cast::<Body<F>>();
    let _scope = Scope::of(body.instance);
    clear(body);
}
unsafe fn take<F: Future>(raw: *mut c_void) -> Option<F::Output> {
    let body = &mut *raw.cast::<Body<F>>();
    match std::mem::replace(&mut body.state, State::Empty) {
        State::Ended(output) => Some(output),
        _ => None,
    }
}

/// Owns a task's outcome. Dropping it detaches the task.
pub struct JoinHandle<T> {
    task: Result<abi::tokio_waker, i32>,
    take: unsafe fn(*mut c_void) -> Option<T>,
}
// It names a task; only its holder takes the output.
unsafe impl<T: Send> Send for JoinHandle<T> {}
unsafe impl<T: Send> Sync for JoinHandle<T> {}

/// What `spawn!` calls. Panics outside of an instance.
pub fn spawn_as<N: TaskName, F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    JoinHandle { task: unsafe { start::<N, F>(future) }, take: take::<F> }
}

unsafe fn start<N: TaskName, F: Future>(future: F) -> Result<abi::tokio_waker, i32> {
    let mut task = null_mut();
    let instance = instance();
    let (bytes, align) = (std::mem::size_of::<Body<F>>(), std::mem::align_of::<Body<F>>());
    let status = call!(host(), task_alloc, instance, bytes as _, align as _, &mut task);
    if status != 0 {
        return Err(status);
    }
    body_of(task).cast::<Body<F>>().write(Body { instance, state: State::Runs(future) });
    let mut key = abi::tokio_waker { task: null_mut(), generation: 0 };
    let table: &'static abi::tokio_task_vt = &Kind::<N, F>::TABLE;
    let status = call!(host(), task_spawn, task, table, abi::TOKIO_SPAWN_JOIN, &mut key);
    if status == 0 { Ok(key) } else { Err(status) } // refused: the host has destroyed the body
}

unsafe fn body_of(task: *mut abi::tokio_task) -> *mut c_void {
    task.cast::<u8>().add((*host()).task_body_offset as usize).cast()
}

impl<T> JoinHandle<T> {
    /// Takes effect at the next edge of a poll.
    pub fn abort(&self) {
        if let Ok(task) = self.task {
            unsafe { call!(host(), task_abort, task) }
        }
    }
    pub fn is_finished(&self) -> bool {
        self.task.map_or(true, |task| unsafe { call!(host(), task_is_finished, task) != 0 })
    }
    unsafe fn outcome(&self, task: abi::tokio_waker, ended: &abi::tokio_join) -> Result<T, JoinError> {
        match ended.outcome {
            abi::TOKIO_JOIN_COMPLETED => Ok((self.take)(body_of(task.task)).expect("polled after it was ready")),
            abi::TOKIO_JOIN_CANCELLED => Err(JoinError::Cancelled),
            _ => Err(JoinError::Panicked(text_of(ended.message))),
        }
    }
}

unsafe fn text_of(text: abi::tokio_str) -> String {
    if text.ptr.is_null() {
        return String::new();
    }
    String::from_utf8_lossy(std::slice::from_raw_parts(text.ptr.cast(), text.len as usize)).into_owned()
}

/// Cancel safe. Ready once.
impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let task = match self.task {
            Ok(task) => task,
            Err(status) => return Poll::Ready(Err(JoinError::Refused(status))),
        };
        let mut ended = abi::tokio_join {
            size: std::mem::size_of::<abi::tokio_join>() as u32,
            outcome: 0,
            message: str_of(""),
        };
        unsafe {
            let got = call!(host(), task_poll_join, task, cx_of(context), &mut ended);
            if got == abi::TOKIO_PENDING_RESULT {
                return Poll::Pending;
            }
            Poll::Ready(if got == 0 { self.outcome(task, &ended) } else { Err(JoinError::Refused(got as i32)) })
        }
    }
}
impl<T> Drop for JoinHandle<T> {
    fn drop(&mut self) {
        if let Ok(task) = self.task {
            unsafe { call!(host(), task_release_join, task) }
        }
    }
}
