"""What a simulated box holds of its areas: manifests in force, one on its way each, and blobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contract import delta, topics
from contract.alert import Alert
from contract.delta import Delta
from contract.errors import ContractError
from contract.manifest import LARGE_MANIFEST_BYTES, Manifest
from contract.messages import open_message, sha256_hex
from contract.notice import Notice
from contract.uplink import LayerState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Protocol

    from contract.areas import Area
    from contract.keys import Trust
    from contract.manifest import Item

    class Network(Protocol):
        """What is asked of the connection."""

        def subscribe(self, wanted: Sequence[str]) -> None:
            """Ask for topics."""
            ...

        def unsubscribe(self, done: Sequence[str]) -> None:
            """Ask for them no more."""
            ...


class Layers:
    """As link does: a manifest takes force when nothing of it is missing; large ones by delta."""

    def __init__(self, areas: Sequence[Area], network: Network) -> None:
        self._areas, self._network = areas, network
        self._held: dict[Area, tuple[Manifest, bytes]] = {}
        self._pending: dict[Area, tuple[Manifest, bytes]] = {}
        self._blobs: set[str] = set()
        self._by_delta: set[Area] = set()

    def topics(self) -> list[str]:
        """To be asked for on a new connection, what is still missing among them."""
        self._by_delta.clear()
        wanted = [topics.area_manifest(area) for area in self._areas]
        wanted += [topics.area_delta(area) for area in self._areas]
        for area in self._pending:
            wanted += [topics.area_blob(area, each.sha256) for each in self._lacking(area)]
        return wanted

    def take_manifest(self, area: Area, body: bytes, trust: Trust) -> list[Item]:
        """A whole manifest; returns the items that took force because of it.

        Raises:
            ContractError: not signed for this area.
        """
        manifest = open_message(Manifest, body, trust)
        known = self._newest(area)
        if manifest.area != str(area):
            raise ContractError("a manifest of another area")
        if known is not None and manifest.version <= known[0].version:
            return []
        self._pending[area] = (manifest, body)
        self._choose_road(area, body)
        wanted = [topics.area_blob(area, each.sha256) for each in self._lacking(area)]
        if wanted:
            self._network.subscribe(wanted)
        return self._settle(area)

    def _choose_road(self, area: Area, body: bytes) -> None:
        is_large = len(body) > LARGE_MANIFEST_BYTES
        if is_large and area not in self._by_delta:
            self._by_delta.add(area)
            self._network.unsubscribe([topics.area_manifest(area)])
        elif not is_large and area in self._by_delta:
            self._fetch_whole(area)

    def _fetch_whole(self, area: Area) -> None:
        self._by_delta.discard(area)
        self._network.subscribe([topics.area_manifest(area)])

    def take_delta(self, area: Area, body: bytes, trust: Trust) -> list[Item]:
        """The way from the manifest we hold to the next; where it does not fit, the whole.

        Raises:
            ContractError: not signed.
        """
        found = open_message(Delta, body, trust)
        newest = self._newest(area)
        base = newest[1] if newest is not None else b""
        if sha256_hex(base) == found.result_sha256:
            return []
        try:
            result = delta.apply(found, base)
        except ContractError:  # we missed one
            self._fetch_whole(area)
            return []
        return self.take_manifest(area, result, trust)

    def take_blob(self, area: Area, sha256: str, body: bytes, trust: Trust) -> tuple[
        Alert | None, list[Item]
    ]:  # fmt: skip
        """Content by its hash; returns the alert it is, if it is one, and what took force.

        Raises:
            ContractError: not signed.
        """
        pending = self._pending.get(area)
        item = next((each for each in pending[0].items if each.sha256 == sha256), None) if (
            pending) else None  # fmt: skip
        if item is None or sha256_hex(body) != sha256:
            return None, []
        alert = open_message(Alert, body, trust) if item.kind == "alert" else None
        if alert is None:
            open_message(Notice, body, trust)
        self._blobs.add(sha256)
        self._network.unsubscribe([topics.area_blob(area, sha256)])
        return alert, self._settle(area)

    def _newest(self, area: Area) -> tuple[Manifest, bytes] | None:
        return self._pending.get(area) or self._held.get(area)

    def _lacking(self, area: Area) -> list[Item]:
        return [each for each in self._pending[area][0].items if each.sha256 not in self._blobs]

    def _settle(self, area: Area) -> list[Item]:
        if area not in self._pending or self._lacking(area):
            return []
        before = set(self._held[area][0].items) if area in self._held else set()
        self._held[area] = self._pending.pop(area)
        return [each for each in self._held[area][0].items if each not in before]

    def states(self) -> dict[str, LayerState]:
        """As reported to the hub."""
        found = {}
        for area in self._areas:
            newest = self._newest(area)
            if newest is not None:
                digest = sha256_hex(newest[1])[:16]
                found[str(area)] = LayerState(*newest[0].version, area not in self._pending, digest)
        return found

    def versions(self) -> dict[str, int]:
        """Generation in force of every area."""
        return {str(area): manifest.generation for area, (manifest, _) in self._held.items()}

    def shown(self) -> set[str]:
        """What is in force, as ``id@revision``."""
        return {
            f"{item.id}@{item.revision}"
            for manifest, _ in self._held.values()
            for item in manifest.items
        }
