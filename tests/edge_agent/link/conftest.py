"""A county's keys, and link's rooms on a real store, without a network."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

import pytest

from contract.alert import Alert
from contract.algorithms import ED25519
from contract.areas import Area
from contract.keys import KeySet, PrivateKey, seal_keys
from contract.manifest import Item, Manifest
from contract.messages import seal_message, sha256_hex
from contract.notice import Asset, Cap, Notice, Paragraph, Sender
from edge_agent.clock import ManualClock
from edge_agent.link import keyfile
from edge_agent.link.alarms import Alarms
from edge_agent.link.holdings import open_holdings
from edge_agent.link.sync import Sync
from edge_agent.settings import BoxSettings, LinkSettings, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


NOW = datetime(2024, 7, 12, 2, 0, tzinfo=UTC)
VILLAGE = "530199001001"
OTHER_VILLAGE = "530199001002"


class County:
    """The signing side: a key for every role, and messages made with them."""

    def __init__(self, algorithm: str = ED25519) -> None:
        self.algorithm = algorithm
        self.roots = [self.new_key() for _ in range(3)]
        self.target, self.content, self.stranger = (self.new_key() for _ in range(3))
        self.officers = [self.new_key(), self.new_key()]

    def new_key(self) -> PrivateKey:
        return PrivateKey.generate(self.algorithm)

    def keys(self, version: int = 1) -> KeySet:
        keys = [each.public("root") for each in self.roots]
        keys.append(self.target.public("target", area="530199"))
        keys.append(self.content.public("content", area="530199"))
        keys += [each.public("emergency", area="530199") for each in self.officers]
        return KeySet(version, tuple(keys))

    def sealed_keys(self, version: int = 1) -> bytes:
        return seal_keys(self.keys(version), self.roots[:2])

    def notice(self, key: str = "N1", revision: int = 1, **changes: object) -> Notice:
        made = Notice(
            id=key,
            revision=revision,
            areas=(VILLAGE,),
            title="关于停水的通知",
            summary="明天上午停水",
            sender=Sender("青石村村民委员会", "0871-66660001"),
            publish_at=NOW,
            issued_at=NOW,
            blocks=(Paragraph("请提前储水。"),),
        )
        return replace(made, **changes)

    def alert(self, key: str = "A1", **changes: object) -> Alert:
        notice = self.notice(
            key=f"N-{key}", title="山洪红色预警", cap=Cap(severity="Extreme"), priority="emergency"
        )
        made = Alert(key, notice, NOW, NOW + timedelta(minutes=30))
        return replace(made, **changes)

    def cancel(self, key: str, *ended: str) -> Alert:
        notice = self.notice(key=f"N-{key}", cap=Cap(msg_type="Cancel", references=ended))
        return Alert(key, notice, NOW, NOW + timedelta(minutes=30))

    def seal(self, notice: Notice) -> bytes:
        return seal_message(notice, self.content)

    def seal_alert(self, alert: Alert) -> bytes:
        return seal_message(alert, *self.officers)

    def manifest(
        self,
        generation: int,
        *bodies: tuple[str, int, bytes],
        area: str = VILLAGE,
        epoch: int = 1,
        kind: str = "notice",
        assets: tuple[Asset, ...] = (),
        signer: PrivateKey | None = None,
    ) -> bytes:
        items = tuple(
            Item(key, revision, sha256_hex(body), len(body), kind) for key, revision, body in bodies
        )
        made = Manifest(area, epoch, generation, NOW, items, assets)
        return seal_message(made, signer or self.target)


class Radio:
    """Writes down what link asks the network for."""

    def __init__(self) -> None:
        self.subscribed: list[str] = []
        self.asked: list[str] = []
        """Every topic that was subscribed to, as often as it was."""
        self.deaf: set[str] = set()
        """Topics that a box hears from the start and has let go."""

    def subscribe(self, topics_: Sequence[str]) -> None:
        self.asked += topics_
        self.subscribed += [each for each in topics_ if each not in self.subscribed]
        self.deaf -= set(topics_)

    def unsubscribe(self, topics_: Sequence[str]) -> None:
        self.subscribed = [each for each in self.subscribed if each not in topics_]
        self.deaf |= set(topics_)


class Box:
    """Link's rooms of one village on a real disk; `restart` opens them again."""

    def __init__(self, folder: Path, county: County, clock: ManualClock) -> None:
        self.settings = Settings(
            box=BoxSettings("box-1", VILLAGE, "青石村", str(folder / "s"), str(folder / "r"), (3,)),
            link=LinkSettings(),
        )
        self.clock = clock
        keyfile.pin(self.settings.part_folder("link"), county.sealed_keys())
        self.area = Area.parse(VILLAGE)
        self._open()

    def _open(self) -> None:
        self.held = open_holdings(self.settings, self.clock)
        self.radio = Radio()
        self.alarms = Alarms(self.held)
        self.sync = Sync(self.held, self.alarms, self.radio)
        self.sync.report()

    def restart(self) -> None:
        self.held.close()
        self._open()

    def take(self, manifest: bytes, *blobs: bytes) -> None:
        self.sync.take_manifest(self.area, manifest)
        for blob in blobs:
            self.sync.take_blob(self.area, sha256_hex(blob), blob)

    def names(self) -> set[str]:
        return {each.notice.name for each in self.held.store.in_force().notices}

    def alerts(self) -> set[str]:
        return {each.alert.id for each in self.held.store.in_force().alerts}

    def receipts(self) -> list[tuple[str, str, str]]:
        """``(stage, notice id, reason)`` of every receipt so far."""
        events = self.held.outbox.after(0, 1000)
        return [
            (each.body["stage"], each.body["notice_id"], each.body.get("reason", ""))
            for each in events
        ]

    def refusals(self) -> list[tuple[str, str]]:
        return [(key, reason) for stage, key, reason in self.receipts() if stage == "refused"]


@pytest.fixture
def algorithm() -> str:
    """Of the county's keys; rooms whose tests are about signatures ask for every one."""
    return ED25519


@cache
def _county(algorithm: str) -> County:
    """SM2 keys come from a program of their own, a second for the eight of them."""
    return County(algorithm)


@pytest.fixture
def county(algorithm: str) -> County:
    """The same keys for every test; a test that changes keys changes its own copy."""
    return copy(_county(algorithm))


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def box(tmp_path: Path, county: County, clock: ManualClock) -> Iterator[Box]:
    made = Box(tmp_path, county, clock)
    yield made
    made.held.close()
