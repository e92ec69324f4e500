"""Runs pytest with the hub on a PostgreSQL of its own: ``python -m tests.with_postgres ARGS``.

Which database the hub uses is read when Django starts, so these tests need a process of their
own. The server listens on a socket in a folder that is thrown away afterwards.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from shutil import chown
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

INSTALLED = Path("/usr/lib/postgresql")
ACCOUNT = "postgres"
SETTINGS = "-c fsync=off -c max_connections=60 -c listen_addresses="


def main(arguments: list[str]) -> int:
    """Pytest's exit code."""
    words = [sys.executable, "-m", "pytest", *arguments]
    with tempfile.TemporaryDirectory(prefix="village-postgres-") as name, running(Path(name)) as at:
        environment = {**os.environ, "VILLAGE_HUB_DATABASE": at}
        return subprocess.run(words, env=environment, check=False).returncode


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """A fresh server in ``folder``; gives its address."""
    account = ACCOUNT if os.geteuid() == 0 else None  # PostgreSQL refuses to run as root
    if account:
        chown(folder, account)
    newest = max(INSTALLED.glob("*/bin"), key=lambda each: int(each.parent.name))

    def program(name: str, *words: str) -> None:
        subprocess.run(
            [str(newest / name), "-D", str(folder / "data"), *words],
            user=account,
            cwd=folder,
            check=True,
            stdout=subprocess.DEVNULL,
        )

    program("initdb", "-A", "trust", "-U", "hub", "-E", "UTF8", "--locale=C")
    settings = f"{SETTINGS} -c unix_socket_directories={folder}"
    program("pg_ctl", "-w", "-l", str(folder / "log"), "-o", settings, "start")
    folder.chmod(0o755)
    try:
        yield f"postgresql://hub@{str(folder).replace('/', '%2F')}/postgres"
    finally:
        program("pg_ctl", "-w", "-m", "immediate", "stop")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
