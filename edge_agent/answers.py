"""Answers to slips, on their way from the hub to the villager: link writes, the kiosk reads.

What the hub signed is kept as the signed bytes; the words in them are closed with the code that
stands on the villager's slip, so that the card alone tells nobody what was asked and answered.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from contract import codec, envelope, wire
from contract.errors import ContractError
from contract.feedback import Answer
from edge_agent.database import connect, erase_deleted

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

KEPT = 500
"""Answers that are kept, the newest; a village gets some dozens in a year."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS answer (
    n INTEGER PRIMARY KEY AUTOINCREMENT, slip TEXT NOT NULL UNIQUE, digits TEXT NOT NULL,
    sha256 TEXT NOT NULL, body BLOB NOT NULL, stored_at TEXT NOT NULL);
"""


class Answers:
    """``answers.db`` in the store's folder."""

    def __init__(self, folder: Path, *, read_only: bool = False) -> None:
        self._database = connect(folder / "answers.db", _SCHEMA, read_only=read_only)

    def put(self, answer: Answer, body: bytes, at: datetime) -> bool:
        """Keep the signed bytes of an answer; on the disk when this returns.

        A later answer to the same slip takes the place of the earlier one.

        Returns:
            False when these very bytes, or a later answer, were here already.
        """
        sha256 = hashlib.sha256(body).hexdigest()
        known = self._read("slip = ?", answer.slip)
        if known is not None and known.at >= answer.at:
            return False
        self._database.execute("DELETE FROM answer WHERE slip = ?", (answer.slip,))
        self._database.execute(
            "INSERT INTO answer (slip, digits, sha256, body, stored_at) VALUES (?, ?, ?, ?, ?)",
            (answer.slip, digits_of(answer.slip), sha256, body, at.isoformat()),
        )
        self._database.execute(
            "DELETE FROM answer WHERE n <= (SELECT max(n) FROM answer) - ?", (KEPT,)
        )
        erase_deleted(self._database)
        return True

    def find(self, number: str) -> Answer | None:
        """The answer to the slip with these digits, as a villager types them; None: not yet."""
        return self._read("digits = ?", digits_of(number))

    def _read(self, where: str, key: str) -> Answer | None:
        query = f"SELECT sha256, body FROM answer WHERE {where} ORDER BY n DESC"  # noqa: S608 - two fixed words
        for row in self._database.execute(query, (key,)).fetchall():
            body = bytes(row["body"]) if isinstance(row["body"], bytes) else b""
            if hashlib.sha256(body).hexdigest() != row["sha256"]:
                continue  # rotten; the hub can send it again
            try:
                return codec.decode(Answer, wire.loads(envelope.parse(body).content()))
            except ContractError:
                continue
        return None

    def close(self) -> None:
        """Close the file."""
        self._database.close()


def digits_of(number: str) -> str:
    """The digits of a slip's number: the letter in front is for people."""
    return "".join(char for char in number if char.isascii() and char.isdigit())
