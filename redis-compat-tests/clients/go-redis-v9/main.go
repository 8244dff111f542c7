// go-redis v9: Client in RESP2 and RESP3, and ClusterClient.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

var ctx = context.Background()

// say prints one step of the transcript.
func say(step string, reply any) {
	line, err := json.Marshal(map[string]any{"step": step, "reply": plain(reply)})
	if err != nil {
		line = []byte(fmt.Sprintf(`{"step":%q,"reply":%q}`, step, fmt.Sprint(reply)))
	}
	fmt.Println(string(line))
}

func plain(reply any) any {
	switch value := reply.(type) {
	case error:
		return "error: " + value.Error()
	case float64:
		return strconv.FormatFloat(value, 'g', -1, 64)
	case map[any]any:
		named := map[string]any{}
		for key, item := range value {
			named[fmt.Sprint(key)] = plain(item)
		}
		return named
	case []any:
		items := make([]any, len(value))
		for i, item := range value {
			items[i] = plain(item)
		}
		return items
	case []redis.Z:
		items := make([]string, len(value))
		for i, item := range value {
			items[i] = fmt.Sprintf("%v %g", item.Member, item.Score)
		}
		return items
	}
	return reply
}

// try prints a value, or its error: an error is a reply like any other.
func try[T any](step string, value T, err error) {
	if err != nil {
		say(step, err)
		return
	}
	say(step, value)
}

func sorted(items []string, err error) ([]string, error) {
	sort.Strings(items)
	return items, err
}

