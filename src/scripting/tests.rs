//! Scripts against a small host: the cases recorded from Valkey, and what cannot be recorded.

use std::collections::HashMap;
use std::fmt::Write;

use super::*;

/// A host with a few commands, enough for the recorded cases.
#[derive(Default)]
struct TestHost {
    strings: HashMap<Vec<u8>, Vec<u8>>,
    log: Vec<(LogLevel, Vec<u8>)>,
    targets: Option<ReplicationTargets>,
    calls: u32,
    /// The call that ends in having to begin anew.
    abandons_at: Option<u32>,
    /// Ticks after which the script is stopped.
    ticks_left: Option<u32>,
}

impl TestHost {
    fn run(&mut self, argv: &[&[u8]], resp: ScriptResp, reply: &mut Vec<u8>) {
        let bulk =
            |value: &[u8]| [format!("${}\r\n", value.len()).as_bytes(), value, b"\r\n"].concat();
        let name = argv[0].to_ascii_lowercase();
        let arity = match name.as_slice() {
            b"ping" => 1..=2,
            b"echo" | b"get" | b"incr" | b"raw" => 2..=2,
            b"set" => 3..=9,
            b"lpush" => 3..=9,
            _ => return reply.extend_from_slice(b"-ERR Unknown command called from script\r\n"),
        };
        if !arity.contains(&argv.len()) {
            return reply
                .extend_from_slice(b"-ERR Wrong number of args calling command from script\r\n");
        }
        let text = match name.as_slice() {
            b"ping" => b"+PONG\r\n".to_vec(),
            b"echo" => bulk(argv[1]),
            b"raw" => argv[1].to_vec(),
            b"get" => match self.strings.get(argv[1]) {
                Some(value) => bulk(value),
                None if resp == ScriptResp::Resp2 => b"$-1\r\n".to_vec(),
                None => b"_\r\n".to_vec(),
            },
            b"set" if argv.len() > 3 => b"-ERR syntax error\r\n".to_vec(),
            b"set" => {
                self.strings.insert(argv[1].to_vec(), argv[2].to_vec());
                b"+OK\r\n".to_vec()
            }
            _ if self.strings.contains_key(argv[1]) => {
                b"-WRONGTYPE Operation against a key holding the wrong kind of value\r\n".to_vec()
            }
            _ => format!(":{}\r\n", argv.len() - 2).into_bytes(),
        };
        reply.extend_from_slice(&text);
    }
}

impl ScriptHost for TestHost {
    fn call(&mut self, argv: &[&[u8]], resp: ScriptResp, reply: &mut Vec<u8>) -> CallEnd {
        self.calls += 1;
        if self.abandons_at == Some(self.calls) {
            return CallEnd::Abandoned;
        }
        self.run(argv, resp, reply);
        CallEnd::Replied
    }

    fn may_run(&mut self, argv: &[&[u8]]) -> Result<bool, UnknownCommand> {
        match argv[0] {
            b"get" => Ok(true),
            b"set" => Ok(false),
            _ => Err(UnknownCommand),
        }
    }

    fn log(&mut self, level: LogLevel, message: &[u8]) {
        self.log.push((level, message.to_vec()));
    }

    fn set_replication(&mut self, targets: ReplicationTargets) {
        self.targets = Some(targets);
    }

    fn tick(&mut self) -> Interrupt {
        if self.abandons_at.is_some_and(|at| self.calls >= at) {
            return Interrupt::Stop("abandoned");
        }
        match &mut self.ticks_left {
            None => Interrupt::Continue,
            Some(0) => Interrupt::Stop("Script killed by user with SCRIPT KILL."),
            Some(left) => {
                *left -= 1;
                Interrupt::Continue
            }
        }
    }
}

const IDENTITY: Identity =
    Identity { server_name: "valkey", version: "9.1.2", redis_version: "7.2.4" };

struct Server {
    cache: ScriptCache,
    interpreter: Interpreter,
    host: TestHost,
}

