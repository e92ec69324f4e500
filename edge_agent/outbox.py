"""The outbox of one part: numbered events on disk, carried by link, kept until acknowledged.

Each part writes only its own. Numbers have no gaps; the hub acknowledges the highest number
up to which it holds everything, so an event can be doubled on the wire but never lost. Link
writes what was acknowledged to ``store/acked-<part>``; the owner erases that much at its next
write.
"""

from __future__ import annotations

import json
import os
import secrets
from typing import TYPE_CHECKING, Literal

from contract import codec
from contract.uplink import Event
from edge_agent.database import connect, erase_deleted
from edge_agent.errors import StoreError

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    from contract.feedback import Feedback
    from contract.receipt import Receipt

_SCHEMA = """
CREATE TABLE IF NOT EXISTS outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS outbox_name (name TEXT NOT NULL);
"""


class Outbox:
    """``outbox.db`` in a part's folder."""

    def __init__(self, folder: Path) -> None:
        self._database = connect(folder / "outbox.db", _SCHEMA)
        row = self._database.execute("SELECT name FROM outbox_name").fetchone()
        if row is None:
            self._database.execute("INSERT INTO outbox_name VALUES (?)", (secrets.token_hex(8),))
            row = self._database.execute("SELECT name FROM outbox_name").fetchone()
        self.name: str = row["name"]
        self._acknowledged = acknowledged_file(folder)
        self._acknowledged_ns = 0
        self._trim()

    def add_receipt(self, receipt: Receipt) -> int:
        """Write a receipt; on the disk when this returns. Returns its number."""
        return self._add("receipt", codec.encode(receipt))

    def add_feedback(self, feedback: Feedback) -> int:
        """Write a villager's feedback; on the disk when this returns. Returns its number."""
        return self._add("feedback", codec.encode(feedback))

    def _add(self, kind: Literal["receipt", "feedback"], body: object) -> int:
        self._trim()
        text = json.dumps(body, ensure_ascii=False)
        cursor = self._database.execute(
            "INSERT INTO outbox (kind, body) VALUES (?, ?)", (kind, text)
        )
        return int(cursor.lastrowid or 0)

    def _trim(self) -> None:
        try:
            changed_ns = self._acknowledged.stat().st_mtime_ns
            if changed_ns == self._acknowledged_ns:
                return
            name, seq = self._acknowledged.read_text(encoding="ascii").split()
        except (OSError, ValueError):
            return
        self._acknowledged_ns = changed_ns
        if name == self.name:
            self.forget(int(seq))

    def after(self, seq: int, limit: int = 50) -> tuple[Event, ...]:
        """The next events behind number ``seq``, oldest first."""
        return _after(self._database, seq, limit)

    def forget(self, upto_seq: int) -> None:
        """Erase everything up to this number: the hub has it."""
        self._database.execute("DELETE FROM outbox WHERE seq <= ?", (upto_seq,))
        erase_deleted(self._database)

    def close(self) -> None:
        """Close the file."""
        self._database.close()


class OutboxReader:
    """Another part's outbox, as link reads it.

    Raises:
        StoreError: on opening, when the part has not made its outbox yet.
    """

    def __init__(self, folder: Path) -> None:
        if not (folder / "outbox.db").exists():
            raise StoreError(f"no outbox yet in {folder.name}")
        self._database = connect(folder / "outbox.db", _SCHEMA, read_only=True)
        row = self._database.execute("SELECT name FROM outbox_name").fetchone()
        if row is None:
            self._database.close()
            raise StoreError(f"no outbox yet in {folder.name}")
        self.name: str = row["name"]

    def after(self, seq: int, limit: int = 50) -> tuple[Event, ...]:
        """The next events behind number ``seq``, oldest first."""
        return _after(self._database, seq, limit)

    def newest(self) -> int:
        """The highest number that was ever given."""
        row = self._database.execute(
            "SELECT seq FROM sqlite_sequence WHERE name = 'outbox'"
        ).fetchone()
        return int(row["seq"]) if row else 0

    def oldest(self) -> int:
        """The lowest number that is still here; 1 when nothing was written or all is gone."""
        row = self._database.execute("SELECT min(seq) AS seq FROM outbox").fetchone()
        return int(row["seq"] or 1)

    def close(self) -> None:
        """Close the file."""
        self._database.close()


def acknowledged_file(folder: Path) -> Path:
    """Where link writes how much of the outbox in ``folder`` the hub holds."""
    return folder.parent / "store" / f"acked-{folder.name}"


def write_acknowledged(folder: Path, name: str, seq: int) -> None:
    """Tell the owner of the outbox in ``folder`` that the hub holds everything up to ``seq``."""
    path = acknowledged_file(folder)
    draft = path.with_suffix(".part")
    with draft.open("w", encoding="ascii") as file:
        file.write(f"{name} {seq}\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _after(database: sqlite3.Connection, seq: int, limit: int) -> tuple[Event, ...]:
    rows = database.execute(
        "SELECT seq, kind, body FROM outbox WHERE seq > ? ORDER BY seq LIMIT ?", (seq, limit)
    )
    return tuple(Event(row["seq"], row["kind"], json.loads(row["body"])) for row in rows)
