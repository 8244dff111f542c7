"""Servers for the compatibility tests: one node, or a three-node cluster formed by redis-cli.

Knows nothing of the client programs. Every server that is started here is ended here, by its pid,
and its folder is removed unless it died by itself: then its log is kept and shown.
"""

from __future__ import annotations

import os
import random
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

HOST = "127.0.0.1"
CLUSTER_BUS_OFFSET = 10_000


class TopologyError(Exception):
    """A server did not start, or a cluster did not form."""


def free_port() -> int:
    """A port that is free now, and whose cluster bus port is free too."""
    for _ in range(200):
        port = random.randrange(20_000, 45_000)
        try:
            for number in (port, port + CLUSTER_BUS_OFFSET):
                with socket.socket() as probe:
                    probe.bind((HOST, number))
            return port
        except OSError:
            continue
    raise TopologyError("no free port found")


def command(port: int, *words: str, timeout: float = 10.0) -> str:
    """Sends one command over a fresh connection and returns the raw reply: no client under test involved."""
    with socket.create_connection((HOST, port), timeout=timeout) as conn:
        request = b"*%d\r\n" % len(words)
        for word in words:
            data = word.encode()
            request += b"$%d\r\n%s\r\n" % (len(data), data)
        conn.sendall(request)
        reply = conn.makefile("rb")
        line = reply.readline()
        if line[:1] in b"$=":
            size = int(line[1:])
            return "" if size < 0 else reply.read(size + 2)[:-2].decode("utf-8", "replace")
        return line.strip().decode("utf-8", "replace")


class Server:
    """One server process in a folder of its own."""

    def __init__(self, binary: Path, *options: str):
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="compat-"))
        self.log = self.folder / "server.log"
        arguments = [str(binary), "--port", str(self.port), "--bind", HOST, "--dir", str(self.folder)]
        arguments += ["--save", "", "--daemonize", "no", *options]
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                arguments, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, cwd=self.folder
            )
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                if command(self.port, "PING", timeout=1) == "+PONG":
                    return
            except OSError:
                pass
            time.sleep(0.02)
        tail = self.tail()
        self.stop()
        raise TopologyError(f"the server on port {self.port} did not answer PING; its log ends:\n{tail}")

    def tail(self, lines: int = 20) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def died(self) -> bool:
        """True if the process ended without being asked to."""
        return self.process.poll() is not None

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Topology:
    """A set of servers that a client program is pointed at."""

    def __init__(self, servers: list[Server]):
        self.servers = servers

    @property
    def port(self) -> int:
        return self.servers[0].port

    def reset(self) -> None:
        """Leaves no key, script or counter of an earlier program behind."""
        for server in self.servers:
            for words in (["FLUSHALL"], ["SCRIPT", "FLUSH"], ["FUNCTION", "FLUSH"], ["CONFIG", "RESETSTAT"]):
                command(server.port, *words)

    def deaths(self) -> list[str]:
        return [f"the server on port {s.port} died; its log ends:\n{s.tail()}" for s in self.servers if s.died()]

    def stop(self) -> None:
        for server in self.servers:
            server.stop()


def single(binary: Path) -> Topology:
    return Topology([Server(binary)])


def cluster(binary: Path, redis_cli: str, nodes: int = 3) -> Topology:
    """Starts cluster nodes by flags alone and has the real redis-cli form and check the cluster."""
    servers: list[Server] = []
    try:
        for _ in range(nodes):
            servers.append(
                Server(binary, "--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf",
                       "--cluster-node-timeout", "5000")
            )
        addresses = [f"{HOST}:{server.port}" for server in servers]
        run_redis_cli(redis_cli, ["--cluster", "create", *addresses, "--cluster-yes"])
        wait_for_cluster(servers)
        run_redis_cli(redis_cli, ["--cluster", "check", addresses[0]])
    except BaseException:
        for server in servers:
            server.stop()
        raise
    return Topology(servers)


def run_redis_cli(redis_cli: str, arguments: list[str]) -> str:
    done = subprocess.run(
        [redis_cli, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=90
    )
    if done.returncode != 0:
        raise TopologyError(f"redis-cli {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def wait_for_cluster(servers: list[Server]) -> None:
    """Every node must call the cluster ok and know all the others."""
    deadline = time.monotonic() + 30
    wanted = ("cluster_state:ok", f"cluster_known_nodes:{len(servers)}", f"cluster_size:{len(servers)}")
    while time.monotonic() < deadline:
        infos = [command(server.port, "CLUSTER", "INFO") for server in servers]
        if all(all(field in info for field in wanted) for info in infos):
            return
        time.sleep(0.05)
    raise TopologyError(f"the cluster is not ok after 30 s; the first node says:\n{infos[0]}")


def which(name: str) -> str | None:
    return shutil.which(name, path=os.environ.get("PATH"))
