//! An interpreter: its memory, its functions, its calls.

#![expect(unsafe_code, reason = "the C API of Lua; see the promises in the module above")]

use std::alloc::{self, Layout};
use std::cell::Cell;
use std::ffi::{CStr, c_int, c_void};
use std::ptr::{self, NonNull};

use mlua::ffi;

use super::frame::{Frame, LuaResult, Raised};
use crate::scripting::context::Context;
use crate::scripting::host::{Interrupt, ScriptHost};

/// How many virtual-machine instructions run between two looks at the clock.
const INSTRUCTIONS_PER_TICK: c_int = 1000;

/// How many calls share one explicit step of the garbage collector.
const CALLS_PER_GC_STEP: u32 = 50;

/// What belongs to one interpreter and is reached from every frame of it.
pub(super) struct Shared {
    pub(super) context: Context,
    bytes: Cell<usize>,
    /// The host of the call in progress. Taken out while it runs, so it is never borrowed twice.
    host: Cell<Option<NonNull<dyn ScriptHost>>>,
}

/// A function kept in the registry of one interpreter.
#[derive(Debug, Clone, Copy)]
pub(in crate::scripting) struct FunctionRef(i32);

/// One Lua interpreter. It stays on the thread that made it.
pub(in crate::scripting) struct State {
    raw: NonNull<ffi::lua_State>,
    shared: NonNull<Shared>,
    error_handler: Option<FunctionRef>,
    calls_until_gc_step: u32,
}

impl State {
    /// Makes an interpreter with Lua's base, table, string, math, os and debug libraries and no other.
    pub(in crate::scripting) fn new(context: Context) -> State {
        let shared = Box::new(Shared { context, bytes: Cell::new(0), host: Cell::new(None) });
        let shared = NonNull::from(Box::leak(shared));
        // SAFETY: `allocate` follows lua_Alloc's contract, and its data outlives the interpreter.
        let raw = unsafe { ffi::lua_newstate(allocate, shared.as_ptr().cast()) };
        let raw = NonNull::new(raw).expect("the allocator never returns null");
        // SAFETY: a fresh state. The libraries are opened as their documentation demands, each by a call
        // with its name; they raise only for lack of memory, which does not happen.
        unsafe {
            ffi::lua_atpanic(raw.as_ptr(), die);
            for (name, open) in [
                (c"", ffi::luaopen_base as ffi::lua_CFunction),
                (c"table", ffi::luaopen_table),
                (c"string", ffi::luaopen_string),
                (c"math", ffi::luaopen_math),
                (c"os", ffi::luaopen_os),
            ] {
                ffi::lua_pushcclosure(raw.as_ptr(), open, 0);
                ffi::lua_pushstring_(raw.as_ptr(), name.as_ptr());
                ffi::lua_call(raw.as_ptr(), 1, 0);
            }
        }
        State { raw, shared, error_handler: None, calls_until_gc_step: CALLS_PER_GC_STEP }
    }

