import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.KeyValue;
import io.lettuce.core.LMPopArgs;
import io.lettuce.core.LettuceFutures;
import io.lettuce.core.Range;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisURI;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.SetArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.cluster.api.sync.RedisClusterCommands;
import io.lettuce.core.cluster.pubsub.RedisClusterPubSubAdapter;
import io.lettuce.core.cluster.pubsub.StatefulRedisClusterPubSubConnection;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode;
import io.lettuce.core.protocol.ProtocolVersion;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** Lettuce: a standalone connection in RESP2 and RESP3, and its cluster client. */
public final class Program {
  private static RedisURI uri;

  private static void commands(RedisClusterCommands<String, String> r, String p) throws Exception {
    Transcript.attempt(p + " set", () -> r.set("k", "v"));
    Transcript.attempt(p + " get", () -> r.get("k"));
    Transcript.attempt(p + " get missing", () -> r.get("missing"));
    Transcript.attempt(p + " set nx", () -> r.set("k", "w", SetArgs.Builder.nx()));
    Transcript.attempt(p + " setGet", () -> r.setGet("k", "x", SetArgs.Builder.px(100_000)));
    Transcript.attempt(p + " ttl", () -> r.ttl("k"));
    Transcript.attempt(p + " incrby", () -> r.incrby("n", 41));
    Transcript.attempt(p + " incrbyfloat", () -> r.incrbyfloat("n", 0.5));
    Transcript.attempt(p + " incr on text", () -> r.incr("k"));
    r.set("big", "b".repeat(1_000_000));
    Transcript.attempt(p + " 1 MB", () -> r.get("big").length());
    r.psetex("soon", 30, "1");
    Thread.sleep(100);
    Transcript.attempt(p + " expired", () -> r.exists("soon"));
    Transcript.attempt(p + " hset", () -> r.hset("h", Map.of("a", "1", "b", "2", "c", "x")));
    Transcript.attempt(p + " hgetall", () -> r.hgetall("h"));
    Transcript.attempt(p + " hmget", () -> r.hmget("h", "a", "zz").toString());
    Transcript.attempt(p + " hincrbyfloat", () -> r.hincrbyfloat("h", "a", 0.25));
    Transcript.attempt(p + " rpush", () -> r.rpush("l", "a", "b", "c", "d", "e"));
    Transcript.attempt(p + " lrange", () -> r.lrange("l", 1, -2));
    Transcript.attempt(p + " lmpop", () -> String.valueOf(r.lmpop(LMPopArgs.Builder.left().count(2), "l")));
    Transcript.attempt(p + " blpop at once", () -> String.valueOf(r.blpop(1, "l")));
    Transcript.attempt(p + " blpop timeout", () -> String.valueOf(r.blpop(0.05, "nothing")));
    Transcript.attempt(p + " sadd", () -> r.sadd("s", "a", "b", "a"));
    Transcript.attempt(p + " smembers", () -> r.smembers("s"));
    Transcript.attempt(p + " smismember", () -> r.smismember("s", "a", "z"));
    Transcript.attempt(p + " zadd", () -> r.zadd("z", 1.0, "a", 2.5, "b", Double.POSITIVE_INFINITY, "c"));
    Transcript.attempt(p + " zrange", () -> r.zrangeWithScores("z", 0, -1).toString());
    Transcript.attempt(p + " zrangebyscore", () -> r.zrangebyscore("z", Range.create(1.5, 9)));
    Transcript.attempt(p + " zincrby", () -> r.zincrby("z", 0.25, "a"));
    Transcript.attempt(p + " zpopmin", () -> r.zpopmin("z").toString());
    Transcript.attempt(p + " bzpopmax", () -> r.bzpopmax(1, "z").toString());
    Transcript.attempt(p + " wrong type", () -> r.lpush("z", "x"));
    Transcript.attempt(p + " eval", () -> r.eval("return {KEYS[1], ARGV[1], 3, redis.call('GET', KEYS[1])}", ScriptOutputType.MULTI, new String[] {"k"}, "x"));
    Transcript.attempt(p + " evalsha missing", () -> r.evalsha("0".repeat(40), ScriptOutputType.STATUS, "k"));
    Transcript.attempt(p + " script load", () -> r.scriptLoad("return 'loaded'"));
    Transcript.attempt(p + " script error", () -> r.eval("return redis.error_reply('MY error')", ScriptOutputType.STATUS, "k"));
    Transcript.attempt(p + " clientSetname", () -> r.clientSetname("me"));
    Transcript.attempt(p + " clientGetname", () -> r.clientGetname());
    for (int i = 0; i < 100; i++) r.set("scan:" + i, "v");
    Transcript.attempt(p + " scan", () -> {
      Set<String> seen = new HashSet<>();
      KeyScanCursor<String> page = r.scan(ScanArgs.Builder.matches("scan:*").limit(9));
      seen.addAll(page.getKeys());
      while (!page.isFinished()) {
        page = r.scan(page, ScanArgs.Builder.matches("scan:*").limit(9));
        seen.addAll(page.getKeys());
      }
      return seen.size();
    });
  }

