"""The row about large files: an asset server that breaks off, lies, fails and dawdles."""

from __future__ import annotations

import hashlib
import random
import threading
import time
from typing import TYPE_CHECKING

from contract.manifest import PIECE_BYTES, pieces_of
from contract.notice import Asset
from edge_agent.link.fetch import PATIENCE_S, Fetcher, Source
from faults.rows import Row, Scene, Seen
from tests.edge_agent.link.test_fetch import Files

if TYPE_CHECKING:
    from pathlib import Path

AS_FAST_AS_IT_GOES = 1 << 40
KINDS = ("cut", "wrong bytes", "500", "redirected")
DRIPS = ("head", "body")


def naughty_server(scene: Scene) -> Seen:
    """Row 13."""
    chance, count = random.Random(13), scene.dose(100, 8)  # noqa: S311 - the same faults each time
    size_bytes = 9_000_000 if not scene.short else 600_000
    body = chance.randbytes(size_bytes)
    asset = Asset(
        hashlib.sha256(body).hexdigest(), size_bytes, "video/mp4", "v.mp4", pieces=pieces_of(body)
    )
    server = Files()
    server.body = body
    threading.Thread(target=server.serve_forever, daemon=True).start()
    breaches: list[str] = []
    refetched = 0
    try:
        for number in range(count):
            folder = scene.folder / str(number)
            kind = KINDS[number % len(KINDS)]
            wasted, wrong = _one(server, folder, asset, body, (kind, chance))
            refetched = max(refetched, wasted if kind == "cut" else 0)
            breaches += wrong
    finally:
        server.shutdown()
        server.server_close()
    held_s, wrong = _dripped(scene, asset, body)
    breaches += wrong
    if refetched > PIECE_BYTES:
        breaches.append(f"{refetched} bytes fetched again after a cut")
    return Seen(
        f"{count} downloads of {size_bytes} bytes: {', '.join(KINDS)}; {scene.dose(20, 2)} drop by "
        "drop, head or body",
        f"right or not there at all; at most {refetched} bytes fetched again after a cut; the "
        f"drops held the line for {held_s:.0f} s at most",
        breaches,
    )


def _one(
    server: Files, folder: Path, asset: Asset, body: bytes, fault: tuple[str, random.Random]
) -> tuple[int, list[str]]:
    """One download with one fault, then without; bytes fetched twice, and what was wrong."""
    kind, chance = fault
    where = Source("127.0.0.1", server.server_port, "/b/", None, AS_FAST_AS_IT_GOES)
    fetcher = Fetcher(where, folder, lambda: None)
    fetcher.want([asset])
    server.sent, server.status, server.body = 0, 0, body
    server.breaks_after = len(body)
    if kind == "cut":
        server.breaks_after = chance.randrange(1, len(body))
    elif kind == "wrong bytes":
        at = chance.randrange(len(body))
        server.body = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
    else:
        server.status = 500 if kind == "500" else 302
    fetcher._try(asset.sha256, asset.size_bytes)
    breaches = [f"{kind}: taken though it was not whole" for _ in fetcher.whole()]
    server.status, server.body, server.breaks_after = 0, body, len(body)
    for _ in range(3):
        if not fetcher.whole():
            fetcher._try(asset.sha256, asset.size_bytes)
    found = [path.read_bytes() for path in fetcher.whole()]
    if found != [body]:
        breaches.append(f"{kind}: not there after the server was well")
    return server.sent - len(body), breaches


def _dripped(scene: Scene, asset: Asset, body: bytes) -> tuple[float, list[str]]:
    """Servers that give drops for ever, side by side; the longest hold, and what was wrong."""
    count, patience_s = scene.dose(20, 2), 1.0 if scene.short else PATIENCE_S
    held: list[float] = []
    breaches: list[str] = []

    def one(number: int) -> None:
        server = Files()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        where = Source("127.0.0.1", server.server_port, "/b/", None, AS_FAST_AS_IT_GOES, patience_s)
        fetcher = Fetcher(where, scene.folder / f"drip-{number}", lambda: None)
        fetcher.want([asset])
        server.body, server.breaks_after = body, len(body)
        server.drips, began_s = DRIPS[number % len(DRIPS)], time.monotonic()
        fetcher._try(asset.sha256, asset.size_bytes)
        held.append(time.monotonic() - began_s)
        server.drips = ""
        for _ in range(2):
            if not fetcher.whole():
                fetcher._try(asset.sha256, asset.size_bytes)
        if [path.read_bytes() for path in fetcher.whole()] != [body]:
            breaches.append("drops: not there after the server was well")
        server.shutdown()
        server.server_close()

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(scene.limit_s(4 * PATIENCE_S))
    if len(held) < count:
        breaches.append(f"{count - len(held)} drops hold the line still")
    elif max(held) > scene.limit_s(patience_s + 15.0):
        breaches.append(f"drops held the line for {max(held):.0f} s")
    return max(held, default=0.0), breaches


ROWS = (
    Row(
        "13",
        "asset server cut at a random byte, wrong bytes, 500, redirected, drop by drop",
        "sha256 right or not shown; resumes within one piece",
        naughty_server,
    ),
)
