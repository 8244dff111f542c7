// ioredis: one connection with automatic pipelining off and on, and its Cluster.

import { Cluster, Redis } from "ioredis";
import { attempt, say, sleep } from "./transcript.mjs";

const [mode, host, portText] = process.argv.slice(2);
const port = Number(portText);

async function commands(r, p) {
  await attempt(`${p} set`, () => r.set("k", "v"));
  await attempt(`${p} get`, () => r.get("k"));
  await attempt(`${p} get missing`, () => r.get("missing"));
  await attempt(`${p} set nx`, () => r.set("k", "w", "NX"));
  await attempt(`${p} set px get`, () => r.set("k", "x", "PX", 100000, "GET"));
  await attempt(`${p} ttl`, () => r.ttl("k"));
  await attempt(`${p} incr`, () => r.incr("n"));
  await attempt(`${p} incrbyfloat`, () => r.incrbyfloat("n", 0.1));
  await attempt(`${p} incr on text`, () => r.incr("k"));
  await attempt(`${p} getBuffer`, async () => {
    await r.set(Buffer.from([0, 255]), Buffer.from([0, 1, 254, 255]));
    return r.getBuffer(Buffer.from([0, 255]));
  });
  await attempt(`${p} 1 MB`, async () => {
    await r.set("big", "b".repeat(1_000_000));
    return (await r.get("big")).length;
  });
  await attempt(`${p} pexpireat`, () => r.pexpireat("k", 4000000000000));
  await attempt(`${p} pexpiretime`, () => r.pexpiretime("k"));
  await attempt(`${p} persist`, () => r.persist("k"));
  await r.set("soon", "1", "PX", 30);
  await sleep(100);
  await attempt(`${p} expired`, () => r.exists("soon"));

  await attempt(`${p} hset`, () => r.hset("h", { a: 1, b: "2", c: "x" }));
  await attempt(`${p} hgetall`, () => r.hgetall("h"));
  await attempt(`${p} hmget`, () => r.hmget("h", "a", "zz"));
  await attempt(`${p} hincrby`, () => r.hincrby("h", "a", 7));
  await attempt(`${p} hscan`, async () => (await r.hscan("h", 0))[1].length);
  await attempt(`${p} rpush`, () => r.rpush("l", ..."abcdefgh"));
  await attempt(`${p} lrange`, () => r.lrange("l", 1, -2));
  await attempt(`${p} lmove`, () => r.lmove("l", "l", "LEFT", "RIGHT"));
  await attempt(`${p} lpos`, () => r.lpos("l", "c"));
  await attempt(`${p} blpop at once`, () => r.blpop("l", 1));
  await attempt(`${p} blpop timeout`, () => r.blpop("nothing", 0.05));
  await attempt(`${p} sadd`, () => r.sadd("s", "a", "b", "a"));
  await attempt(`${p} smembers`, async () => new Set(await r.smembers("s")));
  await attempt(`${p} smismember`, () => r.smismember("s", "a", "z"));
  await attempt(`${p} zadd`, () => r.zadd("z", 1, "a", 2.5, "b", "+inf", "c"));
  await attempt(`${p} zrange`, () => r.zrange("z", 0, -1, "WITHSCORES"));
  await attempt(`${p} zrange byscore rev`, () => r.zrange("z", "+inf", "(1", "BYSCORE", "REV"));
  await attempt(`${p} zincrby`, () => r.zincrby("z", 0.1, "a"));
  await attempt(`${p} zpopmin`, () => r.zpopmin("z"));
  await attempt(`${p} bzpopmin`, () => r.bzpopmin("z", 1));
  await attempt(`${p} wrong type`, () => r.lpush("z", "x"));
  await attempt(`${p} wrong arity`, () => r.call("GET", "a", "b"));
  await attempt(`${p} unknown command`, () => r.call("NOSUCH", "a", "b"));

  await attempt(`${p} 1000 deep`, async () => {
    const pipe = r.pipeline();
    for (let i = 0; i < 1000; i++) pipe.set(`{p}${i % 50}`, i).get(`{p}${i % 50}`);
    const answers = await pipe.exec();
    return [answers.length, answers.at(-1), answers.filter(([error]) => error).length];
  });
  await attempt(`${p} pipeline with an error`, () => r.pipeline().set("{e}", "t").incr("{e}").get("{e}").exec());
  await attempt(`${p} multi`, () => r.multi().set("{t}a", 1).incr("{t}a").get("{t}a").exec());
  await attempt(`${p} multi with an unknown command`, () => r.multi().set("{t}a", 1).call("NOSUCH", "{t}a").exec());

  await attempt(`${p} eval`, () => r.eval("return {KEYS[1], ARGV[1], 3, redis.call('GET', KEYS[1])}", 1, "{t}a", "x"));
  r.defineCommand(`bump${p.replace(/\W/g, "")}`, { numberOfKeys: 1, lua: "return redis.call('INCRBY', KEYS[1], ARGV[1])" });
  await attempt(`${p} defineCommand`, () => r[`bump${p.replace(/\W/g, "")}`]("{t}n", 5));
  await attempt(`${p} defineCommand again`, () => r[`bump${p.replace(/\W/g, "")}`]("{t}n", 5));
  await attempt(`${p} evalsha missing`, () => r.evalsha("0".repeat(40), 1, "{t}n"));
  await attempt(`${p} script error`, () => r.eval("return redis.error_reply('MY error')", 1, "{t}n"));
  await attempt(`${p} script bug`, () => r.eval("return nosuch.field", 1, "{t}n"));
}

