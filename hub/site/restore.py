"""Putting a backup back into an empty hub: database and uploads, without opening the hub.

Keys are not in a backup: bring them back from where they are kept before the hub starts. Its
boxes may have seen later versions than the backup knows; the hub moves past them by itself and
says so. Tickets that were not used yet are void.
"""

from __future__ import annotations

import os
import shutil
import tarfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from contract.errors import VillageError
from hub.site.backup import MEDIA, POSTGRES_FILE, SQLITE_FILE
from hub.site.database import VARIABLE, database
from hub.site.datadir import DataDir
from hub.site.dump import run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import IO

_ANY_TABLE = "SELECT 1 FROM pg_tables WHERE schemaname = 'public' LIMIT 1"


class RestoreError(VillageError, OSError):
    """The backup was not put back; the message says why and what to do."""


def restore(archive: Path, root: Path) -> None:
    """Put database and uploads back; ``VILLAGE_HUB_DATABASE`` names a PostgreSQL.

    Raises:
        RestoreError: not a backup of ours, of another kind of database, or this hub has data.
        DumpFailed: ``psql`` is missing or refused; the database is as it was.
    """
    data = DataDir(root)
    data.make()
    address = database(os.environ.get(VARIABLE, ""), data.database)
    is_sqlite = "postgresql" not in str(address["ENGINE"])
    wanted = SQLITE_FILE if is_sqlite else POSTGRES_FILE
    if any(path.is_file() for path in data.media.rglob("*")) or (
        data.database.exists() if is_sqlite else _has_tables(address)
    ):
        raise RestoreError("本平台已有数据，请用空的数据目录和数据库 / this hub has data already")
    try:
        with tarfile.open(archive) as found:
            names = found.getnames()
            if wanted not in names:
                raise RestoreError(
                    f"备份里没有 {wanted}；{VARIABLE} 应与备份时一致 / it was made from another "
                    "kind of database"
                )
            with _member(found, found.getmember(wanted)) as file:
                if is_sqlite:
                    _write(data.database, file)
                else:
                    _load(file, address, root / f".{wanted}")
            for each in found.getmembers():
                if each.isfile() and (to := _place(each.name, data.media)) is not None:
                    with _member(found, each) as file:
                        _write(to, file)
    except tarfile.TarError as error:
        raise RestoreError(f"不是备份文件 / not a backup: {error}") from error


def _has_tables(address: Mapping[str, Any]) -> bool:
    import psycopg  # noqa: PLC0415 - SQLite needs no psycopg

    keys = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD",
            "dbname": "NAME"}  # fmt: skip
    told = {name: address[key] for name, key in keys.items() if address.get(key)}
    with psycopg.connect(**told) as found:
        return found.execute(_ANY_TABLE).fetchone() is not None


def _load(file: IO[bytes], address: Mapping[str, Any], script: Path) -> None:
    """All of it or nothing."""
    try:
        _write(script, file)
        words = ["psql", "-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-o", os.devnull]
        run([*words, "-f", str(script)], address)
    finally:
        script.unlink(missing_ok=True)


def _place(name: str, media: Path) -> Path | None:
    """Where an upload goes; None for what is none, and for a name that leads elsewhere."""
    parts = PurePosixPath(name).parts
    if len(parts) < 2 or parts[0] != MEDIA or ".." in parts:
        return None
    return media.joinpath(*parts[1:])


def _member(archive: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    found = archive.extractfile(member)
    if found is None:
        raise RestoreError(f"不是备份文件 / not a backup: {member.name[:80]} is no file")
    return found


def _write(path: Path, file: IO[bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
        shutil.copyfileobj(file, target)
