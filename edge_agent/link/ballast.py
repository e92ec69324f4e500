"""A file that takes up room until the disk is full: then it goes, and an emergency fits in.

Only an emergency releases it. Ordinary text waits until somebody has made room; the box says
so in its report, and goes on showing what it has.
"""

from __future__ import annotations

import errno
import logging
import os
import shutil
import sqlite3
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_log = logging.getLogger(__name__)
BALLAST_BYTES = 4 * 1024 * 1024
SPARE_BYTES = 2 * 1024 * 1024
"""Room that must be left beside the ballast before it is laid again."""
_FULL = (errno.ENOSPC, errno.EDQUOT)


class Ballast:
    """``ballast`` in a folder of the disk it keeps room on."""

    def __init__(self, folder: Path, size_bytes: int = BALLAST_BYTES) -> None:
        self._path = folder / "ballast"
        self._size_bytes = size_bytes
        self._folder = folder

    @property
    def is_laid(self) -> bool:
        """Whether the room is still kept."""
        return self._path.exists()

    def lay(self) -> bool:
        """Take the room if there is plenty; whether it is kept now."""
        if self.is_laid:
            return True
        if shutil.disk_usage(self._folder).free < self._size_bytes + SPARE_BYTES:
            return False
        draft = self._path.with_suffix(".part")
        try:
            with draft.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, self._size_bytes)
                os.fsync(file.fileno())
            draft.replace(self._path)
        except OSError as error:
            draft.unlink(missing_ok=True)
            _log.warning("no room can be kept for an emergency: %s", error)
            return False
        return True

    def release(self) -> bool:
        """Give the room away; False when it was gone already."""
        try:
            self._path.unlink()
        except FileNotFoundError:
            return False
        _log.error("the disk is full: the room kept for emergencies is given to one")
        return True


def is_full(error: BaseException) -> bool:
    """Whether an error says that there is no room on the disk."""
    cause = error.__cause__ or error
    if isinstance(cause, sqlite3.Error):
        return (getattr(cause, "sqlite_errorcode", 0) & 0xFF) == sqlite3.SQLITE_FULL
    return isinstance(cause, OSError) and cause.errno in _FULL
