"""Large files: resumed where they broke off, right by their hash or not there at all."""

from __future__ import annotations

import hashlib
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from contract.manifest import SMALL_ASSET_BYTES
from contract.notice import Asset, Picture
from edge_agent.errors import SettingsError
from edge_agent.link.fetch import Fetcher, Source, source
from edge_agent.settings import LinkSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.edge_agent.link.conftest import Box, County

FILE = bytes(range(256)) * 800
SHA256 = hashlib.sha256(FILE).hexdigest()
ASSET = Asset(SHA256, len(FILE), "image/jpeg", "p.jpg")


class Files(ThreadingHTTPServer):
    """Serves one file, and misbehaves as it is told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.breaks_after = len(FILE)
        self.status = 0
        self.body = FILE
        self.sent = 0
        self.ranges: list[int] = []


class Answer(BaseHTTPRequestHandler):
    """One answer with ``Range: bytes=N-``."""

    server: Files

    def do_GET(self) -> None:
        found = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = int(found[1]) if found else 0
        self.server.ranges.append(start)
        if self.server.status:
            self.send_response(self.server.status)
            self.send_header("Location", "/elsewhere")
            self.end_headers()
            return
        self.send_response(206 if found else 200)
        self.send_header("Content-Length", str(len(self.server.body) - start))
        self.end_headers()
        piece = self.server.body[start : start + self.server.breaks_after]
        self.server.sent += len(piece)
        self.wfile.write(piece)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def files() -> Iterator[Files]:
    server = Files()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def fetcher(files: Files, tmp_path: Path) -> Fetcher:
    """Not started: the test fetches by itself, so that nothing has to be waited for."""
    found = Fetcher(
        Source("127.0.0.1", files.server_port, "/b/", None), tmp_path / "files", lambda: None
    )
    found.want([ASSET])
    return found


def test_a_file_comes_whole(fetcher: Fetcher) -> None:
    fetcher._try(SHA256, len(FILE))
    assert [path.read_bytes() for path in fetcher.whole()] == [FILE]


@pytest.mark.parametrize("breaks_after", [1, 1000, 70_001])
def test_a_file_that_breaks_off_is_resumed_and_nothing_is_sent_twice(
    fetcher: Fetcher, files: Files, breaks_after: int
) -> None:
    files.breaks_after = breaks_after
    fetcher._try(SHA256, len(FILE))
    assert fetcher.whole() == []
    files.breaks_after = len(FILE)
    fetcher._try(SHA256, len(FILE))
    assert fetcher.whole()[0].read_bytes() == FILE
    assert files.ranges == [0, breaks_after]
    assert files.sent == len(FILE)


def test_wrong_bytes_are_never_kept(fetcher: Fetcher, files: Files) -> None:
    files.body = b"x" * len(FILE)
    fetcher._try(SHA256, len(FILE))
    assert fetcher.whole() == []
    files.body = FILE
    fetcher._try(SHA256, len(FILE))
    assert len(fetcher.whole()) == 1


def test_an_endless_file_is_cut_at_its_signed_size(fetcher: Fetcher, files: Files) -> None:
    files.body = FILE + b"x" * 1_000_000
    fetcher._try(SHA256, len(FILE))
    assert fetcher.whole()[0].read_bytes() == FILE


@pytest.mark.parametrize("status", [302, 403, 404, 500])
def test_errors_and_redirections_are_not_followed_and_waits_grow(
    fetcher: Fetcher, files: Files, status: int
) -> None:
    files.status = status
    pauses = [fetcher._try(SHA256, len(FILE)) for _ in range(3)]
    assert pauses == [5.0, 10.0, 20.0]
    assert fetcher.whole() == []
    assert len(files.ranges) == 3


def test_what_is_no_longer_wanted_is_removed(fetcher: Fetcher, files: Files) -> None:
    files.breaks_after = 100
    fetcher._try(SHA256, len(FILE))
    fetcher.want([])
    assert list(fetcher._folder.iterdir()) == []


def test_the_thread_fetches_by_itself(files: Files, tmp_path: Path) -> None:
    arrived = threading.Event()
    where = Source("127.0.0.1", files.server_port, "/b/", None)
    fetcher = Fetcher(where, tmp_path / "files", arrived.set)
    fetcher.start()
    fetcher.want([ASSET])
    assert arrived.wait(20)
    fetcher.stop()
    fetcher.join(20)
    assert len(fetcher.whole()) == 1


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://x/", "http://", "127.0.0.1:80"])
def test_only_http_addresses_are_taken(address: str) -> None:
    with pytest.raises(SettingsError):
        source(LinkSettings(assets=address))


def test_a_picture_lags_behind_its_notice_and_is_kept_when_it_comes(
    box: Box, county: County
) -> None:
    body = county.seal(county.notice(blocks=(Picture(ASSET, "公开栏"),)))
    box.take(county.manifest(1, ("N1", 1, body), assets=(ASSET,)), body)
    assert box.names() == {"N1@1"}
    assert box.sync.large_assets() == (ASSET,)
    assert ASSET.size_bytes > SMALL_ASSET_BYTES
    with pytest.raises(ValueError, match="not what was signed"):
        box.sync.take_file(SHA256, b"x" * len(FILE))
    box.sync.take_file(SHA256, FILE)
    assert box.held.store.blob(SHA256) == FILE
    assert box.sync.large_assets() == ()
    box.take(county.manifest(2))
    assert box.held.store.blob(SHA256) is None
