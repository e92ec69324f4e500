"""The store: what is in force in this village. Link writes it, every other part reads it.

What a hub signed is kept as the signed bytes. The manifest of an area names its content by
hash; hashes are checked on every read, because a flash card rots in ways that SQLite does not
see. A damaged notice is left out and named in `InForce.damaged`, so that link fetches it again.
"""

from __future__ import annotations

import hashlib
import logging
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from contract import codec, envelope, wire
from contract.alert import Alert
from contract.areas import Area
from contract.errors import ContractError
from contract.manifest import Manifest
from contract.notice import Notice
from edge_agent.database import connect, erase_deleted

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_log = logging.getLogger(__name__)
_SCHEMA = """
CREATE TABLE IF NOT EXISTS layer (
    area TEXT NOT NULL, state TEXT NOT NULL CHECK (state IN ('current', 'pending')),
    sha256 TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (area, state));
CREATE TABLE IF NOT EXISTS blob (
    sha256 TEXT PRIMARY KEY, body BLOB NOT NULL, stored_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS alert (
    id TEXT PRIMARY KEY, sha256 TEXT NOT NULL, body BLOB NOT NULL, stored_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS cancelled (id TEXT PRIMARY KEY, at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS change (n INTEGER NOT NULL);
INSERT INTO change SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM change);
"""

ROTTEN_ERRORS = (sqlite3.DatabaseError, UnicodeDecodeError, IndexError)
"""What `sqlite3` raises over a rotten file; names of columns rot too."""


@dataclass(frozen=True, slots=True)
class HeldNotice:
    """A notice in force, the hash of its sealed bytes, and when the box got it."""

    notice: Notice
    sha256: str
    area: Area
    stored_at: datetime


@dataclass(frozen=True, slots=True)
class HeldAlert:
    """An alert that was received and not cancelled; the plan judges whether it expired."""

    alert: Alert
    sha256: str
    stored_at: datetime


@dataclass(frozen=True, slots=True)
class InForce:
    """All that is in force, as read at one moment."""

    notices: tuple[HeldNotice, ...] = ()
    alerts: tuple[HeldAlert, ...] = ()
    cancelled: frozenset[str] = frozenset()
    damaged: tuple[str, ...] = ()
    """Hashes of content that is listed but missing or no longer what was signed."""
    change: int = 0


