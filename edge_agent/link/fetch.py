"""Fetching large files over HTTPS: resumed where they broke off, never in an alarm's way.

A thread of its own, since a download may take minutes. It knows hashes and sizes only; it asks
one address and follows no redirection; what it got is kept only if its hash is the one that
the signed manifest names. Of a file with hashes for its pieces only a bad piece is fetched
again. A disk that runs full keeps its last room for text.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import logging
import re
import shutil
import socket
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from contract.manifest import PIECE_BYTES
from edge_agent.errors import SettingsError
from edge_agent.link.address import trusting
from edge_agent.link.bucket import Bucket

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping, Sequence
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
SLOWEST_BYTES_PER_S, PATIENCE_S = 200.0, 30.0
"""A server that gives less than this for so long only holds the line: another file's turn."""
_RANGE = re.compile(r"bytes (\d{1,12})-\d{1,12}/(?:\d{1,12}|\*)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Source:
    """Where large files come from."""

    host: str
    port: int
    path: str
    tls: ssl.SSLContext | None
    bytes_per_s: int = BYTES_PER_S
    patience_s: float = PATIENCE_S


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
    tls = trusting(link, also_public=True) if parts.scheme == "https" else None
    port = parts.port or (443 if tls else 80)
    path = parts.path.rstrip("/") + "/"
    return Source(parts.hostname, port, path, tls, link.asset_bytes_per_s)


class Fetcher(threading.Thread):
    """Works off a list of wanted assets; whole ones lie in ``folder`` under their hash."""

    def __init__(self, where: Source, folder: Path, wake: Callable[[], None]) -> None:
        super().__init__(name="fetch", daemon=True)
        self._where = where
        self._folder = folder
        self._wake = wake
        self._bucket = Bucket(where.bytes_per_s)
        self._wanted: dict[str, Asset] = {}
        self._not_before_s: dict[str, float] = {}
        self._pauses: dict[str, float] = {}
        self._lock = threading.Lock()
        self._due = threading.Event()
        self._stopping = threading.Event()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def want(self, assets: Sequence[Asset], delays_s: Mapping[str, float] | None = None) -> None:
        """Fetch these, in this order, and nothing else.

        Args:
            assets: what is wanted.
            delays_s: by hash, how long a newly wanted file waits before its first try, so that
                a county's boxes do not all ask in the same second.
        """
        wanted = {each.sha256: each for each in assets}
        with self._lock:
            if wanted == self._wanted:
                return
            now_s = time.monotonic()
            self._not_before_s = {
                each: self._not_before_s[each] if each in self._wanted
                else now_s + (delays_s or {}).get(each, 0.0)
                for each in wanted
            }  # fmt: skip
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
            for sha256, asset in list(self._wanted.items()):
                if self._stopping.is_set() or (self._folder / sha256).exists():
                    continue
                wait_s = self._not_before_s.get(sha256, 0.0) - time.monotonic()
                pause_s = min(
                    pause_s, wait_s if wait_s > 0 else self._try(sha256, asset.size_bytes)
                )
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
        asset = self._wanted.get(sha256)
        pieces = asset.pieces if asset is not None else ()
        part = self._folder / f"{sha256}.part"
        have = _cut_to_sound(part, pieces, size_bytes)
        if have < size_bytes:
            if shutil.disk_usage(self._folder).free < DISK_FLOOR_BYTES + size_bytes - have:
                raise OSError("too little room on the disk, text goes first")
            self._download(sha256, part, have, size_bytes)
            if _cut_to_sound(part, pieces, size_bytes) < size_bytes:
                raise ValueError("a piece of it is not what was signed")
        with part.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
                part.unlink()
                raise ValueError("its hash is not what was signed")
        part.replace(self._folder / sha256)

    def _download(self, sha256: str, part: Path, have: int, size_bytes: int) -> None:
        connection = self._connect()
        try:
            headers = {"Range": f"bytes={have}-", "If-Range": f'"{sha256}"'} if have else {}
            answer = self._ask(connection, sha256, headers)
            resumed = _is_resumed(answer, have)
            with part.open("ab" if resumed else "wb") as file:
                left = size_bytes - (have if resumed else 0)
                self._pour(answer, file.write, left)
        finally:
            connection.close()
        if part.stat().st_size < size_bytes:
            raise OSError("it broke off")

    def _ask(
        self, connection: http.client.HTTPConnection, sha256: str, headers: dict[str, str]
    ) -> http.client.HTTPResponse:
        """The head of the answer; whoever gives it drop by drop is hung up on."""
        late = threading.Timer(self._where.patience_s, _hang_up, (connection,))
        late.daemon = True
        late.start()
        try:
            connection.request("GET", f"{self._where.path}{sha256}", headers=headers)
            return connection.getresponse()
        finally:
            late.cancel()

    def _pour(
        self, answer: http.client.HTTPResponse, write: Callable[[bytes], object], left: int
    ) -> None:
        """Take what comes, no faster than the bucket allows and no slower than makes sense."""
        began_s, got, waited_s = time.monotonic(), 0, 0.0
        while left > 0 and (chunk := answer.read1(min(CHUNK_BYTES, left))):
            write(chunk)
            left -= len(chunk)
            got += len(chunk)
            pause_s = self._bucket.take(len(chunk))
            waited_s += pause_s
            if self._stopping.wait(pause_s) if pause_s else self._stopping.is_set():
                raise OSError("stopped")
            theirs_s = time.monotonic() - began_s - waited_s
            if theirs_s > self._where.patience_s and got < theirs_s * SLOWEST_BYTES_PER_S:
                raise OSError("the server gives it drop by drop")

    def _connect(self) -> http.client.HTTPConnection:
        where = self._where
        if where.tls is None:
            return http.client.HTTPConnection(where.host, where.port, timeout=TIMEOUT_S)
        return http.client.HTTPSConnection(
            where.host, where.port, timeout=TIMEOUT_S, context=where.tls
        )


def _hang_up(connection: http.client.HTTPConnection) -> None:
    if connection.sock is not None:
        with contextlib.suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)


def _is_resumed(answer: http.client.HTTPResponse, have: int) -> bool:
    """Whether the body goes on at byte ``have``; if not, it begins at the first.

    Raises:
        HTTPException: it is neither.
    """
    if answer.status == 200:
        return False
    if answer.status != 206:
        raise http.client.HTTPException(f"HTTP {answer.status}")
    found = _RANGE.fullmatch(answer.headers.get("Content-Range", f"bytes {have}-{have}/*"))
    if not have or found is None or int(found[1]) != have:
        raise http.client.HTTPException("another part of the file than was asked for")
    return True


def _cut_to_sound(part: Path, pieces: Sequence[str], size_bytes: int) -> int:
    """Cut a file before its first bad piece; returns how many bytes of it may be kept."""
    if not part.exists():
        return 0
    with part.open("r+b") as file:
        for number, wanted in enumerate(pieces):
            start = number * PIECE_BYTES
            piece = file.read(PIECE_BYTES)
            if len(piece) < min(PIECE_BYTES, size_bytes - start):
                break  # it is still coming
            if hashlib.sha256(piece).hexdigest() != wanted:
                file.truncate(start)
                break
    return part.stat().st_size


def remove(path: Path) -> None:
    """Remove a file that was taken into the store."""
    with contextlib.suppress(OSError):
        path.unlink()
