// go-redis v7.2.0: the version whose cluster client reloads COMMAND under one lock; old services still run it.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-redis/redis/v7"
)

// say prints one step of the transcript: the reply, or the error, which is a reply like any other.
func say(step string, reply interface{}, err error) {
	if err != nil {
		reply = "error: " + err.Error()
	}
	line, err := json.Marshal(map[string]interface{}{"step": step, "reply": reply})
	if err != nil {
		line = []byte(fmt.Sprintf(`{"step":%q,"reply":%q}`, step, fmt.Sprint(reply)))
	}
	fmt.Println(string(line))
}

func commands(r redis.UniversalClient, p string) {
	text := func(step string, cmd *redis.StringCmd) { v, err := cmd.Result(); say(p+" "+step, v, err) }
	number := func(step string, cmd *redis.IntCmd) { v, err := cmd.Result(); say(p+" "+step, v, err) }
	list := func(step string, cmd *redis.StringSliceCmd) { v, err := cmd.Result(); say(p+" "+step, v, err) }
	any := func(step string, cmd *redis.Cmd) { v, err := cmd.Result(); say(p+" "+step, fmt.Sprint(v), err) }

	status, err := r.Set("k", "v", 0).Result()
	say(p+" set", status, err)
	text("get", r.Get("k"))
	text("get missing", r.Get("missing"))
	set, err := r.SetNX("k", "w", time.Minute).Result()
	say(p+" setnx", set, err)
	number("incrby", r.IncrBy("n", 41))
	number("incr on text", r.Incr("k"))
	r.Set("big", strings.Repeat("b", 1_000_000), 0)
	number("1 MB", r.StrLen("big"))
	r.Set("soon", 1, 30*time.Millisecond)
	time.Sleep(100 * time.Millisecond)
	number("expired", r.Exists("soon"))
	number("hset", r.HSet("h", "a", 1, "b", 2))
	fields, err := r.HGetAll("h").Result()
	say(p+" hgetall", fields, err)
	number("rpush", r.RPush("l", "a", "b", "c"))
	list("lrange", r.LRange("l", 0, -1))
	list("blpop at once", r.BLPop(time.Second, "l"))
	list("blpop timeout", r.BLPop(time.Second, "nothing"))
	number("sadd", r.SAdd("s", "a", "b", "a"))
	members, err := r.SMembers("s").Result()
	sort.Strings(members)
	say(p+" smembers", members, err)
	number("zadd", r.ZAdd("z", &redis.Z{Score: 1, Member: "a"}, &redis.Z{Score: 2.5, Member: "b"}))
	scored, err := r.ZRangeWithScores("z", 0, -1).Result()
	say(p+" zrange", fmt.Sprint(scored), err)
	list("zrangebyscore", r.ZRangeByScore("z", &redis.ZRangeBy{Min: "(1", Max: "+inf"}))
	number("wrong type", r.LPush("z", "x"))
	any("unknown command", r.Do("NOSUCH", "a"))
	any("wrong arity", r.Do("GET", "a", "b"))

	pipe := r.Pipeline()
	for i := 0; i < 1000; i++ {
		pipe.Set(fmt.Sprintf("p:%d", i%50), i, 0)
		pipe.Get(fmt.Sprintf("p:%d", i%50))
	}
	answers, err := pipe.Exec()
	say(p+" 1000 deep", fmt.Sprint(len(answers), answers[len(answers)-1]), err)
	// In a cluster this version routes at random and may follow redirects into the replies of its own
	// second sending, on either server; its users try again.
	for try := 0; try < 10; try++ {
		answers, err = r.TxPipelined(func(pipe redis.Pipeliner) error {
			pipe.Set("{t}a", 1, 0)
			pipe.Get("{t}a") // no INCR of what SET wrote: this version sometimes sends a transaction twice
			return nil
		})
		if err == nil {
			break
		}
	}
	say(p+" multi", fmt.Sprint(answers), err)
	err = r.Watch(func(tx *redis.Tx) error {
		r.Set("{t}a", "changed", 0)
		_, err := tx.TxPipelined(func(pipe redis.Pipeliner) error {
			pipe.Set("{t}a", "mine", 0)
			return nil
		})
		return err
	}, "{t}a")
	say(p+" watch sees the change", nil, err)
	any("eval", r.Eval("return {KEYS[1], ARGV[1], 3, redis.call('GET', KEYS[1])}", []string{"{t}a"}, "x"))
	script := redis.NewScript("return redis.call('INCRBY', KEYS[1], ARGV[1])")
	any("script", script.Run(r, []string{"{t}n"}, 5))
	any("script again", script.Run(r, []string{"{t}n"}, 5))
	any("evalsha missing", r.EvalSha(strings.Repeat("0", 40), []string{"{t}n"}))

	sub := r.Subscribe("channel")
	defer sub.Close()
	first, err := sub.Receive()
	say(p+" subscribe", fmt.Sprint(first), err)
	r.Publish("channel", "hello")
	message, err := sub.ReceiveMessage()
	say(p+" message", fmt.Sprint(message), err)
}

