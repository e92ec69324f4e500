"""What the box says of itself: versions of every area, clock, disk, faults; and its last will."""

from __future__ import annotations

import random
import shutil
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from contract import codec, wire
from contract.messages import sha256_hex
from contract.uplink import BoxState, LayerState
from edge_agent.clock import boot_id
from edge_agent.unkept import is_read_only

if TYPE_CHECKING:
    from edge_agent.link.holdings import Holdings
    from edge_agent.link.sync import Sync

COALESCE_S = 2.0
LONGEST_ASK_S = 120.0
LOW_DISK_BYTES = 50 * 1024 * 1024


class StateReport:
    """Decides when a report is due, and writes it."""

    def __init__(self, held: Holdings, sync: Sync) -> None:
        self._held = held
        self._sync = sync
        self._session = ""
        self._due_s = float("-inf")
        self._spread = random.Random()  # noqa: S311 - spreads load only

    def start(self, session: str) -> None:
        """A new connection under this name: report at once."""
        self._session = session
        self._due_s = float("-inf")

    def ask(self, within_s: float) -> None:
        """The hub asks every box; the answers are spread over ``within_s``."""
        wait_s = self._spread.uniform(0.0, min(max(within_s, 0.0), LONGEST_ASK_S))
        self._due_s = min(self._due_s, self._held.clock.monotonic_s() + wait_s)

    def due(self) -> bytes | None:
        """The report to publish now, or None. A change makes one due within two seconds."""
        now_s = self._held.clock.monotonic_s()
        if self._held.changed:
            self._held.changed = False
            self._due_s = min(self._due_s, now_s + COALESCE_S)
        if now_s < self._due_s:
            return None
        every_s = self._held.settings.link.state_every_s
        self._due_s = now_s + every_s * self._spread.uniform(0.8, 1.2)
        return self._encoded(is_online=True, session=self._session)

    def will(self, session: str) -> bytes:
        """What the broker says for us when the connection breaks."""
        return self._encoded(is_online=False, session=session)

    def _encoded(self, *, is_online: bool, session: str) -> bytes:
        held = self._held
        reading = held.clock.read()
        state = BoxState(
            box=held.settings.box.id,
            session=session,
            online=is_online,
            at=reading.now,
            boot=boot_id(held.settings.part_folder("clock"))[:36],
            clock_trusted=reading.trusted,
            layers=self._layers() if is_online else None,
            keys_version=held.keys.version,
            free_bytes=self._free_bytes(),
            faults=self._faults() if is_online else (),
            software=_software(),
        )
        return wire.dumps(codec.encode(state))

    def _layers(self) -> dict[str, LayerState]:
        found = {}
        store = self._held.store
        for state in ("current", "pending"):  # the newer one is written over the other
            for area, manifest in store.layers(state).items():
                digest = sha256_hex(store.layer_body(area, state))[:16]
                is_complete = self._sync.is_complete(area)
                found[str(area)] = LayerState(*manifest.version, is_complete, digest)
        return found

    def _free_bytes(self) -> int:
        return shutil.disk_usage(self._held.settings.state).free

    def _faults(self) -> tuple[str, ...]:
        faults = []
        if self._free_bytes() < LOW_DISK_BYTES:
            faults.append("disk_low")
        if is_read_only(self._held.settings.state):  # it turned so while we run
            faults.append("disk_read_only")
        if self._held.is_starved:
            faults.append("disk_full")
        if not self._held.clock.read().trusted:
            faults.append("clock_untrusted")
        if self._held.memory.quarantined():
            faults.append("quarantine")
        return tuple(faults)


def _software() -> str:
    try:
        return version("village-notice")
    except PackageNotFoundError:  # run from a plain checkout
        return ""
