// node-redis: one client in RESP2 and RESP3, and its cluster.

import { createClient, createCluster } from "redis";
import { attempt, say, sleep } from "./transcript.mjs";

const [mode, host, portText] = process.argv.slice(2);
const port = Number(portText);
const url = `redis://${host}:${port}`;

async function commands(r, p) {
  await attempt(`${p} set`, () => r.set("k", "v"));
  await attempt(`${p} get`, () => r.get("k"));
  await attempt(`${p} get missing`, () => r.get("missing"));
  await attempt(`${p} set options`, () => r.set("k", "x", { expiration: { type: "PX", value: 100000 }, GET: true }));
  await attempt(`${p} ttl`, () => r.ttl("k"));
  await attempt(`${p} getEx`, () => r.getEx("k", { type: "PERSIST" }));
  await attempt(`${p} incrBy`, () => r.incrBy("n", 41));
  await attempt(`${p} incrByFloat`, () => r.incrByFloat("n", 1.25));
  await attempt(`${p} incr on text`, () => r.incr("k"));
  await attempt(`${p} 1 MB`, async () => {
    await r.set("big", "b".repeat(1_000_000));
    return (await r.get("big")).length;
  });
  await r.set("soon", "1", { expiration: { type: "PX", value: 30 } });
  await sleep(100);
  await attempt(`${p} expired`, () => r.exists("soon"));
  await attempt(`${p} hSet`, () => r.hSet("h", { a: "1", b: "2", c: "x" }));
  await attempt(`${p} hGetAll`, () => r.hGetAll("h"));
  await attempt(`${p} hmGet`, () => r.hmGet("h", ["a", "zz"]));
  await attempt(`${p} hIncrByFloat`, () => r.hIncrByFloat("h", "a", 0.5));
  await attempt(`${p} hDel`, () => r.hDel("h", ["a", "zz"]));
  await attempt(`${p} rPush`, () => r.rPush("l", [..."abcdefgh"]));
  await attempt(`${p} lRange`, () => r.lRange("l", 1, -2));
  await attempt(`${p} lPosCount`, () => r.lPosCount("l", "c", 0));
  await attempt(`${p} blPop`, () => r.blPop("l", 1));
  await attempt(`${p} lmPop`, () => r.lmPop("l", "LEFT", { COUNT: 2 }));
  await attempt(`${p} sAdd`, () => r.sAdd("s", ["a", "b", "a"]));
  await attempt(`${p} sMembers`, async () => [...(await r.sMembers("s"))].sort());
  await attempt(`${p} sIsMember`, () => r.sIsMember("s", "a"));
  await attempt(`${p} smIsMember`, () => r.smIsMember("s", ["a", "z"]));
  await attempt(`${p} zAdd`, () => r.zAdd("z", [{ score: 1, value: "a" }, { score: 2.5, value: "b" }, { score: Infinity, value: "c" }]));
  await attempt(`${p} zRangeWithScores`, () => r.zRangeWithScores("z", 0, -1));
  await attempt(`${p} zScore`, () => r.zScore("z", "c"));
  await attempt(`${p} zIncrBy`, () => r.zIncrBy("z", 0.1, "a"));
  await attempt(`${p} zPopMin`, () => r.zPopMin("z"));
  await attempt(`${p} bzPopMax`, () => r.bzPopMax("z", 1));
  await attempt(`${p} wrong type`, () => r.lPush("z", "x"));
  await attempt(`${p} 1000 deep`, async () => {
    const calls = [];
    for (let i = 0; i < 1000; i++) calls.push(r.set(`p:${i % 50}`, String(i)), r.get(`p:${i % 50}`));
    const answers = await Promise.all(calls);
    return [answers.length, answers.at(-1)];
  });
  await attempt(`${p} multi`, () => r.multi().set("{t}a", "1").incr("{t}a").get("{t}a").exec());
  await attempt(`${p} multi with an error`, () => r.multi().set("{t}a", "text").incr("{t}a").execAsPipeline());
  await attempt(`${p} eval`, () => r.eval("return {KEYS[1], ARGV[1], 3, redis.call('GET', KEYS[1])}", { keys: ["{t}a"], arguments: ["x"] }));
  await attempt(`${p} evalSha missing`, () => r.evalSha("0".repeat(40), { keys: ["{t}a"], arguments: [] }));
  await attempt(`${p} script error`, () => r.eval("return redis.error_reply('MY error')", { keys: ["{t}a"], arguments: [] }));
}

