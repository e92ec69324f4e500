"""The cluster's programs: one Redis, aedes nodes, and a supervisor that starts again what ends."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

HERE = Path(__file__).resolve().parent
AGAIN_AFTER_S = 0.5
NODE = 20
"""What aedes asks for."""
STOP_WITHIN_S = 5.0


class ClusterMissing(RuntimeError):
    """A program of the cluster is not installed; the message says which."""


def missing() -> str:
    """What has to be installed first; empty when all is there."""
    for program in ("node", "redis-server"):
        if shutil.which(program) is None:
            return f"{program} is not installed (Node {NODE} or newer, Debian's redis-server)"
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False)
    if int(version.stdout.lstrip("v").partition(".")[0] or 0) < NODE:
        return f"node is {version.stdout.strip()}, aedes needs {NODE} or newer"
    if not (HERE / "node_modules" / "aedes").is_dir():
        return "aedes is not installed (npm ci --prefix bench/cluster)"
    return ""


@dataclass
class Kept:
    """A program that is started again when it ends. Call `turn` a few times a second."""

    name: str
    command: list[str]
    port: int
    log: Path
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0
    _due_s: float = 0.0
    _file: IO[bytes] | None = None

    def turn(self) -> None:
        """Start it if it is due; notice its end."""
        if self.process is not None and self.process.poll() is not None:
            self.process, self._due_s = None, time.monotonic() + AGAIN_AFTER_S
        if self.process is None and time.monotonic() >= self._due_s:
            if self._file is None:
                self._file = self.log.open("ab")
            self.process = subprocess.Popen(
                self.command, cwd=HERE, stdout=self._file, stderr=subprocess.STDOUT
            )
            self.starts += 1

    def is_listening(self) -> bool:
        """Whether something accepts connections at its port."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=0.5):
                return True
        except OSError:
            return False

    def kill(self) -> None:
        """SIGKILL."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def stop(self) -> None:
        """End it for good."""
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                self.kill()
        if self._file is not None:
            self._file.close()


@dataclass
class Cluster:
    """Redis and its nodes, in ``folder``, with the accounts that the hub writes in ``accounts``."""

    folder: Path
    accounts: Path
    ports: tuple[int, ...]
    """Of the nodes."""
    redis_port: int
    redis: Kept = field(init=False)
    nodes: list[Kept] = field(init=False)

    def __post_init__(self) -> None:
        if found := missing():
            raise ClusterMissing(found)
        self.folder.mkdir(parents=True)
        self.redis = self._kept(
            "redis", self.redis_port, "redis-server", "--port", str(self.redis_port),
            "--bind", "127.0.0.1", "--dir", str(self.folder), "--save", "",
            "--appendonly", "yes", "--appendfsync", "everysec",
        )  # fmt: skip
        self.nodes = [
            self._kept(
                f"node-{at}", port, "node", "node.mjs", f"node-{at}", str(port),
                str(self.redis_port), str(self.accounts),
            )
            for at, port in enumerate(self.ports)
        ]  # fmt: skip

    def _kept(self, name: str, port: int, *words: str) -> Kept:
        return Kept(name, list(words), port, self.folder / f"{name}.log")

    def turn(self) -> None:
        """Start whatever ended; nodes only once Redis is there."""
        self.redis.turn()
        if self.redis.is_listening():
            for each in self.nodes:
                each.turn()

    def wipe(self) -> None:
        """Redis ends without a word and its disk is empty."""
        self.redis.kill()
        for each in self.folder.glob("appendonlydir"):
            shutil.rmtree(each)

    def stop(self) -> None:
        """End everything."""
        for each in (*self.nodes, self.redis):
            each.stop()
