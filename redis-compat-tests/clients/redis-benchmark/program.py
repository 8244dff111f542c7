"""redis-benchmark's whole default list, plain and with its options; every line must show a rate above 0."""

import csv
import subprocess
import sys

from transcript import done, say

mode, host, port = sys.argv[1:4]
REQUESTS = "2000"


def rows(*options):
    command = ["redis-benchmark", "-h", host, "-p", port, "-n", REQUESTS, "--csv", *options]
    ended = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    if ended.returncode != 0 or "Error" in ended.stdout + ended.stderr:
        say(" ".join(options), f"exit code {ended.returncode}: {ended.stdout[-500:]}{ended.stderr[-500:]}")
        sys.exit(1)
    lines = [line for line in ended.stdout.splitlines() if line.startswith('"')]
    return list(csv.DictReader(lines))


def measure(name, *options):
    for row in rows(*options):
        # The rate itself is no part of the transcript: it differs from run to run.
        say(f"{name}: {row['test']}", "above 0" if float(row["rps"]) > 0 else row["rps"])


if mode == "single":
    measure("default")
    measure("-P 16", "-P", "16")
    measure("--threads 2", "--threads", "2")
    measure("-P 16 --threads 2 -r", "-P", "16", "--threads", "2", "-r", "100000", "-d", "100")
    measure("RESP3", "-3", "-t", "ping,set,get,incr,lpush,hset,zadd")
    measure("-k 0", "-k", "0", "-t", "set,get")
    measure("own command", "-r", "1000", "EVAL", "return redis.call('incr', KEYS[1])", "1", "own:__rand_int__")
else:
    measure("--cluster", "--cluster")
    measure("--cluster -P 16", "--cluster", "-P", "16")
    measure("--cluster --threads 2 -r", "--cluster", "--threads", "2", "-r", "100000", "-P", "16")
    measure("--cluster own command", "--cluster", "SET", "{tag}:own", "value")
done()
