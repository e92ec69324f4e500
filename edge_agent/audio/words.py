"""Getting the words of an announcement spoken: recording of the hub, the box's voice, siren.

Nobody waits long for a recording: the box's voice speaks. One that comes later speaks the
readings that were not begun.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from edge_agent.audio.pcm import Clip, Silence, WavFile, WrongPcmError, samples_of
from edge_agent.audio.programme import programme_of
from edge_agent.audio.speech import Order, SpeechFailedError, order_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from contract.notice import Notice
    from edge_agent.audio.airing import Airing
    from edge_agent.audio.programme import Segment
    from edge_agent.audio.speech import Take

_log = logging.getLogger(__name__)
RECORDING_WAIT_S = 20.0
"""An ordinary announcement waits so long for its recording before the box's voice speaks."""
SIREN_LEAVES_S = 4.0
"""While an emergency's siren sounds, its recording may still arrive; the box's voice is ready."""
LOOK_EVERY = timedelta(seconds=1)
"""How often is looked whether a recording has come after all."""
NO_READING = 1_000_000
"""The first recorded reading of an announcement that the box's voice speaks throughout."""
STAND_IN_S = 15.0
"""How long the siren sounds where words should be that no voice could say."""


class Voice(Protocol):
    """What is used of `SpeechDesk`."""

    def order(self, order: Order) -> None:
        """Ask for words to be spoken."""
        ...

    def take(self, name: str) -> Take | None:
        """The spoken words, None while they are not ready."""
        ...

    def turn(self) -> None:
        """Look after the child."""
        ...

    def forget(self, name: str) -> None:
        """Erase the spoken words."""
        ...


@dataclass(slots=True)
class _Recording:
    """The hub's recording of an announcement, and when to look next whether it is here."""

    sha256: str
    look_at: datetime