func commands(r redis.UniversalClient, p string) {
	do := func(name string, args ...any) {
		value, err := r.Do(ctx, args...).Result()
		try(p+" "+name, value, err)
	}
	try2 := func(name string, cmd interface{ Result() (string, error) }) {
		value, err := cmd.Result()
		try(p+" "+name, value, err)
	}
	try2("set", r.Set(ctx, "k", "v", 0))
	try2("get", r.Get(ctx, "k"))
	try2("get missing", r.Get(ctx, "missing"))
	set, err := r.SetNX(ctx, "k", "w", time.Minute).Result()
	try(p+" setnx", set, err)
	try2("set args", r.SetArgs(ctx, "k", "x", redis.SetArgs{Get: true, TTL: 100 * time.Second}))
	ttl, err := r.TTL(ctx, "k").Result()
	try(p+" ttl", ttl.String(), err)
	n, err := r.IncrBy(ctx, "n", 41).Result()
	try(p+" incrby", n, err)
	f, err := r.IncrByFloat(ctx, "n", 0.5).Result()
	try(p+" incrbyfloat", f, err)
	n, err = r.Incr(ctx, "k").Result()
	try(p+" incr on text", n, err)
	r.Set(ctx, "big", strings.Repeat("b", 1_000_000), 0)
	n, err = r.StrLen(ctx, "big").Result()
	try(p+" 1 MB", n, err)
	big, err := r.Get(ctx, "big").Result()
	try(p+" 1 MB back", len(big), err)
	r.Set(ctx, "soon", 1, 30*time.Millisecond)
	time.Sleep(100 * time.Millisecond)
	n, err = r.Exists(ctx, "soon").Result()
	try(p+" expired", n, err)

	n, err = r.HSet(ctx, "h", "a", 1, "b", 2, "c", "x").Result()
	try(p+" hset", n, err)
	h, err := r.HGetAll(ctx, "h").Result()
	try(p+" hgetall", h, err)
	hm, err := r.HMGet(ctx, "h", "a", "zz").Result()
	try(p+" hmget", hm, err)
	f, err = r.HIncrByFloat(ctx, "h", "a", 0.25).Result()
	try(p+" hincrbyfloat", f, err)
	n, err = r.RPush(ctx, "l", "a", "b", "c", "d", "e").Result()
	try(p+" rpush", n, err)
	l, err := r.LRange(ctx, "l", 1, -2).Result()
	try(p+" lrange", l, err)
	l, err = r.BLPop(ctx, time.Second, "l").Result()
	try(p+" blpop at once", l, err)
	l, err = r.BLPop(ctx, time.Second, "nothing").Result()
	try(p+" blpop timeout", l, err)
	key, l, err := r.LMPop(ctx, "left", 2, "l").Result()
	try(p+" lmpop", append([]string{key}, l...), err)
	n, err = r.SAdd(ctx, "s", "a", "b", "a").Result()
	try(p+" sadd", n, err)
	l, err = sorted(r.SMembers(ctx, "s").Result())
	try(p+" smembers", l, err)
	are, err := r.SMIsMember(ctx, "s", "a", "z").Result()
	try(p+" smismember", are, err)
	n, err = r.ZAdd(ctx, "z", redis.Z{Score: 1, Member: "a"}, redis.Z{Score: 2.5, Member: "b"}, redis.Z{Score: 9, Member: "c"}).Result()
	try(p+" zadd", n, err)
	z, err := r.ZRangeWithScores(ctx, "z", 0, -1).Result()
	try(p+" zrange", z, err)
	rank, err := r.ZRankWithScore(ctx, "z", "b").Result()
	try(p+" zrank withscore", rank, err)
	z, err = r.ZPopMin(ctx, "z").Result()
	try(p+" zpopmin", z, err)
	zk, err := r.BZPopMax(ctx, time.Second, "z").Result()
	try(p+" bzpopmax", fmt.Sprintf("%+v", zk), err)
	n, err = r.LPush(ctx, "z", "x").Result()
	try(p+" wrong type", n, err)
	do("wrong arity", "GET", "a", "b")
	do("unknown command", "NOSUCH", "a", "b")
	do("object encoding", "OBJECT", "ENCODING", "h")

	pipe := r.Pipeline()
	for i := range 1000 {
		pipe.Set(ctx, fmt.Sprintf("p:%d", i%50), i, 0)
		pipe.Get(ctx, fmt.Sprintf("p:%d", i%50))
	}
	answers, err := pipe.Exec(ctx)
	try(p+" 1000 deep", fmt.Sprint(len(answers), answers[len(answers)-1]), err)
	answers, err = r.TxPipelined(ctx, func(pipe redis.Pipeliner) error {
		pipe.Set(ctx, "{t}a", 1, 0)
		pipe.Incr(ctx, "{t}a")
		return nil
	})
	try(p+" multi", fmt.Sprint(answers), err)
	err = r.Watch(ctx, func(tx *redis.Tx) error {
		r.Set(ctx, "{t}a", "changed", 0)
		_, err := tx.TxPipelined(ctx, func(pipe redis.Pipeliner) error {
			pipe.Set(ctx, "{t}a", "mine", 0)
			return nil
		})
		return err
	}, "{t}a")
	say(p+" watch sees the change", err)

	e, err := r.Eval(ctx, "return {KEYS[1], ARGV[1], 3, redis.call('GET', KEYS[1])}", []string{"{t}a"}, "x").Result()
	try(p+" eval", e, err)
	script := redis.NewScript("return redis.call('INCRBY', KEYS[1], ARGV[1])")
	for _, turn := range []string{"first", "second"} {
		e, err = script.Run(ctx, r, []string{"{t}n"}, 5).Result()
		try(p+" script "+turn, e, err)
	}
	e, err = r.EvalSha(ctx, strings.Repeat("0", 40), []string{"{t}n"}).Result()
	try(p+" evalsha missing", e, err)
	e, err = r.Eval(ctx, "return redis.error_reply('MY error')", []string{"{t}n"}).Result()
	try(p+" script error", e, err)
}

func pubsub(r redis.UniversalClient, p string, sharded bool) {
	publish := r.Publish
	sub := r.Subscribe(ctx, "channel")
	if sharded {
		sub.Close()
		publish, sub = r.SPublish, r.SSubscribe(ctx, "channel")
	}
	defer sub.Close()
	first, err := sub.Receive(ctx)
	try(p+" subscribe", fmt.Sprint(first), err)
	publish(ctx, "channel", "hello")
	message, err := sub.ReceiveMessage(ctx)
	try(p+" message", fmt.Sprint(message), err)
}