async function single() {
  for (const RESP of [2, 3]) {
    const p = `RESP${RESP}`;
    const r = createClient({ url, RESP, name: "me" });
    r.on("error", () => {});
    await r.connect();
    await r.flushAll();
    await attempt(`${p} ping`, () => r.ping());
    await commands(r, p);
    await attempt(`${p} clientGetName`, () => r.clientGetName());
    await attempt(`${p} clientInfo`, async () => {
      const { name, db, libName } = await r.clientInfo();
      return { name, db, libName };
    });
    await attempt(`${p} wrong arity`, () => r.sendCommand(["GET"]));
    await attempt(`${p} unknown command`, () => r.sendCommand(["NOSUCH", "a"]));
    await attempt(`${p} commandCount`, async () => (await r.commandCount()) > 150);
    await attempt(`${p} commandInfo`, async () => (await r.commandInfo(["get"])).map((one) => [one.name, one.arity, one.flags, one.firstKeyIndex]));
    for (let i = 0; i < 100; i++) await r.set(`scan:${i}`, "v");
    await attempt(`${p} scanIterator`, async () => {
      const seen = new Set();
      for await (const keys of r.scanIterator({ MATCH: "scan:*", COUNT: 9 })) [].concat(keys).forEach((key) => seen.add(key));
      return seen.size;
    });
    const other = r.duplicate();
    other.on("error", () => {});
    await other.connect();
    await attempt(`${p} watch`, async () => {
      await other.watch("{t}a");
      await r.set("{t}a", "changed");
      return other.multi().set("{t}a", "mine").exec();
    });
    await attempt(`${p} blPop wakes`, async () => {
      const waiting = other.blPop("queue", 5);
      await sleep(50);
      await r.rPush("queue", "job");
      return waiting;
    });
    const heard = [];
    await other.subscribe("c1", (message, channel) => heard.push(`${channel} ${message}`));
    await other.pSubscribe("c*", (message, channel) => heard.push(`pattern ${channel} ${message}`));
    await attempt(`${p} publish`, () => r.publish("c1", "one"));
    await sleep(150);
    say(`${p} heard`, heard.sort());
    other.destroy();
    r.destroy();
  }
}

async function cluster() {
  const r = createCluster({ rootNodes: [{ url }] });
  r.on("error", () => {});
  await r.connect();
  await Promise.all(r.masters.map(async (node) => (await r.nodeClient(node)).flushAll()));
  say("masters", r.masters.length);
  await commands(r, "cluster");
  await attempt("spread", () => Promise.all([...Array(100).keys()].map((i) => r.set(`key:${i}`, String(i)))).then((all) => all.length));
  await attempt("scan of all nodes", async () => {
    const seen = new Set();
    for (const node of r.masters) {
      const one = await r.nodeClient(node);
      for await (const keys of one.scanIterator({ MATCH: "key:*" })) [].concat(keys).forEach((key) => seen.add(key));
    }
    return seen.size;
  });
  await attempt("cross slot mGet", () => r.mGet(["a", "b"]));
  const heard = [];
  await attempt("sSubscribe", () => r.sSubscribe("shard-channel", (message, channel) => heard.push(`${channel} ${message}`)));
  await attempt("sPublish", () => r.sPublish("shard-channel", "hello"));
  await attempt("subscribe", () => r.subscribe("channel", (message, channel) => heard.push(`${channel} ${message}`)));
  await attempt("publish", () => r.publish("channel", "hello").then(() => "sent"));
  await sleep(150);
  say("heard", heard.sort());
  r.destroy();
}

async function traffic() {
  const r = createCluster({ rootNodes: [{ url }] });
  await r.connect();
  for (let i = 0; i < Number(process.env.TRAFFIC_COMMANDS) / 2; i++) {
    await r.set(`key:${i % 500}`, String(i));
    await r.get(`key:${i % 500}`);
  }
  r.destroy();
}

await { single, cluster, traffic }[mode]();
console.log('{"step":"done"}');
process.exit(0);