impl Server {
    fn new() -> Server {
        let cache = ScriptCache::default();
        Server { interpreter: Interpreter::new(IDENTITY, &cache), cache, host: TestHost::default() }
    }

    fn eval(&mut self, source: &[u8], resp: ScriptResp) -> Vec<u8> {
        let mut out = Vec::new();
        let script = match self.interpreter.load(&self.cache, source, Origin::Eval) {
            Ok(script) => script,
            Err(error) => return format!("-{error}\r\n").into_bytes(),
        };
        let call = ScriptCall { keys: &[b"k"], args: &[b"a1", b"a2"], resp };
        self.interpreter.run(&script, &call, &mut self.host, &mut out);
        out
    }

    fn eval2(&mut self, source: &str) -> String {
        printable(&self.eval(source.as_bytes(), ScriptResp::Resp2))
    }

    fn eval3(&mut self, source: &str) -> String {
        printable(&self.eval(source.as_bytes(), ScriptResp::Resp3))
    }
}

/// As the recorded cases are written.
fn printable(bytes: &[u8]) -> String {
    let mut text = String::new();
    for &byte in bytes {
        match byte {
            b'\\' => text.push_str("\\\\"),
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            32..127 => text.push(byte.into()),
            _ => write!(text, "\\x{byte:02x}").unwrap(),
        }
    }
    text
}

/// Every case in `testdata/cases.txt` gives the reply that Valkey gave.
#[test]
fn recorded_cases_give_the_recorded_replies() {
    let (mut script, mut source) = (Vec::new(), String::new());
    let mut failures = String::new();
    let mut case_count = 0;
    let lines: Vec<_> = include_str!("testdata/cases.txt").lines().collect();
    for (number, line) in lines.iter().enumerate() {
        if line.starts_with('#') {
            continue;
        }
        if let Some(line) = line.strip_prefix("  ") {
            script.push(line);
            continue;
        }
        if !script.is_empty() {
            source = std::mem::take(&mut script).join("\n");
        }
        case_count += 1;
        let (resp, expected) = match line.split_at(2) {
            ("= ", expected) => (ScriptResp::Resp2, expected),
            (_, expected) => (ScriptResp::Resp3, expected),
        };
        let mut resps = vec![resp];
        let next_is_resp3 = lines.get(number + 1).is_some_and(|next| next.starts_with("3 "));
        if resp == ScriptResp::Resp2 && !next_is_resp3 {
            resps.push(ScriptResp::Resp3);
        }
        for resp in resps {
            let got = printable(&Server::new().eval(source.as_bytes(), resp));
            if got != expected {
                writeln!(failures, "{source}\n  expected {expected}\n  got      {got}\n").unwrap();
            }
        }
    }
    assert!(case_count > 400, "{case_count} cases");
    assert!(failures.is_empty(), "{failures}");
}