  private static void single() throws Exception {
    for (ProtocolVersion version : List.of(ProtocolVersion.RESP2, ProtocolVersion.RESP3)) {
      String p = version.name();
      RedisClient client = RedisClient.create(uri);
      client.setOptions(ClientOptions.builder().protocolVersion(version).build());
      StatefulRedisConnection<String, String> connection = client.connect();
      RedisCommands<String, String> r = connection.sync();
      Transcript.attempt(p + " ping", r::ping);
      Transcript.attempt(p + " flushall", r::flushall);
      commands(r, p);
      Transcript.attempt(p + " 1000 deep", () -> {
        var async = connection.async();
        List<RedisFuture<?>> all = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
          all.add(async.set("p:" + i % 50, String.valueOf(i)));
          all.add(async.get("p:" + i % 50));
        }
        LettuceFutures.awaitAll(10, TimeUnit.SECONDS, all.toArray(new RedisFuture[0]));
        return List.of(all.size(), all.get(1999).get());
      });
      Transcript.attempt(p + " multi", () -> {
        r.multi();
        r.set("{t}a", "1");
        r.incr("{t}a");
        r.lpush("{t}a", "x");
        return r.exec().stream().map(String::valueOf).toList();
      });
      Transcript.attempt(p + " watch", () -> {
        r.watch("{t}a");
        try (var other = client.connect()) {
          other.sync().set("{t}a", "changed");
        }
        r.multi();
        r.set("{t}a", "mine");
        return r.exec().wasDiscarded();
      });
      Transcript.attempt(p + " blpop wakes", () -> {
        RedisFuture<KeyValue<String, String>> woken = connection.async().blpop(5, "queue");
        Thread.sleep(50);
        try (var other = client.connect()) {
          other.sync().rpush("queue", "job");
        }
        return woken.get(6, TimeUnit.SECONDS).toString();
      });
      List<String> heard = Collections.synchronizedList(new ArrayList<>());
      try (StatefulRedisPubSubConnection<String, String> sub = client.connectPubSub()) {
        sub.addListener(new RedisPubSubAdapter<String, String>() {
          @Override public void message(String channel, String message) { heard.add(channel + " " + message); }
          @Override public void message(String pattern, String channel, String message) { heard.add(pattern + " " + channel + " " + message); }
        });
        sub.sync().subscribe("c1");
        sub.sync().psubscribe("c*");
        r.publish("c1", "one");
        Thread.sleep(150);
      }
      Collections.sort(heard);
      Transcript.say(p + " heard", heard);
      connection.close();
      client.shutdown(Duration.ZERO, Duration.ofSeconds(1));
    }
  }

  private static void cluster() throws Exception {
    for (ProtocolVersion version : List.of(ProtocolVersion.RESP2, ProtocolVersion.RESP3)) {
      String p = version.name();
      RedisClusterClient client = RedisClusterClient.create(uri);
      client.setOptions(ClusterClientOptions.builder().protocolVersion(version).build());
      StatefulRedisClusterConnection<String, String> connection = client.connect();
      var r = connection.sync();
      Transcript.attempt(p + " flushall", r::flushall);
      Transcript.say(p + " partitions", client.getPartitions().stream().map(RedisClusterNode::getSlots).map(List::size).sorted().toList());
      commands(r, p);
      Transcript.attempt(p + " 1000 deep", () -> {
        var async = connection.async();
        List<RedisFuture<?>> all = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
          all.add(async.set("p:" + i % 50, String.valueOf(i)));
          all.add(async.get("p:" + i % 50));
        }
        LettuceFutures.awaitAll(10, TimeUnit.SECONDS, all.toArray(new RedisFuture[0]));
        return List.of(all.size(), all.get(1999).get());
      });
      Transcript.attempt(p + " mset over slots", () -> r.mset(Map.of("a", "1", "b", "2", "c", "3")));
      Transcript.attempt(p + " mget over slots", () -> r.mget("a", "b", "c").toString());
      Transcript.attempt(p + " del over slots", () -> r.del("a", "b", "c"));
      Transcript.attempt(p + " dbsize of all", r::dbsize);
      Transcript.attempt(p + " cross slot eval", () -> r.eval("return 1", ScriptOutputType.INTEGER, new String[] {"a", "b"}));
      List<String> heard = Collections.synchronizedList(new ArrayList<>());
      try (StatefulRedisClusterPubSubConnection<String, String> sub = client.connectPubSub()) {
        sub.addListener(new RedisPubSubAdapter<String, String>() {
          @Override public void message(String channel, String message) { heard.add(channel + " " + message); }
          @Override public void smessage(String channel, String message) { heard.add("sharded " + channel + " " + message); }
        });
        sub.sync().subscribe("c1");
        sub.sync().ssubscribe("shard-channel");
        Thread.sleep(150);
        r.publish("c1", "one");
        r.spublish("shard-channel", "two");
        Thread.sleep(150);
      }
      Collections.sort(heard);
      Transcript.say(p + " heard", heard);
      connection.close();
      client.shutdown(Duration.ZERO, Duration.ofSeconds(1));
    }
  }

  private static void traffic() {
    RedisClusterClient client = RedisClusterClient.create(uri);
    var r = client.connect().sync();
    for (int i = 0; i < Integer.parseInt(System.getenv("TRAFFIC_COMMANDS")) / 2; i++) {
      r.set("key:" + i % 500, String.valueOf(i));
      r.get("key:" + i % 500);
    }
  }

  public static void main(String[] arguments) throws Exception {
    uri = RedisURI.create(arguments[1], Integer.parseInt(arguments[2]));
    switch (arguments[0]) {
      case "single" -> single();
      case "cluster" -> cluster();
      default -> traffic();
    }
    System.out.println("{\"step\": \"done\"}");
    System.exit(0);
  }
}
