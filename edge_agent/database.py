"""Opening SQLite the way a box needs it: WAL, every commit on the disk, deletions erased.

`sqlite3` is used directly: sqlite-utils costs 15 MB in each of five small programs.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from edge_agent.errors import StoreError
from edge_agent.unkept import is_read_only

if TYPE_CHECKING:
    from pathlib import Path


def connect(path: Path, schema: str, *, read_only: bool = False) -> sqlite3.Connection:
    """Open ``path``, creating it with ``schema`` (``CREATE … IF NOT EXISTS`` statements).

    A reader also opens the file for writing but is held to queries: a read-only open of a WAL
    database fails when no writer left its -shm file behind, and every part must start alone.
    On a disk that cannot be written it is read as it lies.

    Raises:
        StoreError: the file cannot be opened.
    """
    try:
        if read_only and is_read_only(path.parent):
            return _as_it_lies(path)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        database = sqlite3.connect(path, timeout=10.0, isolation_level=None)
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("PRAGMA secure_delete=ON")
        database.execute("PRAGMA foreign_keys=ON")
        database.execute("PRAGMA cache_size=-512")
        database.executescript(schema)
        if read_only:
            database.execute("PRAGMA query_only=ON")
    except (sqlite3.Error, OSError, UnicodeDecodeError) as error:
        raise StoreError(f"cannot open {path}: {error}") from error
    return _speaking(database)


def _as_it_lies(path: Path) -> sqlite3.Connection:
    """A file on a disk that cannot be written, the commits of its log included."""
    log = path.with_name(f"{path.name}-wal")
    has_log = log.exists() and log.stat().st_size > 0
    way = "mode=ro" if has_log else "immutable=1"  # the second one does not look for a log
    database = sqlite3.connect(f"{path.absolute().as_uri()}?{way}", uri=True, isolation_level=None)
    database.execute("PRAGMA query_only=ON")
    database.execute("SELECT 1 FROM sqlite_schema").fetchone()  # else the first reader meets it
    return _speaking(database)


def _speaking(database: sqlite3.Connection) -> sqlite3.Connection:
    database.row_factory = sqlite3.Row
    database.text_factory = _text
    return database


def erase_deleted(database: sqlite3.Connection) -> None:
    """Leave no trace of deleted rows: they were overwritten, now the log goes too."""
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _text(data: bytes) -> str:
    """Text of a cell; a rotten byte becomes a sign that fits nowhere, not an error."""
    return data.decode("utf-8", "replace")
