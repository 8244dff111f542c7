//! What a native function sees: its arguments and a stack.

#![expect(unsafe_code, reason = "the C API of Lua; see the promises in the module above")]

use std::any::type_name;
use std::cell::Cell;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::marker::PhantomData;
use std::mem::{align_of, needs_drop, size_of};
use std::ptr;

use mlua::ffi;

use super::state::Shared;

/// A native function failed; the error value is on top of its stack.
#[derive(Debug)]
pub(in crate::scripting) struct Raised;

/// How deep native code follows a nested value: each level is a call of its own, on the thread's stack.
pub(in crate::scripting) const NESTING_MAX: u32 = 1500;

/// Room on the stack to ask for before going one level deeper into a value.
pub(in crate::scripting) const NESTING_ROOM: usize = 16;

/// Bytes of source text that Lua's parser can count.
const SOURCE_MAX: usize = i32::MAX as usize;

/// How many values, from the top of the stack, a native function returns.
pub(in crate::scripting) type LuaResult = Result<usize, Raised>;

/// The type of a Lua value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::scripting) enum Kind {
    None,
    Nil,
    Boolean,
    LightUserdata,
    Number,
    String,
    Table,
    Function,
    Userdata,
    Thread,
}

impl Kind {
    fn from_raw(raw: c_int) -> Kind {
        match raw {
            ffi::LUA_TNIL => Kind::Nil,
            ffi::LUA_TBOOLEAN => Kind::Boolean,
            ffi::LUA_TLIGHTUSERDATA => Kind::LightUserdata,
            ffi::LUA_TNUMBER => Kind::Number,
            ffi::LUA_TSTRING => Kind::String,
            ffi::LUA_TTABLE => Kind::Table,
            ffi::LUA_TFUNCTION => Kind::Function,
            ffi::LUA_TUSERDATA => Kind::Userdata,
            ffi::LUA_TTHREAD => Kind::Thread,
            _ => Kind::None,
        }
    }

    /// The name that error messages use.
    pub(in crate::scripting) fn name(self) -> &'static str {
        match self {
            Kind::None => "no value",
            Kind::Nil => "nil",
            Kind::Boolean => "boolean",
            Kind::LightUserdata | Kind::Userdata => "userdata",
            Kind::Number => "number",
            Kind::String => "string",
            Kind::Table => "table",
            Kind::Function => "function",
            Kind::Thread => "thread",
        }
    }
}

/// The function running at some level of the call stack.
pub(in crate::scripting) struct Caller {
    pub(in crate::scripting) source: Vec<u8>,
    pub(in crate::scripting) line: i32,
    pub(in crate::scripting) native: bool,
}

/// The stack of one native function. Its arguments are at 1 to [`Frame::arg_count`] and stay there;
/// what the function pushes comes above. Negative positions count from the top, as in Lua's API.
pub(in crate::scripting) struct Frame<'l> {
    raw: *mut ffi::lua_State,
    arg_count: c_int,
    call: PhantomData<&'l Cell<()>>,
}

