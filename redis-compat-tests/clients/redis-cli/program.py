"""redis-cli as people use it: one command, pipes, --pipe, -c, --eval, --scan, --bigkeys, --stat, RESP3 (-3)."""

import re
import subprocess
import sys
import tempfile

from transcript import done, say

mode, host, port = sys.argv[1:4]


def cli(*words, stdin="", options=()):
    command = ["redis-cli", "-h", host, "-p", port, *options, *words]
    ended = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=60, errors="backslashreplace")
    return mask(ended.stdout + ended.stderr)


def mask(text):
    """Ports, node ids and sizes of memory differ between two servers that behave alike."""
    text = re.sub(r"\b[0-9a-f]{40}\b", "<node id>", text)
    text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:<port>", text)
    text = re.sub(r"(<port>)@\d+", r"\1@<bus-port>", text)
    return re.sub(r"\b(\d+) (ms|seconds)\b", r"<time> \2", text)


def run(*words, stdin="", options=()):
    say(" ".join([*options, *words])[:80] + (f" < {stdin[:30]!r}" if stdin else ""), cli(*words, stdin=stdin, options=options))


def single():
    run("PING")
    run("SET", "greeting", "hello world")
    run("GET", "greeting")
    run("GET", "missing")
    run("SETEX", "brief", "100", "v")
    run("TTL", "brief")
    run("RPUSH", "list", "a", "b", "c")
    run("LRANGE", "list", "0", "-1")
    run("LRANGE", "list", "0", "-1", options=("--no-raw",))
    run("HSET", "hash", "f1", "v1", "f2", "v2")
    run("HGETALL", "hash", options=("-3", "--no-raw"))
    run("ZADD", "zset", "1.5", "a", "2", "b")
    run("ZRANGE", "zset", "0", "-1", "WITHSCORES", options=("-3", "--no-raw"))
    run("SADD", "set", "one")
    run("SMEMBERS", "set", options=("-3", "--no-raw"))
    run("INCR", "greeting")
    run("LPUSH", "greeting", "x")
    run("GET")
    run("NOSUCHCOMMAND", "a", "b")
    run(stdin="SET a 1\nINCR a\nGET a\nMULTI\nINCR a\nINCR a\nEXEC\n")
    run(stdin='SET quoted "a\\x00b\\n"\nSTRLEN quoted\nGET quoted\n')
    run(stdin="MULTI\nNOSUCH\nEXEC\n")
    run("-x", "SET", "from-stdin", stdin="the value\n")
    run("GET", "from-stdin")
    run("--csv", "LRANGE", "list", "0", "-1")
    run("--json", "HGETALL", "hash")
    run("-r", "3", "INCR", "counter")
    run("-n", "5", "SET", "in-five", "1")
    run("-n", "5", "DBSIZE")
    run("EVAL", "return {1, 'two', redis.call('GET', KEYS[1])}", "1", "greeting")
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write("return {KEYS[1], ARGV[1], redis.call('INCRBY', KEYS[1], ARGV[1])}")
        script.flush()
        say("--eval", cli("counter", ",", "10", options=("--eval", script.name)))
    for container in ("OBJECT", "CLIENT"):  # the sentences of a HELP are each server's own
        say(f"{container} HELP", cli(container, "HELP").splitlines()[0])
    run("CONFIG", "GET", "maxmemory-policy")
    run("TYPE", "zset")
    mass = "".join(f"*3\r\n$3\r\nSET\r\n${len(f'mass:{i}')}\r\nmass:{i}\r\n$1\r\nx\r\n" for i in range(5000))
    run("--pipe", stdin=mass)
    say("--scan", sorted(cli("--scan", "--pattern", "mass:1?").split()))
    run("DBSIZE")
    wrong = cli("--pipe", stdin="*2\r\n$3\r\nGET\r\n$4\r\nlist\r\n")
    say("--pipe with an error", wrong)
    say("--bigkeys names the biggest list", "Biggest   list found" in cli("--bigkeys"))
    say("--memkeys ends", "sampled" in cli("--memkeys").lower())
    big = "v" * 1_000_000
    run("-x", "SET", "big", stdin=big)
    say("big comes back whole", cli("GET", "big").rstrip("\n") == big)
    run("FLUSHALL")
    run("DBSIZE")


def cluster():
    run("SET", "foo", "1", options=("-c",))
    run("GET", "foo", options=("-c",))
    run(stdin="SET a 1\nSET b 2\nSET c 3\nGET a\nGET b\nGET c\n", options=("-c",))
    run("MSET", "a", "1", "b", "2")
    run("MSET", "{t}a", "1", "{t}b", "2", options=("-c",))
    run("MGET", "{t}a", "{t}b", options=("-c",))
    run("CLUSTER", "KEYSLOT", "foo{hash_tag}")
    say("CLUSTER HELP", cli("CLUSTER", "HELP").splitlines()[0])
    run("CLUSTER", "COUNTKEYSINSLOT", "0")
    run("EVAL", "return redis.call('SET', KEYS[1], ARGV[1])", "1", "scripted", "v", options=("-c",))
    run("SELECT", "1")
    run("SPUBLISH", "channel", "m", options=("-c",))
    info = dict(line.split(":", 1) for line in cli("CLUSTER", "INFO").split() if ":" in line)
    for field in ("cluster_state", "cluster_slots_assigned", "cluster_slots_ok", "cluster_slots_pfail",
                  "cluster_slots_fail", "cluster_known_nodes", "cluster_size"):
        say(field, info.get(field))
    nodes = [line.split() for line in cli("CLUSTER", "NODES").splitlines()]
    say("fields of CLUSTER NODES", sorted(len(line) for line in nodes))
    say("flags and slots", sorted([line[2].replace("myself,", ""), *line[7:]] for line in nodes))
    check = cli("--cluster", "check", f"{host}:{port}")
    say("--cluster check: slots", "[OK] All 16384 slots covered." in check)
    say("--cluster check: agreement", "[OK] All nodes agree about slots configuration." in check)
    say("--cluster info: masters", cli("--cluster", "info", f"{host}:{port}").count("slots | 0 slaves"))
    called = cli("--cluster", "call", f"{host}:{port}", "PING")
    say("--cluster call PING", called.count("PONG"))
    say("--cluster fix finds nothing", "[OK] All 16384 slots covered." in cli("--cluster", "fix", f"{host}:{port}"))
    fill = "".join(f"SET key:{i} {i}\n" for i in range(200))
    answers = cli(stdin=fill, options=("-c",)).count("OK")
    say("200 keys over the cluster", answers)
    scanned = cli("--cluster", "call", f"{host}:{port}", "KEYS", "key:*", "--cluster-only-masters")
    say("all of them are somewhere", len(set(re.findall(r"key:\d+", scanned))))


single() if mode == "single" else cluster()
done()
