//! The globals of a script, and why it cannot change them.
//!
//! Scripts of all clients share an interpreter, so nothing that one leaves behind may reach another:
//! the globals, the libraries and their metatables are *protected*. Lua 5.1 has no read-only tables;
//! a protected table is an empty one whose metatable reads from the table behind it and refuses
//! writes. The functions of the base library that would see through this (`pairs`, `next`, `rawget`,
//! `rawset`, `getmetatable`, `setmetatable`, `table.insert`, `table.foreach`) are replaced by ones that know.
//!
//! So are those that lead Lua 5.1 out of its own memory: `unpack` counts in 32 bits, and `load` and
//! `loadstring` take bytecode.

use std::ffi::CString;

use super::lua::{Frame, Kind, LuaResult, Raised};
use super::random;

/// What remains of the base library besides the functions replaced here.
const BASE_FUNCTIONS: &[&str] = &[
    "assert",
    "collectgarbage",
    "error",
    "gcinfo",
    "ipairs",
    "rawequal",
    "select",
    "tonumber",
    "tostring",
    "type",
    "xpcall",
];

/// Those that `lua-enable-insecure-api` adds.
const INSECURE_FUNCTIONS: &[&str] = &["getfenv", "newproxy", "setfenv"];

const READ_ONLY: &str = "Attempt to modify a readonly table";