impl<'l> Frame<'l> {
    /// # Safety
    /// `raw` is a live state, and nobody else pops what is on its stack now while the frame is used.
    pub(super) unsafe fn new(raw: *mut ffi::lua_State) -> Frame<'l> {
        // SAFETY: a live state, by contract.
        let arg_count = unsafe { ffi::lua_gettop(raw) };
        Frame { raw, arg_count, call: PhantomData }
    }

    pub(super) fn raw(&self) -> *mut ffi::lua_State {
        self.raw
    }

    pub(in crate::scripting) fn arg_count(&self) -> usize {
        self.arg_count as usize
    }

    /// What belongs to the interpreter as a whole.
    pub(super) fn shared(&self) -> &'l Shared {
        let mut data: *mut c_void = ptr::null_mut();
        // SAFETY: every state of ours was made with its `Shared` as allocator data (`State::new`), and
        // it outlives the interpreter, hence every call in it.
        unsafe {
            ffi::lua_getallocf(self.raw, &mut data);
            &*data.cast::<Shared>()
        }
    }

    /// What the interpreter was made with, for its native functions.
    pub(in crate::scripting) fn context(&self) -> &'l crate::scripting::context::Context {
        &self.shared().context
    }

    // Reading ----------------------------------------------------------------------------------

    fn check_index(&self, index: i32) {
        // SAFETY: a live state.
        let top = unsafe { ffi::lua_gettop(self.raw) };
        assert!(
            (index > 0) || (index < 0 && -index <= top) || index <= ffi::LUA_REGISTRYINDEX,
            "no such stack position"
        );
    }

    /// Positive positions are arguments: one that was not given has no kind, whatever was pushed since.
    pub(in crate::scripting) fn kind(&self, index: i32) -> Kind {
        self.check_index(index);
        if index > self.arg_count {
            return Kind::None;
        }
        // SAFETY: any positive index may be asked for its type; negative ones are within the stack.
        Kind::from_raw(unsafe { ffi::lua_type(self.raw, index) })
    }

    pub(in crate::scripting) fn is_nil_or_none(&self, index: i32) -> bool {
        matches!(self.kind(index), Kind::Nil | Kind::None)
    }

    pub(in crate::scripting) fn boolean(&self, index: i32) -> bool {
        if self.kind(index) == Kind::None {
            return false;
        }
        // SAFETY: as in `kind`.
        unsafe { ffi::lua_toboolean(self.raw, index) != 0 }
    }

    /// The number at `index`, or the number that the string there spells.
    pub(in crate::scripting) fn number(&self, index: i32) -> Option<f64> {
        if self.kind(index) == Kind::None {
            return None;
        }
        // SAFETY: as in `kind`.
        unsafe {
            (ffi::lua_isnumber(self.raw, index) != 0).then(|| ffi::lua_tonumber(self.raw, index))
        }
    }

    pub(in crate::scripting) fn light_userdata(&self, index: i32) -> Option<usize> {
        (self.kind(index) == Kind::LightUserdata)
            // SAFETY: the kind was checked.
            .then(|| unsafe { ffi::lua_touserdata(self.raw, index) } as usize)
    }

    /// The string at `index`; numbers are not converted.
    pub(in crate::scripting) fn bytes(&self, index: i32) -> Option<&[u8]> {
        if self.kind(index) != Kind::String {
            return None;
        }
        let mut len = 0;
        // SAFETY: a string, which Lua does not move and which the stack keeps alive; popping it needs
        // the frame mutably, which the returned borrow prevents.
        unsafe {
            let data = ffi::lua_tolstring(self.raw, index, &mut len);
            Some(std::slice::from_raw_parts(data.cast(), len))
        }
    }

    /// The string that is argument `n`. A number is turned into a string in place.
    pub(in crate::scripting) fn arg_bytes(&self, n: usize) -> Option<&'l [u8]> {
        if n == 0 || n > self.arg_count() {
            return None;
        }
        let mut len = 0;
        // SAFETY: a position within the arguments, which are neither popped nor replaced once they are
        // strings (see `pop` and `drop_numbers_after`), so it lives until the native function returns.
        unsafe {
            let data = ffi::lua_tolstring(self.raw, n as c_int, &mut len);
            (!data.is_null()).then(|| std::slice::from_raw_parts(data.cast(), len))
        }
    }

    /// Length of the string or of the array part of the table at `index`.
    pub(in crate::scripting) fn len(&self, index: i32) -> usize {
        if self.kind(index) == Kind::None {
            return 0;
        }
        // SAFETY: as in `kind`; metamethods are not consulted.
        unsafe { ffi::lua_objlen(self.raw, index) }
    }

    /// How many values are on the stack.
    pub(in crate::scripting) fn top(&self) -> i32 {
        // SAFETY: a live state.
        unsafe { ffi::lua_gettop(self.raw) }
    }

    // Pushing ----------------------------------------------------------------------------------

    /// Whether `count` more values fit. A function that pushes more than a few asks first.
    pub(in crate::scripting) fn has_room(&self, count: usize) -> bool {
        // SAFETY: a live state; the check itself is protected and cannot raise.
        c_int::try_from(count).is_ok_and(|n| unsafe { ffi::lua_checkstack(self.raw, n) != 0 })
    }

    fn reserve(&self) {
        // SAFETY: a live state.
        let top = unsafe { ffi::lua_gettop(self.raw) };
        // Lua promises LUA_MINSTACK free positions above the arguments.
        if top - self.arg_count >= ffi::LUA_MINSTACK - 4 {
            let has_room = self.has_room(4) || self.has_room(1);
            assert!(has_room, "the Lua stack is full; ask has_room before nesting");
        }
    }

    pub(in crate::scripting) fn push_nil(&self) {
        self.reserve();
        // SAFETY: there is room.
        unsafe { ffi::lua_pushnil(self.raw) }
    }

    pub(in crate::scripting) fn push_boolean(&self, value: bool) {
        self.reserve();
        // SAFETY: there is room.
        unsafe { ffi::lua_pushboolean(self.raw, value.into()) }
    }

    pub(in crate::scripting) fn push_number(&self, value: f64) {
        self.reserve();
        // SAFETY: there is room.
        unsafe { ffi::lua_pushnumber(self.raw, value) }
    }

    pub(in crate::scripting) fn push_bytes(&self, value: &[u8]) {
        self.reserve();
        // SAFETY: there is room; Lua copies the bytes. Its only error is a length near usize::MAX, which no
        // slice has.
        unsafe { ffi::lua_pushlstring_(self.raw, value.as_ptr().cast(), value.len()) }
    }

    pub(in crate::scripting) fn push_light_userdata(&self, value: usize) {
        self.reserve();
        // SAFETY: there is room; the value is never dereferenced.
        unsafe { ffi::lua_pushlightuserdata(self.raw, value as *mut c_void) }
    }

    /// Pushes a copy of the value at `index`.
    pub(in crate::scripting) fn push_copy(&self, index: i32) {
        self.reserve();
        self.check_index(index);
        // SAFETY: there is room, and the position exists.
        unsafe {
            if index > self.arg_count {
                ffi::lua_pushnil(self.raw);
            } else {
                ffi::lua_pushvalue(self.raw, index);
            }
        }
    }

    pub(in crate::scripting) fn push_table(&self, array_len: usize, field_count: usize) {
        self.reserve();
        let clamp = |n: usize| c_int::try_from(n.min(1 << 24)).unwrap_or(0);
        // SAFETY: there is room; sizes are hints, bounded so that Lua cannot refuse them.
        unsafe { ffi::lua_createtable(self.raw, clamp(array_len), clamp(field_count)) }
    }

    /// Pushes a native function that owns the top `upvalue_count` values, which it pops.
    ///
    /// `function` must be a function item or a closure that captures nothing.
    pub(in crate::scripting) fn push_function<F>(&mut self, _function: F, upvalue_count: usize)
    where
        F: Fn(&mut Frame<'_>) -> LuaResult + Copy + 'static,
    {
        const { assert!(size_of::<F>() == 0) };
        self.reserve();
        self.check_pop(upvalue_count);
        // SAFETY: the values exist and there is room; the trampoline needs no data since F is zero-sized.
        unsafe { ffi::lua_pushcclosure(self.raw, trampoline::<F>, upvalue_count as c_int) }
    }

    /// Pushes a native function that calls its first argument with the others and returns true and the
    /// results. An error goes, as its only argument, to `on_error`, which says what to return.
    ///
    /// The arguments are not copied, so the stack holds as many as in Lua's own `pcall`.
    pub(in crate::scripting) fn push_protected_call<F>(&mut self, _on_error: F)
    where
        F: Fn(&mut Frame<'_>) -> LuaResult + Copy + 'static,
    {
        const { assert!(size_of::<F>() == 0) };
        self.reserve();
        // SAFETY: there is room; `catch` needs no data since F is zero-sized.
        unsafe { ffi::lua_pushcclosure(self.raw, catch::<F>, 0) }
    }

    /// Pushes a userdata that holds `value`; for [`Frame::upvalue`].
    pub(in crate::scripting) fn push_data<T: Copy + 'static>(&self, value: T) {
        const { assert!(!needs_drop::<T>() && align_of::<T>() <= 8) };
        self.reserve();
        // SAFETY: Lua returns a fresh block of that size, aligned for any basic type.
        unsafe {
            ffi::lua_newuserdata(self.raw, size_of::<T>()).cast::<T>().write(value);
        }
    }

    /// The value in the userdata that is upvalue `n` of the running function.
    pub(in crate::scripting) fn upvalue<T: Copy + 'static>(&self, n: usize) -> &'l Cell<T> {
        let index = ffi::lua_upvalueindex(n as c_int);
        // SAFETY: asking an upvalue for its type and size is always allowed.
        let (kind, len) =
            unsafe { (ffi::lua_type(self.raw, index), ffi::lua_objlen(self.raw, index)) };
        assert!(kind == ffi::LUA_TUSERDATA && len == size_of::<T>(), "{}", type_name::<T>());
        // SAFETY: our own userdata (scripts cannot make or change one, nor reach a native function's
        // upvalues), written by `push_data` with a T; it lives while the function runs.
        unsafe { &*ffi::lua_touserdata(self.raw, index).cast::<Cell<T>>() }
    }

    /// Pushes upvalue `n` of the running function.
    pub(in crate::scripting) fn push_upvalue(&self, n: usize) {
        self.reserve();
        // SAFETY: there is room; a missing upvalue reads as nil.
        unsafe {
            let index = ffi::lua_upvalueindex(n as c_int);
            if ffi::lua_type(self.raw, index) == ffi::LUA_TNONE {
                ffi::lua_pushnil(self.raw);
            } else {
                ffi::lua_pushvalue(self.raw, index);
            }
        }
    }

    /// Pushes the table of globals.
    pub(in crate::scripting) fn push_globals(&self) {
        self.reserve();
        // SAFETY: there is room.
        unsafe { ffi::lua_pushvalue(self.raw, ffi::LUA_GLOBALSINDEX) }
    }

    /// Pops a table and makes it the table of globals of this thread.
    pub(in crate::scripting) fn pop_globals(&mut self) {
        assert!(self.kind(-1) == Kind::Table);
        self.check_pop(1);
        // SAFETY: a table is on top.
        unsafe { ffi::lua_replace(self.raw, ffi::LUA_GLOBALSINDEX) }
    }

    /// Pushes a slot of the registry, which scripts cannot see.
    pub(in crate::scripting) fn push_registry(&self, slot: i32) {
        self.reserve();
        // SAFETY: there is room, and the registry is a table.
        unsafe { ffi::lua_rawgeti_(self.raw, ffi::LUA_REGISTRYINDEX, slot) }
    }

    /// Pops a value into the registry and returns its slot.
    pub(in crate::scripting) fn pop_to_registry(&mut self) -> i32 {
        self.check_pop(1);
        // SAFETY: the value exists.
        unsafe { ffi::luaL_ref(self.raw, ffi::LUA_REGISTRYINDEX) }
    }

    pub(in crate::scripting) fn free_registry(&self, slot: i32) {
        // SAFETY: luaL_unref accepts any slot.
        unsafe { ffi::luaL_unref(self.raw, ffi::LUA_REGISTRYINDEX, slot) }
    }

    // Tables -----------------------------------------------------------------------------------

    fn check_table(&self, index: i32) {
        assert!(self.kind(index) == Kind::Table, "not a table");
    }

    /// Pops a key and pushes what the table at `index` holds under it.
    pub(in crate::scripting) fn raw_get(&mut self, index: i32) {
        self.check_table(index);
        self.check_pop(1);
        // SAFETY: a table, and a key on top.
        unsafe { ffi::lua_rawget_(self.raw, index) }
    }

    /// Pushes the field `name` of the table at `index`.
    pub(in crate::scripting) fn raw_get_field(&mut self, index: i32, name: &[u8]) {
        self.push_bytes(name);
        let index = if index < 0 && index > ffi::LUA_REGISTRYINDEX { index - 1 } else { index };
        self.raw_get(index);
    }

    /// Pushes item `n` of the table at `index`.
    pub(in crate::scripting) fn raw_get_item(&self, index: i32, n: i32) {
        self.check_table(index);
        self.reserve();
        // SAFETY: a table, and room for the value.
        unsafe { ffi::lua_rawgeti_(self.raw, index, n) }
    }

    /// Pops a value and a key and stores them in the table at `index`. The key is neither nil nor NaN.
    pub(in crate::scripting) fn raw_set(&mut self, index: i32) {
        self.check_table(index);
        self.check_pop(2);
        // Lua would raise for these.
        let key_is_valid = match self.kind(-2) {
            Kind::Nil | Kind::None => false,
            Kind::Number => self.number(-2).is_some_and(|n| !n.is_nan()),
            _ => true,
        };
        assert!(key_is_valid, "not a key");
        // SAFETY: a table, a valid key and a value.
        unsafe { ffi::lua_rawset(self.raw, index) }
    }

    /// Pops a value into the field `name` of the table at `index`.
    pub(in crate::scripting) fn raw_set_field(&mut self, index: i32, name: &[u8]) {
        self.check_pop(1);
        self.push_bytes(name);
        // SAFETY: two values on top.
        unsafe { ffi::lua_insert(self.raw, -2) };
        let index = if index < 0 && index > ffi::LUA_REGISTRYINDEX { index - 1 } else { index };
        self.raw_set(index);
    }

    /// Pops a value into item `n` of the table at `index`.
    pub(in crate::scripting) fn raw_set_item(&mut self, index: i32, n: i32) {
        self.check_table(index);
        self.check_pop(1);
        // SAFETY: a table, and a value on top.
        unsafe { ffi::lua_rawseti_(self.raw, index, n) }
    }

    /// Pops a key and pushes the next key and its value, or nothing at the end (then false). The key
    /// is one that this table gave, or nil to begin.
    pub(in crate::scripting) fn next(&mut self, index: i32) -> bool {
        self.check_table(index);
        self.check_pop(1);
        self.reserve();
        // SAFETY: a table and a key of it; it is not changed during a walk by native code.
        unsafe { ffi::lua_next(self.raw, index) != 0 }
    }

    /// Pushes the metatable of the value at `index`; nothing and false if it has none.
    pub(in crate::scripting) fn push_metatable(&self, index: i32) -> bool {
        self.reserve();
        self.check_index(index);
        // SAFETY: there is room.
        unsafe { ffi::lua_getmetatable(self.raw, index) != 0 }
    }

    /// Pops a table (or nil) and makes it the metatable of the value at `index`.
    pub(in crate::scripting) fn pop_metatable(&mut self, index: i32) {
        assert!(matches!(self.kind(-1), Kind::Table | Kind::Nil), "not a metatable");
        self.check_index(index);
        self.check_pop(1);
        // SAFETY: a table or nil is on top.
        unsafe { ffi::lua_setmetatable(self.raw, index) };
    }

    // The stack --------------------------------------------------------------------------------

    fn check_pop(&self, count: usize) {
        // SAFETY: a live state.
        let top = unsafe { ffi::lua_gettop(self.raw) };
        assert!((top - self.arg_count) as usize >= count, "arguments are not popped");
    }

    pub(in crate::scripting) fn pop(&mut self, count: usize) {
        self.check_pop(count);
        // SAFETY: that many values are above the arguments.
        unsafe { ffi::lua_settop(self.raw, -(count as c_int) - 1) }
    }

    /// Pops down to `top`, a value that [`Frame::top`] gave.
    pub(in crate::scripting) fn pop_to(&mut self, top: i32) {
        assert!(top >= self.arg_count && top <= self.top());
        // SAFETY: between the arguments and the present top.
        unsafe { ffi::lua_settop(self.raw, top) }
    }

    /// Drops the arguments after the first `count`, so that results have their room. Where one of them is
    /// a string they stay: its bytes may be lent. Asked before anything is pushed.
    pub(in crate::scripting) fn drop_numbers_after(&mut self, count: usize) {
        assert!(self.top() == self.arg_count, "something was pushed");
        let kept = count as c_int;
        if ((kept + 1)..=self.arg_count).all(|n| matches!(self.kind(n), Kind::Number | Kind::Nil)) {
            self.arg_count = self.arg_count.min(kept);
            // SAFETY: no more than there are, and nobody has a reference to a number.
            unsafe { ffi::lua_settop(self.raw, self.arg_count) }
        }
    }

    /// Removes the value at `index`, a negative position above the arguments.
    pub(in crate::scripting) fn remove(&mut self, index: i32) {
        assert!(index < 0);
        self.check_pop(index.unsigned_abs() as usize);
        // SAFETY: the position exists and is no argument.
        unsafe { ffi::lua_remove(self.raw, index) }
    }

    /// Moves the top value down to `index`, a negative position above the arguments.
    pub(in crate::scripting) fn insert(&mut self, index: i32) {
        assert!(index < 0);
        self.check_pop(index.unsigned_abs() as usize);
        // SAFETY: the position exists and is no argument.
        unsafe { ffi::lua_insert(self.raw, index) }
    }

    // Calls and errors -------------------------------------------------------------------------

    /// Calls the function below the top `arg_count` values, catching errors. On success the results are
    /// on the stack in place of function and arguments, otherwise the error value is.
    pub(in crate::scripting) fn protected_call(&mut self, arg_count: usize) -> Result<(), Raised> {
        self.check_pop(arg_count + 1);
        // SAFETY: function and arguments are on the stack; errors inside end in this call.
        let status = unsafe { ffi::lua_pcall(self.raw, arg_count as c_int, ffi::LUA_MULTRET, 0) };
        if status == ffi::LUA_OK { Ok(()) } else { Err(Raised) }
    }

    /// Compiles source text; pushes the function, or the error message.
    ///
    /// The collector rests meanwhile: at first the parser of Lua 5.1 holds the name of the chunk where
    /// the collector does not see it (CVE-2025-49844). And no text is longer than the parser can
    /// count in a bracket of `=` (CVE-2025-46819).
    pub(in crate::scripting) fn load(&mut self, source: &[u8], name: &CStr) -> Result<(), Raised> {
        self.reserve();
        if source.len() > SOURCE_MAX {
            self.push_bytes(b"chunk too long");
            return Err(Raised);
        }
        // SAFETY: a live state. Lua reads the buffer during the call only; errors are returned.
        let status = unsafe {
            ffi::lua_gc(self.raw, ffi::LUA_GCSTOP, 0);
            let (text, len) = (source.as_ptr().cast(), source.len());
            let status = ffi::luaL_loadbuffer(self.raw, text, len, name.as_ptr());
            ffi::lua_gc(self.raw, ffi::LUA_GCRESTART, 0);
            status
        };
        if status == ffi::LUA_OK { Ok(()) } else { Err(Raised) }
    }

    /// Who is running at `level`: 0 is this native function, 1 its caller.
    pub(in crate::scripting) fn caller(&self, level: i32) -> Option<Caller> {
        self.reserve();
        // SAFETY: lua_Debug is plain data that getstack and getinfo fill; the strings they point to live
        // while the function is active, and are copied here.
        unsafe {
            let mut debug = std::mem::zeroed::<ffi::lua_Debug>();
            if ffi::lua_getstack(self.raw, level, &mut debug) == 0 {
                return None;
            }
            ffi::lua_getinfo(self.raw, c"nSl".as_ptr(), &mut debug);
            Some(Caller {
                source: c_bytes(debug.source).to_vec(),
                line: debug.currentline,
                native: c_bytes(debug.what) == b"C",
            })
        }
    }

    /// An error whose message begins with the position of the caller, as Lua's own do.
    pub(in crate::scripting) fn raise(&self, message: impl AsRef<[u8]>) -> Raised {
        self.raise_at(1, message.as_ref())
    }

    /// An error with the position of the function at `level`.
    pub(in crate::scripting) fn raise_at(&self, level: i32, message: &[u8]) -> Raised {
        self.make_room_for_error();
        // SAFETY: luaL_where pushes one string.
        unsafe { ffi::luaL_where(self.raw, level) };
        let mut text = self.bytes(-1).unwrap_or_default().to_vec();
        text.extend_from_slice(message);
        self.push_bytes(&text);
        Raised
    }

    /// An error without a position.
    pub(in crate::scripting) fn raise_plain(&self, message: impl AsRef<[u8]>) -> Raised {
        self.make_room_for_error();
        self.push_bytes(message.as_ref());
        Raised
    }

    /// Drops what the function has pushed if the stack is full: an error is all that is left of it.
    fn make_room_for_error(&self) {
        if !self.has_room(4) {
            // SAFETY: the arguments stay, and nothing refers to values above them by position any more.
            unsafe { ffi::lua_settop(self.raw, self.arg_count) };
        }
        self.reserve();
    }

    /// `bad argument #n to 'function' (message)`.
    pub(in crate::scripting) fn arg_error(&self, n: usize, message: &str) -> Raised {
        let (mut n, mut is_self) = (n, false);
        let mut name = b"?".to_vec();
        // SAFETY: as in `caller`.
        unsafe {
            let mut debug = std::mem::zeroed::<ffi::lua_Debug>();
            if ffi::lua_getstack(self.raw, 0, &mut debug) == 0 {
                return self.raise(format!("bad argument #{n} ({message})"));
            }
            ffi::lua_getinfo(self.raw, c"n".as_ptr(), &mut debug);
            if !debug.name.is_null() {
                name = c_bytes(debug.name).to_vec();
            }
            if c_bytes(debug.namewhat) == b"method" {
                n = n.wrapping_sub(1); // `self` is not counted
                is_self = n == 0;
            }
        }
        let name = String::from_utf8_lossy(&name).into_owned();
        if is_self {
            return self.raise(format!("calling '{name}' on bad self ({message})"));
        }
        self.raise(format!("bad argument #{n} to '{name}' ({message})"))
    }

    pub(in crate::scripting) fn type_error(&self, n: usize, expected: &str) -> Raised {
        let got = self.kind(n as i32).name();
        self.arg_error(n, &format!("{expected} expected, got {got}"))
    }

    pub(in crate::scripting) fn check_number(&self, n: usize) -> Result<f64, Raised> {
        self.number(n as i32).ok_or_else(|| self.type_error(n, "number"))
    }

    /// An integer argument, truncated as C does it.
    pub(in crate::scripting) fn check_integer(&self, n: usize) -> Result<i64, Raised> {
        self.check_number(n).map(truncate)
    }

    pub(in crate::scripting) fn check_bytes(&self, n: usize) -> Result<&'l [u8], Raised> {
        self.arg_bytes(n).ok_or_else(|| self.type_error(n, "string"))
    }

    pub(in crate::scripting) fn check_table_arg(&self, n: usize) -> Result<(), Raised> {
        if self.kind(n as i32) == Kind::Table { Ok(()) } else { Err(self.type_error(n, "table")) }
    }
}