class Words:
    """Orders what an announcement has to say, and puts the takes into its track.

    Args:
        voice: speaks orders in a child process.
        recording: the bytes of a recording by its sha256, None when it is not here or damaged.
        siren: the siren's sound, for words that nobody could say in an emergency.
    """

    def __init__(self, voice: Voice, recording: Callable[[str], bytes | None], siren: Clip) -> None:
        self._voice = voice
        self._recording = recording
        self._siren = siren
        self._notices: dict[str, Notice] = {}
        self._files: dict[str, list[WavFile]] = {}
        self._orders: dict[str, set[str]] = {}
        self._recordings: dict[str, _Recording] = {}

    def know(self, key: str, notice: Notice) -> None:
        """These are the words of the announcement ``key``."""
        self._notices[key] = notice

    def expect(self, key: str, sha256: str, now: datetime) -> None:
        """The announcement ``key`` has this recording, perhaps only since it is on the air."""
        self._recordings.setdefault(key, _Recording(sha256, now))

    def improve(self, airing: Airing, now: datetime) -> None:
        """Where the box's voice speaks: have the readings not begun spoken by the recording."""
        found, item = self._recordings.get(airing.key), airing.entry.announcement
        if found is None or now < found.look_at:
            return
        found.look_at = now + LOOK_EVERY
        reading = airing.track.next_reading(airing.entry.offset)
        if airing.voiceless or (item.recording_sha256 and item.recorded_from <= reading):
            return
        better = replace(item, recording_sha256=found.sha256, recorded_from=reading)
        fresh = [one for one in programme_of(better) if one.recording_sha256]
        recording = self._recording(found.sha256) if fresh else None
        if recording is None:
            return
        try:
            takes = [self._take(airing, one, recording) for one in fresh]
            ready = [self._file(airing, one) for one in takes if one is not None and all(takes)]
        except (SpeechFailedError, WrongPcmError, OSError) as error:
            _log.warning("the recording of %s is left out: %s", airing.key, error)
            del self._recordings[airing.key]
            return
        if ready and takes[0] is not None:
            airing.entry.announcement = better
            airing.track.change_words(programme_of(better), dict(zip(fresh, ready, strict=True)))
            _note_voice(airing, takes[0], also=reading > 1)

    def _take(self, airing: Airing, segment: Segment, recording: bytes) -> Take | None:
        """The take of a recording; ordered when there is none."""
        name = _name(airing, segment)
        self._orders.setdefault(airing.key, set()).add(name)
        take = self._voice.take(name)
        if take is None:
            self._order(airing, segment, name, recording)
        return take

    def gather(self, airing: Airing, now: datetime) -> bool:
        """Order what is missing and take what is ready; True when just now all came together."""
        missing = airing.track.missing
        for segment in missing:
            self._gather(airing, segment, now)
        return bool(missing) and airing.track.samples is not None

    def turn(self) -> None:
        """Look after the child that speaks."""
        self._voice.turn()

    def names_of(self, airings: Iterable[Airing]) -> set[str]:
        """The takes that these announcements need."""
        segments = [(one, each) for one in airings for each in one.track.segments]
        return {_name(*each) for each in segments} | {_own_name(*each) for each in segments}

    def forget(self, key: str) -> None:
        """The announcement is over: its words and their sound are erased."""
        self._notices.pop(key, None)
        self._recordings.pop(key, None)
        for file in self._files.pop(key, []):
            file.close()
        for name in self._orders.pop(key, set()):
            self._voice.forget(name)

    def _gather(self, airing: Airing, segment: Segment, now: datetime) -> None:
        recording = self._recording_of(segment)
        is_late = bool(segment.recording_sha256) and not recording
        name = _own_name(airing, segment) if is_late else _name(airing, segment)
        orders = self._orders.setdefault(airing.key, set())
        if recording and (own := _own_name(airing, segment)) in orders:
            orders.discard(own)
            self._voice.forget(own)  # the recording came in time
        orders.add(name)
        waited_s = (now - (airing.facts.accepted_at or now)).total_seconds()
        may_come = is_late and waited_s < _patience_s(airing)
        try:
            take = self._voice.take(name)
            if take is None:
                if not may_come or airing.entry.announcement.urgent:
                    self._order(airing, segment, name, recording)
            elif not may_come:
                self._put(airing, segment, take)
                if is_late:
                    _speak_oneself(airing)
        except (SpeechFailedError, WrongPcmError, OSError) as error:
            if not may_come:
                _log.error("no voice for %s: %s", airing.key, error)
                self._stand_in(airing, segment)

    def _recording_of(self, segment: Segment) -> bytes:
        """The hub's recording of these words; empty while it is not here."""
        sha256 = segment.recording_sha256
        return (self._recording(sha256) if sha256 else None) or b""

    def _order(self, airing: Airing, segment: Segment, name: str, recording: bytes) -> None:
        notice = self._notices.get(airing.key)
        if not segment.text and notice is None:
            return  # after a restart, until the store has been read
        urgent = airing.entry.announcement.urgent
        said = None if segment.text else notice
        self._voice.order(Order(name, segment.text, said, recording, segment.slower, urgent))

    def _put(self, airing: Airing, segment: Segment, take: Take) -> None:
        airing.track.put_speech(segment, self._file(airing, take))
        _note_voice(airing, take, also=True)

    def _file(self, airing: Airing, take: Take) -> WavFile:
        file = WavFile(take.path)
        self._files.setdefault(airing.key, []).append(file)
        if not file.samples:
            raise WrongPcmError(f"{take.path.name} holds no sound")
        return file

    def _stand_in(self, airing: Airing, segment: Segment) -> None:
        """The siren for an emergency that no voice can say; never for an all-clear."""
        item = airing.entry.announcement
        alarms = item.urgent and item.siren
        airing.voiceless = True
        airing.facts.engine = "siren" if alarms else ""
        length = samples_of(STAND_IN_S)
        pcm = Clip(self._siren.read(0, self._siren.samples), length) if alarms else Silence(0)
        airing.track.put_speech(segment, pcm)


def _name(airing: Airing, segment: Segment) -> str:
    return order_name(airing.key, segment.text, segment.recording_sha256, segment.slower)


def _own_name(airing: Airing, segment: Segment) -> str:
    """The take in the box's own voice."""
    return order_name(airing.key, segment.text, "", segment.slower)


def _speak_oneself(airing: Airing) -> None:
    """Write down that the box's voice speaks, so that it still does after a power cut."""
    item = replace(airing.entry.announcement, recorded_from=NO_READING)
    airing.entry.announcement = item
    airing.track.change_words(programme_of(item), {})


def _note_voice(airing: Airing, take: Take, *, also: bool) -> None:
    """Who speaks; ``also``: beside who spoke other readings."""
    facts = airing.facts
    before = facts.engine.split(", ") if also and facts.engine else []
    facts.engine = ", ".join(dict.fromkeys([*before, take.engine]))
    facts.voice, facts.loudness_lufs = take.voice, take.loudness_lufs


def _patience_s(airing: Airing) -> float:
    """How long its recording may still come; nobody waits where no siren sounds meanwhile."""
    announcement = airing.entry.announcement
    if not announcement.urgent:
        return RECORDING_WAIT_S
    return SIREN_LEAVES_S if announcement.siren else 0.0
