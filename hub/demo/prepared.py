"""An empty, migrated database with the catalogue, kept between demos: making one takes a while.

Kept under a name that changes with every migration and with the catalogue, so an old one is
never taken for a new one.
"""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from importlib.metadata import version
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent


def name() -> str:
    """File name for the present migrations and catalogue, ours and our libraries'."""
    digest = hashlib.sha256(f"{version('django')} {version('wagtail')}".encode())
    sources = [*PROJECT.glob("*/migrations/*.py"), *PROJECT.glob("catalogue/**/*.yaml")]
    for path in sorted([*sources, *PROJECT.glob("catalogue/*.py")]):
        digest.update(path.read_bytes())
    return f"empty-{digest.hexdigest()[:16]}.sqlite3"


def take(shelf: Path, database: Path) -> bool:
    """Copy a prepared database into place; False when there is none."""
    source = shelf / name()
    if not source.exists():
        return False
    shutil.copyfile(source, database)
    return True


def put(shelf: Path, database: Path) -> None:
    """Keep a copy of a freshly made database; older ones go."""
    shelf.mkdir(parents=True, exist_ok=True)
    for old in shelf.glob("empty-*.sqlite3"):
        old.unlink()
    part = shelf / "part"
    with sqlite3.connect(database) as source, sqlite3.connect(part) as copy:
        source.backup(copy)
    copy.close()
    part.replace(shelf / name())