#[test]
fn replies_in_resp3_become_tables() {
    let mut server = Server::new();
    for (reply, lua, expected) in [
        (
            r"%1\r\n+k\r\n:2\r\n",
            "for k, v in pairs(r.map) do return k.ok .. v end",
            "$2\\r\\nk2\\r\\n",
        ),
        (r"%1\r\n$1\r\nk\r\n:2\r\n", "return r.map.k", ":2\\r\\n"),
        (
            r"~2\r\n:1\r\n:5\r\n",
            "return {tostring(r.set[5]), tostring(r.set[2])}",
            "*2\\r\\n$4\\r\\ntrue\\r\\n$3\\r\\nnil\\r\\n",
        ),
        (r",-1.5\r\n", "return tostring(r.double)", "$4\\r\\n-1.5\\r\\n"),
        (r",inf\r\n", "return tostring(r.double)", "$3\\r\\ninf\\r\\n"),
        (
            r"(12345678901234567890\r\n",
            "return r.big_number",
            "$20\\r\\n12345678901234567890\\r\\n",
        ),
        (
            r"=7\r\ntxt:abc\r\n",
            "return {r.verbatim_string.format, r.verbatim_string.string}",
            "*2\\r\\n$3\\r\\ntxt\\r\\n$3\\r\\nabc\\r\\n",
        ),
        (r"_\r\n", "return tostring(r)", "$3\\r\\nnil\\r\\n"),
        (r"#t\r\n", "return tostring(r)", "$4\\r\\ntrue\\r\\n"),
        (r"#f\r\n", "return tostring(r)", "$5\\r\\nfalse\\r\\n"),
        (r"|1\r\n+a\r\n:1\r\n:7\r\n", "return r", ":7\\r\\n"),
        (r"*-1\r\n", "return tostring(r)", "$5\\r\\nfalse\\r\\n"),
        (r"*2\r\n:1\r\n*1\r\n$-1\r\n", "return tostring(r[2][1])", "$5\\r\\nfalse\\r\\n"),
    ] {
        let script = format!("redis.setresp(3) local r = redis.call('raw', '{reply}') {lua}");
        assert_eq!(server.eval2(&script), expected, "{script}");
    }
}

#[test]
fn what_comes_in_resp3_goes_out_as_the_client_speaks() {
    let mut server = Server::new();
    let script = |reply| format!("redis.setresp(3) return redis.call('raw', '{reply}')");
    for (reply, resp2, resp3) in [
        (r"%1\r\n+k\r\n:2\r\n", r"*2\r\n+k\r\n:2\r\n", r"%1\r\n+k\r\n:2\r\n"),
        (r"~1\r\n:1\r\n", r"*1\r\n:1\r\n", r"~1\r\n:1\r\n"),
        (r",1.5\r\n", r"$3\r\n1.5\r\n", r",1.5\r\n"),
        (r"=7\r\ntxt:abc\r\n", r"$3\r\nabc\r\n", r"=7\r\ntxt:abc\r\n"),
        (r"#f\r\n", r":0\r\n", r"#f\r\n"),
        (r"_\r\n", r"$-1\r\n", r"_\r\n"),
    ] {
        assert_eq!(server.eval2(&script(reply)), resp2);
        assert_eq!(server.eval3(&script(reply)), resp3);
    }
}

#[test]
fn setresp_ends_with_the_script() {
    let mut server = Server::new();
    assert_eq!(server.eval3("redis.setresp(3) return true"), r"#t\r\n");
    assert_eq!(server.eval3("return true"), r":1\r\n");
}

#[test]
fn a_stopped_script_cannot_catch_that() {
    let mut server = Server::new();
    server.host.ticks_left = Some(5);
    let script = "while true do pcall(function() while true do end end) end";
    assert_eq!(
        server.eval2(script),
        r"-ERR Script killed by user with SCRIPT KILL. script: on @user_script:1.\r\n"
    );
    server.host.ticks_left = None;
    assert_eq!(server.eval2("for i = 1, 100000 do end return 1"), r":1\r\n");
}

#[test]
fn a_coroutine_is_stopped_as_well() {
    let mut server = Server::new();
    server.host.ticks_left = Some(5);
    let script =
        "local co = coroutine.wrap(function() while true do end end) while true do pcall(co) end";
    assert!(server.eval2(script).starts_with("-ERR Script killed by user"));
}

#[test]
fn log_and_set_repl_reach_the_host() {
    let mut server = Server::new();
    server.eval2("redis.log(redis.LOG_NOTICE, 'a', 1, {}, 2.5)");
    assert_eq!(server.host.log, [(LogLevel::Notice, b"a 1 2.5".to_vec())]);
    server.eval2("redis.set_repl(redis.REPL_AOF)");
    assert_eq!(server.host.targets, Some(ReplicationTargets { aof: true, replicas: false }));
    assert_eq!(
        server
            .eval2("return {redis.acl_check_cmd('get', 'k'), redis.acl_check_cmd('set', 'k', 1)}"),
        r"*2\r\n:1\r\n$-1\r\n"
    );
}

