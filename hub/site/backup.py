"""A backup of the hub without its secrets: database and uploads in one archive.

Left out: ``keys`` (they are kept by their own ceremony), broker files, logs. In the copy of the
database every ticket's secret is replaced by noise and the ticket voided, every answer to a
box and every login session erased, and the file rewritten so that no freed page keeps them.
To restore: unpack into an empty data folder, bring the keys, start; boxes put their versions
right by themselves, tickets that were not used yet are issued anew.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import tarfile
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import DatabaseError, connection

from contract.errors import VillageError

if TYPE_CHECKING:
    from collections.abc import Sequence

DATABASE = "hub.sqlite3"
_CLEAN: Sequence[str] = (
    "UPDATE enrol_enrolmentticket SET secret_hex = :noise, answer = NULL",
    "UPDATE enrol_enrolmentticket SET state = 'revoked' WHERE state = 'staged'",
    "DELETE FROM django_session",
)


class BackupError(VillageError, OSError):
    """The backup was not made; the message says why and what to do."""


def write_backup(path: Path) -> int:
    """Write the archive, whole or not at all; returns its size in bytes.

    Raises:
        BackupError: the hub uses PostgreSQL, the archive cannot be written, or the database is
            in a transaction.
    """
    if connection.vendor != "sqlite":
        raise BackupError("本平台用 PostgreSQL，请用 pg_dump / this hub's database: use pg_dump")
    draft = path.with_name(f".{path.name}.part")
    try:
        with tempfile.TemporaryDirectory(prefix="hub-backup-", dir=path.parent) as folder:
            copy = Path(folder) / DATABASE
            _copy_database(copy)
            handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with (
                os.fdopen(handle, "wb") as file,
                tarfile.open(fileobj=file, mode="w:gz") as archive,
            ):
                archive.add(copy, DATABASE)
                if settings.DATA.media.exists():
                    archive.add(settings.DATA.media, "media")
        draft.replace(path)
    except (OSError, sqlite3.Error, DatabaseError) as error:
        draft.unlink(missing_ok=True)
        raise BackupError(f"备份没有写成 the backup was not written: {error}") from error
    return path.stat().st_size


def _copy_database(path: Path) -> None:
    """The database as it is at this moment, while the hub goes on working, and cleaned."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(path)])
    target = sqlite3.connect(path)
    try:
        target.execute("PRAGMA secure_delete = ON")
        with target:
            for statement in _CLEAN:
                named = {"noise": secrets.token_hex(16)} if ":noise" in statement else {}
                target.execute(statement, named)
        target.execute("VACUUM")
    finally:
        target.close()
