"""The running order of one announcement: chime or siren, the words, pauses, second readings.

A `Programme` is a list of segments made from the announcement alone. A `Track` is the same list
as its sound comes in: it can be read from any sample, and says where a reading ends, for there
another alert of the same rank may take its turn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from edge_agent.audio.announcement import Kind
from edge_agent.audio.pcm import Silence, samples_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from edge_agent.audio.announcement import Announcement
    from edge_agent.audio.pcm import GrowingPcm, Pcm

SegmentKind = Literal["chime", "siren", "speech", "gap", "live"]
SIREN_S = 5.0
READINGS_A_ROUND = 3
"""An alert that is repeated until it is cancelled is read so often, then pauses."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One piece of a programme. ``seconds`` is the length of a siren or gap.

    Speech says ``text``; when that is empty, the words of the announcement's notice. Live speech
    has the talk's id as its ``text``.
    """

    kind: SegmentKind
    reading: int
    """Which reading of the announcement it belongs to, from 1."""
    text: str = ""
    recording_sha256: str = ""
    slower: bool = False
    seconds: float = 0.0


def programme_of(item: Announcement) -> tuple[Segment, ...]:
    """The segments of an announcement, in the order in which they sound."""
    if item.live:
        return (Segment("chime", 1), Segment("live", 1, item.live))
    readings = item.repeats if item.repeats > 0 else READINGS_A_ROUND
    segments: list[Segment] = []
    for reading in range(1, readings + 1):
        if reading > 1:
            segments.append(Segment("gap", reading, seconds=item.gap_s))
        if item.kind is Kind.EMERGENCY and item.siren:
            segments.append(Segment("siren", reading, seconds=SIREN_S))
        elif reading == 1:
            segments.append(Segment("chime", reading))
        segments.append(_words(item, reading))
    return tuple(segments)


def _words(item: Announcement, reading: int) -> Segment:
    slower = item.slower_repeat and reading == 2
    recording = item.recording_sha256 if reading >= item.recorded_from else ""
    return Segment("speech", reading, item.text, recording, slower)


@dataclass(frozen=True, slots=True)
class Piece:
    """Samples of one segment, ready to be handed over."""

    data: bytes
    kind: SegmentKind
    ends_reading: bool = False
    """With these samples a reading is complete and another one follows."""


class Track:
    """The sound of a programme, as far as it is there.

    Args:
        segments: the running order.
        sounds: makes the chime and the siren, and opens live speech; asked once for each segment.
    """

    def __init__(
        self, segments: Sequence[Segment], sounds: Callable[[Segment], Pcm | GrowingPcm]
    ) -> None:
        self.segments = tuple(segments)
        self._pcm: list[Pcm | GrowingPcm | None] = [
            None if one.kind == "speech" else _made(one, sounds) for one in self.segments
        ]

    @property
    def missing(self) -> tuple[Segment, ...]:
        """Speech that is not there yet, each different text once."""
        pairs = zip(self.segments, self._pcm, strict=True)
        return tuple({_words_of(one): one for one, pcm in pairs if pcm is None}.values())

    @property
    def samples(self) -> int | None:
        """The length of the whole; None while speech is missing or still being spoken."""
        lengths = [None if pcm is None else pcm.samples for pcm in self._pcm]
        known = [length for length in lengths if length is not None]
        return sum(known) if len(known) == len(lengths) else None

    def put_speech(self, spoken: Segment, pcm: Pcm) -> None:
        """Put the sound of ``spoken`` wherever these words are said."""
        for index, segment in enumerate(self.segments):
            if segment.kind == "speech" and _words_of(segment) == _words_of(spoken):
                self._pcm[index] = pcm

    def next_reading(self, offset: int) -> int:
        """The first reading of which no word was heard at sample ``offset``."""
        start = 0
        for segment, pcm in zip(self.segments, self._pcm, strict=True):
            if pcm is None or pcm.samples is None or offset < start + pcm.samples:
                begun = segment.kind == "speech" and offset > start
                return segment.reading + 1 if begun else segment.reading
            start += pcm.samples
        return self.segments[-1].reading + 1

    def change_words(self, segments: Sequence[Segment], sounds: Mapping[Segment, Pcm]) -> None:
        """Have words that were not begun yet spoken otherwise; ``sounds`` has their sound.

        Args:
            segments: the running order anew; it differs in the sound of such words alone.
            sounds: by segment.
        """
        self.segments = tuple(segments)
        self._pcm = [sounds.get(one, old) for one, old in zip(segments, self._pcm, strict=True)]

    def read(self, offset: int, count: int) -> Piece | None:
        """At most ``count`` samples from sample ``offset``, all of one segment.

        Returns:
            None when what comes next is not there yet, a piece without samples when the programme
            is over.
        """
        start = 0
        for index, (segment, pcm) in enumerate(zip(self.segments, self._pcm, strict=True)):
            if pcm is None:
                return None
            length = pcm.samples
            if length is None or offset < start + length:
                data = pcm.read(offset - start, count)
                if data is None:
                    return None
                over = length is not None and offset - start + len(data) // 2 >= length
                return Piece(data, segment.kind, over and self._reading_ends(index))
            start += length
        return Piece(b"", "gap")

    def _reading_ends(self, index: int) -> bool:
        following = self.segments[index + 1 : index + 2]
        return bool(following) and following[0].reading > self.segments[index].reading


def _made(segment: Segment, sounds: Callable[[Segment], Pcm | GrowingPcm]) -> Pcm | GrowingPcm:
    if segment.kind == "gap":
        return Silence(samples_of(segment.seconds))
    return sounds(segment)


def _words_of(segment: Segment) -> tuple[str, str, bool]:
    return (segment.text, segment.recording_sha256, segment.slower)
