"""redis-py: the plain client in RESP2 and RESP3, its asyncio client, and RedisCluster."""

import asyncio
import os
import sys
import threading
import time

import redis
import redis.asyncio
from redis.cluster import RedisCluster

from transcript import attempt, done, say

mode, host, port = sys.argv[1], sys.argv[2], int(sys.argv[3])


def strings(r, p):
    attempt(f"{p} set", r.set, "k", "v")
    attempt(f"{p} get", r.get, "k")
    attempt(f"{p} get missing", r.get, "missing")
    attempt(f"{p} set nx", r.set, "k", "w", nx=True)
    attempt(f"{p} set get", r.set, "k", "w", get=True)
    attempt(f"{p} set xx px", r.set, "k", "x", xx=True, px=100_000)
    attempt(f"{p} ttl", r.ttl, "k")
    attempt(f"{p} append", r.append, "k", "yz")
    attempt(f"{p} getrange", r.getrange, "k", 0, -2)
    attempt(f"{p} setrange", r.setrange, "k", 5, "!")
    attempt(f"{p} strlen", r.strlen, "k")
    attempt(f"{p} incr", r.incr, "n")
    attempt(f"{p} incrby", r.incrby, "n", 41)
    attempt(f"{p} incrbyfloat", r.incrbyfloat, "n", 0.5)
    attempt(f"{p} incr on text", r.incr, "k")
    attempt(f"{p} getex", r.getex, "k", ex=50)
    attempt(f"{p} getdel", r.getdel, "k")
    attempt(f"{p} binary", r.set, b"\x00\xff", bytes(range(256)))
    attempt(f"{p} binary back", lambda: r.get(b"\x00\xff") == bytes(range(256)))
    attempt(f"{p} 1 MB", r.set, "big", "b" * 1_000_000)
    attempt(f"{p} 1 MB back", lambda: len(r.get("big")))


def generic(r, p):
    r.set("e", "1")
    attempt(f"{p} expire", r.expire, "e", 100)
    attempt(f"{p} expire gt", r.expire, "e", 50, gt=True)
    attempt(f"{p} persist", r.persist, "e")
    attempt(f"{p} pexpireat", r.pexpireat, "e", 4_000_000_000_000)
    attempt(f"{p} pexpiretime", r.pexpiretime, "e")
    attempt(f"{p} exists", r.exists, "e", "e")
    attempt(f"{p} type", r.type, "e")
    attempt(f"{p} object encoding", r.object, "encoding", "e")
    attempt(f"{p} touch", r.touch, "e")
    attempt(f"{p} unlink", r.unlink, "e")
    r.set("soon", "1", px=30)
    time.sleep(0.1)
    attempt(f"{p} expired", r.get, "soon")


def collections(r, p):
    attempt(f"{p} hset", r.hset, "h", mapping={"a": 1, "b": 2, "c": "x"})
    attempt(f"{p} hgetall", r.hgetall, "h")
    attempt(f"{p} hmget", r.hmget, "h", ["a", "zz"])
    attempt(f"{p} hincrby", r.hincrby, "h", "a", 5)
    attempt(f"{p} hincrbyfloat", r.hincrbyfloat, "h", "a", 1.5)
    attempt(f"{p} hdel", r.hdel, "h", "b", "b")
    attempt(f"{p} hkeys", lambda: sorted(r.hkeys("h")))
    attempt(f"{p} hstrlen", r.hstrlen, "h", "c")
    attempt(f"{p} hscan", lambda: dict(r.hscan_iter("h")))
    attempt(f"{p} rpush", r.rpush, "l", *range(10))
    attempt(f"{p} lrange", r.lrange, "l", 2, -3)
    attempt(f"{p} lpop count", r.lpop, "l", 2)
    attempt(f"{p} linsert", r.linsert, "l", "BEFORE", "5", "four-and-a-half")
    attempt(f"{p} lpos", r.lpos, "l", "7")
    attempt(f"{p} lset out of range", r.lset, "l", 99, "x")
    attempt(f"{p} ltrim", r.ltrim, "l", 0, 2)
    attempt(f"{p} blpop at once", r.blpop, "l", 1)
    attempt(f"{p} blpop timeout", r.blpop, "nothing", 0.05)
    attempt(f"{p} sadd", r.sadd, "s", "a", "b", "c", "a")
    attempt(f"{p} smembers", r.smembers, "s")
    attempt(f"{p} smismember", r.smismember, "s", ["a", "z"])
    attempt(f"{p} srem", r.srem, "s", "a", "z")
    attempt(f"{p} sscan", lambda: set(r.sscan_iter("s")))
    attempt(f"{p} zadd", r.zadd, "z", {"a": 1, "b": 2.5, "c": float("inf")})
    attempt(f"{p} zrange", r.zrange, "z", 0, -1, withscores=True)
    attempt(f"{p} zrangebyscore", r.zrangebyscore, "z", "(1", "+inf")
    attempt(f"{p} zincrby", r.zincrby, "z", 1.25, "a")
    attempt(f"{p} zrank", r.zrank, "z", "b")
    attempt(f"{p} zrank withscore", r.zrank, "z", "b", withscore=True)
    attempt(f"{p} zscore", r.zscore, "z", "c")
    attempt(f"{p} zpopmin", r.zpopmin, "z")
    attempt(f"{p} bzpopmax", r.bzpopmax, "z", 1)
    attempt(f"{p} wrong type", r.lpush, "z", "x")


