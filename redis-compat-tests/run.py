#!/usr/bin/env python3
"""Runs real clients against Tsubame and against Valkey 9.1 and compares what they saw.

Each folder of `clients/` is one program that uses the published package of a client. It is called as
    PROGRAM single|cluster HOST PORT          prints its transcript, one JSON object a line
    PROGRAM traffic HOST PORT                 sends TRAFFIC_COMMANDS plain commands to the cluster
A transcript is deterministic (unordered replies are sorted, ids are masked by the program), so the two
servers' transcripts must be equal line by line. The last line is {"step": "done"}.

usage: run.py --candidate SERVER --reference SERVER [--only NAME[,NAME]] [--mode single|cluster|traffic]
       run.py --install-only [--only NAME[,NAME]]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import topology

HERE = Path(__file__).resolve().parent
PROGRAM_SECONDS_MAX = 180
TRAFFIC_COMMANDS = 600
LINES_SHOWN = 12


@dataclass
class Client:
    """How a program is installed and called. Both run in a copy of its folder inside the cache."""

    name: str
    folder: str
    needs: list[str]
    install: list[list[str]]
    program: list[str]
    modes: list[str] = field(default_factory=lambda: ["single", "cluster", "traffic"])


def python_client(name: str) -> Client:
    install = [[sys.executable, "-m", "venv", "venv"],
               ["venv/bin/python", "-m", "pip", "install", "--quiet", "--requirement", "requirements.txt"]]
    return Client(name, name, ["python3"], install, ["venv/bin/python", "program.py"])


def node_client(name: str) -> Client:
    return Client(name, name, ["node", "npm"], [["npm", "ci", "--silent"]], ["node", "program.mjs"])


def go_client(name: str) -> Client:
    return Client(name, name, ["go"], [["go", "build", "-o", "program", "."]], ["./program"])


def java_client(name: str) -> Client:
    install = [["mvn", "--quiet", "--batch-mode", "compile", "dependency:copy-dependencies"]]
    return Client(name, name, ["java", "mvn"], install, ["java", "-XX:TieredStopAtLevel=1", "-cp", "target/classes:target/lib/*", "Program"])


def rust_client(name: str) -> Client:
    package = "fred-program" if name == "fred" else name  # cargo knows the client itself as `fred`
    install = [["cargo", "build", "--quiet", "--locked", "--package", package]]
    return Client(name, "rust", ["cargo"], install, [f"target/debug/{package}"])


CLIENTS = [
    Client("redis-cli", "redis-cli", ["redis-cli"], [], [sys.executable, "program.py"], ["single", "cluster"]),
    Client("redis-benchmark", "redis-benchmark", ["redis-benchmark"], [], [sys.executable, "program.py"],
           ["single", "cluster"]),
    python_client("redis-py"),
    node_client("ioredis"),
    node_client("node-redis"),
    go_client("go-redis-v7"),
    go_client("go-redis-v9"),
    java_client("jedis"),
    java_client("lettuce"),
    rust_client("redis-rs"),
    rust_client("fred"),
]


class Tally:
    """The runner's count, and the lines it prints."""

    def __init__(self) -> None:
        self.passed = self.failed = self.skipped = 0

    def report(self, verdict: str, what: str, seconds: float | None = None, why: str = "") -> None:
        counter = {"ok": "passed", "FAILED": "failed", "skipped": "skipped"}[verdict]
        setattr(self, counter, getattr(self, counter) + 1)
        timing = f"  {seconds:.1f} s" if seconds is not None else ""
        if verdict == "skipped":
            print(f"skipped: {what} ({why})", flush=True)
            return
        print(f"{verdict:<7} {what}{timing}", flush=True)
        if why:
            print("        " + why.replace("\n", "\n        "), flush=True)


def stage(client: Client, cache: Path) -> Path:
    """Copies the program into the cache, touching only what changed, so that builds stay incremental."""
    source, target = HERE / "clients" / client.folder, cache / "clients" / client.folder
    for path in source.rglob("*"):
        inside = path.relative_to(source)
        if path.is_dir() or inside.parts[0] in ("node_modules", "target", "venv", "__pycache__"):
            continue
        copy = target / inside
        if copy.exists() and copy.read_bytes() == path.read_bytes():
            continue
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    shutil.copyfile(HERE / "transcript.py", target / "transcript.py")
    return target


def install(client: Client, folder: Path) -> None:
    """Installs by the client's own package manager, unless this very state is installed already."""
    state = hashlib.sha256()
    for path in sorted((HERE / "clients" / client.folder).rglob("*")):
        if path.is_file():
            state.update(str(path.relative_to(HERE)).encode() + b"\0" + path.read_bytes())
    stamp = folder / f".installed-{client.name}"
    if stamp.exists() and stamp.read_text() == state.hexdigest():
        return
    environment = {**os.environ, "GOFLAGS": "-mod=readonly"}
    environment.pop("CARGO_TARGET_DIR", None)  # the Rust programs are built beside their copy
    for step in client.install:
        done = subprocess.run(step, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=900, env=environment)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(step)} failed:\n{(done.stdout + done.stderr)[-3000:]}")
    stamp.write_text(state.hexdigest())


