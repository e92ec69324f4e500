"""The feeds' program, a child of the hub: asks each feed in its turn, and minds the clock.

The clock matters because a warning may begin later than it comes (then a standing rule has to
wait for it) and may end while nobody has decided.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import close_old_connections
from django.utils import timezone

from hub.cap.desk import apply_rules
from hub.cap.feed import Feed, FeedSilentError
from hub.cap.models import Road
from hub.cap.sources import read_sources
from hub.cap.taking import expire, take

if TYPE_CHECKING:
    from collections.abc import Sequence

_log = logging.getLogger(__name__)
TURN_S = 2.0


class Feeds:
    """Every configured feed, each asked again after its own pause."""

    def __init__(self, feeds: Sequence[Feed]) -> None:
        self._feeds = list(feeds)
        self._due_s: dict[str, float] = {}

    def turn(self, now_s: float) -> int:
        """Ask what is due, apply the standing rules; how many messages were new."""
        taken = 0
        for feed in self._feeds:
            name = feed.source.name
            if self._due_s.get(name, now_s) > now_s:
                continue
            self._due_s[name] = now_s + feed.source.every_s
            try:
                for message in feed.messages():
                    take(message, feed.source, Road.FEED)
                    taken += 1
            except FeedSilentError as error:
                _log.warning("feed %s: %s", name, error)
        now = timezone.now()
        expire(now)
        apply_rules(now)
        return taken


def main() -> int:
    """Run until SIGTERM."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    sources = read_sources(settings.DATA.root)
    feeds = Feeds([Feed(each) for each in sources if each.feed])
    while not stopping.wait(TURN_S):
        close_old_connections()
        feeds.turn(time.monotonic())
    return 0
