"""Speech from the village office: the box's own microphone, while its key is held.

A talk begins when the key is pressed, ends three seconds after it was let go, and after ten
minutes at the latest; a key that is stuck must be let go before it opens another. The sound is
kept as a WAV file beside the journal. Whether it may sound now is for the queue to say.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from contract.live import LONGEST_S, RATE_HZ, SILENCE_S, wav_header
from edge_agent.audio.capture import CaptureLostError
from edge_agent.live_spool import Talk

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from edge_agent.audio.capture import Capture
    from edge_agent.audio.talk_key import TalkKey
    from edge_agent.clock import Clock
    from edge_agent.live_spool import LiveSpool

_log = logging.getLogger(__name__)
SPEAKER = "本村话筒"
TURN_S = 0.1
_GATHERED = RATE_HZ // 10
_ALIVE_S = 1.0
_KEPT = 10


class Microphone:
    """Call `turn` often; it never waits.

    Args:
        capture: the microphone.
        key: who holds the key.
        spool: where the talk grows.
        folder: where recordings are kept, the newest ten.
        clock: the box's clock.
        zones: the zones that hear it when the key names none.
        announce: has the queue look at a talk that begins.
        is_wanted: whether the queue still wants this talk.
    """

    def __init__(  # noqa: PLR0913 - the ends of a microphone are that many
        self,
        *,
        capture: Capture,
        key: TalkKey,
        spool: LiveSpool,
        folder: Path,
        clock: Clock,
        zones: tuple[str, ...],
        announce: Callable[[], None],
        is_wanted: Callable[[str], bool],
    ) -> None:
        self._capture = capture
        self._key = key
        self._spool = spool
        self._folder = folder
        self._clock = clock
        self._zones = zones
        self._announce = announce
        self._is_wanted = is_wanted
        self._talk: Talk | None = None
        self._listening = False
        self._stuck = False
        self._number = self._said = 0
        self._gathered = b""
        self._told_s = self._held_s = 0.0

    def turn(self) -> float:
        """Take what was said; returns the seconds until it should be called again."""
        held = self._key.held()
        now_s = self._clock.monotonic_s()
        if held is None:
            self._stuck = False
        elif self._talk is None and not self._stuck:
            self._begin(held.zones or self._zones)
        if self._talk is None:
            return LONGEST_S
        if held is not None:
            self._held_s = now_s
        try:
            self._listen(is_held=held is not None)
        except CaptureLostError as error:
            _log.error("no live speech: %s", error)
            self._stuck = True
            self._end(str(error))
            return TURN_S
        self._tell(now_s)
        if self._is_over(now_s):
            self._stuck = held is not None
            self._end()
        return TURN_S

    def close(self) -> None:
        """End the talk, and release microphone and key."""
        if self._talk is not None:
            self._end()
        self._key.close()

    def _begin(self, zones: tuple[str, ...]) -> None:
        now = self._clock.read().now
        self._talk = Talk(
            f"live-{secrets.token_hex(8)}",
            "village",
            SPEAKER,
            now,
            now + timedelta(seconds=LONGEST_S),
            zones=zones,
        )
        self._number = self._said = 0
        self._gathered = b""
        self._told_s = float("-inf")
        self._spool.begin(self._talk)
        self._announce()
        self._tell(self._clock.monotonic_s())

    def _listen(self, *, is_held: bool) -> None:
        if is_held and not self._listening:
            self._capture.start()
            self._listening = True
        if self._listening:
            self._gathered += self._capture.read()
        if self._listening and not is_held:
            self._capture.stop()
            self._listening = False

    def _tell(self, now_s: float) -> None:
        """Hand over what has gathered, or a sign of life."""
        if self._talk is None:
            return
        room = LONGEST_S * RATE_HZ - self._said
        enough = len(self._gathered) >= _GATHERED or not self._listening
        sound = self._gathered[:room] if enough else b""
        if not sound and now_s - self._told_s < _ALIVE_S:
            return
        self._spool.take(self._talk.id, self._number, self._said, sound)
        self._number += 1
        self._said += len(sound)
        self._told_s = now_s
        if sound:
            self._gathered = b""

    def _is_over(self, now_s: float) -> bool:
        talk = self._talk
        return talk is not None and (
            now_s - self._held_s > SILENCE_S
            or self._said >= LONGEST_S * RATE_HZ
            or self._clock.read().now >= talk.ends_at
            or not self._is_wanted(talk.id)
        )

    def _end(self, fault: str = "") -> None:
        talk, self._talk = self._talk, None
        self._capture.stop()
        self._listening = False
        if talk is None:
            return
        self._spool.take(talk.id, self._number, self._said, self._gathered, over=True, fault=fault)
        self._said += len(self._gathered)
        self._keep(talk)

    def _keep(self, talk: Talk) -> None:
        """The recording, under its time; a full disk does not silence the speaker."""
        sound = self._spool.read(talk.id, 0, self._said)
        if not sound:
            return
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            path = self._folder / f"{talk.opened_at:%Y%m%dT%H%M%SZ}-{talk.id}.wav"
            path.write_bytes(wav_header(len(sound)) + sound)
            for old in sorted(self._folder.glob("*.wav"))[:-_KEPT]:
                old.unlink()
        except OSError as error:
            _log.error("the recording of %s is not kept: %s", talk.id, error)
            return
        _log.info("kept %s, sha256 %s", path.name, hashlib.sha256(sound).hexdigest())