def run_program(client: Client, folder: Path, mode: str, port: int) -> tuple[list[str], str]:
    """Returns the transcript and, if the program failed, why."""
    arguments = [str(folder / client.program[0]) if "/" in client.program[0] and not os.path.isabs(client.program[0])
                 else client.program[0], *client.program[1:], mode, topology.HOST, str(port)]
    environment = {**os.environ, "TRAFFIC_COMMANDS": str(TRAFFIC_COMMANDS), "NODE_NO_WARNINGS": "1"}
    try:
        done = subprocess.run(arguments, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=PROGRAM_SECONDS_MAX, env=environment, errors="replace")
    except subprocess.TimeoutExpired as late:
        said = (late.stdout or b"").decode("utf-8", "replace").splitlines()
        return said, f"no end after {PROGRAM_SECONDS_MAX} s; its last line: {said[-1] if said else '(none)'}"
    lines = done.stdout.splitlines()
    if done.returncode != 0:
        return lines, f"exit code {done.returncode}\n{done.stderr[-2000:]}"
    if not lines or lines[-1].replace(" ", "") != '{"step":"done"}':
        return lines, f"the transcript does not end with the step done\n{done.stderr[-2000:]}"
    return lines, ""


def differences(candidate: list[str], reference: list[str]) -> list[str]:
    """The steps whose replies differ, matched by step name so that one missing line shows once."""
    def by_step(lines: list[str]) -> dict[str, str]:
        steps: dict[str, str] = {}
        for number, line in enumerate(lines):
            try:
                name = str(json.loads(line).get("step"))
            except (ValueError, AttributeError):
                name = f"line {number + 1}"
            while name in steps:
                name += "'"
            steps[name] = line
        return steps

    ours, theirs = by_step(candidate), by_step(reference)
    shown = []
    for name in list(theirs) + [name for name in ours if name not in theirs]:
        if ours.get(name) != theirs.get(name):
            shown.append(f"candidate {ours.get(name, '(no such step)')[:400]}")
            shown.append(f"reference {theirs.get(name, '(no such step)')[:400]}")
    return shown