    /// Lets `build` work on the bare interpreter.
    pub(in crate::scripting) fn configure(&mut self, build: impl FnOnce(&mut Frame<'_>)) {
        let mut frame = self.frame();
        let top = frame.top();
        build(&mut frame);
        frame.pop_to(top);
    }

    /// The function that sees every error of [`State::call`] first and may replace it.
    pub(in crate::scripting) fn set_error_handler<F>(&mut self, handler: F)
    where
        F: Fn(&mut Frame<'_>) -> LuaResult + Copy + 'static,
    {
        let mut frame = self.frame();
        frame.push_function(handler, 0);
        let handler = FunctionRef(frame.pop_to_registry());
        self.error_handler = Some(handler);
    }

    /// Compiles source text; the error is Lua's message.
    pub(in crate::scripting) fn compile(
        &mut self,
        source: &[u8],
        name: &CStr,
    ) -> Result<FunctionRef, Vec<u8>> {
        let mut frame = self.frame();
        match frame.load(source, name) {
            Ok(()) => Ok(FunctionRef(frame.pop_to_registry())),
            Err(Raised) => {
                let message = frame.bytes(-1).unwrap_or(b"unknown error").to_vec();
                frame.pop(1);
                Err(message)
            }
        }
    }

    /// Lets go of a compiled function.
    pub(in crate::scripting) fn forget(&mut self, function: FunctionRef) {
        self.frame().free_registry(function.0);
    }

    /// Calls `function` with the values that `push_arguments` pushes and counts. `finish` finds the one
    /// result, or the error value, on top of the stack.
    pub(in crate::scripting) fn call<'h, R>(
        &mut self,
        function: FunctionRef,
        host: &mut (dyn ScriptHost + 'h),
        push_arguments: impl FnOnce(&mut Frame<'_>) -> usize,
        finish: impl FnOnce(&mut Frame<'_>, Result<(), Raised>) -> R,
    ) -> R {
        let raw = self.raw.as_ptr();
        let host = NonNull::from(host);
        // SAFETY: only the lifetime changes. The pointer is removed again below, before this function
        // returns, hence while the borrow of `host` still lasts.
        let host = unsafe {
            std::mem::transmute::<NonNull<dyn ScriptHost + 'h>, NonNull<dyn ScriptHost>>(host)
        };
        // SAFETY: `shared` lives as long as `self`.
        let shared = unsafe { self.shared.as_ref() };
        let outer = shared.host.replace(Some(host));
        let error_handler = self.error_handler;
        let mut frame = self.frame();
        let base = frame.top();
        match error_handler {
            Some(FunctionRef(slot)) => frame.push_registry(slot),
            None => frame.push_nil(),
        }
        frame.push_registry(function.0);
        let arg_count = push_arguments(&mut frame);
        assert!(frame.top() == base + 2 + arg_count as i32);
        let handler_index = if error_handler.is_some() { base + 1 } else { 0 };
        // SAFETY: handler, function and arguments are on the stack; errors inside end in this call.
        let status = unsafe {
            ffi::lua_sethook(raw, Some(tick), ffi::LUA_MASKCOUNT, INSTRUCTIONS_PER_TICK);
            let status = ffi::lua_pcall(raw, arg_count as c_int, 1, handler_index);
            ffi::lua_sethook(raw, None, 0, 0);
            status
        };
        shared.host.set(outer);
        let result = if status == ffi::LUA_OK { Ok(()) } else { Err(Raised) };
        let finished = finish(&mut frame, result);
        frame.pop_to(base);
        finished
    }

    /// Advances the garbage collector a little now and then. Called after a script, when no lock is held.
    pub(in crate::scripting) fn collect_garbage_step(&mut self) {
        self.calls_until_gc_step -= 1;
        if self.calls_until_gc_step == 0 {
            self.calls_until_gc_step = CALLS_PER_GC_STEP;
            // SAFETY: a live state; there are no finalizers, so nothing of a script runs.
            unsafe { ffi::lua_gc(self.raw.as_ptr(), ffi::LUA_GCSTEP, CALLS_PER_GC_STEP as c_int) };
        }
    }

    /// Bytes that the interpreter holds.
    pub(in crate::scripting) fn bytes(&self) -> usize {
        // SAFETY: `shared` lives as long as `self`.
        unsafe { self.shared.as_ref() }.bytes.get()
    }

    pub(in crate::scripting) fn context(&self) -> &Context {
        // SAFETY: `shared` lives as long as `self`.
        &unsafe { self.shared.as_ref() }.context
    }

    fn frame(&mut self) -> Frame<'_> {
        // SAFETY: a live state, borrowed mutably for as long as the frame is used.
        unsafe { Frame::new(self.raw.as_ptr()) }
    }
}

impl Drop for State {
    fn drop(&mut self) {
        // SAFETY: both were made in `new` and are used no more; the interpreter goes first since its
        // last deallocations count in `shared`.
        unsafe {
            ffi::lua_close(self.raw.as_ptr());
            drop(Box::from_raw(self.shared.as_ptr()));
        }
    }
}

impl Frame<'_> {
    /// Lends the host of the call in progress; `None` outside of one.
    pub(in crate::scripting) fn with_host<R>(
        &self,
        work: impl FnOnce(&mut dyn ScriptHost) -> R,
    ) -> Option<R> {
        let shared = self.shared();
        let mut host = shared.host.take()?;
        // SAFETY: `State::call` borrows the host mutably until after it removed this pointer, and having
        // taken it here nobody else reaches it during `work`.
        let result = work(unsafe { host.as_mut() });
        shared.host.set(Some(host));
        Some(result)
    }

    /// An error that the script cannot catch: the next line raises it again, wherever that is.
    pub(in crate::scripting) fn abandon(&self) -> Raised {
        // SAFETY: a live state.
        unsafe { ffi::lua_sethook(self.raw(), Some(tick), ffi::LUA_MASKLINE, 0) };
        self.raise_plain("abandoned")
    }
}

/// Lua's allocator. Running out of memory ends the process, so Lua never sees it.
unsafe extern "C" fn allocate(
    data: *mut c_void,
    block: *mut c_void,
    old_len: usize,
    new_len: usize,
) -> *mut c_void {
    // Lua needs alignment for doubles and pointers.
    let layout = |len| Layout::from_size_align(len, 8).expect("Lua asks for less than isize::MAX");
    // SAFETY: `data` is the `Shared` given to lua_newstate.
    let bytes = unsafe { &(*data.cast::<Shared>()).bytes };
    let old_len = if block.is_null() { 0 } else { old_len };
    bytes.set(bytes.get() + new_len - old_len);
    if new_len == 0 {
        if old_len > 0 {
            // SAFETY: allocated below with this size.
            unsafe { alloc::dealloc(block.cast(), layout(old_len)) };
        }
        return ptr::null_mut();
    }
    let fresh = if old_len == 0 {
        // SAFETY: the size is not zero.
        unsafe { alloc::alloc(layout(new_len)) }
    } else {
        // SAFETY: allocated here with the old size; the new one is not zero.
        unsafe { alloc::realloc(block.cast(), layout(old_len), new_len) }
    };
    if fresh.is_null() {
        alloc::handle_alloc_error(layout(new_len));
    }
    fresh.cast()
}

/// Reached by an error outside of every protected call: the interpreter cannot go on.
unsafe extern "C-unwind" fn die(_raw: *mut ffi::lua_State) -> c_int {
    std::process::abort()
}

/// The count hook: asks the host whether the script may go on.
unsafe extern "C-unwind" fn tick(raw: *mut ffi::lua_State, _: *mut ffi::lua_Debug) {
    // SAFETY: Lua calls hooks with a live state and LUA_MINSTACK room.
    let frame = unsafe { Frame::new(raw) };
    let interrupt = frame.with_host(|host| host.tick());
    let Some(Interrupt::Stop(message)) = interrupt else { return };
    // From now on the next line raises again, so that a pcall in the script cannot swallow it.
    // SAFETY: a live state.
    unsafe { ffi::lua_sethook(raw, Some(tick), ffi::LUA_MASKLINE, 0) };
    let Raised = frame.raise_plain(message);
    // SAFETY: the error value is on top, and nothing here needs dropping (`message` is static).
    unsafe { ffi::lua_error(raw) };
}
