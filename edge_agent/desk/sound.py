"""What a loudspeaker really played, read from its recording: passages, level, a piece to hear."""

from __future__ import annotations

import io
import json
import math
import wave
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RATE_HZ, SAMPLE_BYTES, HEADER_BYTES = 48_000, 2, 44
LEVEL_SAMPLES = RATE_HZ // 10
FLOOR_DB = -60.0
QUIET_LABELS = frozenset({"", "end", "silence", "warm-up", "tail"})
LONGEST_S = 300


@dataclass(frozen=True, slots=True)
class Passage:
    """What sounded without a change of speaker: samples ``start`` to ``end`` of one stream."""

    stream: str
    label: str
    start: int
    end: int
    at: str

    def as_json(self) -> dict[str, object]:
        """For the page; ``kind`` is the last word of the label."""
        notice, _, kind = self.label.rpartition(" ")
        return {
            "stream": self.stream,
            "start": self.start,
            "end": self.end,
            "notice": notice,
            "kind": kind,
            "seconds": round((self.end - self.start) / RATE_HZ, 1),
            "at": self.at,
        }


def passages(folder: Path, last: int = 6) -> list[Passage]:
    """The newest passages that one can hear, newest first."""
    found: list[Passage] = []
    for index in sorted(folder.glob("[0-9]*.jsonl"), key=lambda p: int(p.stem), reverse=True):
        found.extend(reversed(list(_passages_of(index))))
        if len(found) >= last:
            break
    return found[:last]


def level_db(folder: Path) -> float:
    """Level of the last tenth of a second of the newest stream, in dB below full scale."""
    stream = _newest(folder)
    if stream is None:
        return FLOOR_DB
    with stream.open("rb") as file:
        size = file.seek(0, io.SEEK_END)
        whole = (size - HEADER_BYTES) // SAMPLE_BYTES
        if whole <= 0:
            return FLOOR_DB
        wanted = min(LEVEL_SAMPLES, whole)
        file.seek(HEADER_BYTES + (whole - wanted) * SAMPLE_BYTES)
        samples = array("h", file.read(wanted * SAMPLE_BYTES))
    mean_square = sum(each * each for each in samples) / max(len(samples), 1)
    if mean_square <= 0:
        return FLOOR_DB
    return max(FLOOR_DB, 10 * math.log10(mean_square / 32768.0**2))


def growth(folder: Path) -> tuple[str, int]:
    """Name and size of the newest stream: while it changes, something is being played."""
    stream = _newest(folder)
    if stream is None:
        return ("", 0)
    try:
        return (stream.stem, stream.stat().st_size)
    except OSError:
        return ("", 0)


def excerpt(folder: Path, stream: str, start: int, end: int) -> bytes | None:
    """A WAV of samples ``start`` to ``end``, at most five minutes; None when there is none."""
    path = folder / f"{stream}.wav"
    if not stream.isdecimal() or not path.is_file():
        return None
    end = min(end, start + LONGEST_S * RATE_HZ)
    with path.open("rb") as file:
        file.seek(HEADER_BYTES + start * SAMPLE_BYTES)
        samples = file.read(max(0, end - start) * SAMPLE_BYTES)
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(SAMPLE_BYTES)
        sound.setframerate(RATE_HZ)
        sound.writeframes(samples[: len(samples) // SAMPLE_BYTES * SAMPLE_BYTES])
    return out.getvalue()


def _newest(folder: Path) -> Path | None:
    return max(folder.glob("[0-9]*.wav"), key=lambda path: int(path.stem), default=None)


class _Mark(NamedTuple):
    """One line of the index: from this sample on, this is what sounds."""

    sample: int
    label: str
    at: str


def _passages_of(index: Path) -> Iterator[Passage]:
    lines = index.read_text(encoding="utf-8").splitlines()
    marks = [mark for mark in map(_mark, lines) if mark is not None]
    whole = (index.with_suffix(".wav").stat().st_size - HEADER_BYTES) // SAMPLE_BYTES
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        end = following.sample if following else whole
        heard = end - mark.sample > RATE_HZ // 5
        if heard and mark.label.rpartition(" ")[2] not in QUIET_LABELS:
            yield Passage(index.stem, mark.label, mark.sample, end, mark.at)


def _mark(line: str) -> _Mark | None:
    try:
        found = json.loads(line)
        return _Mark(int(found["sample"]), str(found["label"]), str(found["at"]))
    except (ValueError, KeyError, TypeError):
        return None