func single(address string) {
	for _, protocol := range []int{2, 3} {
		p := fmt.Sprintf("RESP%d", protocol)
		r := redis.NewClient(&redis.Options{Addr: address, Protocol: protocol, ClientName: "me"})
		r.FlushAll(ctx)
		pong, err := r.Ping(ctx).Result()
		try(p+" ping", pong, err)
		commands(r, p)
		pubsub(r, p, false)
		name, err := r.ClientGetName(ctx).Result()
		try(p+" getname", name, err)
		info, err := r.ClientInfo(ctx).Result()
		if err != nil {
			say(p+" client info", err)
		} else {
			say(p+" client info", fmt.Sprint(info.Name, info.DB, info.Resp, info.LibName, info.User))
		}
		entries, err := r.Command(ctx).Result()
		try(p+" command", len(entries) > 150 && entries["get"] != nil && entries["get"].ReadOnly, err)
		for i := range 100 {
			r.Set(ctx, fmt.Sprintf("scan:%d", i), i, 0)
		}
		seen := map[string]bool{}
		for iter := r.Scan(ctx, 0, "scan:*", 9).Iterator(); iter.Next(ctx); {
			seen[iter.Val()] = true
		}
		say(p+" scan", len(seen))
		woken := make(chan []string)
		go func() { woken <- r.BLPop(ctx, 5*time.Second, "queue").Val() }()
		time.Sleep(50 * time.Millisecond)
		r.RPush(ctx, "queue", "job")
		say(p+" blpop wakes", <-woken)
		r.Close()
	}
}

func cluster(address string) {
	for _, protocol := range []int{2, 3} {
		p := fmt.Sprintf("RESP%d", protocol)
		r := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{address}, Protocol: protocol})
		var masters atomic.Int32
		err := r.ForEachMaster(ctx, func(ctx context.Context, node *redis.Client) error {
			masters.Add(1)
			return node.FlushAll(ctx).Err()
		})
		try(p+" masters", masters.Load(), err)
		commands(r, p)
		pubsub(r, p+" plain", false)
		pubsub(r, p+" sharded", true)
		for i := range 100 {
			r.Set(ctx, fmt.Sprintf("key:%d", i), i, 0)
		}
		var mutex sync.Mutex
		seen := map[string]bool{}
		err = r.ForEachMaster(ctx, func(ctx context.Context, node *redis.Client) error {
			iter := node.Scan(ctx, 0, "key:*", 9).Iterator()
			for iter.Next(ctx) {
				mutex.Lock()
				seen[iter.Val()] = true
				mutex.Unlock()
			}
			return iter.Err()
		})
		try(p+" scan of all nodes", len(seen), err)
		size, err := r.DBSize(ctx).Result()
		try(p+" dbsize", size > 100, err)
		values, err := r.MGet(ctx, "a", "b").Result()
		try(p+" cross slot mget", values, err)
		shards, err := r.ClusterShards(ctx).Result()
		if err == nil {
			sort.Slice(shards, func(i, j int) bool { return shards[i].Slots[0].Start < shards[j].Slots[0].Start })
			for _, shard := range shards {
				say(p+" shard", fmt.Sprint(shard.Slots, len(shard.Nodes), shard.Nodes[0].Role, shard.Nodes[0].Health, shard.Nodes[0].IP))
			}
		} else {
			say(p+" shards", err)
		}
		r.Close()
	}
}

func traffic(address string) {
	r := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{address}})
	count, err := strconv.Atoi(os.Getenv("TRAFFIC_COMMANDS"))
	if err != nil {
		panic(errors.New("TRAFFIC_COMMANDS is not a number"))
	}
	for i := range count / 2 {
		if err := r.Set(ctx, fmt.Sprintf("key:%d", i%500), i, 0).Err(); err != nil {
			panic(err)
		}
		if err := r.Get(ctx, fmt.Sprintf("key:%d", i%500)).Err(); err != nil {
			panic(err)
		}
	}
}

func main() {
	address := os.Args[2] + ":" + os.Args[3]
	map[string]func(string){"single": single, "cluster": cluster, "traffic": traffic}[os.Args[1]](address)
	fmt.Println(`{"step":"done"}`)
}
