"""The outbox of one part: numbered events on disk, carried by link, kept until acknowledged.

Each part writes only its own. Numbers have no gaps; the hub acknowledges the highest number
up to which it holds everything, so an event can be doubled on the wire but never lost.
"""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Literal

from contract import codec
from contract.uplink import Event
from edge_agent.database import connect, erase_deleted

if TYPE_CHECKING:
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

    def add_receipt(self, receipt: Receipt) -> int:
        """Write a receipt; on the disk when this returns. Returns its number."""
        return self._add("receipt", codec.encode(receipt))

    def add_feedback(self, feedback: Feedback) -> int:
        """Write a villager's feedback; on the disk when this returns. Returns its number."""
        return self._add("feedback", codec.encode(feedback))

    def _add(self, kind: Literal["receipt", "feedback"], body: object) -> int:
        text = json.dumps(body, ensure_ascii=False)
        cursor = self._database.execute(
            "INSERT INTO outbox (kind, body) VALUES (?, ?)", (kind, text)
        )
        return int(cursor.lastrowid or 0)

    def after(self, seq: int, limit: int = 50) -> tuple[Event, ...]:
        """The next events behind number ``seq``, oldest first."""
        rows = self._database.execute(
            "SELECT seq, kind, body FROM outbox WHERE seq > ? ORDER BY seq LIMIT ?", (seq, limit)
        )
        return tuple(Event(row["seq"], row["kind"], json.loads(row["body"])) for row in rows)

    def forget(self, upto_seq: int) -> None:
        """Erase everything up to this number: the hub has it."""
        self._database.execute("DELETE FROM outbox WHERE seq <= ?", (upto_seq,))
        erase_deleted(self._database)

    def close(self) -> None:
        """Close the file."""
        self._database.close()
