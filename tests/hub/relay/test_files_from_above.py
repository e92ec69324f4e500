"""Large files come by their hash from the hub above, resumed, and are offered to our own boxes."""

from __future__ import annotations

import hashlib
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, ClassVar

import pytest
from django.test import RequestFactory
from django.utils import timezone

from contract.manifest import Item, Manifest
from contract.messages import seal_message, sha256_hex
from contract.notice import Asset, File
from hub.dispatch.assets import asset as door
from hub.dispatch.models import Layer
from hub.relay import joining, passing
from hub.relay.files import Files, remove
from hub.sealing.models import AssetBlob
from tests.hub.relay.test_joining import _above, folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["folder"]
FILM = bytes(range(256)) * 1200
ASSET = Asset(hashlib.sha256(FILM).hexdigest(), len(FILM), "video/mp4", "film.mp4")


class Door(BaseHTTPRequestHandler):
    """Gives the film out; the first line breaks off in the middle."""

    asked: ClassVar[list[str]] = []
    bodies: ClassVar[dict[str, bytes]] = {}

    def do_GET(self) -> None:
        body = self.bodies[self.path.rpartition("/")[2]]
        self.asked.append(self.headers.get("Range", ""))
        start = int(self.asked[-1].removeprefix("bytes=").rstrip("-") or 0)
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        whole = body[start:] if len(self.asked) > 1 else body[: len(body) // 2]
        self.wfile.write(whole)

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def base() -> Iterator[str]:
    Door.asked.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/b/"
    server.shutdown()
    server.server_close()


def _wait(files: Files, *, count: int) -> list[tuple[Asset, Path]]:
    deadline_s = time.monotonic() + 60
    while len(files.whole()) < count:
        assert time.monotonic() < deadline_s, "the file does not come"
        time.sleep(0.02)
    return files.whole()


def test_a_file_is_resumed_where_the_line_broke_and_a_wrong_one_is_not_taken(
    base: str, tmp_path: Path
) -> None:
    wrong = Asset("0" * 64, 5, "video/mp4")
    Door.bodies.update({ASSET.sha256: FILM, wrong.sha256: b"wrong"})
    files = Files(base, tmp_path / "files", None)
    files.start()
    files.want([ASSET])
    found = _wait(files, count=1)
    assert found[0][1].read_bytes() == FILM
    assert Door.asked[0] == ""
    assert Door.asked[1].startswith("bytes=")
    remove(found[0][1])
    files.want([wrong])
    deadline_s = time.monotonic() + 60
    while len(Door.asked) < 3:
        assert time.monotonic() < deadline_s
        time.sleep(0.02)
    files.stop()
    files.join(20)
    assert files.whole() == []


def test_boxes_get_a_large_file_from_above_at_our_own_door(folder: Path) -> None:
    province = _above("53")
    joining.join(province.answer(folder), {})
    notice = province.notice("P1", "53", blocks=(File(title="说明", asset=ASSET),))
    body = seal_message(notice, province.content)
    item = Item("P1", 1, sha256_hex(body), len(body))
    manifest = Manifest("53", 1, 1, timezone.now(), (item,), (ASSET,))
    sealed = seal_message(manifest, province.target)
    passing.pass_on_layer(manifest, sealed, {item.sha256: notice}, {item.sha256: body})
    assert bytes(Layer.objects.get(area="53").body) == sealed
    assert passing.wanted_files() == (ASSET,)
    passing.take_file(ASSET, FILM)
    assert passing.wanted_files() == ()
    answer = door(RequestFactory().get(f"/b/{ASSET.sha256}"), ASSET.sha256)
    assert answer.content == FILM
    assert AssetBlob.objects.get().mime == "video/mp4"
