"""Large files from the hub above, over the files' door, resumed where a line broke off.

They are named by the hash that the signed manifest carries, and are taken only when they match.
Text goes ahead: a notice never waits for its film.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import logging
import threading
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable
    from pathlib import Path

    from contract.notice import Asset

_log = logging.getLogger(__name__)
TIMEOUT_S = 20.0
CHUNK_BYTES = 64 * 1024
LARGEST_BYTES = 256 * 1024 * 1024
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0


class Files(threading.Thread):
    """Fetches what is wanted into ``folder``; whole and right files are given out by `whole`."""

    def __init__(self, base: str, folder: Path, tls: ssl.SSLContext | None) -> None:
        super().__init__(name="files-from-above", daemon=True)
        self._base = urlsplit(base)
        self._folder = folder
        self._tls = tls
        self._wanted: dict[str, Asset] = {}
        self._due = threading.Event()
        self._stopping = threading.Event()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def want(self, assets: Iterable[Asset]) -> None:
        """Fetch these and nothing else."""
        wanted = {each.sha256: each for each in assets if each.size_bytes <= LARGEST_BYTES}
        if wanted.keys() == self._wanted.keys():
            return
        self._wanted = wanted
        for path in self._folder.iterdir():
            if path.name.removesuffix(".part") not in wanted:
                path.unlink(missing_ok=True)
        self._due.set()

    def whole(self) -> list[tuple[Asset, Path]]:
        """What is complete and right; the caller removes it."""
        found = ((each, self._folder / each.sha256) for each in self._wanted.values())
        return [(asset, path) for asset, path in found if path.exists()]

    def run(self) -> None:
        """Fetch until stopped; after a failure wait ever longer."""
        pause_s = FIRST_PAUSE_S
        while not self._stopping.is_set():
            missing = [
                each for each in list(self._wanted.values())
                if not (self._folder / each.sha256).exists()
            ]  # fmt: skip
            failed = False
            for asset in missing:
                try:
                    self._fetch(asset)
                except (OSError, http.client.HTTPException, ValueError) as error:
                    failed = True
                    _log.warning("file %s… is not here yet: %s", asset.sha256[:12], error)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S) if failed else FIRST_PAUSE_S
            self._due.wait(pause_s if failed else LONGEST_PAUSE_S)
            self._due.clear()

    def _fetch(self, asset: Asset) -> None:
        part = self._folder / f"{asset.sha256}.part"
        have = part.stat().st_size if part.exists() else 0
        if have < asset.size_bytes:
            self._download(asset, part, have)
        with part.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != asset.sha256:
            part.unlink()
            raise ValueError("its hash is not what was signed")
        part.replace(self._folder / asset.sha256)

    def _download(self, asset: Asset, part: Path, have: int) -> None:
        connection = self._connect()
        try:
            resume = {"Range": f"bytes={have}-", "If-Range": f'"{asset.sha256}"'} if have else {}
            connection.request("GET", f"{self._base.path}{asset.sha256}", headers=resume)
            answer = connection.getresponse()
            if answer.status not in (200, 206):
                raise http.client.HTTPException(f"HTTP {answer.status}")
            with part.open("ab" if answer.status == 206 else "wb") as file:
                left = asset.size_bytes - file.tell()
                while left > 0 and (chunk := answer.read1(min(CHUNK_BYTES, left))):
                    file.write(chunk)
                    left -= len(chunk)
                    if self._stopping.is_set():
                        raise OSError("stopped")
            if left > 0:
                raise OSError("it broke off")
        finally:
            connection.close()

    def _connect(self) -> http.client.HTTPConnection:
        host, port = self._base.hostname or "", self._base.port
        if self._base.scheme == "https":
            return http.client.HTTPSConnection(host, port, timeout=TIMEOUT_S, context=self._tls)
        return http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)

    def stop(self) -> None:
        """End soon; what was fetched so far is kept."""
        self._stopping.set()
        self._due.set()


def remove(path: Path) -> None:
    """Remove a file that was taken into the database."""
    with contextlib.suppress(OSError):
        path.unlink()
