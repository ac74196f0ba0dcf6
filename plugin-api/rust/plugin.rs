//! What makes a crate a plugin: the descriptor, the ELF note, and the calls of the host. Used by `plugin!`.
//! Threads: init, stop and fini are never called at the same time for one instance.

use crate::abi;
use crate::context::{call, connect, guarded, host, instance, str_of, Scope};
use crate::stop::Stop;
use crate::task::{spawn_as, TaskName};
use std::ffi::c_void;
use std::future::Future;

/// A plugin: its name (reverse domain), version, description, and
/// `fn(config: &str, stop: Stop) -> Result<impl Future<Output = ()> + Send, String>`.
/// That is called once for each instance; a text that it gives refuses the start. The future becomes a task.
#[macro_export]
macro_rules! plugin {
    ($id:literal, $version:literal, $description:literal, $start:path) => {
        unsafe extern "C" fn tokiod_init(
            instance: *mut $crate::abi::tokio_plugin,
            host: *const $crate::abi::tokio_host,
            config: $crate::abi::tokio_str,
            state: *mut *mut std::ffi::c_void,
        ) -> $crate::abi::tokio_status {
            $crate::plugin::init(instance, host, config, state, $start)
        }
        #[no_mangle]
        #[allow(non_upper_case_globals)]
        pub static tokio_plugin_v0: $crate::plugin::Descriptor = $crate::plugin::descriptor(
            concat!($id, "\0"),
            concat!($version, "\0"),
            concat!($description, "\0"),
            tokiod_init,
        );
        #[used]
        #[link_section = ".note.tokiod"]
        static TOKIOD_NOTE: $crate::plugin::Note = $crate::plugin::note($id, $version);
    };
}

const FLAGS: u32 = abi::TOKIO_PF_UNLOADABLE | abi::TOKIO_PF_MULTI;

type Init = unsafe extern "C" fn(
    *mut abi::tokio_plugin,
    *const abi::tokio_host,
    abi::tokio_str,
    *mut *mut c_void,
) -> abi::tokio_status;

#[repr(transparent)]
pub struct Descriptor(abi::tokio_plugin_desc);
// Constant: the host only reads it.
unsafe impl Sync for Descriptor {}

/// The texts end with a NUL.
pub const fn descriptor(id: &'static str, version: &'static str, description: &'static str, init: Init) -> Descriptor {
    Descriptor(abi::tokio_plugin_desc {
        size: std::mem::size_of::<abi::tokio_plugin_desc>() as u32,
        abi_major: abi::TOKIO_ABI_MAJOR,
        abi_minor: abi::TOKIO_ABI_MINOR,
        abi_minor_min: abi::TOKIO_ABI_MINOR,
        abi_fingerprint: (abi::TOKIO_FINGERPRINT_HIGH as u64) << 32 | abi::TOKIO_FINGERPRINT_LOW as u64,
        flags: FLAGS as u64,
        id: id.as_ptr().cast(),
        version: version.as_ptr().cast(),
        description: description.as_ptr().cast(),
        req_exts: std::ptr::null(),
        opt_exts: std::ptr::null(),
        init: Some(init),
        stop: Some(stop),
        fini: Some(fini),
        config_check: None,
        config_apply: None,
        get_ext: None,
        config_schema: std::ptr::null(),
    })
}

#[repr(C, align(4))]
pub struct Note(abi::tokio_note);

pub const fn note(id: &str, version: &str) -> Note {
    Note(abi::tokio_note {
        namesz: 7,
        descsz: 104,
        type_: 1,
        name: padded::<8>("tokiod"),
        abi_major: abi::TOKIO_ABI_MAJOR,
        abi_minor: abi::TOKIO_ABI_MINOR,
        abi_minor_min: abi::TOKIO_ABI_MINOR,
        flags: FLAGS,
        fingerprint_low: abi::TOKIO_FINGERPRINT_LOW,
        fingerprint_high: abi::TOKIO_FINGERPRINT_HIGH,
        id: padded::<64>(id),
        version: padded::<16>(version),
    })
}
/// A text that is too long does not compile.
const fn padded<const N: usize>(text: &str) -> [std::os::raw::c_char; N] {
    assert!(text.len() < N, "the id of a plugin has at most 63 bytes, and its version at most 15");
    let mut out = [0; N];
    let mut i = 0;
    while i < text.len() {
        out[i] = text.as_bytes()[i] as std::os::raw::c_char;
        i += 1;
    }
    out
}

/// The work is done: the host stops the instance, and `tokiod run` exits with the status, 0 to 255.
pub fn finish(status: i32) {
    unsafe { call!(host(), instance_finish, instance(), status) }
}

struct Main;
impl TaskName for Main {
    const NAME: &'static str = "main";
    const FILE: &'static str = "";
    const LINE: u32 = 0;
}

/// # Safety
/// Called by the host, as the contract says.
pub unsafe fn init<F: Future<Output = ()> + Send + 'static>(
    instance: *mut abi::tokio_plugin,
    host: *const abi::tokio_host,
    config: abi::tokio_str,
    state: *mut *mut c_void,
    start: impl FnOnce(&str, Stop) -> Result<F, String>,
) -> abi::tokio_status {
    let _scope = Scope::of(instance);
    let stop = Stop::default();
    let begun = connect(instance, host).and_then(|()| {
        let config = text_of(config)?;
        let made = guarded(instance, || start(config, stop.clone()));
        made.unwrap_or_else(|| Err("the plugin panicked while it started".into()))
    });
    match begun {
        Ok(main) => {
            drop(spawn_as::<Main, F>(main)); // detached: it ends by itself, or is aborted by the host
            *state = Box::into_raw(Box::new(stop)).cast();
            0
        }
        Err(sentence) => {
            call!(host, instance_fail, instance, str_of(&sentence));
            abi::TOKIO_EINVAL
        }
    }
}

unsafe fn text_of<'a>(text: abi::tokio_str) -> Result<&'a str, String> {
    if text.len == 0 {
        return Ok("");
    }
    std::str::from_utf8(std::slice::from_raw_parts(text.ptr.cast(), text.len as usize))
        .map_err(|_| "the configuration is not UTF-8".into())
}

unsafe extern "C" fn stop(state: *mut c_void, _deadline_ns: u64) {
    (*state.cast::<Stop>()).request()
}
unsafe extern "C" fn fini(state: *mut c_void) {
    drop(Box::from_raw(state.cast::<Stop>()))
}