def compare(client: Client, folder: Path, mode: str, candidate: topology.Topology,
            reference: topology.Topology, tally: Tally) -> None:
    started = time.monotonic()
    outcome: dict[str, tuple[list[str], str]] = {}

    def one(name: str, servers: topology.Topology) -> None:
        servers.reset()
        outcome[name] = run_program(client, folder, mode, servers.port)

    threads = [threading.Thread(target=one, args=pair) for pair in (("candidate", candidate), ("reference", reference))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    problems = candidate.deaths() + reference.deaths()
    for name in ("candidate", "reference"):
        if name not in outcome:
            problems.append(f"{name}: could not be reset")
        elif outcome[name][1]:
            problems.append(f"{name}: {outcome[name][1]}")
    if len(outcome) == 2:
        changed = differences(outcome["candidate"][0], outcome["reference"][0])
        problems += changed[:LINES_SHOWN]
        if len(changed) > LINES_SHOWN:
            problems.append(f"... and {(len(changed) - LINES_SHOWN) // 2} more steps differ")
        steps = len(outcome["reference"][0])
    else:
        steps = 0
    what = f"{client.name} {mode}: {steps} steps"
    tally.report("FAILED" if problems else "ok", what, time.monotonic() - started, "\n".join(problems))


METADATA = ["command", "cluster|slots", "cluster|shards", "cluster|nodes", "hello", "info"]


def count_calls(servers: topology.Topology) -> dict[str, int]:
    """Calls per command over all nodes; `command|docs` and its like count as `command`."""
    calls: dict[str, int] = {}
    for server in servers.servers:
        for line in topology.command(server.port, "INFO", "commandstats").splitlines():
            if line.startswith("cmdstat_"):
                name, _, fields = line.removeprefix("cmdstat_").partition(":")
                name = "command" if name.startswith("command") else name
                calls[name] = calls.get(name, 0) + int(fields.split(",")[0].removeprefix("calls="))
    return calls


def traffic(client: Client, folder: Path, servers: topology.Topology, label: str, tally: Tally) -> list[str] | None:
    """One row of the topology-traffic table: what a client asks for, beside what its user asked for."""
    started = time.monotonic()
    servers.reset()
    lines, problem = run_program(client, folder, "traffic", servers.port)
    calls = count_calls(servers)
    user = calls.get("get", 0) + calls.get("set", 0)
    if not problem and user < TRAFFIC_COMMANDS:
        problem = f"only {user} of {TRAFFIC_COMMANDS} commands arrived"
    tally.report("FAILED" if problem else "ok", f"{client.name} traffic on {label}", time.monotonic() - started, problem)
    if problem:
        return None
    counts = [calls.get(name, 0) for name in METADATA]
    topology_calls = sum(counts[:4])
    return [client.name, label, str(user), *map(str, counts), f"{topology_calls / user:.4f}"]


def print_table(rows: list[list[str]]) -> None:
    header = ["client", "server", "GET+SET", *(name.upper().replace("|", " ") for name in METADATA), "topology/command"]
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    for row in [header, *rows]:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--candidate", type=Path, help="the server under test")
    parser.add_argument("--reference", type=Path, help="the server it must agree with")
    parser.add_argument("--install-only", action="store_true", help="install the clients' packages and run nothing")
    parser.add_argument("--only", default="", help="names of clients, by comma")
    parser.add_argument("--mode", choices=["single", "cluster", "traffic"], help="only this topology")
    default_cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "tsubame-tests"
    parser.add_argument("--cache", type=Path, default=Path(os.environ.get("TSUBAME_TEST_CACHE", default_cache)))
    options = parser.parse_args()
    redis_cli = topology.which("redis-cli")
    wanted = [name for name in options.only.split(",") if name]
    unknown = set(wanted) - {client.name for client in CLIENTS}
    if unknown:
        parser.error(f"no such client: {', '.join(sorted(unknown))}")
    if not options.install_only and not (options.candidate and options.reference):
        parser.error("--candidate and --reference are needed")
    modes = [options.mode] if options.mode else ["single", "cluster", "traffic"]

    tally = Tally()
    ready = install_all([client for client in CLIENTS if not wanted or client.name in wanted], options.cache, tally)
    if options.install_only:
        return 1 if tally.failed else 0

    candidate_path, reference_path = options.candidate.resolve(), options.reference.resolve()
    if "single" in modes:
        run_single(ready, candidate_path, reference_path, tally)
    if "cluster" in modes or "traffic" in modes:
        if redis_cli is None:
            tally.report("skipped", "cluster", why="redis-cli not found")
        else:
            run_cluster(ready, candidate_path, reference_path, redis_cli, modes, tally)
    print(f"{tally.passed} passed, {tally.failed} failed, {tally.skipped} skipped")
    return 1 if tally.failed or not tally.passed else 0


def install_all(clients: list[Client], cache: Path, tally: Tally) -> list[tuple[Client, Path]]:
    """The clients that are ready to run, each with the folder it runs in."""
    ready: list[tuple[Client, Path]] = []
    for client in clients:
        missing = [tool for tool in client.needs if topology.which(tool) is None]
        if missing:
            tally.report("skipped", client.name, why=f"{', '.join(missing)} not found")
            continue
        started = time.monotonic()
        try:
            folder = stage(client, cache)
            install(client, folder)
            ready.append((client, folder))
            if (seconds := time.monotonic() - started) > 2:
                print(f"        {client.name} installed in {seconds:.1f} s", flush=True)
        except (RuntimeError, OSError, subprocess.TimeoutExpired) as problem:
            tally.report("FAILED", f"{client.name} installation", why=str(problem))
    return ready


def run_single(ready, candidate_path: Path, reference_path: Path, tally: Tally) -> None:
    try:
        candidate = topology.single(candidate_path)
    except topology.TopologyError as problem:
        tally.report("FAILED", "start of the candidate", why=str(problem))
        return
    try:
        reference = topology.single(reference_path)
        try:
            for client, folder in ready:
                if "single" in client.modes:
                    compare(client, folder, "single", candidate, reference, tally)
        finally:
            reference.stop()
    finally:
        candidate.stop()


def run_cluster(ready, candidate_path: Path, reference_path: Path, redis_cli: str, modes, tally: Tally) -> None:
    try:
        candidate = topology.cluster(candidate_path, redis_cli)
    except (topology.TopologyError, subprocess.TimeoutExpired) as problem:
        tally.report("FAILED", "cluster of the candidate", why=str(problem))
        return
    try:
        reference = topology.cluster(reference_path, redis_cli)
        try:
            if "cluster" in modes:
                for client, folder in ready:
                    if "cluster" in client.modes:
                        compare(client, folder, "cluster", candidate, reference, tally)
            if "traffic" in modes:
                rows = []
                for client, folder in ready:
                    if "traffic" in client.modes:
                        for servers, label in ((candidate, "candidate"), (reference, "reference")):
                            row = traffic(client, folder, servers, label, tally)
                            rows += [row] if row else []
                if rows:
                    print_table(rows)
        finally:
            reference.stop()
    finally:
        candidate.stop()


if __name__ == "__main__":
    sys.exit(main())
