"""Django's SQLite backend, in which nobody who wants to write is passed over for ever.

SQLite lets a writer that finds the lock taken sleep up to 100 ms and look again; it keeps no
queue. A process that writes one transaction after another takes the lock again within
microseconds, so that on a busy machine others looked for 20 s at the wrong moments and gave up.
Here a writer waits at a second lock, a file's (flock(2)), which it keeps only until it has the
first: whoever has just written must stand behind the one that waits.
"""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.db.backends.sqlite3 import base

if TYPE_CHECKING:
    from collections.abc import Iterator

LOOK_AGAIN_S = 0.002
WAITS_S = 20.0


class DatabaseWrapper(base.DatabaseWrapper):
    """One connection."""

    def _start_transaction_under_autocommit(self) -> None:
        with self._next():
            super()._start_transaction_under_autocommit()  # type: ignore[misc] # untyped there

    @contextmanager
    def _next(self) -> Iterator[None]:
        """Be the next to write; a turn that cannot be had (a full disk) is not waited for."""
        if self.is_in_memory_db():
            yield
            return
        try:
            turn = os.open(f"{self.settings_dict['NAME']}.turn", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError:
            yield
            return
        try:
            _wait(turn)
            yield
        finally:
            os.close(turn)


def _wait(turn: int) -> None:
    """Until this process is the next, or for so long that it goes ahead without."""
    ends_s = time.monotonic() + WAITS_S
    while time.monotonic() < ends_s:
        try:
            fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            time.sleep(LOOK_AGAIN_S)
        else:
            return
