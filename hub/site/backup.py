"""A backup of the hub without its secrets: database and uploads in one archive.

Left out: ``keys`` (they are kept by their own ceremony), broker files, logs. In the copy of the
database every ticket's secret is replaced by noise and the ticket voided, every answer to a
box and every login session erased; on SQLite the file is rewritten so that no freed page keeps
them, from PostgreSQL they are never read. Uploads are held as they were when the database was
copied: a file that a clerk deletes while the archive is written is in it all the same.
`hub.site.restore` puts it back.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import sqlite3
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import DatabaseError, connection

from contract.errors import VillageError
from hub.site.dump import write_dump

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SQLITE_FILE, POSTGRES_FILE, MEDIA = "hub.sqlite3", "hub.sql", "media"
EMPTIED: Sequence[str] = ("django_session",)
"""Tables of which nothing is kept."""
VOID = "CASE state WHEN 'staged' THEN 'revoked' ELSE state END"
CLEANED: Mapping[str, Mapping[str, str]] = {
    "enrol_enrolmentticket": {"secret_hex": "{noise}", "answer": "NULL", "state": VOID},
}
"""Tables in whose columns something else stands in the copy (SQL; ``{noise}`` is random)."""


class BackupError(VillageError, OSError):
    """The backup was not made; the message says why and what to do."""


def write_backup(path: Path) -> int:
    """Write the archive, whole or not at all; returns its size in bytes.

    Raises:
        BackupError: the archive cannot be written, ``pg_dump`` is missing or older than the
            server, or SQLite is in a transaction.
    """
    draft = path.with_name(f".{path.name}.part")
    try:
        with tempfile.TemporaryDirectory(prefix="hub-backup-", dir=path.parent) as folder:
            is_sqlite = connection.vendor == "sqlite"
            copy = Path(folder) / (SQLITE_FILE if is_sqlite else POSTGRES_FILE)
            with _uploads() as media:
                if is_sqlite:
                    media.hold()
                    _copy_database(copy)
                else:
                    write_dump(copy, connection, EMPTIED, cleaned(), media.hold)
                _pack(draft, copy, media.held)
        draft.replace(path)
    except (OSError, sqlite3.Error, DatabaseError, subprocess.SubprocessError) as error:
        draft.unlink(missing_ok=True)
        raise BackupError(f"备份没有写成 the backup was not written: {error}") from error
    return path.stat().st_size


def cleaned() -> dict[str, dict[str, str]]:
    """`CLEANED` with noise in it."""
    noise = f"'{secrets.token_hex(16)}'"
    return {
        table: {column: sql.format(noise=noise) for column, sql in columns.items()}
        for table, columns in CLEANED.items()
    }


class _Uploads:
    """The uploaded files, held by links of their own while the archive is written."""

    def __init__(self, held: Path) -> None:
        self.held = held

    def hold(self) -> None:
        """Hold what is there now."""
        for path in settings.DATA.media.rglob("*"):
            to = self.held / path.relative_to(settings.DATA.media)
            if path.is_file():
                to.parent.mkdir(parents=True, exist_ok=True)
                with contextlib.suppress(FileNotFoundError):  # deleted at this very moment
                    os.link(path, to)


@contextlib.contextmanager
def _uploads() -> Iterator[_Uploads]:
    """Links lie in the data folder: they cannot reach another disk, as the archive may."""
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=settings.DATA.root) as folder:
        yield _Uploads(Path(folder))


def _pack(draft: Path, copy: Path, media: Path) -> None:
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file, tarfile.open(fileobj=file, mode="w:gz") as archive:
        archive.add(copy, copy.name)
        archive.add(media, MEDIA)


def _copy_database(path: Path) -> None:
    """The database as it is at this moment, while the hub goes on working, and cleaned."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(path)])
    target = sqlite3.connect(path)
    try:
        target.execute("PRAGMA secure_delete = ON")
        with target:
            for table, columns in cleaned().items():
                changes = ", ".join(f"{column} = {sql}" for column, sql in columns.items())
                target.execute(f"UPDATE {table} SET {changes}")  # noqa: S608 - our own constants
            for table in EMPTIED:
                target.execute(f"DELETE FROM {table}")  # noqa: S608 - as above
        target.execute("VACUUM")
    finally:
        target.close()
