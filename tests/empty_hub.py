"""An empty hub database, migrated once for all that the suite starts: it takes half a minute.

Kept between runs, on the shelf of the fault rows, under a name that changes with every migration
and with the catalogue.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from faults.ground import make_database
from hub.demo import prepared
from hub.serve import Addresses

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

SHELF = Path(__file__).resolve().parent.parent / "var" / "faults"


def put_into(data: Path) -> None:
    """Begin a hub's data folder with it."""
    data.mkdir(parents=True, exist_ok=True)
    make_database(data, SHELF, Addresses())


def shelf() -> Path:
    """Where it lies, for a program that takes it by itself."""
    with TemporaryDirectory(prefix="village-empty-") as name:
        put_into(Path(name))
    return SHELF


def begin_in_memory(connection: BaseDatabaseWrapper, **_: object) -> None:
    """Begin a test database with it, before Django looks what is left to migrate."""
    if connection.vendor != "sqlite" or not connection.is_in_memory_db():
        return
    if connection.connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        return
    with TemporaryDirectory(prefix="village-empty-") as name:
        copy = Path(name) / "copy.sqlite3"
        prepared.take(shelf(), copy)
        with closing(sqlite3.connect(copy)) as source:
            source.execute("PRAGMA journal_mode = DELETE")  # a database in memory has no log
            source.backup(connection.connection)
