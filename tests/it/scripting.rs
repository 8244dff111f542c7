//! Scripts on a real server: what needs several clients, several cores, or time.
//!
//! Single replies are covered by the recorded cases in `src/scripting`.

use std::thread;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::limits::is_closed;
use crate::suite_faults::{call, info, play};
use crate::support::{Client, Reply, Server, wait_until};

const BUSY: &str =
    "-BUSY Valkey is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.";
const KILLED: &str = "-ERR Script killed by user with SCRIPT KILL. script: on @user_script:1.";

/// Tells threads only to a server that knows the option.
fn start(threads: &str, options: &[&str]) -> Server {
    let mut all = options.to_vec();
    if std::env::var_os("TSUBAME_TEST_SERVER").is_none() {
        all.extend(["--threads", threads]);
    }
    Server::start(&all)
}

fn eval(client: &mut Client, script: &str, keys: &[&str], args: &[&str]) -> String {
    let count = keys.len().to_string();
    let words = [&["EVAL", script, &count], keys, args].concat();
    client.call(&words).to_string()
}

fn number(client: &mut Client, key: &str) -> i64 {
    match client.call(&["GET", key]) {
        Reply::Bulk(text) => String::from_utf8_lossy(&text).parse().expect("a number"),
        _ => 0,
    }
}

/// Waits until the server says that it is busy.
fn wait_for_busy(server: &Server) {
    let begin = Instant::now();
    while server.client().call(&["PING"]).to_string() != BUSY {
        assert!(begin.elapsed() < Duration::from_secs(10), "never busy");
        thread::sleep(Duration::from_millis(10));
    }
}

/// Each run moves two counters, of which only one is a declared key, and a third that all share.
#[test]
fn scripts_with_undeclared_keys_are_atomic_on_several_cores() {
    const CLIENTS: usize = 4;
    const RUNS: usize = 300;
    const KEYS: usize = 7;
    let script = "local here = tonumber(redis.call('GET', KEYS[1]) or 0)
        local there = tonumber(redis.call('GET', ARGV[1]) or 0)
        redis.call('SET', KEYS[1], here + 1)
        redis.call('SET', ARGV[1], there + 1)
        return redis.call('INCR', 'total')";
    let server = start("2", &[]);
    thread::scope(|scope| {
        for seed in 0..CLIENTS {
            let server = &server;
            scope.spawn(move || {
                let mut client = server.client();
                for run in 0..RUNS {
                    let here = format!("k{}", (seed + run) % KEYS);
                    let there = format!("k{}", (seed + run * 3 + 1 + run % 2) % KEYS);
                    if here == there {
                        client.call(&["INCRBY", &here, "2"]);
                        client.call(&["INCR", "total"]);
                        continue;
                    }
                    let reply = eval(&mut client, script, &[&here], &[&there]);
                    assert!(reply.starts_with(':'), "{reply}");
                }
            });
        }
    });
    let mut client = server.client();
    let sum: i64 = (0..KEYS).map(|key| number(&mut client, &format!("k{key}"))).sum();
    assert_eq!(sum, 2 * (CLIENTS * RUNS) as i64);
    assert_eq!(number(&mut client, "total"), (CLIENTS * RUNS) as i64);
}

fn check_busy_and_kill(threads: &str) {
    let server = start(threads, &["--busy-reply-threshold", "50"]);
    let mut idle = server.client();
    assert_eq!(idle.call(&["PING"]).to_string(), "+PONG");
    assert!(idle.call(&["SCRIPT", "KILL"]).to_string().starts_with("-NOTBUSY"));
    thread::scope(|scope| {
        let runner = scope.spawn(|| {
            let forever = "while true do pcall(function() while true do end end) end";
            eval(&mut server.client(), forever, &[], &[])
        });
        wait_for_busy(&server);
        // A client from before and a new one are told alike, and a pipeline is answered in order.
        for client in [&mut idle, &mut server.client()] {
            assert_eq!(client.call(&["GET", "x"]).to_string(), BUSY);
            client.send(&["SET", "x", "1"]).expect("it takes requests");
            client.send(&["NOSUCH"]).expect("it takes requests");
            assert_eq!(client.read().expect("a reply").to_string(), BUSY);
            assert!(
                client.read().expect("a reply").to_string().starts_with("-ERR unknown command")
            );
        }
        assert_eq!(idle.call(&["SCRIPT", "KILL"]).to_string(), "+OK");
        assert_eq!(runner.join().expect("no panic"), KILLED);
    });
    assert_eq!(idle.call(&["EXISTS", "x"]).to_string(), ":0");
}

