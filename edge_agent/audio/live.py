"""Live speech on its way to the horn: decoded, buffered against a halting network, never lost.

Sound is read from the spool (`edge_agent.live_spool`) at the place where the announcement
stands, so an emergency may interrupt it and it goes on at the very sample. When the network
halts, the horn is silent until 0.4 s lie in hand again; after 3 s without a sign of life the
talk is over, and the receipt says that it broke off.
"""

from __future__ import annotations

import sys
from array import array
from datetime import timedelta
from typing import TYPE_CHECKING

from contract.live import RATE_HZ as LIVE_HZ
from contract.live import SILENCE_S
from edge_agent.audio.announcement import Announcement, Kind, Level
from edge_agent.audio.pcm import RATE_HZ, SAMPLE_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from edge_agent.audio.programme import Segment
    from edge_agent.clock import Clock
    from edge_agent.live_spool import LiveSpool, Talk

HAND_S = 0.4
"""So much sound lies in hand before a talk begins to sound, or goes on after a halt."""
LATEST = timedelta(minutes=5)
"""What could not be said so long after a session's end (an emergency went on) is not said."""
BROKE_OFF = "直播中断 the speech broke off"
_TIMES = RATE_HZ // LIVE_HZ
_NEVER = -1


class LiveSource:
    """The samples of one talk at 48 kHz, as they come. ``fault`` says why it ended, if not well."""

    def __init__(self, spool: LiveSpool, talk_id: str, clock: Clock) -> None:
        self._spool = spool
        self._talk = talk_id
        self._clock = clock
        self._end = 0
        self._number = _NEVER
        self._over = False
        self._grew_s = self._lived_s = clock.monotonic_s()
        self._asked_s: float | None = None
        self._flowing = False
        self.fault = ""

    @property
    def samples(self) -> int | None:
        """Its length, once it is over."""
        return self._end * _TIMES if self._over else None

    def read(self, offset: int, count: int) -> bytes | None:
        """Samples from ``offset`` on; None while the speaker is silent or the network halts."""
        self._look()
        ahead = self._end * _TIMES - offset
        if ahead >= count and self._flowing:
            return self._decoded(offset, count)
        halted_s = self._clock.monotonic_s() - self._grew_s
        enough = ahead >= HAND_S * RATE_HZ or self._over or halted_s >= HAND_S
        self._flowing = enough and ahead > 0
        if self._flowing:
            return self._decoded(offset, min(count, ahead))
        return b"" if self._over else None

    def _look(self) -> None:
        """See how far the talk has got, and whether the speaker is still there."""
        if self._over:
            return
        now_s = self._clock.monotonic_s()
        if self._asked_s is None or now_s - self._asked_s > SILENCE_S:
            self._lived_s = now_s  # nobody looked for a while: an emergency had the air
        self._asked_s = now_s
        state = self._spool.state(self._talk)
        if state is not None and state.number != self._number:
            self._number, self._lived_s = state.number, now_s
            if state.end - state.first > self._end:
                self._end, self._grew_s = state.end - state.first, now_s
            self._over, self.fault = state.over, state.fault
        elif now_s - self._lived_s > SILENCE_S:
            self._over, self.fault = True, BROKE_OFF

    def _decoded(self, offset: int, count: int) -> bytes:
        """Three samples for one, on the straight line between it and the one before."""
        start = offset // _TIMES
        coded = self._spool.read(self._talk, max(0, start - 1), -(-count // _TIMES) + 2)
        levels = [_LEVELS[code] for code in coded]
        before = levels if start else [0, *levels]
        after = before[1:]
        out = array("h", bytes(2 * _TIMES * len(after)))
        out[0::3] = array("h", before[: len(after)])
        steps = list(zip(before, after, strict=False))
        out[1::3] = array("h", [(2 * one + other) // 3 for one, other in steps])
        out[2::3] = array("h", [(one + 2 * other) // 3 for one, other in steps])
        if sys.byteorder == "big":
            out.byteswap()
        skip = (offset - start * _TIMES) * SAMPLE_BYTES
        data = out.tobytes()[skip : skip + count * SAMPLE_BYTES]
        return data.ljust(count * SAMPLE_BYTES, b"\0")


class LiveDesk:
    """The talks that are here, as announcements and as sound.

    Args:
        spool: where link and the microphone write.
        clock: the box's clock.
        zones_of: the horn zones that areas mean.
    """

    def __init__(
        self, spool: LiveSpool, clock: Clock, zones_of: Callable[[tuple[str, ...]], tuple[str, ...]]
    ) -> None:
        self._spool = spool
        self._clock = clock
        self._zones_of = zones_of
        self._sources: dict[str, LiveSource] = {}

    def source(self, segment: Segment) -> LiveSource:
        """The sound of a live segment; one for a talk, however often it is asked for."""
        if segment.text not in self._sources:
            self._sources[segment.text] = LiveSource(self._spool, segment.text, self._clock)
        return self._sources[segment.text]

    def fault(self, talk_id: str) -> str:
        """Why a talk ended, if not as its speaker wished."""
        source = self._sources.get(talk_id)
        return source.fault if source is not None else ""

    def announcements(self) -> Iterator[Announcement]:
        """Every talk that is here; what was said already comes again and again."""
        for talk in self._spool.talks():
            yield announcement_of(talk, talk.zones or self._zones_of(talk.areas))


def announcement_of(talk: Talk, zones: tuple[str, ...]) -> Announcement:
    """A talk as an announcement. Without a file to go on from, a restart ends it as broken off."""
    return Announcement(
        id=talk.id,
        kind=Kind.LIVE,
        issued_at=talk.opened_at,
        due_at=talk.opened_at,
        level=Level[talk.level.upper()],
        expires_at=talk.ends_at + LATEST,
        zones=zones,
        live=talk.id,
    )


def _level(code: int) -> int:
    """The 16-bit sample of a µ-law code (ITU-T G.711)."""
    code = ~code & 0xFF
    magnitude = (((code & 0x0F) << 3) + 0x84 << ((code & 0x70) >> 4)) - 0x84
    return -magnitude if code & 0x80 else magnitude


_LEVELS = tuple(_level(code) for code in range(256))
