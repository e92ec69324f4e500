"""Writing down what can wait: progress, reports to the hub, erasing what is over.

A flash card may take a second for one commit; the sound card's buffer holds a tenth of one.
"""

from __future__ import annotations

import logging
import queue
import sqlite3
import threading
from typing import TYPE_CHECKING, Protocol

from edge_agent.audio.journal import Journal
from edge_agent.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from contract.receipt import Receipt

    Job = Callable[[Journal], None]
    Send = Callable[[Receipt], None]

_log = logging.getLogger(__name__)
CLOSE_S = 5.0


class Scribe(Protocol):
    """Carries out jobs on the journal, in order."""

    def later(self, job: Job) -> None:
        """Do ``job`` as soon as may be."""
        ...

    def send_reports(self) -> None:
        """Hand over every report that waits in the journal."""
        ...

    def close(self) -> None:
        """Finish what was asked for. Safe to call twice."""
        ...


class PromptScribe:
    """Does everything at once, in the caller's thread: for previews and tests."""

    def __init__(self, journal: Journal, send: Send) -> None:
        self._journal = journal
        self._send = send

    def later(self, job: Job) -> None:
        """Now."""
        job(self._journal)

    def send_reports(self) -> None:
        """Now."""
        send_reports(self._journal, self._send)

    def close(self) -> None:
        """Nothing waits."""


class ThreadScribe:
    """Does everything in a thread of its own, with a journal of its own.

    Args:
        folder: the audio folder.
        open_send: makes, in that thread, the function that takes a report to the outbox.
    """

    def __init__(self, folder: Path, open_send: Callable[[], Send]) -> None:
        self._folder = folder
        self._open_send = open_send
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="scribe", daemon=True)
        self._thread.start()
        self.send_reports()

    def later(self, job: Job) -> None:
        """In the thread."""
        self._jobs.put(job)

    def send_reports(self) -> None:
        """In the thread."""
        self._jobs.put(self._send_reports)

    def close(self) -> None:
        """Finish what was asked for, within a few seconds."""
        self._jobs.put(None)
        self._thread.join(CLOSE_S)

    def _work(self) -> None:
        try:
            journal = Journal(self._folder)
            self._send = self._open_send()
        except (sqlite3.Error, StoreError):
            _log.exception("nothing can be written down; playing on")
            while self._jobs.get() is not None:
                pass
            return
        while (job := self._jobs.get()) is not None:
            try:
                job(journal)
            except (sqlite3.Error, StoreError):
                _log.exception("the journal or the outbox cannot be written")
        journal.close()

    def _send_reports(self, journal: Journal) -> None:
        send_reports(journal, self._send)


def send_reports(journal: Journal, send: Send) -> None:
    """Take every waiting report to ``send``, oldest first.

    A power cut between the two commits sends a report twice, never not at all.
    """
    while (waiting := journal.oldest_report()) is not None:
        send(waiting[1])
        journal.report_sent(waiting[0])