class Store:
    """``notices.db``. Open it with ``read_only=True`` everywhere but in link."""

    def __init__(self, folder: Path, *, read_only: bool = False) -> None:
        self._path, self._read_only = folder / "notices.db", read_only
        self._database = connect(self._path, _SCHEMA, read_only=read_only)
        self._inode = self._path.stat().st_ino
        self._decoded: dict[str, Notice] = {}
        self.last = InForce()

    def change(self) -> int:
        """A number that grows with every change of content; cheap to ask."""
        self._follow()
        return int(self._database.execute("SELECT n FROM change").fetchone()["n"])

    def in_force(self) -> InForce:
        """Read everything, checking every hash.

        The same notice in two layers: the nearest area wins, then the higher revision.
        """
        self._follow()
        self._database.execute("BEGIN")
        try:
            self.last = self._read()
        finally:
            self._database.execute("COMMIT")
        return self.last

    def _read(self) -> InForce:
        damaged: list[str] = []
        found: dict[str, HeldNotice] = {}
        alerts = {each.alert.id: each for each in self._alerts(damaged)}
        for area, manifest in self.layers().items():
            for item in manifest.items:
                body = self.blob(item.sha256)
                if body is None:
                    damaged.append(item.sha256)
                elif item.kind == "notice":
                    _keep_nearest(found, self._held(body, item.sha256, area))
        self._decoded = {held.sha256: held.notice for held in found.values()}
        cancelled = self._cancelled()
        return InForce(
            tuple(found.values()),
            tuple(each for key, each in alerts.items() if key not in cancelled),
            cancelled,
            tuple(damaged),
            self.change(),
        )

    def _follow(self) -> None:
        """Open the file anew if link has put a fresh one in the place of a rotten one."""
        try:
            inode = self._path.stat().st_ino
        except FileNotFoundError:
            return
        if inode != self._inode:
            self._database.close()
            self._database = connect(self._path, _SCHEMA, read_only=self._read_only)
            self._inode = inode

    def layers(self, state: str = "current") -> dict[Area, Manifest]:
        """The manifests, widest area first; a damaged one is left out and logged."""
        rows = self._database.execute(
            "SELECT area, sha256, body FROM layer WHERE state = ? ORDER BY length(area)", (state,)
        )
        found: dict[Area, Manifest] = {}
        for row in rows.fetchall():
            manifest = _sound_manifest(row)
            if manifest is None:
                _log.error("damaged manifest of area %s; link will fetch it again", row["area"])
            else:
                found[Area.parse(manifest.area)] = manifest
        return found

    def layer_body(self, area: Area, state: str) -> bytes:
        """The signed bytes of one manifest; empty when there is none, or its row is damaged."""
        row = self._database.execute(
            "SELECT sha256, body FROM layer WHERE area = ? AND state = ?", (str(area), state)
        ).fetchone()
        is_sound = row is not None and _sha256(row["body"]) == row["sha256"]
        return bytes(row["body"]) if is_sound else b""

    def alert_sha256(self, alert_id: str) -> str | None:
        """The hash of a known alert's sealed bytes; None when its id is new."""
        row = self._database.execute("SELECT sha256 FROM alert WHERE id = ?", (alert_id,))
        found = row.fetchone()
        return str(found["sha256"]) if found else None

    def is_cancelled(self, alert_id: str) -> bool:
        """Whether this alert was cancelled, replaced or forgotten, perhaps before it came."""
        row = self._database.execute("SELECT 1 FROM cancelled WHERE id = ?", (alert_id,))
        return row.fetchone() is not None

    def blob(self, sha256: str) -> bytes | None:
        """Content by its hash; None when it is missing or rotten."""
        row = self._database.execute("SELECT body FROM blob WHERE sha256 = ?", (sha256,)).fetchone()
        if row is None or _sha256(row["body"]) != sha256:
            return None
        return bytes(row["body"])

    def has_blob(self, sha256: str) -> bool:
        """Whether content is here, sound or not; for files too large to hash every second."""
        row = self._database.execute("SELECT 1 FROM blob WHERE sha256 = ?", (sha256,))
        return row.fetchone() is not None

    def _held(self, body: bytes, sha256: str, area: Area) -> HeldNotice | None:
        # The bytes were just checked against the hash, so what they say is known already.
        notice = self._decoded.get(sha256)
        try:
            notice = notice or codec.decode(Notice, _content(body))
        except ContractError:
            _log.exception("one notice of %s cannot be read by this version, left out", area)
            return None
        return HeldNotice(notice, sha256, area, self._stored(sha256))

    def _stored(self, sha256: str) -> datetime:
        row = self._database.execute("SELECT stored_at FROM blob WHERE sha256 = ?", (sha256,))
        return _moment(row.fetchone()["stored_at"])

    def _alerts(self, damaged: list[str]) -> Iterable[HeldAlert]:
        rows = self._database.execute("SELECT * FROM alert ORDER BY stored_at").fetchall()
        for row in rows:
            if _sha256(row["body"]) != row["sha256"]:
                damaged.append(row["sha256"])
                continue
            try:
                alert = codec.decode(Alert, _content(row["body"]))
            except ContractError:
                _log.exception("an alert cannot be read by this version, left out")
                continue
            yield HeldAlert(alert, row["sha256"], _moment(row["stored_at"]))

    def _cancelled(self) -> frozenset[str]:
        rows = self._database.execute("SELECT id FROM cancelled")
        return frozenset(row["id"] for row in rows)

    def close(self) -> None:
        """Close the file."""
        self._database.close()


