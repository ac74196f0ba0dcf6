//! Where a call of the host finds us: its tables, and on each thread the instance and the poll that run.
//! Invariant: `HOST` and the tables are written in init, before any task is there, and are the same for all instances.
//! Threads: the cells are the thread's own.

use crate::abi;
use std::any::Any;
use std::cell::Cell;
use std::ffi::c_void;
use std::io::{self, Write};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicPtr, Ordering::Relaxed};
use std::sync::Once;
use std::task::{Context, Waker};

static HOST: AtomicPtr<abi::tokio_host> = AtomicPtr::new(null_mut());
static NET: AtomicPtr<abi::tokio_net_ext> = AtomicPtr::new(null_mut());
static TIME: AtomicPtr<abi::tokio_time_ext> = AtomicPtr::new(null_mut());
static LOG: AtomicPtr<abi::tokio_log_ext> = AtomicPtr::new(null_mut());

/// "file:line" and its length; of one that is too long the end is cut off.
type Place = ([u8; 192], usize);

// Nothing here has a destructor: a thread of the host keeps nothing of our image alive.
thread_local! {
    static INSTANCE: Cell<*mut abi::tokio_plugin> = const { Cell::new(null_mut()) };
    static PANICKED_AT: Cell<Place> = const { Cell::new(([0; 192], 0)) };
    static POLL: Cell<(*mut abi::tokio_cx, *const Waker)> = const { Cell::new((null_mut(), null())) };
}

/// Calls a function of a table that this host is known to have.
macro_rules! call {
    ($table:expr, $function:ident $(, $argument:expr)*) => {
        ((*$table).$function.expect(stringify!($function)))($($argument),*)
    };
}
pub(crate) use call;

/// Called in init. The text says what is missing.
pub(crate) unsafe fn connect(instance: *mut abi::tokio_plugin, host: *const abi::tokio_host) -> Result<(), String> {
    let table = |id: &[u8]| -> *mut c_void { call!(host, get_ext, instance, id.as_ptr().cast()) as *mut c_void };
    HOST.store(host as *mut _, Relaxed);
    note_places_of_panics();
    NET.store(table(abi::TOKIO_EXT_NET).cast(), Relaxed);
    TIME.store(table(abi::TOKIO_EXT_TIME).cast(), Relaxed);
    LOG.store(table(abi::TOKIO_EXT_LOG).cast(), Relaxed);
    for (there, name) in [(!net().is_null(), "tokio.net/1"), (!time().is_null(), "tokio.time/1")] {
        if !there {
            return Err(format!("this host does not offer {name}"));
        }
    }
    Ok(())
}

pub(crate) fn host() -> *const abi::tokio_host {
    HOST.load(Relaxed)
}
pub(crate) fn net() -> *const abi::tokio_net_ext {
    NET.load(Relaxed)
}
pub(crate) fn time() -> *const abi::tokio_time_ext {
    TIME.load(Relaxed)
}
pub(crate) fn log() -> *const abi::tokio_log_ext {
    LOG.load(Relaxed)
}

/// While it lives the thread works for an instance.
pub(crate) struct Scope {
    instance: *mut abi::tokio_plugin,
    poll: (*mut abi::tokio_cx, *const Waker),
}
impl Scope {
    pub(crate) fn of(instance: *mut abi::tokio_plugin) -> Scope {
        Scope { instance: INSTANCE.with(|i| i.replace(instance)), poll: POLL.with(|p| p.replace((null_mut(), null()))) }
    }
    /// A poll of the task of this waker, which outlives the scope.
    pub(crate) fn of_poll(cx: *mut abi::tokio_cx, waker: &Waker) -> Scope {
        let scope = Scope::of(unsafe { (*cx).plugin });
        POLL.with(|p| p.set((cx, waker)));
        scope
    }
}
impl Drop for Scope {
    fn drop(&mut self) {
        INSTANCE.with(|i| i.set(self.instance));
        POLL.with(|p| p.set(self.poll));
    }
}

/// Panics outside of an instance: in a thread of the plugin's own.
pub(crate) fn instance() -> *mut abi::tokio_plugin {
    let here = INSTANCE.with(Cell::get);
    assert!(!here.is_null(), "there is no runtime here: this needs a task, or the plugin's start");
    here
}

pub(crate) fn cx_or_null() -> *mut abi::tokio_cx {
    POLL.with(Cell::get).0
}

/// The poll that runs. Panics when there is none, or when somebody else's waker would have to be told.
pub(crate) fn cx_of(context: &Context<'_>) -> *mut abi::tokio_cx {
    let (cx, waker) = POLL.with(Cell::get);
    assert!(!cx.is_null(), "a future of tokiod was polled outside of a task of tokiod");
    let ours = unsafe { (*waker).will_wake(context.waker()) };
    assert!(ours, "a future of tokiod was polled with a waker that is not its task's");
    cx
}

pub(crate) fn error_of(status: i64) -> io::Error {
    if (-4095..0).contains(&status) {
        return io::Error::from_raw_os_error(-status as i32);
    }
    io::Error::new(io::ErrorKind::Other, format!("the host refused with {status}"))
}

pub(crate) fn str_of(text: &str) -> abi::tokio_str {
    abi::tokio_str { ptr: text.as_ptr().cast(), len: text.len() }
}

/// No panic leaves through the boundary: it is told to the host, and is None here.
pub(crate) fn guarded<T>(instance: *mut abi::tokio_plugin, run: impl FnOnce() -> T) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(value) => Some(value),
        Err(thrown) => {
            tell_panic(instance, &*thrown);
            // Dropping what was thrown may panic again; what that throws is left behind, or there would be no end.
            let _ = catch_unwind(AssertUnwindSafe(|| drop(thrown))).map_err(std::mem::forget);
            None
        }
    }
}

/// The host logs a panic, with its place: nothing is written beside that.
fn note_places_of_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|panicked| {
            let mut place: Place = ([0; 192], 0);
            let mut rest = &mut place.0[..];
            if let Some(at) = panicked.location() {
                let _ = write!(rest, "{}:{}", at.file(), at.line());
            }
            place.1 = 192 - rest.len();
            let _ = PANICKED_AT.try_with(|cell| cell.set(place));
        }))
    });
}

fn tell_panic(instance: *mut abi::tokio_plugin, thrown: &(dyn Any + Send)) {
    let text = thrown.downcast_ref::<&str>().copied().or_else(|| thrown.downcast_ref::<String>().map(String::as_str));
    let text = str_of(text.unwrap_or("a panic with something that is not a text"));
    let (place, bytes) = PANICKED_AT.with(Cell::get);
    let place = str_of(std::str::from_utf8(&place[..bytes]).unwrap_or(""));
    unsafe { call!(host(), panic, instance, cx_or_null(), text, place) };
}
