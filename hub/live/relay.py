"""Carries talks from their recordings to the villages: signed, at once, and never late.

Runs inside the dispatcher's turn. Each talk gets a key of its own, which lives only in memory;
a dispatcher that starts again ends the talk it finds, for nobody could sign its frames.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from django.utils import timezone

from contract import topics
from contract.areas import Area
from contract.keys import PrivateKey
from contract.live import LONGEST_S, RATE_HZ, SILENCE_S, LiveSession
from contract.live_frames import FRAME_SAMPLES, LiveFrame, seal_frame
from contract.messages import seal_message
from hub.live.desk import end_talk
from hub.live.models import LiveTalk
from hub.sealing.seal import keyring

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger(__name__)
OPENING_EVERY_S = 1.0
REST_AFTER_S = 0.25
"""What does not fill a frame is sent when nothing was added for so long."""


@dataclass(slots=True)
class _Outlet:
    """One talk on its way."""

    key: PrivateKey
    opening: bytes
    topics: tuple[str, ...]
    number: int = 0
    sent: int = 0
    opened_s: float = float("-inf")
    told_s: float = float("-inf")
    size: int = 0
    grew_s: float = 0.0


class Relay:
    """Call `turn` whenever there may be something, and at least twice a second.

    Args:
        publish: sends bytes to a topic; they are worth nothing after some seconds.
    """

    def __init__(self, publish: Callable[[str, bytes], None]) -> None:
        self._publish = publish
        self._outlets: dict[str, _Outlet] = {}

    def turn(self, now_s: float) -> None:
        """Send what was spoken; end what is over."""
        for talk in LiveTalk.objects.filter(relayed_at=None).order_by("opened_at"):
            outlet = self._outlet(talk)
            if outlet is None:
                end_talk(talk, "restart")
                _settle(talk)
                continue
            self._end_if_over(talk)
            self._announce(outlet, now_s)
            self._send(talk, outlet, now_s)
            talk.carried.touch()
            if talk.ended_at is not None:
                self._frame(talk, outlet, b"", now_s, last=True)
                del self._outlets[talk.pk]
                _settle(talk)

    def _outlet(self, talk: LiveTalk) -> _Outlet | None:
        if talk.pk in self._outlets:
            return self._outlets[talk.pk]
        if talk.announced_at is not None:
            return None
        key = PrivateKey.generate()
        session = LiveSession(
            id=talk.pk,
            areas=tuple(talk.areas),
            level=talk.level,  # type: ignore[arg-type] # made from a place's level
            speaker=talk.speaker,
            opened_at=talk.opened_at,
            ends_at=talk.ends_at,
            public_b64=key.public().public_b64,
        )
        keys = keyring()
        opening = seal_message(session, keys.target, keys.content)
        wanted = {Area.parse(area).village for area in talk.areas}
        named = tuple(topics.area_live(area) for area in sorted(wanted, key=str))
        LiveTalk.objects.filter(pk=talk.pk).update(announced_at=timezone.now())
        self._outlets[talk.pk] = _Outlet(key, opening, named)
        return self._outlets[talk.pk]

    def _end_if_over(self, talk: LiveTalk) -> None:
        if talk.ended_at is not None:
            return
        found = Path(talk.recording).stat()
        now = timezone.now()
        if now >= talk.ends_at or found.st_size >= LONGEST_S * RATE_HZ:
            end_talk(talk, "limit")
        elif now.timestamp() - found.st_mtime > SILENCE_S:
            end_talk(talk, "lost")

    def _announce(self, outlet: _Outlet, now_s: float) -> None:
        if now_s - outlet.opened_s >= OPENING_EVERY_S:
            outlet.opened_s = now_s
            for topic in outlet.topics:
                self._publish(topic, outlet.opening)

    def _send(self, talk: LiveTalk, outlet: _Outlet, now_s: float) -> None:
        with Path(talk.recording).open("rb") as file:
            file.seek(outlet.sent)
            waiting = file.read()
        if outlet.sent + len(waiting) != outlet.size:
            outlet.size, outlet.grew_s = outlet.sent + len(waiting), now_s
        rests = talk.ended_at is not None or now_s - outlet.grew_s >= REST_AFTER_S
        while len(waiting) >= FRAME_SAMPLES or (waiting and rests):
            sound, waiting = waiting[:FRAME_SAMPLES], waiting[FRAME_SAMPLES:]
            self._frame(talk, outlet, sound, now_s)
        if now_s - outlet.told_s >= OPENING_EVERY_S:
            self._frame(talk, outlet, b"", now_s)

    def _frame(
        self, talk: LiveTalk, outlet: _Outlet, sound: bytes, now_s: float, *, last: bool = False
    ) -> None:
        frame = LiveFrame(talk.pk, outlet.number, outlet.sent, sound, last)
        body = seal_frame(frame, outlet.key)
        outlet.number += 1
        outlet.sent += len(sound)
        outlet.told_s = now_s
        for topic in outlet.topics:
            self._publish(topic, body)


def _settle(talk: LiveTalk) -> None:
    """Everything went out: write down how much it was, and its hash."""
    talk.carried.unlink(missing_ok=True)
    sound = Path(talk.recording).read_bytes()
    LiveTalk.objects.filter(pk=talk.pk).update(
        relayed_at=timezone.now(),
        samples=len(sound),
        sha256=hashlib.sha256(sound).hexdigest(),
    )
    _log.info("live talk %s is over: %s, %d samples", talk.pk, talk.end_reason, len(sound))