class StoreWriter(Store):
    """Link's side of the store. Every method is one transaction, on the disk when it returns."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)

    def put_blob(self, body: bytes, at: datetime) -> str:
        """Keep content that a manifest asked for; returns its hash."""
        sha256 = _sha256(body)
        self._database.execute(
            "INSERT INTO blob VALUES (?, ?, ?) ON CONFLICT (sha256) DO UPDATE SET body = ?2",
            (sha256, body, at.astimezone(UTC).isoformat()),
        )
        return sha256

    def put_asset(self, body: bytes, at: datetime) -> None:
        """Keep a recording or picture that came after its notice, and tell the readers."""
        self.put_blob(body, at)
        self._changed()

    def put_pending(self, area: Area, body: bytes) -> None:
        """Keep a verified manifest whose content is still on its way."""
        self._put_layer(area, "pending", body)

    def missing(self, manifest: Manifest) -> tuple[str, ...]:
        """Hashes of notices that must be here before this manifest may take force."""
        return tuple(i.sha256 for i in manifest.items if self.blob(i.sha256) is None)

    def apply(self, area: Area, body: bytes) -> None:
        """Let a manifest take force, all at one moment, and erase what it dropped; b"" ends all."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            if body:
                self._put_layer(area, "current", body)
            else:
                self._database.execute("DELETE FROM layer WHERE area = ?", (str(area),))
            self._database.execute(
                "DELETE FROM layer WHERE area = ? AND state = 'pending' AND sha256 = ?",
                (str(area), _sha256(body)),
            )
            self._drop_unused()
            self._changed()
            self._database.execute("COMMIT")
        except BaseException:
            self._roll_back()
            raise
        erase_deleted(self._database)

    def put_alert(self, alert: Alert, body: bytes, at: datetime) -> bool:
        """Keep an alert and what it cancels; False when its id was already known."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            cursor = self._database.execute(
                "INSERT INTO alert VALUES (?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
                (alert.id, _sha256(body), body, at.astimezone(UTC).isoformat()),
            )
            for ended in alert.cancels + alert.updates:
                self._database.execute(
                    "INSERT INTO cancelled VALUES (?, ?) ON CONFLICT (id) DO NOTHING",
                    (ended, at.astimezone(UTC).isoformat()),
                )
            self._changed()
            self._database.execute("COMMIT")
        except BaseException:
            self._roll_back()
            raise
        return cursor.rowcount > 0

    def put_edition(self, alert: Alert, body: bytes) -> None:
        """Keep the recorded edition of a known alert in the place of the one without sound."""
        self._database.execute(
            "UPDATE alert SET sha256 = ?, body = ? WHERE id = ?", (_sha256(body), body, alert.id)
        )
        self._changed()

    def repair_alert(self, sha256: str, body: bytes) -> None:
        """Put sound bytes in the place of rotten ones."""
        if _sha256(body) == sha256:
            self._database.execute("UPDATE alert SET body = ? WHERE sha256 = ?", (body, sha256))
            self._changed()

    def check(self) -> None:
        """Read the whole file once.

        Raises:
            One of `ROTTEN_ERRORS`: it is damaged beyond what hashes of content can tell.
        """
        found = self._database.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if found != "ok":
            raise sqlite3.DatabaseError(f"database disk image is malformed: {found}")
        self.in_force()
        self.layers("pending")
        for row in self._database.execute("SELECT sha256, stored_at FROM blob").fetchall():
            self.has_blob(row["sha256"])

    def forget_alerts(self, ids: Iterable[str]) -> None:
        """Erase old alerts; their ids stay cancelled, so that a replay stays silent."""
        for each in ids:
            self._database.execute("DELETE FROM alert WHERE id = ?", (each,))
            self._database.execute(
                "INSERT INTO cancelled VALUES (?, ?) ON CONFLICT (id) DO NOTHING",
                (each, datetime.now(UTC).isoformat()),
            )

    def _put_layer(self, area: Area, state: str, body: bytes) -> None:
        self._database.execute(
            "INSERT INTO layer VALUES (?, ?, ?, ?) ON CONFLICT (area, state) "
            "DO UPDATE SET sha256 = ?3, body = ?4",
            (str(area), state, _sha256(body), body),
        )

    def _drop_unused(self) -> None:
        manifests = [*self.layers().values(), *self.layers("pending").values()]
        wanted = {item.sha256 for each in manifests for item in each.items}
        wanted |= {asset.sha256 for each in manifests for asset in each.assets}
        rows: list[sqlite3.Row] = self._database.execute("SELECT sha256 FROM blob").fetchall()
        for row in rows:
            if row["sha256"] not in wanted:
                self._database.execute("DELETE FROM blob WHERE sha256 = ?", (row["sha256"],))

    def _roll_back(self) -> None:
        """Undo; over a full disk SQLite has done so already, and would complain."""
        if self._database.in_transaction:
            self._database.execute("ROLLBACK")

    def _changed(self) -> None:
        self._database.execute("UPDATE change SET n = n + 1")


def _sound_manifest(row: sqlite3.Row) -> Manifest | None:
    """The manifest of a row; None when any cell of it is not what was stored."""
    if _sha256(row["body"]) != row["sha256"]:
        return None
    try:
        manifest = codec.decode(Manifest, _content(row["body"]))
    except ContractError:
        return None
    return manifest if manifest.area == row["area"] else None


def _moment(text: object) -> datetime:
    """When something was stored; long ago, if the cell has rotted."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        found = datetime.fromtimestamp(0, UTC)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _keep_nearest(found: dict[str, HeldNotice], held: HeldNotice | None) -> None:
    if held is None:
        return
    known = found.get(held.notice.id)
    if known is None or _rank(held) > _rank(known):
        found[held.notice.id] = held


def _rank(held: HeldNotice) -> tuple[int, int]:
    return (len(str(held.area)), held.notice.revision)


def _content(body: bytes) -> dict[str, object]:
    return wire.loads(envelope.parse(body).content())


def _sha256(body: object) -> str:
    """Hash of a stored cell; rot may have changed even its type, and that matches nothing."""
    return hashlib.sha256(body).hexdigest() if isinstance(body, bytes) else ""


def read_safely(store: Store) -> InForce:
    """`Store.in_force`; what was in force before, with a log line, if the file cannot be read.

    A rotten file must not darken a panel that shows the right thing; link heals the file.
    """
    try:
        return store.in_force()
    except (ContractError, *ROTTEN_ERRORS):
        _log.exception("the store cannot be read; going on with what was in force")
        return store.last