async function pubsub(publisher, subscriber, p) {
  const heard = [];
  subscriber.on("message", (channel, message) => heard.push(["message", channel, message]));
  subscriber.on("pmessage", (pattern, channel, message) => heard.push(["pmessage", pattern, channel, message]));
  await attempt(`${p} subscribe`, () => subscriber.subscribe("c1", "c2"));
  await attempt(`${p} psubscribe`, () => subscriber.psubscribe("c*"));
  await publisher.publish("c1", "one");
  await publisher.publish("c9", "nine");
  await sleep(150);
  say(`${p} heard`, heard.map((one) => one.join(" ")).sort());
  await attempt(`${p} unsubscribe`, () => subscriber.unsubscribe("c1"));
}

async function single() {
  for (const [p, options] of [["plain", {}], ["autopipelining", { enableAutoPipelining: true }]]) {
    const r = new Redis({ port, host, connectionName: "me", ...options });
    await r.flushall();
    await attempt(`${p} ping`, () => r.ping());
    await commands(r, p);
    await attempt(`${p} getname`, () => r.client("GETNAME"));
    await attempt(`${p} client info`, async () => (await r.client("INFO")).match(/ (name|db|resp)=\S+/g));
    await attempt(`${p} hello`, async () => (await r.call("HELLO")).slice(4, 6));
    const watcher = r.duplicate();
    await attempt(`${p} watch`, async () => {
      await watcher.watch("{t}a");
      await r.set("{t}a", "changed");
      return watcher.multi().set("{t}a", "mine").exec();
    });
    await Promise.all([...Array(100).keys()].map((i) => r.set(`scan:${i}`, i)));
    await attempt(`${p} scanStream`, async () => {
      const seen = new Set();
      for await (const keys of r.scanStream({ match: "scan:*", count: 9 })) keys.forEach((key) => seen.add(key));
      return seen.size;
    });
    await attempt(`${p} blpop wakes`, async () => {
      const waiting = watcher.blpop("queue", 5);
      await sleep(50);
      await r.rpush("queue", "job");
      return waiting;
    });
    await pubsub(r, r.duplicate(), p);
    await attempt(`${p} monitor sees a command`, async () => {
      // Not of a fresh duplicate, which would connect beside it: ioredis cannot take a line right behind the OK.
      const monitor = await r.monitor();
      const seen = new Promise((resolve) => monitor.on("monitor", (time, args) => args[0].toLowerCase() === "echo" && resolve(args)));
      await r.echo("watched");
      const args = await seen;
      monitor.disconnect();
      return args;
    });
    watcher.disconnect();
    r.disconnect();
  }
}

async function cluster() {
  const r = new Cluster([{ host, port }], { redisOptions: { connectionName: "me" } });
  await Promise.all(r.nodes("master").map((node) => node.flushall()));
  await attempt("ready", async () => (await r.ping()) && r.nodes("master").length);
  await commands(r, "cluster");
  await attempt("spread", () => Promise.all([...Array(100).keys()].map((i) => r.set(`key:${i}`, i))).then((all) => all.length));
  await attempt("read back", async () => {
    const values = await Promise.all([...Array(100).keys()].map((i) => r.get(`key:${i}`)));
    return values.every((value, i) => Number(value) === i);
  });
  await attempt("scan of all nodes", async () => {
    const seen = new Set();
    for (const node of r.nodes("master")) {
      for await (const keys of node.scanStream({ match: "key:*" })) keys.forEach((key) => seen.add(key));
    }
    return seen.size;
  });
  await attempt("cross slot mset", () => r.mset("a", 1, "b", 2));
  await attempt("cross slot pipeline", () => r.pipeline().set("a", 1).set("b", 2).exec());
  await attempt("cluster keyslot", () => r.cluster("KEYSLOT", "foo{bar}"));
  await attempt("cluster slots shape", async () =>
    (await r.cluster("SLOTS")).map(([from, to, node]) => [from, to, node.length, node[0], node[3]]).sort((x, y) => x[0] - y[0]));
  await pubsub(r, r, "cluster");
  const plainNode = new Redis({ host, port });
  for (const key of ["a", "b", "c", "d"]) {
    await attempt(`MOVED ${key}`, async () => {
      try {
        return await plainNode.get(key);
      } catch (error) {
        return error.message.replace(/:\d+$/, "");
      }
    });
  }
  await attempt("CROSSSLOT", () => plainNode.mget("a", "b"));
  plainNode.disconnect();
  const sharded = new Cluster([{ host, port }], { shardedSubscribers: true });
  const heard = [];
  sharded.on("smessage", (channel, message) => heard.push(`${channel} ${message}`));
  await attempt("ssubscribe", () => sharded.ssubscribe("shard-channel"));
  await attempt("spublish", () => r.spublish("shard-channel", "hello"));
  await sleep(150);
  say("sharded message", heard);
  sharded.disconnect();
  r.disconnect();
}

async function traffic() {
  const r = new Cluster([{ host, port }]);
  for (let i = 0; i < Number(process.env.TRAFFIC_COMMANDS) / 2; i++) {
    await r.set(`key:${i % 500}`, i);
    await r.get(`key:${i % 500}`);
  }
  r.disconnect();
}

await { single, cluster, traffic }[mode]();
console.log('{"step":"done"}');
process.exit(0); // connections of the steps above may still be open
