//! The interpreter of one core, with the scripts that it compiled.

use std::collections::HashMap;
use std::sync::Arc;

use super::cache::{Origin, Script, ScriptCache, ScriptDigest};
use super::context::{Context, Identity, ScriptResp};
use super::convert::NestedErrors;
use super::host::ScriptHost;
use super::libraries::{bit, cjson, cmsgpack, structs};
use super::lua::{Frame, FunctionRef, Kind, Raised, State};
use super::{api, convert, errors, sandbox};
use crate::types::table::hash_bytes;

/// How many texts of EVAL are recognised without computing their SHA-1.
const RECENT_TEXTS: usize = 64;

/// Compiled scripts beyond this number are checked for ones that the cache dropped.
const COMPILED_CHECKED_FROM: usize = 1024;

/// Why there is no script to run; the text is what the client gets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScriptLoadError {
    #[error("ERR {0}")]
    Shebang(#[from] super::shebang::ShebangError),
    #[error("ERR Error compiling script (new function): {0}")]
    Compile(String),
}

/// What a script is called with.
#[derive(Debug, Clone, Copy)]
pub struct ScriptCall<'a> {
    pub keys: &'a [&'a [u8]],
    pub args: &'a [&'a [u8]],
    /// What the client speaks.
    pub resp: ScriptResp,
}

/// How a script ended. Its reply, or its error, was appended to the output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScriptOutcome {
    Replied,
    /// What it returned is no error, but holds some.
    RepliedWith(NestedErrors),
    /// It raised or returned an error; one that a command replied with was counted there already.
    Failed {
        counted: bool,
    },
}

/// See the module documentation. It never leaves its thread.
pub struct Interpreter {
    identity: Identity,
    state: State,
    /// The epoch of the cache that this state belongs to.
    epoch: u64,
    compiled: HashMap<ScriptDigest, Compiled, ahash::RandomState>,
    compiled_checked_at: usize,
    /// The last scripts that came by EVAL, by a hash of their text.
    recent: Box<[Option<Arc<Script>>; RECENT_TEXTS]>,
}

struct Compiled {
    script: Arc<Script>,
    function: FunctionRef,
}

impl Interpreter {
    pub fn new(identity: Identity, cache: &ScriptCache) -> Interpreter {
        // Read first: what changes the functions begins an epoch afterwards.
        let epoch = cache.epoch();
        Interpreter {
            state: new_state(&identity, cache.has_insecure_api()),
            identity,
            epoch,
            compiled: HashMap::with_hasher(ahash::RandomState::new()),
            compiled_checked_at: COMPILED_CHECKED_FROM,
            recent: Box::new([const { None }; RECENT_TEXTS]),
        }
    }

    /// The script with this text, compiled and cached: EVAL, and SCRIPT LOAD.
    pub fn load(
        &mut self,
        cache: &ScriptCache,
        source: &[u8],
        origin: Origin,
    ) -> Result<Arc<Script>, ScriptLoadError> {
        self.follow(cache);
        let slot = hash_bytes(source) as usize % RECENT_TEXTS;
        if let Some(script) = &self.recent[slot]
            && *script.source == *source
            && !script.is_dropped()
        {
            if origin == Origin::Load {
                cache.keep(script);
            }
            return Ok(Arc::clone(script));
        }
        let digest = ScriptDigest::of(source);
        let script = match cache.get(digest) {
            Some(script) => {
                if origin == Origin::Load {
                    cache.keep(&script);
                }
                script
            }
            None => {
                let script = cache.prepare(source, origin)?;
                self.compile(&script)?;
                cache.insert(script)
            }
        };
        self.recent[slot] = Some(Arc::clone(&script));
        Ok(script)
    }

    /// The script with this digest, if the server knows it: EVALSHA.
    pub fn find(&mut self, cache: &ScriptCache, digest: ScriptDigest) -> Option<Arc<Script>> {
        self.follow(cache);
        match self.compiled.get(&digest) {
            Some(compiled) if !compiled.script.is_dropped() => Some(Arc::clone(&compiled.script)),
            _ => cache.get(digest),
        }
    }

