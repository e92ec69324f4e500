"""Keeps Mosquitto running: starts it, restarts it, tells it about new boxes, heals its database.

A broker that ends within three seconds of its start, twice, cannot read its database (a power
cut can truncate it, and Mosquitto then never starts again). The database is moved aside and
the broker starts empty: the hub asserts everything again, so nothing is lost.
"""

from __future__ import annotations

import ctypes
import logging
import resource
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hub.broker.errors import BrokerError
from hub.broker.eviction import Eviction, evict
from hub.broker.files import EVICTION_SOCKET

if TYPE_CHECKING:
    from hub.broker.files import BrokerFiles, TlsListener

_log = logging.getLogger(__name__)
YOUNG_S = 3.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 30.0
STOP_WITHIN_S = 5.0
OPEN_FILES = 65_536
EVICT_AFTER_S = (0.2, 0.8, 1.4)
"""After the signal; again, in case the box came back before the broker had read the files."""
PR_SET_PDEATHSIG = 1
"""prctl(2): the signal a child gets when its parent dies, so that no broker is left behind."""


@dataclass
class BrokerSupervisor:
    """Call `turn` a few times a second; `stop` at the end. The files must be written before."""

    files: BrokerFiles
    port: int
    host: str = "127.0.0.1"
    tls: TlsListener | None = None
    hub_password: str = ""
    """With it, whoever lost the right to be here is thrown out of a live session."""
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0
    _young_deaths: int = 0
    _pause_s: float = FIRST_PAUSE_S
    _due_s: float = 0.0
    _started_s: float = 0.0
    _accounts_ns: tuple[int, ...] = ()
    _names: frozenset[str] = frozenset()
    _evictions: list[Eviction] = field(default_factory=list)

    def turn(self) -> None:
        """Start the broker if it is due, notice its end, pass on changed accounts."""
        now_s = time.monotonic()
        if self.process is None:
            if now_s >= self._due_s:
                self._start(now_s)
        elif self.process.poll() is not None:
            self._note_end(now_s)
        elif self._accounts_ns != self._changed_ns():
            self._read_again(now_s)
        else:
            self._evict(now_s)

    def _read_again(self, now_s: float) -> None:
        """Let the broker read accounts and revoked certificates; note who is to go."""
        self._accounts_ns = self._changed_ns()
        if self.process is not None:
            self.process.send_signal(signal.SIGHUP)
        _log.info("the broker reads its accounts again")
        names = self.files.names()
        gone, self._names = self._names - names, names
        if self.hub_password:
            self._evictions += [
                Eviction(box, now_s + wait_s) for box in sorted(gone) for wait_s in EVICT_AFTER_S
            ]

    def _evict(self, now_s: float) -> None:
        """Mosquitto takes rights from a live session at once, but only a newcomer ends it."""
        due = [each for each in self._evictions if each.due_s <= now_s]
        self._evictions = [each for each in self._evictions if each.due_s > now_s]
        for each in due:
            if each.box not in self._names:
                evict(self.files.folder, each.box, self.hub_password)

    def _start(self, now_s: float) -> None:
        self.files.write_configuration(self.port, self.host, self.tls)
        (self.files.folder / EVICTION_SOCKET).unlink(missing_ok=True)
        self._accounts_ns, self._names = self._changed_ns(), self.files.names()
        self._evictions.clear()
        self.process = subprocess.Popen(
            [_program(), "-c", str(self.files.configuration)],
            cwd=self.files.folder,
            stdin=subprocess.DEVNULL,
            preexec_fn=_prepare,  # noqa: PLW1509 - two system calls, before any thread
        )
        self._started_s = now_s
        self.starts += 1

    def _note_end(self, now_s: float) -> None:
        code = self.process.returncode if self.process is not None else None
        lived_s = now_s - self._started_s
        self.process = None
        _log.warning("the broker ended with %s after %.1f s", code, lived_s)
        if lived_s >= YOUNG_S:
            self._young_deaths, self._pause_s = 0, FIRST_PAUSE_S
        elif self._is_port_taken():
            tls = f" or :{self.tls.port}" if self.tls is not None else ""
            _log.error("another program listens on %s:%d%s", self.host, self.port, tls)
        else:
            self._young_deaths += 1
        if self._young_deaths >= 2 and self.files.database.exists():
            self._move_database_aside()
        self._due_s = now_s + self._pause_s
        self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)

    def _move_database_aside(self) -> None:
        """One copy is kept for whoever wants to know what happened."""
        aside = self.files.database.with_suffix(".broken")
        self.files.database.replace(aside)
        self._young_deaths, self._pause_s = 0, FIRST_PAUSE_S
        _log.error("the broker cannot read its database; moved to %s, starting empty", aside.name)

    def _is_port_taken(self) -> bool:
        addresses = [(self.host, self.port)]
        if self.tls is not None:
            addresses.append((self.tls.host, self.tls.port))
        return any(_is_taken(*each) for each in addresses)

    def _changed_ns(self) -> tuple[int, ...]:
        files = [self.files.passwords, self.files.access]
        if self.tls is not None:
            files.append(self.tls.revoked)
        return tuple(path.stat().st_mtime_ns if path.exists() else 0 for path in files)

    def is_listening(self) -> bool:
        """Whether something accepts connections at the broker's address."""
        try:
            with socket.create_connection((self.host, self.port), timeout=0.5):
                return True
        except OSError:
            return False

    def stop(self) -> None:
        """End the broker; it saves its database first."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None


def _is_taken(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False


def _program() -> str:
    """Debian keeps it in /usr/sbin, which is not on every user's path."""
    found = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise BrokerError(
            "没有找到 mosquitto,请安装 / mosquitto is missing: sudo apt install mosquitto"
        )
    return found


def _prepare() -> None:
    """In the child: many open files (a broker without any spins), and an end with the hub."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
