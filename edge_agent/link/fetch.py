"""Fetching large files over HTTP: resumed where they broke off, never in an alarm's way.

A thread of its own, since a download may take minutes. It knows hashes and sizes only; it asks
one address and follows no redirection; what it got is kept only if its hash is the one that
the signed manifest names. A disk that runs full keeps its last room for text.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import logging
import shutil
import ssl
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from edge_agent.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from contract.notice import Asset
    from edge_agent.settings import LinkSettings

_log = logging.getLogger(__name__)
LARGEST_BYTES = 32 * 1024 * 1024
DISK_FLOOR_BYTES = 100 * 1024 * 1024
CHUNK_BYTES = 16 * 1024
BYTES_PER_S = 512 * 1024
TIMEOUT_S = 15.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 5.0, 1800.0


@dataclass(frozen=True, slots=True)
class Source:
    """Where large files come from."""

    host: str
    port: int
    path: str
    tls: ssl.SSLContext | None


def source(link: LinkSettings) -> Source | None:
    """The address in ``link.assets``; None when large files are not fetched.

    Raises:
        SettingsError: it is no http or https address.
    """
    if not link.assets:
        return None
    parts = urlsplit(link.assets)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingsError(["link.assets: write https://host/b/"])
    tls = None
    if parts.scheme == "https":
        tls = ssl.create_default_context(cafile=link.ca_file or None)
    port = parts.port or (443 if tls else 80)
    return Source(parts.hostname, port, parts.path.rstrip("/") + "/", tls)


class Fetcher(threading.Thread):
    """Works off a list of wanted assets; whole ones lie in ``folder`` under their hash."""

    def __init__(self, where: Source, folder: Path, wake: Callable[[], None]) -> None:
        super().__init__(name="fetch", daemon=True)
        self._where = where
        self._folder = folder
        self._wake = wake
        self._wanted: dict[str, int] = {}
        self._pauses: dict[str, float] = {}
        self._lock = threading.Lock()
        self._due = threading.Event()
        self._stopping = threading.Event()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def want(self, assets: Sequence[Asset]) -> None:
        """Fetch these, in this order, and nothing else."""
        wanted = {each.sha256: each.size_bytes for each in assets}
        with self._lock:
            if wanted == self._wanted:
                return
            self._wanted = wanted
        for path in self._folder.iterdir():
            if path.name.removesuffix(".part") not in wanted:
                path.unlink(missing_ok=True)
        self._due.set()

    def whole(self) -> list[Path]:
        """Files that are complete and right; the caller takes them away."""
        return [path for path in self._folder.iterdir() if path.suffix != ".part"]

    def run(self) -> None:
        """Fetch what is wanted until stopped; after a failure wait ever longer."""
        while not self._stopping.is_set():
            pause_s = LONGEST_PAUSE_S
            for sha256, size_bytes in list(self._wanted.items()):
                if not self._stopping.is_set() and not (self._folder / sha256).exists():
                    pause_s = min(pause_s, self._try(sha256, size_bytes))
            self._due.wait(pause_s)
            self._due.clear()

    def stop(self) -> None:
        """End soon; what was fetched so far is kept."""
        self._stopping.set()
        self._due.set()

    def _try(self, sha256: str, size_bytes: int) -> float:
        """Seconds after which to look again."""
        try:
            self._fetch(sha256, size_bytes)
        except (OSError, http.client.HTTPException, ValueError) as error:
            pause_s = self._pauses.get(sha256, FIRST_PAUSE_S)
            self._pauses[sha256] = min(pause_s * 2, LONGEST_PAUSE_S)
            _log.warning("file %s… is not here yet: %s", sha256[:12], error)
            return pause_s
        self._pauses.pop(sha256, None)
        self._wake()
        return LONGEST_PAUSE_S

    def _fetch(self, sha256: str, size_bytes: int) -> None:
        part = self._folder / f"{sha256}.part"
        have = part.stat().st_size if part.exists() else 0
        if have < size_bytes:
            if shutil.disk_usage(self._folder).free < DISK_FLOOR_BYTES + size_bytes:
                raise OSError("too little room on the disk, text goes first")
            self._download(sha256, part, have, size_bytes)
        if hashlib.sha256(part.read_bytes()).hexdigest() != sha256:
            part.unlink()
            raise ValueError("its hash is not what was signed")
        part.replace(self._folder / sha256)

    def _download(self, sha256: str, part: Path, have: int, size_bytes: int) -> None:
        connection = self._connect()
        try:
            headers = {"Range": f"bytes={have}-"} if have else {}
            connection.request("GET", f"{self._where.path}{sha256}", headers=headers)
            answer = connection.getresponse()
            if answer.status not in (200, 206):
                raise http.client.HTTPException(f"HTTP {answer.status}")
            resumed = answer.status == 206 and have > 0
            with part.open("ab" if resumed else "wb") as file:
                left = size_bytes - (have if resumed else 0)
                while left > 0 and (chunk := answer.read(min(CHUNK_BYTES, left))):
                    file.write(chunk)
                    left -= len(chunk)
                    if self._stopping.wait(len(chunk) / BYTES_PER_S):
                        raise OSError("stopped")
        finally:
            connection.close()
        if part.stat().st_size < size_bytes:
            raise OSError("it broke off")

    def _connect(self) -> http.client.HTTPConnection:
        where = self._where
        if where.tls is None:
            return http.client.HTTPConnection(where.host, where.port, timeout=TIMEOUT_S)
        return http.client.HTTPSConnection(
            where.host, where.port, timeout=TIMEOUT_S, context=where.tls
        )


def remove(path: Path) -> None:
    """Remove a file that was taken into the store."""
    with contextlib.suppress(OSError):
        path.unlink()
