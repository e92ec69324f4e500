"""The tray for USB sticks: what `village-agent stick` laid in is taken, what is due is laid out.

Link touches no stick. Another program, with no right to the store, copies files by names from the
stick into ``link/stick/in`` and from ``link/stick/out`` onto it; here they go through the same
door as messages from the broker.
"""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from contract import stick, topics
from contract.errors import ContractError
from contract.messages import open_message
from contract.uplink import EventAck

if TYPE_CHECKING:
    from collections.abc import Callable

    from contract.areas import Area
    from edge_agent.link.holdings import Holdings
    from edge_agent.link.sync import Sync
    from edge_agent.link.upload import Upload

_log = logging.getLogger(__name__)
TRAY, READY, DONE = "stick", "ready", "done.json"


class StickTray:
    """Looks whether something was laid in; `turn` takes it."""

    def __init__(
        self, held: Holdings, sync: Sync, upload: Upload, receive: Callable[[str, bytes], None]
    ) -> None:
        self._held = held
        self._sync = sync
        self._upload = upload
        self._receive = receive
        self._tray = held.settings.part_folder("link") / TRAY

    def turn(self) -> None:
        """Take what lies in the tray, lay out what is due, and say so."""
        if not (self._tray / READY).exists():
            return
        (self._tray / READY).unlink()
        inside = self._tray / "in"
        before = self._held.store.change()
        self._take(inside)
        shutil.rmtree(inside, ignore_errors=True)
        laid = self._lay_out(self._tray / "out")
        found = {"events": laid, "is_changed": self._held.store.change() != before}
        (self._tray / DONE).write_text(json.dumps(found), encoding="ascii")
        _log.info("a stick was here: %s", found)

    def _take(self, inside: Path) -> None:
        box, followed = self._held.settings.box.id, self._held.settings.followed
        versions = (name for name in stick.names(inside, topics.KEYS) if name.isdecimal())
        for version in sorted(versions, key=int):
            self._pass_on(inside, topics.key_set(int(version)))
        for area in followed:
            self._pass_on(inside, topics.area_manifest(area))
            self._take_content(inside, area)
        for asset in self._sync.large_assets():
            body = stick.read(inside, stick.large_file(asset.sha256), asset.size_bytes)
            if body is not None:
                self._take_file(asset.sha256, body)
        for name in stick.names(inside, topics.box_down(box, "answer")):
            body = stick.read(inside, f"{topics.box_down(box, 'answer')}/{name}")
            if body is not None:
                self._receive(topics.box_down(box, "answer"), body)
        self._take_acks(inside, topics.box_down(box, "ack"))

    def _take_content(self, inside: Path, area: Area) -> None:
        for sha256 in self._sync.wanted(area):
            self._pass_on(inside, topics.area_blob(area, sha256))

    def _pass_on(self, inside: Path, topic: str) -> None:
        body = stick.read(inside, topic)
        if body:
            self._receive(topic, body)

    def _take_file(self, sha256: str, body: bytes) -> None:
        try:
            self._sync.take_file(sha256, body)
        except ContractError as error:
            _log.warning("file %s… on the stick is not what was signed: %s", sha256[:12], error)

    def _take_acks(self, inside: Path, folder: str) -> None:
        for name in stick.names(inside, folder):
            body = stick.read(inside, f"{folder}/{name}")
            if body is None:
                continue
            try:
                self._upload.take_sealed(open_message(EventAck, body, self._held.keys.trust))
            except ContractError as error:
                self._held.receipts.refuse(body, error, "ack")

    def _lay_out(self, outside: Path) -> int:
        """Write what the hub has not acknowledged, signed by this box; returns how many events."""
        shutil.rmtree(outside, ignore_errors=True)
        key = _own_key(self._held.settings.link.key_file)
        if key is None:
            return 0
        folder, count = topics.box_up(self._held.settings.box.id, "events"), 0
        for batch, body in self._upload.unacknowledged():
            name = f"{batch.part}-{batch.outbox}-{batch.events[0].seq}"
            stick.write(outside, f"{folder}/{name}", stick.seal_events(body, key))
            count += len(batch.events)
        return count


def _own_key(path: str) -> ec.EllipticCurvePrivateKey | None:
    """The key of this box's certificate; None when it has none, so nobody could believe it."""
    if not path:
        return None
    key = serialization.load_pem_private_key(Path(path).read_bytes(), password=None)
    return key if isinstance(key, ec.EllipticCurvePrivateKey) else None
