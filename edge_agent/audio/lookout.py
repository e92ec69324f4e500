"""Reading the store for the loudspeaker: alerts at once, notices beside the sound.

Alerts are few and are read at every poke, each decoded only once. Hundreds of notices take
longer than the sound card's buffer lasts, so they are read in a thread, which then pokes.
"""

from __future__ import annotations

import logging
import threading
from datetime import datetime
from typing import TYPE_CHECKING

from contract import codec, envelope, wire
from contract.alert import Alert
from contract.errors import ContractError
from contract.messages import sha256_hex
from edge_agent.poke import poke
from edge_agent.store import HeldAlert, InForce, Store, read_safely

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

_log = logging.getLogger(__name__)


class AlertStore(Store):
    """The store, asked for nothing but alerts; each is decoded once and its hash checked always."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, read_only=True)
        self._alerts_read: dict[str, HeldAlert] = {}

    def alerts(self) -> tuple[tuple[HeldAlert, ...], frozenset[str]]:
        """Every alert that was not cancelled or replaced, and the ids that were."""
        rows = self._database.execute(
            "SELECT * FROM alert WHERE id NOT IN (SELECT id FROM cancelled) ORDER BY stored_at"
        ).fetchall()
        found = [held for row in rows if (held := self._held_alert(row)) is not None]
        self._alerts_read = {each.sha256: each for each in found}
        return tuple(found), self._cancelled()

    def _held_alert(self, row: sqlite3.Row) -> HeldAlert | None:
        body, sha256 = row["body"], row["sha256"]
        if sha256_hex(body) != sha256:
            return None  # damaged; link fetches it again
        if sha256 in self._alerts_read:
            return self._alerts_read[sha256]
        try:
            alert = codec.decode(Alert, wire.loads(envelope.parse(body).content()))
        except ContractError:
            _log.exception("the store holds an alert that this version cannot read")
            return None
        return HeldAlert(alert, sha256, datetime.fromisoformat(row["stored_at"]))


class Lookout:
    """Looks at the store and says what has changed.

    Args:
        folder: the store's folder.
        run: the folder of sockets, to wake the audio part when notices have been read.
    """

    def __init__(self, folder: Path, run: Path) -> None:
        self._folder = folder
        self._run = run
        self._store = AlertStore(folder)
        self._thread: threading.Thread | None = None
        self._found: InForce | None = None
        self._done = threading.Event()
        self.change_read = -1
        """The number of the change whose notices were read last."""

    def change(self) -> int:
        """The store's present number of changes."""
        return self._store.change()

    def alerts(self) -> tuple[tuple[HeldAlert, ...], frozenset[str]]:
        """What `AlertStore.alerts` says."""
        return self._store.alerts()

    def recording(self, sha256: str) -> bytes | None:
        """A recording from the hub, checked against its hash; None while it is not here."""
        return self._store.blob(sha256)

    def start_reading(self) -> None:
        """Read the notices in a thread, unless one is at it already."""
        if self._thread is None:
            self._done.clear()
            self._thread = threading.Thread(target=self._read, name="notices", daemon=True)
            self._thread.start()

    def notices(self) -> InForce | None:
        """What the thread has read, once; None while there is nothing new."""
        if self._thread is None or not self._done.is_set():
            return None
        self._thread = None
        found, self._found = self._found, None
        if found is not None:
            self.change_read = found.change
        return found

    def close(self) -> None:
        """Close the store; waits for the thread."""
        if self._thread is not None:
            self._thread.join()
        self._store.close()

    def _read(self) -> None:
        store = Store(self._folder, read_only=True)
        try:
            self._found = read_safely(store)
        finally:
            store.close()
            self._done.set()  # before the poke, or the reader may look too early and sleep on
            poke(self._run, "audio")
