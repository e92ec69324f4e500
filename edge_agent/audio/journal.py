"""What survives a power cut: the queue, how far each announcement got, and the airing log.

``audio.db`` in the audio folder: SQLite, WAL, every commit on the disk before the relay closes.
When an announcement ends its words are erased; that it was aired, when and where, stays.
"""

from __future__ import annotations

import contextlib
import csv
import json
import logging
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

from contract import codec
from contract.errors import ContractError
from contract.receipt import Receipt
from edge_agent.audio.airing import Facts
from edge_agent.audio.announcement import Announcement, Entry, State
from edge_agent.audio.queue import Past
from edge_agent.clock import CHINA
from edge_agent.database import connect, erase_deleted
from edge_agent.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_log = logging.getLogger(__name__)
_SCHEMA = """
CREATE TABLE IF NOT EXISTS airing (
    key TEXT PRIMARY KEY, id TEXT NOT NULL, revision INTEGER NOT NULL, arrival INTEGER NOT NULL,
    kind TEXT NOT NULL, zones TEXT NOT NULL, words TEXT NOT NULL, state TEXT NOT NULL,
    reason TEXT NOT NULL, offset INTEGER NOT NULL, interruptions INTEGER NOT NULL,
    readings INTEGER NOT NULL, last_sound_at TEXT, not_before TEXT, facts TEXT NOT NULL,
    accepted_at TEXT NOT NULL, ended_at TEXT, version INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS airing_open ON airing (ended_at) WHERE ended_at IS NULL;
CREATE TABLE IF NOT EXISTS report (n INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS airtime (day TEXT PRIMARY KEY, seconds REAL NOT NULL);
"""
_PUT = (
    "INSERT INTO airing VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (key) DO UPDATE SET words = excluded.words, state = excluded.state, "
    "reason = excluded.reason, offset = excluded.offset, interruptions = excluded.interruptions, "
    "readings = excluded.readings, last_sound_at = excluded.last_sound_at, "
    "not_before = excluded.not_before, facts = excluded.facts, ended_at = excluded.ended_at, "
    "version = excluded.version WHERE excluded.version > version"
)
_ADD_AIRTIME = (
    "INSERT INTO airtime VALUES (?, ?) ON CONFLICT (day) DO UPDATE SET seconds = seconds + ?2"
)
_KEEP_ROWS = 20_000
Row = tuple[object, ...]
"""An announcement as `Journal.row` makes it; opaque to everybody else."""
LOG_COLUMNS = (
    "key", "kind", "state", "reason", "zones", "accepted_at", "started_at", "ended_at",
    "samples_played", "interruptions", "engine", "voice", "loudness_lufs", "pcm_sha256", "evidence",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kept:
    """An announcement that was not over when the box stopped."""

    entry: Entry
    facts: Facts


class Journal:
    """The audio part's own database. Every method is one commit, on the disk when it returns.

    Two may be open at once: one for what must be written before there is sound, and one, in a
    thread, for what can wait. A row that comes late never covers a newer one.
    """

    def __init__(self, folder: Path | None) -> None:
        self._database = connect(folder / "audio.db" if folder else Path(":memory:"), _SCHEMA)
        newest = self._database.execute("SELECT max(version) AS version FROM airing").fetchone()
        self._version = newest["version"] or 0

    def check(self) -> None:
        """Look whether the file is sound.

        Raises:
            sqlite3.DatabaseError: it is not.
        """
        (found,) = self._database.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise sqlite3.DatabaseError(f"audio.db: {found}")

    def past(self) -> Past:
        """What the queue must remember of what is over."""
        rows = self._database.execute("SELECT key, id, revision, ended_at FROM airing").fetchall()
        past = Past({row["key"] for row in rows if row["ended_at"] is not None})
        for row in rows:
            past.revisions[row["id"]] = max(row["revision"], past.revisions.get(row["id"], 0))
        return past

    def open_airings(self) -> list[Kept]:
        """What was not over when the box stopped, in order of arrival."""
        rows = self._database.execute(
            "SELECT * FROM airing WHERE ended_at IS NULL ORDER BY arrival"
        ).fetchall()
        return [_kept(row) for row in rows]

    def row(self, entry: Entry, facts: Facts, at: datetime) -> Row:
        """An announcement as it stands now, to be written now or later."""
        item = entry.announcement
        final = entry.state.final
        self._version += 1
        return (
            item.key, item.id, item.revision, entry.arrival, item.kind.name.lower(),
            " ".join(item.zones), "" if final else json.dumps(codec.encode(item)),
            entry.state.value, entry.reason, entry.offset, entry.interruptions, entry.readings,
            _text(entry.last_sound_at), _text(entry.not_before),
            json.dumps(codec.encode(facts)), _text(at), _text(at) if final else None,
            self._version,
        )  # fmt: skip

    def write(
        self,
        rows: Iterable[Row],
        reports: Iterable[Receipt] = (),
        *,
        ordinary_s: float = 0.0,
        now: datetime | None = None,
    ) -> None:
        """Bring announcements up to date, keep reports to be sent, count airtime: one commit."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            self._database.executemany(_PUT, rows)
            for report in reports:
                body = json.dumps(codec.encode(report), ensure_ascii=False)
                self._database.execute("INSERT INTO report (body) VALUES (?)", (body,))
            if ordinary_s and now is not None:
                self._database.execute(_ADD_AIRTIME, (_day(now), ordinary_s))
            self._database.execute("COMMIT")
        except BaseException:
            if self._database.in_transaction:  # over a full disk SQLite has undone it already
                self._database.execute("ROLLBACK")
            raise

    def erase(self) -> None:
        """Leave no trace of the words of announcements that are over."""
        erase_deleted(self._database)

    def oldest_report(self) -> tuple[int, Receipt] | None:
        """The next report that the outbox does not hold yet, and its number."""
        row = self._database.execute("SELECT * FROM report ORDER BY n LIMIT 1").fetchone()
        return (row["n"], codec.decode(Receipt, json.loads(row["body"]))) if row else None

    def report_sent(self, number: int) -> None:
        """The outbox holds this report."""
        self._database.execute("DELETE FROM report WHERE n = ?", (number,))

    def was_heard(self, announcement_id: str) -> bool:
        """Whether anything of an announcement with this id reached a card."""
        rows = self._database.execute(
            "SELECT facts FROM airing WHERE id = ?", (announcement_id,)
        ).fetchall()
        facts = (codec.decode(Facts, json.loads(row["facts"])) for row in rows)
        return any(one.sounded for one in facts)

    def airtime_s(self, now: datetime) -> float:
        """Seconds of ordinary announcements on the (Chinese) day of ``now``."""
        row = self._database.execute(
            "SELECT seconds FROM airtime WHERE day = ?", (_day(now),)
        ).fetchone()
        return float(row["seconds"]) if row else 0.0

    def prune(self) -> None:
        """Forget the oldest rows of the log when there are more than twenty thousand."""
        self._database.execute(
            "DELETE FROM airing WHERE ended_at IS NOT NULL AND key NOT IN "
            "(SELECT key FROM airing ORDER BY accepted_at DESC LIMIT ?)",
            (_KEEP_ROWS,),
        )

    def log(self) -> Iterator[dict[str, object]]:
        """The airing log, oldest first, one row an announcement, without its words."""
        rows = self._database.execute("SELECT * FROM airing ORDER BY accepted_at, arrival")
        for row in rows:
            facts = codec.decode(Facts, json.loads(row["facts"]))
            yield {
                "key": row["key"], "kind": row["kind"], "state": row["state"],
                "reason": row["reason"], "zones": row["zones"] or "*",
                "accepted_at": row["accepted_at"], "started_at": _text(facts.started_at),
                "ended_at": row["ended_at"],
                "samples_played": json.dumps(facts.played, ensure_ascii=False),
                "interruptions": len(facts.interruptions), "engine": facts.engine,
                "voice": facts.voice, "loudness_lufs": facts.loudness_lufs,
                "pcm_sha256": facts.pcm_sha256,
                "evidence": "heard" if facts.heard else "sent_to_device" if facts.offered else "",
            }  # fmt: skip

    def export(self, out: IO[str]) -> int:
        """Write the airing log as CSV; returns the number of rows."""
        writer = csv.DictWriter(out, LOG_COLUMNS)
        writer.writeheader()
        rows = list(self.log())
        writer.writerows(rows)
        return len(rows)

    def close(self) -> None:
        """Close the file."""
        self._database.close()


def open_journal(folder: Path) -> Journal:
    """The journal; a broken one is put aside, and without a disk it is kept in memory.

    An emergency must sound even if the box can no longer remember that it did.
    """
    try:
        journal = Journal(folder)
        journal.check()
    except (StoreError, sqlite3.Error):
        _log.exception("the journal is broken and put aside")
        for name in ("audio.db", "audio.db-wal", "audio.db-shm"):
            with contextlib.suppress(OSError):
                (folder / name).replace(folder / f"broken-{name}")
    else:
        return journal
    try:
        return Journal(folder)
    except (StoreError, sqlite3.Error):
        _log.exception("no journal can be written; nothing will be remembered")
        return Journal(None)


def _kept(row: sqlite3.Row) -> Kept:
    entry = Entry(
        codec.decode(Announcement, json.loads(row["words"])),
        row["arrival"],
        State(row["state"]),
        row["offset"],
        row["interruptions"],
        row["readings"],
        row["reason"],
        _moment(row["last_sound_at"]),
        _moment(row["not_before"]),
    )
    try:
        facts = codec.decode(Facts, json.loads(row["facts"]))
    except (ContractError, ValueError):
        facts = Facts()
    return Kept(entry, facts)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat()


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _day(now: datetime) -> str:
    return now.astimezone(CHINA).date().isoformat()