def pipelines(r, p):
    def deep():
        pipe = r.pipeline(transaction=False)
        for i in range(1000):
            pipe.set(f"p:{i % 50}", i)
            pipe.get(f"p:{i % 50}")
        answers = pipe.execute()
        return [len(answers), answers[-1], answers.count(True)]

    attempt(f"{p} 1000 deep", deep)
    attempt(f"{p} with an error", lambda: [str(x) for x in r.pipeline(transaction=False)
            .set("pe", "text").incr("pe").get("pe").execute(raise_on_error=False)])


def transactions(r, p):
    attempt(f"{p} multi", lambda: r.pipeline().set("{t}a", 1).incr("{t}a").get("{t}a").execute())

    def watched():
        with r.pipeline() as pipe:
            pipe.watch("{t}a")
            r.set("{t}a", "changed")
            pipe.multi()
            pipe.set("{t}a", "mine")
            return pipe.execute()

    attempt(f"{p} watch sees the change", watched)
    attempt(f"{p} the other value stays", r.get, "{t}a")


def scripts(r, p):
    attempt(f"{p} eval", r.eval, "return {KEYS[1], ARGV[1], 3, false}", 1, "{t}k", "arg")
    attempt(f"{p} eval call", r.eval, "redis.call('SET', KEYS[1], ARGV[1]) return redis.call('GET', KEYS[1])", 1, "{t}k", "v")
    attempt(f"{p} evalsha missing", r.evalsha, "0" * 40, 0)
    attempt(f"{p} script load", r.script_load, "return 'loaded'")
    attempt(f"{p} script exists", r.script_exists, "a" * 40)
    attempt(f"{p} register_script", lambda: r.register_script("return redis.call('INCR', KEYS[1])")(keys=["{t}n"]))
    attempt(f"{p} script error", r.eval, "return redis.error_reply('MY error')", 0)
    attempt(f"{p} runtime error", r.eval, "return redis.call('LPUSH', KEYS[1], 'x')", 1, "{t}k")


def pubsub(r, p, sharded=False):
    listener = r.pubsub()
    if sharded:
        listener.ssubscribe("channel")
        # Nobody promises an order between two connections: the message comes once the subscription is confirmed,
        # both on the node that owns the channel's slot.
        heard = [listener.get_sharded_message(timeout=2)]
        r.spublish("channel", "message")
        heard.append(listener.get_sharded_message(timeout=2))
    else:
        listener.subscribe("channel")
        listener.psubscribe("chan*")
        first = [listener.get_message(timeout=2) for _ in range(2)]
        r.publish("channel", "message")
        heard = first + [listener.get_message(timeout=2) for _ in range(2)]
    say(f"{p} pubsub{' sharded' if sharded else ''}", heard)
    listener.close()


def client(r, p):
    attempt(f"{p} setname", r.client_setname, "me")
    attempt(f"{p} getname", r.client_getname)
    info = r.client_info()
    say(f"{p} client info", {key: str(info.get(key)) for key in ("name", "db", "sub", "psub", "cmd", "user", "resp", "lib-name")})
    attempt(f"{p} wrong arity", r.execute_command, "GET")
    attempt(f"{p} unknown", r.execute_command, "NOSUCH", "a")
    say(f"{p} info has sections", all(key in r.info() for key in ("redis_version", "used_memory", "uptime_in_seconds")))
    attempt(f"{p} config get", r.config_get, "maxmemory")
    say(f"{p} time", len(r.time()))
    attempt(f"{p} command count is large", lambda: r.command_count() > 150)


