"""What the broker is to hold: manifests and blobs, asserted in order and not too fast.

Every entry is a name; what an area lists and its bytes are read when its turn comes, and it is
crossed out once that worked: a database that is away for a moment loses nothing. A change goes
first; after a reconnection everything is asserted again behind it, at no more than 500 messages
a second.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from contract import topics
from contract.areas import Area
from hub.dispatch import key_sets
from hub.dispatch.models import Layer, RetainedBlob
from hub.relay.models import AncestorKeys
from hub.sealing.models import AssetBlob, SealedNotice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hub.dispatch.connection import Connection

PER_SECOND = 500
BURST = 50
DELTA_EXPIRY_S = 600


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to assert or to clear."""

    what: Literal["blob", "clear", "manifest", "keys", "change", "all"]
    """``change`` and ``all`` stand for an area's entries, the first without what is held."""
    area: str = ""
    sha256: str = ""


class Assertion:
    """The queue. ``acknowledged`` is called with an area and the version the broker now holds."""

    def __init__(
        self, connection: Connection, acknowledged: Callable[[str, tuple[int, int]], None]
    ) -> None:
        self._connection = connection
        self._acknowledged = acknowledged
        self._urgent: deque[Entry] = deque()
        self._rest: deque[Entry] = deque()
        self._held: set[tuple[str, str]] = set()
        self._allowance = float(BURST)
        self._filled_s = time.monotonic()

    def __len__(self) -> int:
        return len(self._urgent) + len(self._rest)

    def restart(self, areas: Iterable[str]) -> None:
        """A new connection: the broker may have lost everything, so assert everything."""
        self._urgent.clear()
        self._rest.clear()
        self._held.clear()
        self._rest.append(Entry("keys"))
        self._rest.extend(Entry("all", area) for area in sorted(areas, key=len))

    def change(self, area: str) -> None:
        """A new manifest: what it lists goes first, then the manifest, then what it dropped."""
        self._ask(Entry("change", area))

    def keys(self) -> None:
        """A new key set goes before everything else."""
        self._urgent.appendleft(Entry("keys"))

    def repeat(self, area: str, *, whole: bool = True) -> None:
        """A box lacks something of this area: its manifest, or all of it again."""
        self._ask(Entry("all" if whole else "manifest", area))

    def _ask(self, entry: Entry) -> None:
        """What waits already is read when its turn comes, so it need not wait twice."""
        if entry not in self._urgent:
            self._urgent.append(entry)

    def _entries(self, area: str) -> list[Entry]:
        rows = list(RetainedBlob.objects.filter(area=area).order_by("pk"))
        blobs = [Entry("blob", area, row.sha256) for row in rows if row.is_listed]
        dropped = [Entry("clear", area, row.sha256) for row in rows if not row.is_listed]
        return [*blobs, Entry("manifest", area), *dropped]

    def turn(self) -> None:
        """Send what may be sent now."""
        now_s = time.monotonic()
        filled = self._allowance + (now_s - self._filled_s) * PER_SECOND
        self._allowance, self._filled_s = min(float(BURST), filled), now_s
        while self._connection.has_room:
            queue = self._urgent or self._rest
            if not queue or (queue is self._rest and self._allowance < 1.0):
                return
            entry = queue[0]
            if entry.what in ("all", "change"):
                found = self._expanded(entry)
                queue.popleft()
                queue.extendleft(reversed(found))
                continue
            self._send(entry)
            queue.popleft()
            if queue is self._rest:
                self._allowance -= 1.0

    def _expanded(self, entry: Entry) -> list[Entry]:
        found = self._entries(entry.area)
        if entry.what == "all":
            self._held = {each for each in self._held if each[0] != entry.area}
            return found
        return [
            each
            for each in found
            if each.what != "blob" or (entry.area, each.sha256) not in self._held
        ]

    def _send(self, entry: Entry) -> None:
        if entry.what == "keys":
            self._send_keys()
        elif entry.what == "manifest":
            self._send_manifest(entry.area)
        elif entry.what == "blob":
            self._send_blob(entry)
        else:
            self._clear(entry)

    def _send_keys(self) -> None:
        for above in AncestorKeys.objects.all():
            topic = topics.area_keys(Area.parse(above.area), above.version)
            self._connection.publish(topic, bytes(above.body), retain=True)
        known = key_sets.chain()
        for each in known:
            self._connection.publish(topics.key_set(each.version), each.body, retain=True)
        if known:
            self._connection.publish(topics.KEYS, known[-1].body, retain=True)

    def _send_manifest(self, area: str) -> None:
        layer = Layer.objects.filter(area=area).first()
        if layer is None:
            return
        version = layer.version
        self._connection.publish(
            topics.area_manifest(Area.parse(area)),
            bytes(layer.body),
            retain=True,
            done=lambda: self._acknowledged(area, version),
        )
        if layer.delta:  # behind the whole, for whoever has to fetch that after all
            self._connection.publish(
                topics.area_delta(Area.parse(area)), bytes(layer.delta), expiry_s=DELTA_EXPIRY_S
            )

    def _send_blob(self, entry: Entry) -> None:
        body = body_of(entry.sha256)
        if body is None:
            return
        key = (entry.area, entry.sha256)
        self._connection.publish(
            topics.area_blob(Area.parse(entry.area), entry.sha256),
            body,
            retain=True,
            done=lambda: self._held.add(key),
        )

    def _clear(self, entry: Entry) -> None:
        row = RetainedBlob.objects.filter(area=entry.area, sha256=entry.sha256, is_listed=False)
        if not row.exists():
            return  # it was listed again in the meantime
        self._held.discard((entry.area, entry.sha256))
        self._connection.publish(
            topics.area_blob(Area.parse(entry.area), entry.sha256),
            b"",
            retain=True,
            done=lambda: _forget(entry),
        )


def body_of(sha256: str) -> bytes | None:
    """Content by its hash: a sealed notice or alert, a recording or picture; None when gone."""
    row = SealedNotice.objects.filter(sha256=sha256).exclude(body=b"").first()
    if row is not None:
        return bytes(row.body)
    asset = AssetBlob.objects.filter(sha256=sha256).first()
    return bytes(asset.body) if asset is not None else None


def _forget(entry: Entry) -> None:
    RetainedBlob.objects.filter(area=entry.area, sha256=entry.sha256, is_listed=False).delete()
