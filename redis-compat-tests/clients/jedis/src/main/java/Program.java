import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import redis.clients.jedis.AbstractPipeline;
import redis.clients.jedis.AbstractTransaction;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.JedisCluster;
import redis.clients.jedis.JedisPooled;
import redis.clients.jedis.JedisPubSub;
import redis.clients.jedis.JedisShardedPubSub;
import redis.clients.jedis.Protocol;
import redis.clients.jedis.RedisProtocol;
import redis.clients.jedis.Response;
import redis.clients.jedis.UnifiedJedis;
import redis.clients.jedis.args.ListDirection;
import redis.clients.jedis.params.ScanParams;
import redis.clients.jedis.params.SetParams;
import redis.clients.jedis.resps.ScanResult;

/** Jedis: one connection, the pooled client in RESP2 and RESP3, and JedisCluster. */
public final class Program {
  private static String host;
  private static int port;

  private static void commands(UnifiedJedis r, String p) throws Exception {
    Transcript.attempt(p + " set", () -> r.set("k", "v"));
    Transcript.attempt(p + " get", () -> r.get("k"));
    Transcript.attempt(p + " get missing", () -> r.get("missing"));
    Transcript.attempt(p + " set nx", () -> r.set("k", "w", SetParams.setParams().nx()));
    Transcript.attempt(p + " setGet", () -> r.setGet("k", "x", SetParams.setParams().px(100_000)));
    Transcript.attempt(p + " ttl", () -> r.ttl("k"));
    Transcript.attempt(p + " incrBy", () -> r.incrBy("n", 41));
    Transcript.attempt(p + " incrByFloat", () -> r.incrByFloat("n", 0.5));
    Transcript.attempt(p + " incr on text", () -> r.incr("k"));
    Transcript.attempt(p + " binary", () -> r.set(new byte[] {0, -1}, new byte[] {1, 2, -3}) + java.util.Arrays.toString(r.get(new byte[] {0, -1})));
    r.set("big", "b".repeat(1_000_000));
    Transcript.attempt(p + " 1 MB", () -> r.get("big").length());
    r.psetex("soon", 30, "1");
    Thread.sleep(100);
    Transcript.attempt(p + " expired", () -> r.exists("soon"));
    Transcript.attempt(p + " hset", () -> r.hset("h", Map.of("a", "1", "b", "2", "c", "x")));
    Transcript.attempt(p + " hgetAll", () -> r.hgetAll("h"));
    Transcript.attempt(p + " hmget", () -> r.hmget("h", "a", "zz"));
    Transcript.attempt(p + " hincrByFloat", () -> r.hincrByFloat("h", "a", 0.25));
    Transcript.attempt(p + " hdel", () -> r.hdel("h", "a", "zz"));
    Transcript.attempt(p + " rpush", () -> r.rpush("l", "a", "b", "c", "d", "e"));
    Transcript.attempt(p + " lrange", () -> r.lrange("l", 1, -2));
    Transcript.attempt(p + " lmpop", () -> r.lmpop(ListDirection.LEFT, 2, "l").getValue());
    Transcript.attempt(p + " blpop at once", () -> r.blpop(1, "l"));
    Transcript.attempt(p + " blpop timeout", () -> r.blpop(0.05, "nothing"));
    Transcript.attempt(p + " sadd", () -> r.sadd("s", "a", "b", "a"));
    Transcript.attempt(p + " smembers", () -> r.smembers("s"));
    Transcript.attempt(p + " smismember", () -> r.smismember("s", "a", "z"));
    Transcript.attempt(p + " zadd", () -> r.zadd("z", Map.of("a", 1.0, "b", 2.5, "c", Double.POSITIVE_INFINITY)));
    Transcript.attempt(p + " zrange", () -> r.zrangeWithScores("z", 0, -1).toString());
    Transcript.attempt(p + " zincrby", () -> r.zincrby("z", 0.25, "a"));
    Transcript.attempt(p + " zrank", () -> r.zrank("z", "b"));
    Transcript.attempt(p + " zpopmin", () -> r.zpopmin("z").toString());
    Transcript.attempt(p + " bzpopmax", () -> r.bzpopmax(1, "z").getValue().toString());
    Transcript.attempt(p + " wrong type", () -> r.lpush("z", "x"));
    Transcript.attempt(p + " wrong arity", () -> r.sendCommand(Protocol.Command.GET, "a"));
    Transcript.attempt(p + " 1000 deep", () -> {
      try (AbstractPipeline pipe = r.pipelined()) {
        List<Response<String>> answers = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
          pipe.set("p:" + i % 50, String.valueOf(i));
          answers.add(pipe.get("p:" + i % 50));
        }
        pipe.sync();
        return List.of(answers.size(), answers.get(999).get());
      }
    });
    Transcript.attempt(p + " multi", () -> {
      try (AbstractTransaction multi = r.multi()) {
        multi.set("{t}a", "1");
        multi.incr("{t}a");
        multi.lpush("{t}a", "x");
        return multi.exec().stream().map(Object::toString).toList();
      }
    });
    Transcript.attempt(p + " watch", () -> {
      try (AbstractTransaction multi = r.transaction(false)) {
        multi.watch("{t}a");
        r.set("{t}a", "changed");
        multi.multi();
        multi.set("{t}a", "mine");
        return multi.exec();
      }
    });
    Transcript.attempt(p + " eval", () -> r.eval("return {KEYS[1], ARGV[1], 3, redis.call('GET', KEYS[1])}", List.of("{t}a"), List.of("x")));
    Transcript.attempt(p + " evalsha missing", () -> r.evalsha("0".repeat(40), List.of("{t}a"), List.of()));
    Transcript.attempt(p + " script load", () -> r.scriptLoad("return 'loaded'", "{t}a"));
    Transcript.attempt(p + " script error", () -> r.eval("return redis.error_reply('MY error')", List.of("{t}a"), List.of()));
  }

  private static void scan(UnifiedJedis r, String p) {
    Transcript.attempt(p + " scan", () -> {
      Set<String> seen = new HashSet<>();
      String cursor = ScanParams.SCAN_POINTER_START;
      do {
        ScanResult<String> page = r.scan(cursor, new ScanParams().match("{scan}*").count(9));
        seen.addAll(page.getResult());
        cursor = page.getCursor();
      } while (!cursor.equals(ScanParams.SCAN_POINTER_START));
      return seen.size();
    });
  }

  private static void pubsub(UnifiedJedis r, String p) throws Exception {
    List<String> heard = java.util.Collections.synchronizedList(new ArrayList<>());
    JedisPubSub listener = new JedisPubSub() {
      @Override public void onSubscribe(String channel, int count) { heard.add("subscribed " + channel + " " + count); }
      @Override public void onPMessage(String pattern, String channel, String message) { heard.add(pattern + " " + channel + " " + message); }
      @Override public void onMessage(String channel, String message) {
        heard.add(channel + " " + message);
        unsubscribe();
      }
    };
    Thread thread = new Thread(() -> r.subscribe(listener, "channel"));
    thread.start();
    Thread.sleep(150);
    r.publish("channel", "hello");
    thread.join(3000);
    Transcript.say(p + " heard", heard);
  }

  private static void single() throws Exception {
    try (Jedis one = new Jedis(host, port)) {
      Transcript.attempt("ping", one::ping);
      Transcript.attempt("flushAll", one::flushAll);
      Transcript.attempt("select", () -> one.select(3));
      Transcript.attempt("clientSetname", () -> one.clientSetname("me"));
      Transcript.attempt("clientGetname", one::clientGetname);
      Transcript.attempt("client info", () -> {
        String info = one.clientInfo();
        List<String> fields = new ArrayList<>();
        for (String field : info.trim().split(" ")) {
          if (field.matches("(name|db|sub|psub|resp|user|cmd)=.*")) fields.add(field);
        }
        return fields;
      });
      Transcript.attempt("object encoding", () -> {
        one.rpush("l", "x");
        return one.objectEncoding("l");
      });
      Transcript.attempt("select out of range", () -> one.select(99));
      Transcript.attempt("configGet", () -> one.configGet("maxmemory-policy"));
      Transcript.attempt("time", () -> one.time().size());
    }
    for (RedisProtocol protocol : List.of(RedisProtocol.RESP2, RedisProtocol.RESP3)) {
      var config = DefaultJedisClientConfig.builder().protocol(protocol).clientName("me").build();
      try (JedisPooled r = new JedisPooled(new HostAndPort(host, port), config)) {
        r.flushAll();
        commands(r, protocol.name());
        for (int i = 0; i < 100; i++) r.set("{scan}" + i, "v");
        scan(r, protocol.name());
        pubsub(r, protocol.name());
        List<List<String>> woken = new ArrayList<>();
        Thread waiter = new Thread(() -> woken.add(r.blpop(5, "queue")));
        waiter.start();
        Thread.sleep(100);
        r.rpush("queue", "job");
        waiter.join(6000);
        Transcript.say(protocol + " blpop wakes", woken);
      }
    }
  }

  private static void cluster() throws Exception {
    for (RedisProtocol protocol : List.of(RedisProtocol.RESP2, RedisProtocol.RESP3)) {
      String p = protocol.name();
      var config = DefaultJedisClientConfig.builder().protocol(protocol).build();
      try (JedisCluster r = new JedisCluster(Set.of(new HostAndPort(host, port)), config)) {
        Transcript.say(p + " nodes", r.getClusterNodes().size());
        r.flushAll();
        commands(r, p);
        for (int i = 0; i < 100; i++) r.set("{scan}" + i, "v");
        scan(r, p);
        for (int i = 0; i < 100; i++) r.set("key:" + i, "v");
        Set<String> seen = new HashSet<>();
        r.getClusterNodes().values().forEach(pool -> {
          try (Jedis node = new Jedis(pool.getResource())) {
            seen.addAll(node.keys("key:*"));
          }
        });
        Transcript.say(p + " keys of all nodes", seen.size());
        Transcript.attempt(p + " cross slot", () -> r.mget("a", "b"));
        pubsub(r, p);
        List<String> heard = java.util.Collections.synchronizedList(new ArrayList<>());
        JedisShardedPubSub listener = new JedisShardedPubSub() {
          @Override public void onSMessage(String channel, String message) {
            heard.add(channel + " " + message);
            sunsubscribe();
          }
        };
        Thread thread = new Thread(() -> r.ssubscribe(listener, "shard-channel"));
        thread.start();
        Thread.sleep(150);
        r.spublish("shard-channel", "hello");
        thread.join(3000);
        Transcript.say(p + " heard sharded", heard);
      }
      try (Jedis plain = new Jedis(host, port)) {
        for (String key : List.of("a", "b", "c", "d")) {
          Transcript.attempt(p + " MOVED " + key, () -> {
            try {
              return plain.get(key);
            } catch (redis.clients.jedis.exceptions.JedisMovedDataException moved) {
              return "MOVED " + moved.getSlot() + " " + moved.getTargetNode().getHost();
            }
          });
        }
        Transcript.attempt(p + " CROSSSLOT", () -> plain.mget("a", "b"));
        Transcript.attempt(p + " keyslot", () -> plain.clusterKeySlot("foo{bar}"));
      }
    }
  }

  private static void traffic() {
    try (JedisCluster r = new JedisCluster(new HostAndPort(host, port))) {
      for (int i = 0; i < Integer.parseInt(System.getenv("TRAFFIC_COMMANDS")) / 2; i++) {
        r.set("key:" + i % 500, String.valueOf(i));
        r.get("key:" + i % 500);
      }
    }
  }

  public static void main(String[] arguments) throws Exception {
    host = arguments[1];
    port = Integer.parseInt(arguments[2]);
    switch (arguments[0]) {
      case "single" -> single();
      case "cluster" -> cluster();
      default -> traffic();
    }
    System.out.println("{\"step\": \"done\"}");
    System.exit(0);
  }
}