def blocking(p):
    """BLPOP in one thread is served by RPUSH in another."""
    answers = []
    waiter = redis.Redis(host, port)
    thread = threading.Thread(target=lambda: answers.append(waiter.blpop("queue", 5)))
    thread.start()
    time.sleep(0.1)
    redis.Redis(host, port).rpush("queue", "job")
    thread.join(6)
    say(f"{p} blpop wakes", answers)


def single():
    for protocol in (2, 3):
        r = redis.Redis(host, port, protocol=protocol)
        r.flushall()
        p = f"RESP{protocol}"
        attempt(f"{p} ping", r.ping)
        for part in (strings, generic, collections, pipelines, transactions, scripts, pubsub, client):
            part(r, p)
        for i in range(100):
            r.set(f"scan:{i}", i)
        attempt(f"{p} scan", lambda: sorted(r.scan_iter("scan:*", count=7)) == sorted(f"scan:{i}".encode() for i in range(100)))
        attempt(f"{p} keys", lambda: sorted(r.keys("scan:9*")))
        attempt(f"{p} rename", r.rename, "scan:1", "renamed")
        attempt(f"{p} copy", r.copy, "renamed", "copied")
        other = redis.Redis(host, port, db=3, protocol=protocol)
        attempt(f"{p} other db", other.dbsize)
        attempt(f"{p} move", r.move, "renamed", 3)
        attempt(f"{p} db 3 has it", other.get, "renamed")
    blocking("threads")
    asyncio.run(asynchronous())


async def asynchronous():
    r = redis.asyncio.Redis(host=host, port=port)
    await r.flushall()
    answers = await asyncio.gather(*(r.set(f"a:{i}", i) for i in range(60)))
    say("asyncio 60 at once", answers.count(True))
    async with r.pipeline() as pipe:
        say("asyncio multi", await pipe.set("x", 1).incr("x").execute())
    waiter = asyncio.create_task(redis.asyncio.Redis(host=host, port=port).blpop("aq", 5))
    await asyncio.sleep(0.1)
    await r.rpush("aq", "job")
    say("asyncio blpop", await waiter)
    await r.aclose()


def cluster():
    for protocol in (2, 3):
        p = f"RESP{protocol}"
        r = RedisCluster(host=host, port=port, protocol=protocol)
        r.flushall(target_nodes=RedisCluster.PRIMARIES)
        say(f"{p} primaries", len(r.get_primaries()))
        for part in (strings, generic, collections, pipelines, transactions, scripts, pubsub):
            part(r, p)
        pubsub(r, p, sharded=True)
        for i in range(100):
            r.set(f"key:{i}", i)
        attempt(f"{p} mget nonatomic", lambda: [int(v) for v in r.mget_nonatomic([f"key:{i}" for i in range(100)])] == list(range(100)))
        attempt(f"{p} mset cross slot", r.mset, {"a": 1, "b": 2})
        attempt(f"{p} mget cross slot", r.mget, ["a", "b"])
        attempt(f"{p} mset same slot", r.mset, {"{x}a": 1, "{x}b": 2})
        attempt(f"{p} scan of all nodes", lambda: len(set(r.scan_iter("key:*"))))
        attempt(f"{p} dbsize of all", r.dbsize)
        attempt(f"{p} keyslot", r.cluster_keyslot, "foo{bar}")
        say(f"{p} shards", sorted(str(shard.get("slots", shard.get(b"slots"))) for shard in r.cluster_shards()))
        say(f"{p} slots", sorted(map(list, r.cluster_slots().keys())))
        # A plain client sees the redirection itself; the port is the only part that differs.
        plain = redis.Redis(host, port, protocol=protocol)
        moved = []
        for key in ("a", "b", "c", "d"):
            try:
                moved.append(plain.get(key))
            except redis.ResponseError as error:
                moved.append(" ".join(str(error).split()[:2]) if "MOVED" in str(error) else str(error).rsplit(":", 1)[0])
        say(f"{p} MOVED", moved)
        attempt(f"{p} CROSSSLOT", plain.execute_command, "MGET", "a", "b")
        attempt(f"{p} eval cross slot", plain.execute_command, "EVAL", "return 1", 2, "a", "b")
        r.close()


def traffic():
    r = RedisCluster(host=host, port=port)
    for i in range(int(os.environ["TRAFFIC_COMMANDS"]) // 2):
        r.set(f"key:{i % 500}", i)
        r.get(f"key:{i % 500}")


{"single": single, "cluster": cluster, "traffic": traffic}[mode]()
done()
