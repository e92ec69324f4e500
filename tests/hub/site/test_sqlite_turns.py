"""Two who write to one SQLite file take turns, however eagerly one of them writes."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest
from django.db.utils import ConnectionHandler

from hub.site.database import database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from django.db.backends.base.base import BaseDatabaseWrapper
    from pytest_django import DjangoDbBlocker

TURNS, HELD_S, PATIENCE_S = 10, 0.01, 60.0


class Writer:
    """Writes without a pause, on a connection of its own."""

    def __init__(self, file: Path) -> None:
        self.written = 0
        self.stopping = threading.Event()
        self._file = file
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        connection = connect(self._file)
        while not self.stopping.is_set():
            write(connection, HELD_S)
            self.written += 1
        connection.close()

    def end(self) -> None:
        self.stopping.set()
        self._thread.join(PATIENCE_S)


def connect(file: Path) -> BaseDatabaseWrapper:
    return ConnectionHandler({"default": database("", file)})["default"]


def write(connection: BaseDatabaseWrapper, held_s: float = 0.0) -> None:
    connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO said (word) VALUES ('x')")
    time.sleep(held_s)
    connection.commit()
    connection.set_autocommit(True)


def until(condition: Callable[[], bool]) -> None:
    started_s = time.monotonic()
    while not condition():
        assert time.monotonic() - started_s < PATIENCE_S
        time.sleep(0.001)


@pytest.fixture
def file(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[Path]:
    with django_db_blocker.unblock():
        found = tmp_path / "hub.sqlite3"
        connection = connect(found)
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE said (word TEXT)")
        connection.close()
        yield found


def test_whoever_waits_is_next_though_the_other_writes_without_a_pause(file: Path) -> None:
    eager = Writer(file)
    connection = connect(file)
    passed = []
    try:
        for _ in range(TURNS):
            until(lambda seen=eager.written: eager.written >= seen + 2)  # it is in its stride
            before = eager.written
            write(connection)
            passed.append(eager.written - before)
    finally:
        eager.end()
        connection.close()
    # One is at work when we come; a second may begin before our thread gets to ask.
    assert sorted(passed)[TURNS // 2] <= 2, passed


def test_a_folder_that_takes_no_more_files_stops_nobody(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "no space left on device")

    connection = connect(file)
    monkeypatch.setattr("hub.site.sqlite.base.os.open", full)
    write(connection)
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM said")
        assert cursor.fetchone() == (1,)
    connection.close()