/// The conversion of a double to an integer that x86-64 makes in C: what does not fit is the minimum.
pub(in crate::scripting) fn truncate(number: f64) -> i64 {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if (-LIMIT..LIMIT).contains(&number) { number as i64 } else { i64::MIN }
}

/// The bytes of a C string; empty for null.
///
/// # Safety
/// `data` is null or a C string that lives for `'a`.
unsafe fn c_bytes<'a>(data: *const c_char) -> &'a [u8] {
    if data.is_null() {
        return b"";
    }
    // SAFETY: a C string, by contract.
    unsafe { CStr::from_ptr(data) }.to_bytes()
}

/// The C function behind [`Frame::push_protected_call`].
unsafe extern "C-unwind" fn catch<F>(raw: *mut ffi::lua_State) -> c_int
where
    F: Fn(&mut Frame<'_>) -> LuaResult + Copy + 'static,
{
    // SAFETY: Lua calls with a live state, whose stack holds the arguments and has LUA_MINSTACK free
    // places; there is no `Frame` yet whose arguments would be popped.
    unsafe {
        let arg_count = ffi::lua_gettop(raw);
        ffi::lua_pushboolean(raw, 1);
        if arg_count == 0 {
            // Valkey calls its own first result here, and so reports a boolean.
            ffi::lua_pushboolean(raw, 1);
        } else {
            ffi::lua_insert(raw, 1);
        }
        if ffi::lua_pcall(raw, (arg_count - 1).max(0), ffi::LUA_MULTRET, 0) == ffi::LUA_OK {
            return ffi::lua_gettop(raw);
        }
        ffi::lua_replace(raw, 1);
        trampoline::<F>(raw)
    }
}

/// The C function behind a native function. It owns nothing when it raises.
unsafe extern "C-unwind" fn trampoline<F>(raw: *mut ffi::lua_State) -> c_int
where
    F: Fn(&mut Frame<'_>) -> LuaResult + Copy + 'static,
{
    // SAFETY: F is zero-sized (checked where it is pushed), so any aligned pointer is a reference to it.
    let function = unsafe { ptr::NonNull::<F>::dangling().as_ref() };
    // SAFETY: Lua calls with a live state whose stack holds the arguments.
    let mut frame = unsafe { Frame::new(raw) };
    match function(&mut frame) {
        Ok(count) => {
            frame.check_index(-(count.max(1) as i32).min(frame.top().max(1)));
            count as c_int
        }
        // SAFETY: the error value is on top, and nothing here needs dropping.
        Err(Raised) => unsafe { ffi::lua_error(raw) },
    }
}
