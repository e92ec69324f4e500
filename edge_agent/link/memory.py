"""Link's own memory on disk: what outlives a restart and is nobody else's business.

How far each outbox was acknowledged; which content was refused; the highest version seen of
every area, so that an old manifest cannot return with an empty store; which notices the hub
was told about; and alerts that wait for a clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from contract.errors import RefusalReason
from edge_agent.database import connect

if TYPE_CHECKING:
    from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS cursor (
    part TEXT NOT NULL, outbox TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (part, outbox));
CREATE TABLE IF NOT EXISTS quarantine (
    sha256 TEXT PRIMARY KEY, reason TEXT NOT NULL, at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS highest (
    area TEXT PRIMARY KEY, epoch INTEGER NOT NULL, generation INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS reported (
    notice_id TEXT NOT NULL, revision INTEGER NOT NULL, PRIMARY KEY (notice_id, revision));
CREATE TABLE IF NOT EXISTS waiting_alert (
    sha256 TEXT PRIMARY KEY, area TEXT NOT NULL, body BLOB NOT NULL, since TEXT NOT NULL,
    reported INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS told (sha256 TEXT PRIMARY KEY, n INTEGER NOT NULL);
"""
REFUSALS_KEPT = 10_000
ALERT_MARK = "alert:"
"""Before an alert's id among the reported; no notice's id holds a colon."""
_KEY_REASONS = (RefusalReason.UNKNOWN_KEY, RefusalReason.WRONG_ROLE, RefusalReason.BAD_SIGNATURE)


@dataclass(frozen=True, slots=True)
class WaitingAlert:
    """A verified alert whose lifetime cannot be judged before the clock is trusted."""

    sha256: str
    area: str
    body: bytes
    since: datetime
    reported: bool


class Memory:
    """``link.db`` in link's folder. Every method is on the disk when it returns."""

    def __init__(self, folder: Path) -> None:
        self._database = connect(folder / "link.db", _SCHEMA)

    def cursor(self, part: str, outbox: str) -> int:
        """The number up to which the hub holds everything of this outbox."""
        row = self._database.execute(
            "SELECT seq FROM cursor WHERE part = ? AND outbox = ?", (part, outbox)
        ).fetchone()
        return int(row["seq"]) if row else 0

    def set_cursor(self, part: str, outbox: str, seq: int) -> None:
        """Remember what the hub acknowledged."""
        self._database.execute(
            "INSERT INTO cursor VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET seq = ?3",
            (part, outbox, seq),
        )

    def quarantine(self, sha256: str, reason: RefusalReason, at: datetime) -> None:
        """Leave this content out of force; it is not asked for again."""
        self._database.execute(
            "INSERT INTO quarantine VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            (sha256, reason.value, at.isoformat()),
        )

    def quarantined(self) -> frozenset[str]:
        """Hashes of everything left out."""
        return frozenset(
            row["sha256"] for row in self._database.execute("SELECT sha256 FROM quarantine")
        )

    def retry_keys(self) -> None:
        """A new key set came: what was refused for its keys gets another chance."""
        marks = ",".join("?" * len(_KEY_REASONS))
        self._database.execute(
            f"DELETE FROM quarantine WHERE reason IN ({marks})",  # noqa: S608 - question marks only
            [reason.value for reason in _KEY_REASONS],
        )

    def highest(self, area: str) -> tuple[int, int]:
        """The highest version that ever took force for an area."""
        row = self._database.execute(
            "SELECT epoch, generation FROM highest WHERE area = ?", (area,)
        ).fetchone()
        return (int(row["epoch"]), int(row["generation"])) if row else (-1, -1)

    def set_highest(self, area: str, version: tuple[int, int]) -> None:
        """Remember the version that takes force."""
        self._database.execute(
            "INSERT INTO highest VALUES (?, ?, ?) "
            "ON CONFLICT DO UPDATE SET epoch = ?2, generation = ?3",
            (area, *version),
        )

    def reported(self) -> frozenset[tuple[str, int]]:
        """Notices (id, revision) of which the hub was told that they are stored."""
        rows = self._database.execute("SELECT notice_id, revision FROM reported")
        return frozenset((row["notice_id"], int(row["revision"])) for row in rows)

    def set_reported(self, notice_id: str, revision: int) -> None:
        """The receipt `stored` is written."""
        self._database.execute(
            "INSERT INTO reported VALUES (?, ?) ON CONFLICT DO NOTHING", (notice_id, revision)
        )

    def forget_reported(self, notice_id: str, revision: int) -> None:
        """The receipts `withdrawn` and `purged` are written."""
        self._database.execute(
            "DELETE FROM reported WHERE notice_id = ? AND revision = ?", (notice_id, revision)
        )

    def keep_waiting(self, alert: WaitingAlert) -> None:
        """Keep an alert until the clock is trusted."""
        self._database.execute(
            "INSERT INTO waiting_alert VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT DO UPDATE SET reported = ?5",
            (alert.sha256, alert.area, alert.body, alert.since.isoformat(), int(alert.reported)),
        )

    def waiting(self) -> tuple[WaitingAlert, ...]:
        """Alerts that wait, oldest first."""
        rows = self._database.execute("SELECT * FROM waiting_alert ORDER BY since").fetchall()
        return tuple(
            WaitingAlert(
                row["sha256"],
                row["area"],
                bytes(row["body"]),
                datetime.fromisoformat(row["since"]),
                bool(row["reported"]),
            )
            for row in rows
        )

    def stop_waiting(self, sha256: str) -> None:
        """The alert was judged."""
        self._database.execute("DELETE FROM waiting_alert WHERE sha256 = ?", (sha256,))

    def is_told(self, sha256: str) -> bool:
        """Whether the hub was told that this very message was refused.

        A bad message that is retained comes again with every connection; one receipt is enough.
        """
        row = self._database.execute("SELECT 1 FROM told WHERE sha256 = ?", (sha256,)).fetchone()
        return row is not None

    def set_told(self, sha256: str) -> None:
        """The receipt is written; the oldest of ten thousand is forgotten."""
        self._database.execute(
            "INSERT INTO told SELECT ?, coalesce(max(n), 0) + 1 FROM told WHERE true "
            "ON CONFLICT DO NOTHING",
            (sha256,),
        )
        self._database.execute(
            "DELETE FROM told WHERE n <= (SELECT max(n) FROM told) - ?", (REFUSALS_KEPT,)
        )

    def close(self) -> None:
        """Close the file."""
        self._database.close()
