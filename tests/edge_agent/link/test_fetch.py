"""Large files: resumed where they broke off, right by their hash or not there at all."""

from __future__ import annotations

import contextlib
import hashlib
import random
import re
import threading
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from contract.manifest import PIECE_BYTES, SMALL_ASSET_BYTES, pieces_of
from contract.notice import Asset, Picture
from edge_agent.errors import SettingsError
from edge_agent.link.bucket import BURST_S, Bucket
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
        self.claims = ""
        self.drips = ""
        """What it gives drop by drop for ever: its ``head`` or its ``body``."""


class Answer(BaseHTTPRequestHandler):
    """One answer with ``Range: bytes=N-``."""

    server: Files

    def do_GET(self) -> None:
        found = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = int(found[1]) if found else 0
        self.server.ranges.append(start)
        if self.server.drips:
            self._drip()
            return
        if self.server.status:
            self.send_response(self.server.status)
            self.send_header("Location", "/elsewhere")
            self.end_headers()
            return
        self.send_response(206 if found else 200)
        if found and self.server.claims:
            self.send_header("Content-Range", self.server.claims)
        self.send_header("Content-Length", str(len(self.server.body) - start))
        self.end_headers()
        piece = self.server.body[start : start + self.server.breaks_after]
        self.server.sent += len(piece)
        self.wfile.write(piece)

    def _drip(self) -> None:
        if self.server.drips == "head":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Wait: ")
        else:
            self.send_response(200)
            self.end_headers()
        with contextlib.suppress(OSError):  # whoever waits hangs up at last
            while True:
                self.wfile.write(b"x")
                time.sleep(0.02)

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


def test_another_part_than_was_asked_for_is_not_glued_on(fetcher: Fetcher, files: Files) -> None:
    files.breaks_after = 1000
    fetcher._try(SHA256, len(FILE))
    files.breaks_after, files.claims = len(FILE), "bytes 0-204799/204800"
    fetcher._try(SHA256, len(FILE))
    assert fetcher.whole() == []
    files.claims = "bytes 1000-204799/204800"
    fetcher._try(SHA256, len(FILE))
    assert fetcher.whole()[0].read_bytes() == FILE


def test_a_hundred_faults_keep_no_wrong_byte(files: Files, tmp_path: Path) -> None:
    dice = random.Random(7)  # noqa: S311 - the same faults every time
    where = Source("127.0.0.1", files.server_port, "/b/", None, bytes_per_s=10**9)
    fetcher = Fetcher(where, tmp_path / "files", lambda: None)
    fetcher.want([ASSET])
    for _ in range(100):
        place = dice.randrange(len(FILE))
        files.breaks_after, files.status, files.body = len(FILE), 0, FILE
        fault = dice.choice(("cut", "wrong", "error", "short"))
        if fault == "cut":
            files.breaks_after = place
        elif fault == "wrong":
            files.body = FILE[:place] + bytes([FILE[place] ^ 1]) + FILE[place + 1 :]
        elif fault == "error":
            files.status = 500
        else:
            files.body = FILE[:place]
        fetcher._try(SHA256, len(FILE))
        for path in fetcher.whole():
            assert path.read_bytes() == FILE
            path.unlink()
    files.breaks_after, files.status, files.body = len(FILE), 0, FILE
    fetcher._try(SHA256, len(FILE))
    if not fetcher.whole():  # the last fault left wrong bytes behind, which this try threw away
        fetcher._try(SHA256, len(FILE))
    assert fetcher.whole()[0].read_bytes() == FILE


def test_of_a_file_with_hashes_for_its_pieces_only_the_bad_one_comes_again(
    files: Files, tmp_path: Path
) -> None:
    body = bytes(range(251)) * 41_800  # 10.5 MB: three pieces
    bad = bytearray(body)
    bad[PIECE_BYTES + 5] ^= 1
    asset = Asset(hashlib.sha256(body).hexdigest(), len(body), "video/mp4", "v", pieces_of(body))
    where = Source("127.0.0.1", files.server_port, "/b/", None, bytes_per_s=10**9)
    fetcher = Fetcher(where, tmp_path / "files", lambda: None)
    fetcher.want([asset])
    files.body, files.breaks_after = bytes(bad), 2 * PIECE_BYTES + 100
    fetcher._try(asset.sha256, asset.size_bytes)
    files.body, files.breaks_after = body, len(body)
    fetcher._try(asset.sha256, asset.size_bytes)
    assert files.ranges == [0, PIECE_BYTES]
    assert fetcher.whole()[0].read_bytes() == body


@pytest.mark.parametrize("drips", ["head", "body"])
def test_a_server_that_gives_drop_by_drop_does_not_hold_the_line(
    files: Files, tmp_path: Path, drips: str
) -> None:
    where = Source("127.0.0.1", files.server_port, "/b/", None, patience_s=0.3)
    fetcher = Fetcher(where, tmp_path / "files", lambda: None)
    fetcher.want([ASSET])
    files.drips = drips
    assert fetcher._try(SHA256, len(FILE)) == 5.0
    assert fetcher.whole() == []
    files.drips = ""
    for _ in range(2):  # wrong drops are seen by the hash of the whole, and begun anew
        if not fetcher.whole():
            fetcher._try(SHA256, len(FILE))
    assert fetcher.whole()[0].read_bytes() == FILE


def test_a_file_for_many_villages_waits_its_turn(files: Files, tmp_path: Path) -> None:
    where = Source("127.0.0.1", files.server_port, "/b/", None)
    fetcher = Fetcher(where, tmp_path / "files", lambda: None)
    other = replace(ASSET, sha256="ab" * 32)
    began_s = time.monotonic()
    fetcher.want([ASSET, other], {SHA256: 60.0})
    assert fetcher._not_before_s[SHA256] >= began_s + 60.0
    assert fetcher._not_before_s[other.sha256] < began_s + 30.0
    before = fetcher._not_before_s[SHA256]
    fetcher.want([ASSET], {SHA256: 0.0})  # asked about every second: its turn stays
    assert fetcher._not_before_s[SHA256] == before


def test_the_line_is_shared_by_a_token_bucket() -> None:
    now = [0.0]
    bucket = Bucket(1000, lambda: now[0])
    took_s = 0.0
    for _ in range(100):
        wait_s = bucket.take(100)
        now[0] += wait_s
        took_s += wait_s
    assert took_s == pytest.approx(10.0, abs=BURST_S + 0.1)


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
