"""A PostgreSQL database as one SQL script, at one moment, without what is to be left out.

``pg_dump`` writes everything but the data of tables that hold secrets; those rows are read
here, with something else in the columns in question, from the very snapshot that ``pg_dump``
used. So what is secret never reaches the disk.
"""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, Any

from django.db import transaction

from contract.errors import VillageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from django.db.backends.base.base import BaseDatabaseWrapper

TIMEOUT_S = 3600
_SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"


class DumpFailed(VillageError, OSError):
    """``pg_dump`` or ``psql`` is missing or refused; the message is its own last line."""


def write_dump(
    path: Path,
    connection: BaseDatabaseWrapper,
    emptied: Iterable[str],
    cleaned: Mapping[str, Mapping[str, str]],
    hold: Callable[[], None],
) -> None:
    """Write the script.

    Args:
        path: a new file, readable by its owner only.
        connection: to PostgreSQL.
        emptied: tables of which no row is written.
        cleaned: for each table the columns in whose place another SQL expression stands.
        hold: called once the moment is fixed, before the long part begins.

    Raises:
        DumpFailed: ``pg_dump`` is missing, older than the server, or refused.
    """
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute(_SNAPSHOT)
        cursor.execute("SELECT pg_export_snapshot()")
        (snapshot,) = cursor.fetchone()
        hold()
        left_out = [f"--exclude-table-data={each}" for each in (*emptied, *cleaned)]
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            run(
                ["pg_dump", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", *left_out],
                connection.settings_dict,
                stdout=file,
            )
            file.seek(0, os.SEEK_END)
            for table, columns in cleaned.items():
                for chunk in _rows(cursor, table, columns):
                    file.write(chunk)


def _rows(cursor: Any, table: str, columns: Mapping[str, str]) -> Iterable[bytes]:  # noqa: ANN401 - psycopg's copy has no type in Django
    """The rows of a table as a COPY that `psql` reads."""
    cursor.execute(
        "SELECT column_name FROM information_schema.columns"
        " WHERE table_schema = current_schema() AND table_name = %s ORDER BY ordinal_position",
        [table],
    )
    names = [name for (name,) in cursor.fetchall()]
    read = ", ".join(columns.get(name, f'"{name}"') for name in names)
    named = ", ".join(f'"{name}"' for name in names)
    yield f"\nCOPY public.{table} ({named}) FROM stdin;\n".encode()
    with cursor.copy(f"COPY (SELECT {read} FROM {table}) TO STDOUT") as rows:  # noqa: S608 - our own constants
        yield from (bytes(each) for each in rows)
    yield b"\\.\n"


def run(words: list[str], settings: Mapping[str, Any], **options: Any) -> None:  # noqa: ANN401 - subprocess' own
    """Run a program of PostgreSQL; address and password go by its environment, not by `ps`.

    Raises:
        DumpFailed: it is missing or refused.
    """
    names = {"HOST": "HOST", "PORT": "PORT", "USER": "USER", "PASSWORD": "PASSWORD",
             "DATABASE": "NAME"}  # fmt: skip
    told = {f"PG{name}": str(settings[key]) for name, key in names.items() if settings.get(key)}
    try:
        done = subprocess.run(
            words, env={**os.environ, **told}, stderr=subprocess.PIPE, timeout=TIMEOUT_S,
            check=False, **options,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DumpFailed(f"{words[0]}: {error}; apt install postgresql-client") from error
    if done.returncode != 0:
        last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or ["no message"]
        raise DumpFailed(f"{words[0]}: {last[0][:200]}")