#[test]
fn nothing_of_a_script_remains_for_the_next() {
    let mut server = Server::new();
    for change in [
        "nosuch = 1",
        "rawset(_G, 'nosuch', 1)",
        "table.insert(_G, 1)",
        "getmetatable(_G).__index = function() return 1 end",
        "setmetatable(_G, {__index = function() return 1 end})",
        "string.nosuch = 1",
        "getmetatable('').__index = {}",
        "redis.nosuch = 1",
        "loadstring('nosuch = 1')()",
        "coroutine.wrap(function() nosuch = 1 end)()",
        "KEYS = nil",
    ] {
        assert!(server.eval2(change).contains("readonly"), "{change}");
        assert!(server.eval2("return nosuch").contains("nonexistent"), "{change}");
        assert_eq!(
            server.eval2("return {('x'):upper(), tostring(redis.nosuch)}"),
            r"*2\r\n$1\r\nX\r\n$3\r\nnil\r\n"
        );
    }
}

/// Nothing in the sandbox leads to the tables behind the protected ones.
#[test]
fn no_way_leads_behind_the_protection() {
    let mut server = Server::new();
    let script = "
        local seen, found = {}, {}
        local function walk(value, path)
            if type(value) ~= 'table' or seen[value] then return end
            seen[value] = true
            local ok = pcall(rawset, value, 'probe', 1)
            if ok and value ~= KEYS and value ~= ARGV then found[#found + 1] = path end
            for k, v in pairs(value) do walk(v, path .. '.' .. tostring(k)) end
            walk(getmetatable(value), path .. '(meta)')
        end
        walk(_G, '_G')
        walk(getmetatable(''), 'string(meta)')
        return found";
    assert_eq!(server.eval2(script), r"*0\r\n");
}

#[test]
fn deep_values_end_in_an_error_and_not_in_a_crash() {
    let mut server = Server::new();
    let reply = server.eval2("local t = {} t[1] = t return t");
    assert!(reply.ends_with(r"*1\r\n-ERR reached lua stack limit\r\n"), "{}", reply.len());
    assert!(server.eval2("local t = {} t.map = t return t").contains("stack limit"));
    assert!(server.eval2("return cjson.decode(string.rep('[', 2000))").contains("nested"));
    let deep = "redis.call('raw', string.rep('*1\\r\\n', 100000) .. ':1\\r\\n')";
    assert!(server.eval2(deep).contains("stack limit"));
    assert!(
        server.eval2("return cmsgpack.unpack(string.rep('\\145', 100000))").starts_with("-ERR")
    );
    assert_eq!(server.eval2("return 1"), r":1\r\n");
}

#[test]
fn memory_is_given_back() {
    let mut server = Server::new();
    server.eval2("return 1");
    let before = server.interpreter.bytes();
    assert!(before > 1000);
    for n in 0..300 {
        server.eval2("local t = {} for i = 1, 1000 do t[i] = tostring(i) end return #t");
        server.interpreter.tidy();
        assert!(server.interpreter.bytes() < before + 4_000_000, "after {n}");
    }
    server.cache.flush();
    server.eval2("collectgarbage() return 1");
    assert!(server.interpreter.bytes() < 2 * before);
}

#[test]
fn an_abandoned_script_does_not_go_on() {
    let mut server = Server::new();
    server.host.abandons_at = Some(2);
    let script = "redis.call('set', 'a', 1)
        local ok = pcall(function() redis.pcall('set', 'a', 2) end)
        redis.call('set', 'a', 3)
        coroutine.wrap(function() redis.call('set', 'a', 4) end)()
        return ok";
    assert!(server.eval2(script).starts_with("-ERR abandoned"));
    assert_eq!(server.host.calls, 2);
    assert_eq!(server.host.strings[&b"a"[..]], b"1");
}
