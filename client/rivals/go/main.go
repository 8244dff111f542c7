// GETs of 64 bytes by one of the clients in Go, as worker.rs does it for those in Rust: the same options, the
// same line of numbers.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	v7 "github.com/go-redis/redis/v7"
	v9 "github.com/redis/go-redis/v9"
	"github.com/redis/rueidis"
)

const keys = 10000

func key(n int) string { return fmt.Sprintf("key:%06d", n%keys) }

func cpuSeconds() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
}

func mallocs() uint64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.Mallocs
}

func main() {
	client := flag.String("client", "rueidis", "")
	seeds := flag.String("seeds", "127.0.0.1:7000", "")
	concurrency := flag.Int("concurrency", 64, "")
	warmup := flag.Float64("warmup", 1, "")
	seconds := flag.Float64("seconds", 3, "")
	flag.String("load", "get", "") // the only one
	flag.Parse()
	// As many threads as the programs in Rust have.
	runtime.GOMAXPROCS(1)

	ctx := context.Background()
	addrs := strings.Split(*seeds, ",")
	var get func(key string) error
	switch *client {
	case "go-redis 7.2", "go-redis 7.4":
		c := v7.NewClusterClient(&v7.ClusterOptions{Addrs: addrs})
		get = func(key string) error { return c.Get(key).Err() }
	case "go-redis 9":
		c := v9.NewClusterClient(&v9.ClusterOptions{Addrs: addrs})
		get = func(key string) error { return c.Get(ctx, key).Err() }
	case "rueidis":
		// The hostile nodes know no tracking, which rueidis' cache would ask for.
		c, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: addrs, DisableCache: true})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		get = func(key string) error { return c.Do(ctx, c.B().Get().Key(key).Build()).Error() }
	default:
		fmt.Fprintln(os.Stderr, "no client", *client)
		os.Exit(1)
	}

	var done, failed atomic.Uint64
	for task := range *concurrency {
		go func() {
			for n := task * 7919; ; n++ {
				if get(key(n)) != nil {
					failed.Add(1)
				}
				done.Add(1)
			}
		}()
	}
	time.Sleep(time.Duration(*warmup * 1e9))
	doneBefore, mallocsBefore, cpuBefore := done.Load(), mallocs(), cpuSeconds()
	start := time.Now()
	time.Sleep(time.Duration(*seconds * 1e9))
	wall, cpu := time.Since(start).Seconds(), cpuSeconds()-cpuBefore
	count := float64(done.Load() - doneBefore)
	fmt.Println(count/cpu, count/wall, float64(mallocs()-mallocsBefore)/count, count, failed.Load())
}