#[test]
fn a_busy_script_is_told_and_can_be_killed_with_one_core() {
    check_busy_and_kill("1");
}

#[test]
fn a_busy_script_is_told_and_can_be_killed_with_two_cores() {
    check_busy_and_kill("2");
}

/// Logs in and sends a script that only a kill ends; waits until others are told that it is busy.
fn keep_busy(runner: &mut Client, watcher: &mut Client) {
    assert_eq!(call(runner, "AUTH pw"), "+OK");
    runner.send(&["EVAL", "redis.call('get', KEYS[1]) while true do end", "1", "x"]).expect("sent");
    wait_until("the script is busy", || call(watcher, "GET x") == BUSY);
}

fn check_all_that_works_beside_a_busy_script(threads: &str) {
    let server = start(threads, &["--busy-reply-threshold", "50"]);
    let [runner, watching, queueing, listening, fresh] = &mut [(); 5].map(|()| server.client());
    play(queueing, &[("MULTI", "+OK"), ("PING", "+QUEUED")]);
    play(listening, &[("SUBSCRIBE ch", "[\"subscribe\", \"ch\", :1]")]);
    play(watching, &[("WATCH x y", "+OK"), ("CONFIG SET requirepass pw", "+OK")]);
    keep_busy(runner, watching);
    // Who comes now is let in by the password, is told things, and keeps what was agreed.
    for (hello, name, proto) in [("2", "two", r#""proto", :2"#), ("3", "three", r#""proto": :3"#)] {
        let client = &mut server.client();
        let noauth = "-NOAUTH Authentication required.";
        play(client, &[("GET x", noauth), ("AUTH no", WRONG_PASS), ("AUTH pw", "+OK")]);
        let told = call(client, &format!("HELLO {hello} SETNAME {name}"));
        assert!(told.contains(proto), "{told}");
        play(client, &[("PING", BUSY), ("CLIENT GETNAME", &format!("{name:?}"))]);
        play(client, &[("MULTI", "+OK"), ("CLIENT GETNAME", "+QUEUED"), ("DISCARD", "+OK")]);
        play(client, &[("CLIENT REPLY ON", "+OK"), ("RESET", "+RESET"), ("GET x", noauth)]);
        play(client, &[("QUIT", "+OK")]);
        assert!(is_closed(&client.read()));
    }
    let told = call(fresh, "HELLO 3 AUTH default pw SETNAME fresh");
    assert!(told.contains(r#""proto": :3"#), "{told}");
    // The script holds the shard of a watched key.
    play(watching, &[("UNWATCH", "+OK"), ("DISCARD", "-ERR DISCARD without MULTI")]);
    play(queueing, &[("CLIENT ID", "+QUEUED"), ("SET x 1", BUSY)]);
    let refused = call(queueing, "EXEC");
    assert_eq!(refused, format!("-EXECABORT Transaction discarded because of: {}", &BUSY[1..]));
    play(listening, &[("PUBLISH ch x", LISTENS), ("SUBSCRIBE two", BUSY)]);
    play(fresh, &[("SHUTDOWN", BUSY), ("INFO", BUSY), ("SCRIPT KILL", "+OK")]);
    assert_eq!(runner.read().expect("a reply").to_string(), KILLED);
    // RESP3's form of nothing.
    play(fresh, &[("CLIENT GETNAME", "\"fresh\""), ("GET x", "_")]);
    play(watching, &[("MULTI", "+OK"), ("SET x 1", "+QUEUED"), ("EXEC", "[+OK]")]);
    play(queueing, &[("GET x", "\"1\"")]);
    play(listening, &[("PING", "[\"pong\", \"\"]")]);
}

const WRONG_PASS: &str = "-WRONGPASS invalid username-password pair or user is disabled.";
const LISTENS: &str = "-ERR Can\\'t execute \\'publish\\': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / \
     RESET are allowed in this context";

#[test]
fn what_needs_no_lock_works_beside_a_busy_script_with_one_core() {
    check_all_that_works_beside_a_busy_script("1");
}

#[test]
fn what_needs_no_lock_works_beside_a_busy_script_with_two_cores() {
    check_all_that_works_beside_a_busy_script("2");
}

#[test]
fn a_script_that_has_written_is_not_killed() {
    let server = start("1", &["--busy-reply-threshold", "50"]);
    thread::scope(|scope| {
        let runner = scope.spawn(|| {
            // Until the clock has moved on twice: the time of a script stands still, os.clock does not.
            let script = "redis.call('SET', KEYS[1], 1)
                local begin = os.clock()
                while os.clock() - begin < 1 do end
                return redis.call('INCR', KEYS[1])";
            eval(&mut server.client(), script, &["k"], &[])
        });
        wait_for_busy(&server);
        let reply = server.client().call(&["SCRIPT", "KILL"]).to_string();
        assert!(
            reply.starts_with("-UNKILLABLE Sorry the script already executed write"),
            "{reply}"
        );
        assert_eq!(runner.join().expect("no panic"), ":2");
    });
}

/// What a client asked for before a script began is answered while that runs, and so is what it asks next.
#[test]
fn a_reply_does_not_wait_for_the_end_of_somebody_elses_script() {
    let options = ["--enable-debug-command", "yes", "--busy-reply-threshold", "100"];
    let server = start("1", &options);
    let (mut sleeper, mut early, mut runner) = (server.client(), server.client(), server.client());
    // While the only core sleeps both requests arrive, so that it takes them up together.
    sleeper.send(&["DEBUG", "SLEEP", "0.3"]).expect("it takes requests");
    thread::sleep(Duration::from_millis(100));
    runner.send(&["EVAL", "while true do end", "0"]).expect("it takes requests");
    early.send(&["PING"]).expect("it takes requests");
    assert_eq!(sleeper.read().expect("a reply").to_string(), "+OK");
    assert_eq!(early.read().expect("a reply").to_string(), "+PONG");
    assert_eq!(early.call(&["SCRIPT", "KILL"]).to_string(), "+OK");
    assert_eq!(runner.read().expect("a reply").to_string(), KILLED);
}

/// Short replies and long ones, of commands and of scripts that are over at once or take a moment, all at
/// the same time.
#[test]
fn pipelines_with_scripts_are_answered_in_order() {
    for threads in ["1", "2"] {
        let server = start(threads, &[]);
        let seed: u64 = rand::random();
        println!("seed {seed}");
        thread::scope(|scope| {
            for client in 0..8 {
                let server = &server;
                scope.spawn(move || {
                    let mut rng: StdRng = SeedableRng::seed_from_u64(seed.wrapping_add(client));
                    let mut connection = server.client();
                    for _ in 0..20 {
                        check_pipeline(&mut connection, client, &mut rng);
                    }
                });
            }
        });
    }
}

fn check_pipeline(connection: &mut Client, client: u64, rng: &mut StdRng) {
    let key = format!("key:{client}");
    let mut value = String::new();
    let mut expected = Vec::new();
    for n in 0..rng.random_range(1..30) {
        let word = format!("{client}-{n}");
        let len = if rng.random_bool(0.1) { 40_000 } else { word.len() };
        let long = word.repeat(len / word.len());
        match rng.random_range(0..4) {
            0 => {
                connection.send(&["SET", &key, &long]).expect("it takes requests");
                expected.push("+OK".to_owned());
                value = long;
            }
            1 => {
                connection.send(&["ECHO", &long]).expect("it takes requests");
                expected.push(format!("\"{long}\""));
            }
            2 => {
                let turns = ["0", "1000", "100000"][rng.random_range(0..3)];
                let script =
                    "for i = 1, tonumber(ARGV[1]) do end return redis.call('GET', KEYS[1])";
                connection.send(&["EVAL", script, "1", &key, turns]).expect("it takes requests");
                expected.push(if value.is_empty() {
                    "?".to_owned()
                } else {
                    format!("\"{value}\"")
                });
            }
            _ => {
                for words in [&["MULTI"][..], &["SET", &key, &word], &["EXEC"]] {
                    connection.send(words).expect("it takes requests");
                }
                expected.extend(["+OK", "+QUEUED", "[+OK]"].map(str::to_owned));
                value = word;
            }
        }
    }
    for reply in expected {
        let got = connection.read().expect("a reply").to_string();
        assert!(got == reply || reply == "?", "{got:.80} instead of {reply:.80}");
    }
}

#[test]
fn scripts_work_inside_a_transaction() {
    let server = start("2", &[]);
    let mut client = server.client();
    client.call(&["MULTI"]);
    assert_eq!(eval(&mut client, "return redis.call('SET', 'a', 1)", &[], &[]), "+QUEUED");
    assert_eq!(eval(&mut client, "return redis.call('INCR', KEYS[1])", &["a"], &[]), "+QUEUED");
    assert_eq!(eval(&mut client, "return nosuch", &[], &[]), "+QUEUED");
    assert_eq!(
        client.call(&["EXEC"]).to_string(),
        "[+OK, :2, -ERR user_script:1: Script attempted to access nonexistent global variable \
         \\'nosuch\\' script: on @user_script:1.]"
    );
}

#[test]
fn a_script_has_one_time_and_a_database_of_its_own() {
    let server = start("1", &[]);
    let mut client = server.client();
    let script = "redis.call('SELECT', 3)
        redis.call('SET', 'k', 'v', 'PX', 1)
        local begin = os.clock()
        while os.clock() - begin < 0.02 do end
        return redis.call('GET', 'k')";
    assert_eq!(eval(&mut client, script, &[], &[]), "\"v\"");
    assert_eq!(client.call(&["GET", "k"]).to_string(), "$-1");
    assert_eq!(eval(&mut client, "return redis.call('GET', 'k')", &[], &[]), "$-1");
}

#[test]
fn the_cache_of_scripts_is_shared_and_flushed() {
    let server = start("2", &[]);
    let mut client = server.client();
    let digest = "e0e1f9fabfc9d4800c877a703b823ac0578ff8db";
    assert_eq!(client.call(&["SCRIPT", "LOAD", "return 1"]).to_string(), format!("\"{digest}\""));
    for _ in 0..4 {
        assert_eq!(server.client().call(&["EVALSHA", digest, "0"]).to_string(), ":1");
    }
    assert_eq!(client.call(&["SCRIPT", "EXISTS", digest, "x"]).to_string(), "[:1, :0]");
    assert_eq!(client.call(&["SCRIPT", "FLUSH"]).to_string(), "+OK");
    for _ in 0..4 {
        let reply = server.client().call(&["EVALSHA", digest, "0"]).to_string();
        assert_eq!(reply, "-NOSCRIPT No matching script.");
    }
}

#[test]
fn time_stands_still_in_a_script_and_in_a_transaction() {
    let server = start("2", &["--enable-debug-command", "yes"]);
    let mut client = server.client();
    let script = "local a = redis.call('time'); for i = 1, 1000000 do end; local b = redis.call('time'); \
                  return a[1] == b[1] and a[2] == b[2] and 'still' or 'moved'";
    assert_eq!(eval(&mut client, script, &[], &[]), "\"still\"");
    for words in [&["MULTI"][..], &["TIME"], &["DEBUG", "SLEEP", "0.01"], &["TIME"]] {
        client.call(words);
    }
    let Reply::Array(replies) = client.call(&["EXEC"]) else { panic!("EXEC answers an array") };
    assert_eq!(replies[0], replies[2]);
    assert_ne!(client.call(&["TIME"]), replies[0], "outside it goes on");
}

#[test]
fn numbers_that_scripts_set_stay_text_until_they_are_counted_with() {
    let server = start("1", &[]);
    let mut client = server.client();
    let script = "redis.call('set', KEYS[1], '5'); redis.call('mset', KEYS[2], ARGV[1])";
    eval(&mut client, script, &["{k}a", "{k}b"], &["1234"]);
    for key in ["{k}a", "{k}b"] {
        assert_eq!(client.call(&["OBJECT", "ENCODING", key]).to_string(), "\"embstr\"");
        client.call(&["INCR", key]);
        assert_eq!(client.call(&["OBJECT", "ENCODING", key]).to_string(), "\"int\"");
    }
    assert_eq!(number(&mut client, "{k}b"), 1235);
}

/// Lua's stack takes 8000 values in one call; none of them are for the reply.
#[test]
fn a_command_of_a_script_takes_as_many_arguments_as_lua_can_pass() {
    let server = start("1", &[]);
    let client = &mut server.client();
    let call = |client: &mut Client, count: &str, script: &str| {
        let fill = "local t = {} for i = 1, tonumber(ARGV[1]) do t[i] = i end ";
        eval(client, &format!("{fill}{script}"), &[], &[count])
    };
    for count in ["7980", "7990", "7998"] {
        let pushed = "redis.call('del', 'l') return redis.call('rpush', 'l', unpack(t))";
        assert_eq!(call(client, count, pushed), format!(":{count}"));
        let caught = "return {pcall(redis.call, 'exists', unpack(t))}";
        assert_eq!(call(client, count, caught), "[:1, :0]");
        let refused = "return {redis.pcall('get', unpack(t))['err']}";
        let wrong = call(client, count, refused);
        assert!(wrong.contains("Wrong number of args"), "{wrong}");
        let counted = "return {pcall(function(...) return select('#', ...) end, unpack(t))}";
        assert_eq!(call(client, count, counted), format!("[:1, :{count}]"));
    }
    // Arguments and results of a library's function share the stack.
    for (count, text, ends) in [
        ("7997", "struct.unpack(string.rep('b', n), s)", ":7998"),
        ("7998", "struct.unpack(string.rep('b', n), s)", "stack overflow (too many results)"),
        ("7999", "cmsgpack.unpack(s)", ":7999"),
        ("8000", "cmsgpack.unpack(s)", "stack overflow (too many return values at once"),
        ("7998", "cmsgpack.unpack_limit(s, n)", ":7999"),
        ("7998", "cmsgpack.unpack_limit(s, n, 0)", ":7999"),
        ("7999", "cmsgpack.unpack_limit(s, n, 1)", ":7999"),
        ("7999", "cmsgpack.unpack_limit(s, n)", "stack overflow (in function mp_unpack_full)"),
        ("8000", "cmsgpack.unpack_limit(s, n)", "stack overflow (too many return values at once"),
    ] {
        let script = format!(
            "local n = tonumber(ARGV[1]) local s = string.rep('\\1', n) return select('#', {text})"
        );
        let reply = eval(client, &script, &[], &[count]);
        assert!(reply.contains(ends), "{text} of {count}: {reply}");
    }
    let many = call(client, "8001", "return redis.call('rpush', 'l', unpack(t))");
    assert!(many.contains("too many results to unpack"), "{many}");
    let packed = call(client, "4001", "return cmsgpack.pack(unpack(t))");
    assert!(packed.contains("Too many arguments for MessagePack pack."), "{packed}");
}

#[test]
fn errors_inside_of_a_reply_are_counted() {
    let server = start("1", &[]);
    let client = &mut server.client();
    let mut check = |script: &str, errors: &str, failed: &str, codes: &[&str]| {
        client.call(&["CONFIG", "RESETSTAT"]);
        eval(client, script, &[], &[]);
        assert_eq!(info(client, "stats", "total_error_replies").trim(), errors, "{script}");
        let stats = info(client, "commandstats", "cmdstat_eval");
        assert!(stats.trim().ends_with(&format!("failed_calls={failed}")), "{script}: {stats}");
        for code in codes {
            let count = info(client, "errorstats", &format!("errorstat_{code}"));
            assert!(!count.is_empty(), "{script}: {code}");
        }
    };
    check("return {{err='y z'}, {err='w'}}", "2", "1", &["y", "ERR"]);
    check("return {{err='a:b#c z'}}", "1", "1", &["a_b_c"]);
    check("return {map={a={err='ERR z'}}}", "1", "1", &["ERR"]);
    check("return {redis.pcall('INCR'), 1}", "1", "1", &["ERR"]);
    check("return {redis.pcall('GET'), {err=''}}", "2", "2", &["ERR"]);
    check("return {err='X y'}", "1", "1", &["X"]);
    check("return {{ok='fine'}, 1}", "0", "0", &[]);
}

#[test]
fn the_insecure_api_is_there_where_it_is_asked_for() {
    let options = ["--lua-enable-insecure-api", "yes", "--enable-protected-configs", "yes"];
    let server = Server::start(&options);
    let client = &mut server.client();
    let types = "return type(getfenv) .. type(setfenv) .. type(newproxy)";
    let all = "\"functionfunctionfunction\"";
    assert_eq!(eval(client, types, &[], &[]), all);
    // What it gives hold of is protected all the same.
    let refused = eval(client, "getfenv(0).x = 1", &[], &[]);
    assert_eq!(
        refused,
        "-ERR user_script:1: Attempt to modify a readonly table script: on @user_script:1."
    );
    // A finalizer may call the server, whenever it runs.
    let finalizer = "local proxy = newproxy(true)
        getmetatable(proxy).__gc = function() redis.call('INCR', 'freed') end
        proxy = nil
        collectgarbage()
        return redis.call('GET', 'freed')";
    assert_eq!(eval(client, finalizer, &[], &[]), "\"1\"");
    let digest = call(client, "SCRIPT LOAD return");
    play(client, &[("CONFIG SET lua-enable-insecure-api no", "+OK")]);
    play(client, &[(&format!("SCRIPT EXISTS {}", digest.trim_matches('"')), "[:0]")]);
    let refused = eval(client, types, &[], &[]);
    assert!(refused.contains("nonexistent global variable"), "{refused}");
    play(client, &[("CONFIG SET lua-enable-insecure-api yes", "+OK")]);
    assert_eq!(eval(client, types, &[], &[]), all);
}