    /// Runs a script; `host` does what it asks for, and its reply is appended to `out`.
    pub fn run(
        &mut self,
        script: &Arc<Script>,
        call: &ScriptCall<'_>,
        host: &mut dyn ScriptHost,
        out: &mut Vec<u8>,
    ) -> ScriptOutcome {
        let function = match self.compile(script) {
            Ok(function) => function,
            Err(error) => {
                write_error(out, error.to_string().as_bytes());
                return ScriptOutcome::Failed { counted: false };
            }
        };
        self.state.context().resp.set(ScriptResp::Resp2);
        let push_arguments = |frame: &mut Frame<'_>| {
            // EVAL's keys and arguments are globals, and the function has no parameters.
            frame.push_registry(frame.context().globals.get());
            push_list(frame, call.keys);
            frame.raw_set_field(-2, b"KEYS");
            push_list(frame, call.args);
            frame.raw_set_field(-2, b"ARGV");
            frame.pop(1);
            0
        };
        self.state.call(function, host, push_arguments, |frame, result| match result {
            Ok(()) => {
                let (counted, start) = (errors::was_counted(frame), out.len());
                let errors = convert::write_result(frame, call.resp, out);
                match out.get(start) {
                    Some(b'-') => ScriptOutcome::Failed { counted },
                    _ if errors == NestedErrors::default() => ScriptOutcome::Replied,
                    _ => ScriptOutcome::RepliedWith(errors),
                }
            }
            Err(Raised) => {
                let text = errors::describe(frame);
                write_error(out, &text);
                ScriptOutcome::Failed { counted: errors::was_counted(frame) }
            }
        })
    }

    /// A step of housekeeping after a script, when no lock is held.
    pub fn tidy(&mut self) {
        self.state.collect_garbage_step();
    }

    /// Bytes that Lua holds here.
    pub fn bytes(&self) -> usize {
        self.state.bytes()
    }

    /// Whether SCRIPT FLUSH came after this state was made.
    pub fn is_flushed(&self, cache: &ScriptCache) -> bool {
        self.epoch != cache.epoch()
    }

    fn compile(&mut self, script: &Arc<Script>) -> Result<FunctionRef, ScriptLoadError> {
        if let Some(compiled) = self.compiled.get(&script.digest) {
            return Ok(compiled.function);
        }
        let function = self.state.compile(script.body(), c"@user_script").map_err(|message| {
            ScriptLoadError::Compile(String::from_utf8_lossy(&message).into_owned())
        })?;
        if self.compiled.len() >= self.compiled_checked_at {
            self.forget_dropped();
        }
        let compiled = Compiled { script: Arc::clone(script), function };
        self.compiled.insert(script.digest, compiled);
        Ok(function)
    }

    fn forget_dropped(&mut self) {
        let state = &mut self.state;
        self.compiled.retain(|_, compiled| {
            let keep = !compiled.script.is_dropped();
            if !keep {
                state.forget(compiled.function);
            }
            keep
        });
        self.compiled_checked_at = COMPILED_CHECKED_FROM.max(2 * self.compiled.len());
    }

    /// After SCRIPT FLUSH: starts anew.
    fn follow(&mut self, cache: &ScriptCache) {
        if self.is_flushed(cache) {
            *self = Interpreter::new(self.identity.clone(), cache);
        }
    }
}

fn new_state(identity: &Identity, has_insecure_api: bool) -> State {
    let mut state = State::new(Context::new(identity.clone()));
    state.configure(|frame| {
        sandbox::install(frame, has_insecure_api, |frame| {
            api::add_to(frame);
            bit::add_to(frame);
            structs::add_to(frame);
            cjson::add_to(frame);
            cmsgpack::add_to(frame);
            // The handler is a global in Valkey too.
            for name in ["__server__err__handler", "__redis__err__handler"] {
                sandbox::add_function(frame, name, errors::handle);
            }
        });
    });
    state.set_error_handler(errors::handle);
    state
}

/// Pushes a table with these strings.
fn push_list(frame: &mut Frame<'_>, items: &[&[u8]]) {
    frame.push_table(items.len(), 0);
    for (n, item) in items.iter().enumerate() {
        frame.push_bytes(item);
        frame.raw_set_item(-2, n as i32 + 1);
    }
    debug_assert!(frame.kind(-1) == Kind::Table);
}

fn write_error(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'-');
    out.extend_from_slice(&errors::one_line(text));
    out.extend_from_slice(b"\r\n");
}
