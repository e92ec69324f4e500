"""The demo's processes and addresses: started one after another, watched, ended together."""

from __future__ import annotations

import sys
import time
import urllib.request
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hub import serve
from hub.children import Child

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

UP_WITHIN_S = 60.0


@dataclass(frozen=True, slots=True)
class Wish:
    """What the person asked for on the command line."""

    folder: Path
    once: bool = False
    walk: bool = False
    """Follow one notice, with power and network failing after every step."""
    out: Path | None = None
    notices: Path | None = None
    voices: Path | None = None


@dataclass
class Bench:
    """Where everything of one demo lies and listens. ``run`` is short: it holds sockets."""

    wish: Wish
    folder: Path
    run: Path
    addresses: serve.Addresses
    desk: str
    children: list[Child] = field(default_factory=list)
    begun_s: float = field(default_factory=time.monotonic)

    @property
    def data(self) -> Path:
        """The hub's data folder."""
        return self.folder / "hub"

    def start_hub(self) -> None:
        """Broker, dispatcher and web site; returns when the site answers."""
        self.start(serve.children(self.data, self.addresses))
        self.wait_for(lambda: answers(f"{self.addresses.url}/admin/login/"), "hub")

    def start_desk(self) -> None:
        """The villages on the desk; returns when the desk page answers."""
        listen = self.desk.removeprefix("http://")
        command = [
            sys.executable, "-m", "edge_agent.cli", "desk", "--listen", listen,
            "--folder", str(self.folder / "villages"), "--broker", self.addresses.broker,
        ]  # fmt: skip
        log = self.data / "logs" / "desk.log"
        self.start([Child("desk", command, log, restarts=False)])
        self.wait_for(lambda: answers(self.desk), "desk")

    def start(self, children: Sequence[Child]) -> None:
        """Start programs and remember them."""
        for child in children:
            child.start()
            self.children.append(child)

    def wait_for(self, is_up: Callable[[], bool], what: str) -> None:
        """Wait until something is up.

        Raises:
            ServeError: it took too long, or a program ended for good.
        """
        limit_s = time.monotonic() + UP_WITHIN_S
        while not is_up():
            alive = [child.watch() for child in self.children]
            if time.monotonic() > limit_s or not all(alive):
                logs = self.data / "logs"
                raise serve.ServeError(f"{what} 没有起来 did not come up; 看日志 see {logs}")
            time.sleep(0.1)

    def say(self, line: str) -> None:
        """A line of progress, with the seconds since the start."""
        sys.stdout.write(f"[{self.passed_s():5.1f} s] {line}\n")
        sys.stdout.flush()

    def passed_s(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.begun_s


def answers(address: str) -> bool:
    """Whether a web page on this machine answers."""
    if not address.startswith("http://127.0.0.1:"):
        raise ValueError(f"not on this machine: {address}")
    try:
        with urllib.request.urlopen(address, timeout=2):  # noqa: S310 - loopback only, checked above
            return True
    except OSError:
        return False
