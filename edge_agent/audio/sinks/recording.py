"""A sound card that is a file: takes sound in real time and keeps exactly what it was given.

For desks and tests. Each stream becomes ``NNNN.wav`` (48 kHz, 16 bit, mono) with ``NNNN.jsonl``
beside it, one line wherever the speaker changes::

    {"sample": 96000, "label": "N004@1 speech", "monotonic_s": 12.5, "at": "2024-07-14T03:12:02…"}

``monotonic_s`` is when that sample was handed over. The last line has the label ``end``. The
header of the WAV is brought up to date at every line and every second, so that it can be read
while it grows and after a power cut.
"""

from __future__ import annotations

import io
import json
import wave
from typing import IO, TYPE_CHECKING

from edge_agent.audio.pcm import RATE_HZ, SAMPLE_BYTES
from edge_agent.audio.sinks.sink import SinkLostError

if TYPE_CHECKING:
    from pathlib import Path

    from edge_agent.audio.sinks.pacing import Pacer
    from edge_agent.clock import Clock

_KEEP_BYTES = 200_000_000
_HEADER_EVERY = RATE_HZ


class RecordingSink:
    """Behaves like a sound card with an 80 ms buffer, and remembers all it played.

    Args:
        folder: where the streams are kept; the oldest go when there is more than 200 MB.
        clock: the time it plays in.
        pacer: its buffer.
    """

    def __init__(self, folder: Path, clock: Clock, pacer: Pacer) -> None:
        self.name = f"file:{folder.name}"
        self._folder = folder
        self._clock = clock
        self._pacer = pacer
        self._sound: IO[bytes] | None = None
        self._index: IO[str] | None = None
        self._samples = 0
        self._label = ""
        self.lead_s = 0.08

    def open(self) -> None:
        """Begin a new stream.

        Raises:
            SinkLostError: the folder cannot be written.
        """
        if self._sound is not None:
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            number = self._make_room() + 1
            self._sound = (self._folder / f"{number:04}.wav").open("wb")
            self._index = (self._folder / f"{number:04}.jsonl").open("w", encoding="utf-8")
            self._sound.write(_header(0))
        except OSError as error:
            raise SinkLostError(f"{self.name}: {error}") from error
        self._samples, self._label = 0, ""

    def write(self, block: bytes, label: str) -> None:
        """Take samples at the pace at which they would be heard."""
        if self._sound is None:
            raise SinkLostError(f"{self.name}: not open")
        if label != self._label:
            self._note(label)
        try:
            self._sound.write(block)
            before, self._samples = self._samples, self._samples + len(block) // SAMPLE_BYTES
            if before // _HEADER_EVERY != self._samples // _HEADER_EVERY:
                self._bring_up_to_date()
        except OSError as error:
            raise SinkLostError(f"{self.name}: {error}") from error
        self._pacer.take(len(block) // SAMPLE_BYTES)

    def close(self) -> None:
        """End the stream and its file."""
        if self._sound is None or self._index is None:
            return
        self._pacer.drain()
        self._note("end")
        self._sound.close()
        self._index.close()
        self._sound = self._index = None

    def _note(self, label: str) -> None:
        if self._index is None:
            return
        self._bring_up_to_date()
        self._label = label
        line = {
            "sample": self._samples,
            "label": label,
            "monotonic_s": round(self._clock.monotonic_s(), 4),
            "at": self._clock.read().now.isoformat(timespec="milliseconds"),
        }
        self._index.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._index.flush()

    def _bring_up_to_date(self) -> None:
        if self._sound is not None:
            self._sound.seek(0)
            self._sound.write(_header(self._samples))
            self._sound.seek(0, io.SEEK_END)
            self._sound.flush()

    def _make_room(self) -> int:
        """Drop the oldest streams; the number of the newest one."""
        streams = sorted(self._folder.glob("[0-9]*.wav"), key=lambda path: int(path.stem))
        newest = int(streams[-1].stem) if streams else 0
        spent = sum(path.stat().st_size for path in streams)
        while streams and spent > _KEEP_BYTES:
            oldest = streams.pop(0)
            spent -= oldest.stat().st_size
            oldest.unlink()
            oldest.with_suffix(".jsonl").unlink(missing_ok=True)
        return newest


def _header(samples: int) -> bytes:
    """The 44 bytes before the samples of a WAV file."""
    memory = io.BytesIO()
    with wave.open(memory, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(SAMPLE_BYTES)
        out.setframerate(RATE_HZ)
        out.setnframes(samples)
        out.writeframesraw(b"")
    header = bytearray(memory.getvalue())
    header[4:8] = (36 + samples * SAMPLE_BYTES).to_bytes(4, "little")
    header[40:44] = (samples * SAMPLE_BYTES).to_bytes(4, "little")
    return bytes(header)