/// Replaces the globals of a bare interpreter by the sandbox. `add_libraries` adds what scripts find
/// besides Lua's own libraries, through [`add_library`], to the table on top of the stack.
pub(super) fn install(
    frame: &mut Frame<'_>,
    has_insecure_api: bool,
    add_libraries: impl FnOnce(&mut Frame<'_>),
) {
    frame.push_table(0, 32);
    frame.context().protected.set(frame.pop_to_registry());
    frame.push_table(0, 4);
    frame.context().shown_metatables.set(frame.pop_to_registry());

    frame.push_table(0, 64); // the globals behind the protected ones
    let insecure = if has_insecure_api { INSECURE_FUNCTIONS } else { &[] };
    for name in BASE_FUNCTIONS.iter().chain(insecure) {
        copy_field(frame, name);
    }
    frame.push_bytes(b"Lua 5.1");
    frame.raw_set_field(-2, b"_VERSION");
    add_base_functions(frame);
    add_string_library(frame);
    add_table_library(frame);
    add_math_library(frame);
    add_coroutine_library(frame);
    add_os_library(frame);
    add_libraries(frame);

    // Reading an absent global is an error.
    frame.push_table(0, 1);
    frame.push_function(undefined_global, 0);
    frame.raw_set_field(-2, b"__index");
    frame.pop_metatable(-2);

    frame.push_copy(-1);
    protect(frame, true);
    frame.push_copy(-1);
    frame.raw_set_field(-3, b"_G");
    frame.pop_globals();
    frame.context().globals.set(frame.pop_to_registry());
}

/// Pops a library table and adds it, protected, under its names to the table below it.
pub(super) fn add_library(frame: &mut Frame<'_>, names: &[&str]) {
    protect(frame, false);
    for name in names {
        frame.push_copy(-1);
        frame.raw_set_field(-3, name.as_bytes());
    }
    frame.pop(1);
}

/// Adds a function to the table on top.
pub(super) fn add_function<F>(frame: &mut Frame<'_>, name: &str, function: F)
where
    F: Fn(&mut Frame<'_>) -> LuaResult + Copy + 'static,
{
    frame.push_function(function, 0);
    frame.raw_set_field(-2, name.as_bytes());
}

/// Replaces the table on top by a protected one. Scripts see a metatable only `with_metatable`.
fn protect(frame: &mut Frame<'_>, with_metatable: bool) {
    frame.push_table(0, 0); // behind, shell
    frame.push_table(0, 2); // behind, shell, metatable
    frame.push_copy(-3);
    frame.raw_set_field(-2, b"__index");
    frame.push_function(refuse_write, 0);
    frame.raw_set_field(-2, b"__newindex");
    frame.pop_metatable(-2); // behind, shell
    frame.push_registry(frame.context().protected.get());
    frame.push_copy(-2);
    frame.push_copy(-4);
    frame.raw_set(-3); // protected[shell] = behind
    frame.pop(1);
    if with_metatable {
        frame.push_table(0, 1);
        if frame.push_metatable(-3) {
            frame.raw_get_field(-1, b"__index");
            frame.remove(-2);
            frame.raw_set_field(-2, b"__index");
        }
        protect(frame, false); // behind, shell, shown metatable
        frame.push_registry(frame.context().shown_metatables.get());
        frame.push_copy(-3);
        frame.push_copy(-3);
        frame.raw_set(-3);
        frame.pop(2);
    }
    frame.remove(-2);
}

/// If the value at `index` is a protected table, pushes the table behind it.
fn push_behind(frame: &mut Frame<'_>, index: i32) -> bool {
    // Most tables have no metatable, so this is quick.
    if frame.kind(index) != Kind::Table || !frame.push_metatable(index) {
        return false;
    }
    frame.pop(1);
    frame.push_registry(frame.context().protected.get());
    frame.push_copy(index);
    frame.raw_get(-2);
    frame.remove(-2);
    let found = !frame.is_nil_or_none(-1);
    if !found {
        frame.pop(1);
    }
    found
}

fn is_protected(frame: &mut Frame<'_>, index: i32) -> bool {
    let found = push_behind(frame, index);
    if found {
        frame.pop(1);
    }
    found
}

/// Copies a field of the original globals into the table on top.
fn copy_field(frame: &mut Frame<'_>, name: &str) {
    frame.push_globals();
    frame.raw_get_field(-1, name.as_bytes());
    frame.remove(-2);
    frame.raw_set_field(-2, name.as_bytes());
}

/// Pushes a table with some functions of one of Lua's libraries.
fn push_subset(frame: &mut Frame<'_>, library: &str, names: &[&str]) {
    frame.push_globals();
    frame.raw_get_field(-1, library.as_bytes());
    frame.remove(-2);
    frame.push_table(0, names.len());
    for name in names {
        frame.raw_get_field(-2, name.as_bytes());
        frame.raw_set_field(-2, name.as_bytes());
    }
    frame.remove(-2);
}

fn add_base_functions(frame: &mut Frame<'_>) {
    add_function(frame, "getmetatable", getmetatable);
    add_function(frame, "setmetatable", setmetatable);
    add_function(frame, "rawget", rawget);
    add_function(frame, "rawset", rawset);
    add_function(frame, "load", load);
    add_function(frame, "loadstring", loadstring);
    add_function(frame, "unpack", unpack);
    frame.push_protected_call(caught);
    frame.raw_set_field(-2, b"pcall");
    // Lua's own `next`, then ours, which knows protected tables; `pairs` chooses.
    frame.push_globals();
    frame.raw_get_field(-1, b"next");
    frame.remove(-2);
    frame.push_copy(-1);
    frame.push_function(next, 1);
    frame.push_copy(-1);
    frame.raw_set_field(-4, b"next");
    frame.push_function(pairs, 2);
    frame.raw_set_field(-2, b"pairs");
}

fn add_string_library(frame: &mut Frame<'_>) {
    push_subset(
        frame,
        "string",
        &[
            "byte", "char", "dump", "find", "format", "gfind", "gmatch", "gsub", "len", "lower",
            "match", "rep", "reverse", "sub", "upper",
        ],
    );
    frame.push_copy(-1);
    protect(frame, false); // globals, string, protected string
    // Methods of strings are looked up behind the protection; what scripts see of their metatable is not.
    frame.push_bytes(b"");
    assert!(frame.push_metatable(-1), "the string library sets a metatable");
    frame.push_copy(-4);
    frame.raw_set_field(-2, b"__index");
    frame.pop(2);
    frame.push_registry(frame.context().shown_metatables.get());
    frame.push_table(0, 1);
    frame.push_copy(-3);
    frame.raw_set_field(-2, b"__index");
    protect(frame, false);
    frame.raw_set_field(-2, b"string");
    frame.pop(1);
    frame.remove(-2);
    frame.raw_set_field(-2, b"string");
}

fn add_table_library(frame: &mut Frame<'_>) {
    push_subset(
        frame,
        "table",
        &["concat", "foreach", "foreachi", "getn", "maxn", "remove", "setn", "sort"],
    );
    add_function(frame, "insert", table_insert);
    frame.raw_get_field(-1, b"foreach");
    frame.push_function(table_foreach, 1);
    frame.raw_set_field(-2, b"foreach");
    add_library(frame, &["table"]);
}

fn add_math_library(frame: &mut Frame<'_>) {
    push_subset(
        frame,
        "math",
        &[
            "abs", "acos", "asin", "atan", "atan2", "ceil", "cos", "cosh", "deg", "exp", "floor",
            "fmod", "frexp", "huge", "ldexp", "log", "log10", "max", "min", "mod", "modf", "pi",
            "pow", "rad", "sin", "sinh", "sqrt", "tan", "tanh",
        ],
    );
    add_function(frame, "random", random::random);
    add_function(frame, "randomseed", random::randomseed);
    add_library(frame, &["math"]);
}

fn add_coroutine_library(frame: &mut Frame<'_>) {
    push_subset(frame, "coroutine", &["create", "resume", "running", "status", "wrap", "yield"]);
    add_library(frame, &["coroutine"]);
}

fn add_os_library(frame: &mut Frame<'_>) {
    push_subset(frame, "os", &["clock"]);
    add_library(frame, &["os"]);
}

// What protected tables do ------------------------------------------------------------------------

fn refuse_write(frame: &mut Frame<'_>) -> LuaResult {
    Err(frame.raise(READ_ONLY))
}

/// `__index` of the globals. Scripts can fetch it from the metatable and call it with anything.
fn undefined_global(frame: &mut Frame<'_>) -> LuaResult {
    if frame.arg_count() != 2 {
        return Err(frame.raise("Wrong number of arguments to luaProtectedTableError"));
    }
    let Some(name) = frame.arg_bytes(2) else {
        return Err(
            frame.raise("Second argument to luaProtectedTableError must be a string or number")
        );
    };
    let name = name.split(|&byte| byte == 0).next().unwrap_or_default();
    let mut message = b"Script attempted to access nonexistent global variable '".to_vec();
    message.extend_from_slice(name);
    message.push(b'\'');
    Err(frame.raise(message))
}

// Replacements ------------------------------------------------------------------------------------

fn check_any(frame: &Frame<'_>, n: usize) -> Result<(), Raised> {
    if n <= frame.arg_count() { Ok(()) } else { Err(frame.arg_error(n, "value expected")) }
}

fn getmetatable(frame: &mut Frame<'_>) -> LuaResult {
    check_any(frame, 1)?;
    if frame.kind(1) == Kind::String {
        frame.push_registry(frame.context().shown_metatables.get());
        frame.raw_get_field(-1, b"string");
        return Ok(1);
    }
    if is_protected(frame, 1) {
        frame.push_registry(frame.context().shown_metatables.get());
        frame.push_copy(1);
        frame.raw_get(-2);
        return Ok(1);
    }
    if !frame.push_metatable(1) {
        frame.push_nil();
        return Ok(1);
    }
    frame.raw_get_field(-1, b"__metatable");
    if frame.is_nil_or_none(-1) {
        frame.pop(1);
    }
    Ok(1)
}

fn setmetatable(frame: &mut Frame<'_>) -> LuaResult {
    frame.check_table_arg(1)?;
    if frame.arg_count() < 2 || !matches!(frame.kind(2), Kind::Nil | Kind::Table) {
        return Err(frame.arg_error(2, "nil or table expected"));
    }
    if is_protected(frame, 1) {
        return Err(frame.raise_plain(READ_ONLY));
    }
    if frame.push_metatable(1) {
        frame.raw_get_field(-1, b"__metatable");
        if !frame.is_nil_or_none(-1) {
            return Err(frame.raise("cannot change a protected metatable"));
        }
        frame.pop(2);
    }
    frame.push_copy(2);
    frame.pop_metatable(1);
    frame.push_copy(1);
    Ok(1)
}

fn rawget(frame: &mut Frame<'_>) -> LuaResult {
    frame.check_table_arg(1)?;
    check_any(frame, 2)?;
    let protected = push_behind(frame, 1);
    frame.push_copy(2);
    frame.raw_get(if protected { -2 } else { 1 });
    Ok(1)
}

fn rawset(frame: &mut Frame<'_>) -> LuaResult {
    frame.check_table_arg(1)?;
    check_any(frame, 2)?;
    check_any(frame, 3)?;
    if is_protected(frame, 1) {
        return Err(frame.raise_plain(READ_ONLY));
    }
    match frame.kind(2) {
        Kind::Nil => return Err(frame.raise_plain("table index is nil")),
        Kind::Number if frame.number(2).is_some_and(f64::is_nan) => {
            return Err(frame.raise_plain("table index is NaN"));
        }
        _ => {}
    }
    frame.push_copy(2);
    frame.push_copy(3);
    frame.raw_set(1);
    frame.push_copy(1);
    Ok(1)
}

fn unpack(frame: &mut Frame<'_>) -> LuaResult {
    frame.check_table_arg(1)?;
    let from = if frame.is_nil_or_none(2) { 1 } else { frame.check_integer(2)? as i32 };
    let to =
        if frame.is_nil_or_none(3) { frame.len(1) as i32 } else { frame.check_integer(3)? as i32 };
    let count = usize::try_from(i64::from(to) - i64::from(from) + 1).unwrap_or(0);
    if !frame.has_room(count) {
        return Err(frame.raise("too many results to unpack"));
    }
    (from..=to).for_each(|n| frame.raw_get_item(1, n));
    Ok(count)
}

fn pairs(frame: &mut Frame<'_>) -> LuaResult {
    frame.check_table_arg(1)?;
    let protected = is_protected(frame, 1);
    frame.push_upvalue(if protected { 2 } else { 1 });
    frame.push_copy(1);
    frame.push_nil();
    Ok(3)
}

/// `next`, with Lua's own as upvalue 1.
fn next(frame: &mut Frame<'_>) -> LuaResult {
    frame.check_table_arg(1)?;
    let protected = push_behind(frame, 1);
    if frame.is_nil_or_none(2) {
        frame.push_nil();
        if frame.next(if protected { -2 } else { 1 }) {
            return Ok(2);
        }
        frame.push_nil();
        return Ok(1);
    }
    // Any value may come as the key, and only Lua's own `next` can refuse it.
    let top = frame.top() - i32::from(protected);
    frame.push_upvalue(1);
    frame.push_copy(if protected { -2 } else { 1 });
    frame.push_copy(2);
    frame.protected_call(2)?;
    Ok((frame.top() - top) as usize - usize::from(protected))
}

/// What `pcall` returns for an error. A table that `redis.call` raised arrives as its message.
fn caught(frame: &mut Frame<'_>) -> LuaResult {
    frame.push_boolean(false);
    if frame.kind(1) == Kind::Table {
        frame.raw_get_field(1, b"err");
        if matches!(frame.kind(-1), Kind::String | Kind::Number) {
            return Ok(2);
        }
        frame.pop(1);
    }
    frame.push_copy(1);
    Ok(2)
}

/// Compiles text as `loadstring` does: the function, or nil and the message.
fn compile(frame: &mut Frame<'_>, source: &[u8], name: &[u8]) -> LuaResult {
    let name = name.split(|&byte| byte == 0).next().unwrap_or_default();
    let name = CString::new(name).expect("cut at the first zero");
    // Bytecode could break out of the interpreter, so only text is accepted. Lua would say this of any
    // other source that begins with the same byte.
    let result = if source.first() == Some(&0x1b) {
        let _ = frame.load(b"\x01", &name);
        let message = frame.bytes(-1).unwrap_or_default().to_vec();
        let message = String::from_utf8_lossy(&message).replace("char(1)", "char(27)");
        frame.pop(1);
        frame.push_bytes(message.as_bytes());
        Err(Raised)
    } else {
        frame.load(source, &name)
    };
    match result {
        Ok(()) => Ok(1),
        Err(Raised) => {
            frame.push_nil();
            frame.insert(-2);
            Ok(2)
        }
    }
}

fn loadstring(frame: &mut Frame<'_>) -> LuaResult {
    let source = frame.check_bytes(1)?;
    let name = if frame.is_nil_or_none(2) { source } else { frame.check_bytes(2)? };
    compile(frame, source, name)
}

fn load(frame: &mut Frame<'_>) -> LuaResult {
    if frame.kind(1) != Kind::Function {
        return Err(frame.type_error(1, "function"));
    }
    let name = if frame.is_nil_or_none(2) { &b"=(load)"[..] } else { frame.check_bytes(2)? };
    let mut source = Vec::new();
    let top = frame.top();
    loop {
        frame.push_copy(1);
        if frame.protected_call(0).is_err() {
            frame.push_nil();
            frame.insert(-2);
            return Ok(2);
        }
        if frame.top() == top {
            break;
        }
        let piece = -(frame.top() - top);
        match frame.kind(piece) {
            Kind::Nil => break,
            Kind::String => {
                let piece = frame.bytes(piece).unwrap_or_default();
                if piece.is_empty() {
                    break;
                }
                source.extend_from_slice(piece);
            }
            Kind::Number => {
                let number = frame.number(piece).unwrap_or_default();
                super::number::push_general(&mut source, number, 14);
            }
            _ => {
                frame.push_nil();
                let Raised = frame.raise("reader function must return a string");
                return Ok(2);
            }
        }
        frame.pop_to(top);
    }
    compile(frame, &source, name)
}

fn table_insert(frame: &mut Frame<'_>) -> LuaResult {
    frame.check_table_arg(1)?;
    let end = frame.len(1) as i32 + 1;
    let position = match frame.arg_count() {
        2 => end,
        3 => {
            let position = frame.check_integer(2)? as i32;
            for at in (position..end.max(position)).rev() {
                if is_protected(frame, 1) {
                    break;
                }
                frame.raw_get_item(1, at);
                frame.raw_set_item(1, at + 1);
            }
            position
        }
        _ => return Err(frame.raise("wrong number of arguments to 'insert'")),
    };
    if is_protected(frame, 1) {
        return Err(frame.raise_plain(READ_ONLY));
    }
    frame.push_copy(frame.arg_count() as i32);
    frame.raw_set_item(1, position);
    Ok(0)
}

/// `table.foreach`, with Lua's own as upvalue 1.
fn table_foreach(frame: &mut Frame<'_>) -> LuaResult {
    let top = frame.top();
    frame.push_upvalue(1);
    for n in 1..=frame.arg_count() as i32 {
        if n > 1 || !push_behind(frame, 1) {
            frame.push_copy(n);
        }
    }
    frame.check_table_arg(1)?;
    if frame.kind(2) != Kind::Function {
        return Err(frame.type_error(2, "function"));
    }
    frame.protected_call(frame.arg_count())?;
    Ok((frame.top() - top) as usize)
}