func single(address string) {
	r := redis.NewClient(&redis.Options{Addr: address})
	r.FlushAll()
	commands(r, "plain")
	entries, err := r.Command().Result()
	say("command", len(entries) > 150 && entries["get"] != nil && entries["get"].ReadOnly, err)
	keys := map[string]bool{}
	for i := 0; i < 100; i++ {
		r.Set(fmt.Sprintf("scan:%d", i), i, 0)
	}
	for iter := r.Scan(0, "scan:*", 9).Iterator(); iter.Next(); {
		keys[iter.Val()] = true
	}
	say("scan", len(keys), nil)
}

// dial connects as users of v7 on a current server have to: its own reader of CLUSTER SLOTS refuses the
// fourth element that nodes have had since Redis 7.0, so the slots are read here and handed over.
func dial(address string) *redis.ClusterClient {
	seed := redis.NewClient(&redis.Options{Addr: address})
	return redis.NewClusterClient(&redis.ClusterOptions{ClusterSlots: func() ([]redis.ClusterSlot, error) {
		ranges, err := seed.Do("CLUSTER", "SLOTS").Result()
		if err != nil {
			return nil, err
		}
		var slots []redis.ClusterSlot
		for _, entry := range ranges.([]interface{}) {
			fields := entry.([]interface{})
			slot := redis.ClusterSlot{Start: int(fields[0].(int64)), End: int(fields[1].(int64))}
			for _, node := range fields[2:] {
				parts := node.([]interface{})
				slot.Nodes = append(slot.Nodes, redis.ClusterNode{ID: parts[2].(string), Addr: fmt.Sprintf("%s:%d", parts[0], parts[1])})
			}
			slots = append(slots, slot)
		}
		return slots, nil
	}})
}

func cluster(address string) {
	say("unaided", nil, redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{address}}).Set("a", 1, 0).Err())
	r := dial(address)
	err := r.ForEachMaster(func(node *redis.Client) error { return node.FlushAll().Err() })
	say("flush of all", nil, err)
	commands(r, "cluster")
	var wait sync.WaitGroup
	for i := 0; i < 100; i++ {
		wait.Add(1)
		go func(i int) {
			defer wait.Done()
			r.Set(fmt.Sprintf("key:%d", i), i, 0)
		}(i)
	}
	wait.Wait()
	var mutex sync.Mutex
	seen := map[string]bool{}
	err = r.ForEachMaster(func(node *redis.Client) error {
		for iter := node.Scan(0, "key:*", 9).Iterator(); iter.Next(); {
			mutex.Lock()
			seen[iter.Val()] = true
			mutex.Unlock()
		}
		return nil
	})
	say("scan of all nodes", len(seen), err)
	values, err := r.MGet("a", "b").Result()
	say("cross slot mget", values, err)
}

func traffic(address string) {
	r := dial(address)
	count, err := strconv.Atoi(os.Getenv("TRAFFIC_COMMANDS"))
	if err != nil {
		panic("TRAFFIC_COMMANDS is not a number")
	}
	for i := 0; i < count/2; i++ {
		if err := r.Set(fmt.Sprintf("key:%d", i%500), i, 0).Err(); err != nil {
			panic(err)
		}
		if err := r.Get(fmt.Sprintf("key:%d", i%500)).Err(); err != nil {
			panic(err)
		}
	}
}

func main() {
	address := os.Args[2] + ":" + os.Args[3]
	map[string]func(string){"single": single, "cluster": cluster, "traffic": traffic}[os.Args[1]](address)
	fmt.Println(`{"step":"done"}`)
}
