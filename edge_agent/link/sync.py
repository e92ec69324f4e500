"""From a signed manifest to notices in force: fetch what is missing, then all at one moment.

A manifest that is newer than ours is kept as *pending*; the blobs it lists are subscribed to
by their hash; when nothing is missing the store swaps it in with one transaction. An item that
must be refused is left out alone, with a receipt, and the rest takes force. What a manifest no
longer lists is withdrawn and erased.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Protocol

from contract import delta, topics
from contract.areas import Area
from contract.delta import Delta
from contract.errors import ContractError, RefusalReason
from contract.manifest import LARGE_MANIFEST_BYTES, SMALL_ASSET_BYTES, Manifest
from contract.messages import open_message, sha256_hex
from edge_agent.link import content
from edge_agent.link.fetch import LARGEST_BYTES
from edge_agent.link.memory import ALERT_MARK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contract.manifest import Item
    from contract.notice import Asset
    from edge_agent.link.alarms import Alarms
    from edge_agent.link.holdings import Holdings

_log = logging.getLogger(__name__)
ASSET_PATIENCE_S = 5.0
"""How long a manifest waits for its recordings; afterwards text goes ahead of sound."""


class Subscriber(Protocol):
    """The one thing that syncing asks of the network."""

    def subscribe(self, topics_: Sequence[str]) -> None:
        """Ask for these topics, retained messages included."""
        ...

    def unsubscribe(self, topics_: Sequence[str]) -> None:
        """No longer needed."""
        ...


class Sync:
    """Takes manifests and blobs in; `changed` is true when something took force."""

    def __init__(self, held: Holdings, alarms: Alarms, subscriber: Subscriber) -> None:
        self._held = held
        self._alarms = alarms
        self._subscriber = subscriber
        self._pending_since_s: dict[Area, float] = {}
        self._asked: dict[str, Area] = {}
        self._by_delta: set[Area] = set()
        self.by_delta_above_bytes = LARGE_MANIFEST_BYTES

    def take_manifest(self, area: Area, body: bytes) -> None:
        """Verify a manifest, keep it, and ask for what it needs."""
        held = self._held
        if body in (held.store.layer_body(area, state) for state in ("current", "pending")):
            self._choose_road(area, body)
            self._settle(area)
            return
        try:
            manifest = open_message(Manifest, body, held.keys.trust)
            self._check_version(area, manifest)
        except ContractError as error:
            held.receipts.refuse(body, error, f"manifest.{area}")
            return
        held.store.put_pending(area, body)
        self._pending_since_s[area] = held.clock.monotonic_s()
        self._choose_road(area, body)
        self._settle(area)

    def _choose_road(self, area: Area, body: bytes) -> None:
        """A large manifest is not sent again for every change: from here on by deltas."""
        is_large = len(body) > self.by_delta_above_bytes
        if is_large and area not in self._by_delta:
            self._by_delta.add(area)
            self._subscriber.unsubscribe([topics.area_manifest(area)])
        elif not is_large:
            self._fetch_whole(area)

    def _fetch_whole(self, area: Area) -> None:
        """Once: while it is on its way, each further request would bring it again behind itself."""
        if area in self._by_delta:
            self._by_delta.discard(area)
            self._subscriber.subscribe([topics.area_manifest(area)])

    def take_delta(self, area: Area, body: bytes) -> None:
        """Go from the newest manifest we hold to the next; where that does not fit, ask for it."""
        held = self._held
        try:
            found = open_message(Delta, body, held.keys.trust)
        except ContractError as error:
            held.receipts.refuse(body, error, f"delta.{area}")
            return
        newest = held.store.layer_body(area, "pending") or held.store.layer_body(area, "current")
        if sha256_hex(newest) == found.result_sha256:
            return
        try:
            result = delta.apply(found, newest)
        except ContractError:  # we missed one, or the hub was restored: no fault of anybody's
            self._fetch_whole(area)
            return
        self.take_manifest(area, result)

    def _check_version(self, area: Area, manifest: Manifest) -> None:
        if manifest.area != str(area):
            raise ContractError("a manifest of another area", RefusalReason.WRONG_AREA)
        store = self._held.store
        known = [each[area].version for each in (store.layers(), store.layers("pending"))
                 if area in each]  # fmt: skip
        highest = self._held.memory.highest(str(area))
        if manifest.version < highest or any(manifest.version <= each for each in known):
            raise ContractError("older than what this box holds", RefusalReason.ROLLED_BACK)

    def take_blob(self, area: Area, sha256: str, body: bytes) -> None:
        """Verify a piece of content and keep it if a manifest wants it."""
        if sha256 not in self.wanted(area):
            self._let_go([sha256])
            self._settle(area)  # perhaps a power cut came between this blob and its manifest
            return
        try:
            content.check_hash(sha256, body)
        except ContractError as error:  # not quarantined: a sound copy may still come
            self._held.receipts.refuse(body, error, f"blob.{sha256[:16]}")
            return
        item = self._item(area, sha256)
        if item is None:
            self._held.store.put_asset(body, self._held.clock.read().now)
            self._held.poke_parts()
        else:
            self._take_item(area, item, body)
        self._let_go([sha256])
        self._settle(area)

    def _take_item(self, area: Area, item: Item, body: bytes) -> None:
        held = self._held
        try:
            if item.kind == "alert":
                self._alarms.take(area, body, from_manifest=True)
            else:
                content.open_notice(item, area, body, held.keys.trust)
        except ContractError as error:
            held.receipts.refuse(body, error, item.id, item.revision)
            held.memory.quarantine(item.sha256, error.reason, held.clock.read().now)
            return
        is_new = held.store.blob(item.sha256) is None and item.kind == "notice"
        held.store.put_blob(body, held.clock.read().now)
        if is_new:
            held.receipts.write("received", item.id, item.revision)

    def _item(self, area: Area, sha256: str) -> Item | None:
        for manifest in self._manifests(area):
            for item in manifest.items:
                if item.sha256 == sha256:
                    return item
        return None

    def _manifests(self, area: Area) -> list[Manifest]:
        """Pending first: its names for content are the newer ones."""
        store = self._held.store
        return [each[area] for each in (store.layers("pending"), store.layers()) if area in each]

    def _settle(self, area: Area) -> None:
        """Apply the pending manifest if nothing is missing; ask for what is."""
        pending = self._held.store.layers("pending").get(area)
        if pending is not None and not self._lacking(area, pending):
            self._apply(area)
        wanted = sorted(self.wanted(area) - self._asked.keys())
        if wanted:
            self._asked.update(dict.fromkeys(wanted, area))
            self._subscriber.subscribe([topics.area_blob(area, each) for each in wanted])

    def _lacking(self, area: Area, manifest: Manifest) -> set[str]:
        lacking = set(self._held.store.missing(manifest)) - self._held.memory.quarantined()
        since_s = self._pending_since_s.setdefault(area, self._held.clock.monotonic_s())
        if self._held.clock.monotonic_s() - since_s < ASSET_PATIENCE_S:
            lacking |= self._absent_assets(manifest)
        return lacking

    def _absent_assets(self, manifest: Manifest) -> set[str]:
        small = (each for each in manifest.assets if each.size_bytes <= SMALL_ASSET_BYTES)
        return {each.sha256 for each in small if self._held.store.blob(each.sha256) is None}

    def wanted(self, area: Area) -> set[str]:
        """Every hash that this area's manifests list and the store lacks or holds damaged."""
        wanted: set[str] = set()
        for manifest in self._manifests(area):
            wanted |= set(self._held.store.missing(manifest)) | self._absent_assets(manifest)
        return wanted - self._held.memory.quarantined()

    def _apply(self, area: Area) -> None:
        held = self._held
        body = held.store.layer_body(area, "pending")
        manifest = held.store.layers("pending")[area]
        held.store.apply(area, body)
        self._pending_since_s.pop(area, None)
        held.memory.set_highest(str(area), manifest.version)
        _log.info("area %s is at %s, %d items", area, manifest.version, len(manifest.items))
        held.poke_parts()
        held.changed = True
        self.report()

    def drop_voiceless(self) -> None:
        """After a new key set: where nobody may sign any more, nothing stays in force."""
        held = self._held
        voices = held.keys.trust.keys.with_role("target").values()
        for area in {*held.store.layers(), *held.store.layers("pending")}:
            if not any(not key.area or Area.parse(key.area).covers(area) for key in voices):
                _log.warning("nobody may speak for area %s any more", area)
                held.store.apply(area, b"")
                self._pending_since_s.pop(area, None)
                held.changed = True
        held.poke_parts()
        self.report()

    def report(self) -> None:
        """Write the receipts that the store's contents call for; safe to repeat at any time."""
        held = self._held
        quarantined = held.memory.quarantined()
        in_force = {
            (item.id, item.revision)
            for manifest in held.store.layers().values()
            for item in manifest.items
            if item.kind == "notice" and item.sha256 not in quarantined
        }
        reported = {each for each in held.memory.reported() if not each[0].startswith(ALERT_MARK)}
        for notice_id, revision in sorted(in_force - reported):
            held.receipts.write("stored", notice_id, revision)
            held.memory.set_reported(notice_id, revision)
        for notice_id, revision in sorted(reported - in_force):
            held.receipts.write("withdrawn", notice_id, revision)
            held.receipts.write("purged", notice_id, revision)
            held.memory.forget_reported(notice_id, revision)

    def start(self) -> None:
        """After a connection was made: nothing is asked for yet; ask for all that is missing."""
        self._asked.clear()
        self._by_delta.clear()
        self.check()

    def check(self) -> None:
        """Now and then: ask again for what rotted, and for what a new key set may allow."""
        store = self._held.store
        for sha256 in store.in_force().damaged:
            body = store.blob(sha256)
            if body is not None:  # an alert's own row has rotted, the manifest's copy is sound
                store.repair_alert(sha256, body)
        for area in {*store.layers(), *store.layers("pending")}:
            self._settle(area)

    def turn(self) -> None:
        """Every second: apply a manifest whose recordings do not come."""
        for area in self._held.store.layers("pending"):
            self._settle(area)

    def _let_go(self, hashes: Sequence[str]) -> None:
        asked = {each: self._asked.pop(each, None) for each in hashes}
        done = [topics.area_blob(area, each) for each, area in asked.items() if area is not None]
        if done:
            self._subscriber.unsubscribe(done)

    def large_assets(self) -> tuple[Asset, ...]:
        """Files too large for MQTT that manifests list and the store lacks."""
        manifests = [
            *self._held.store.layers().values(),
            *self._held.store.layers("pending").values(),
        ]
        listed = {asset.sha256: asset for each in manifests for asset in each.assets}
        return tuple(
            each
            for each in listed.values()
            if SMALL_ASSET_BYTES < each.size_bytes <= LARGEST_BYTES
            and not self._held.store.has_blob(each.sha256)
        )

    def is_for_us_alone_or_urgent(self, asset: Asset) -> bool:
        """Whether nobody else waits for this file, or an emergency is on in its area."""
        return any(
            self._held.settings.area.covers(area)
            or any(item.kind == "alert" for item in each.items)
            for state in ("current", "pending")
            for area, each in self._held.store.layers(state).items()
            if asset in each.assets
        )

    def take_file(self, sha256: str, body: bytes) -> None:
        """Keep a large file that was fetched, if it is still wanted and right."""
        if any(each.sha256 == sha256 for each in self.large_assets()):
            content.check_hash(sha256, body)
            self._held.store.put_asset(body, self._held.clock.read().now)
            self._held.poke_parts()

    def is_complete(self, area: Area) -> bool:
        """Whether the newest manifest of this area is in force with nothing missing."""
        return not self.wanted(area) and area not in self._held.store.layers("pending")
