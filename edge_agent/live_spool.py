"""Live speech inside a box: link writes what it verified, the loudspeaker reads as it grows.

In ``run/live``, which lies in memory and is empty after a boot: live speech is never kept on a
box's card by link and never taken up again after a power cut. Three files a talk: ``ID.json``
who speaks to whom, ``ID.sound`` the samples, ``ID.state`` how far it has got. Samples are µ-law
bytes, inverted, so that a hole left by something lost reads as silence.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass, replace
from datetime import datetime  # noqa: TC003 - the codec resolves hints at run time
from typing import TYPE_CHECKING

from contract import codec
from contract.errors import ContractError
from contract.notice import IssuingLevel  # noqa: TC001 - the codec resolves hints at run time

if TYPE_CHECKING:
    from pathlib import Path

_INVERTED = bytes(255 - value for value in range(256))


@dataclass(frozen=True, slots=True)
class Talk:
    """Who speaks to whom. ``areas`` come from the hub; ``zones`` from the box's own microphone."""

    id: str
    level: IssuingLevel
    speaker: str
    opened_at: datetime
    ends_at: datetime
    areas: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    public_b64: str = ""
    """The key of its frames; empty for the box's own microphone."""


@dataclass(frozen=True, slots=True)
class TalkState:
    """How far a talk has got, in samples of 16 kHz. It begins at ``first`` for who came late."""

    first: int = 0
    end: int = 0
    number: int = -1
    """Of the frame taken last; also grows with every sign of life."""
    over: bool = False
    fault: str = ""
    """Why it is over, if not as the speaker wished."""


class LiveSpool:
    """The folder ``run/live``. One program writes a talk; any may read it."""

    def __init__(self, run: Path) -> None:
        self._folder = run / "live"
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def talks(self) -> tuple[Talk, ...]:
        """Every talk that is here, the oldest first."""
        found = []
        for path in self._folder.glob("live-*.json"):
            with contextlib.suppress(OSError, ValueError, ContractError):
                found.append(codec.decode(Talk, json.loads(path.read_text(encoding="utf-8"))))
        return tuple(sorted(found, key=lambda talk: talk.opened_at))

    def begin(self, talk: Talk) -> None:
        """Make room for a talk; one that is here already is left as it is."""
        if not self._path(talk.id, "json").exists():
            self._path(talk.id, "sound").write_bytes(b"")
            body = json.dumps(codec.encode(talk), ensure_ascii=False)
            _write_whole(self._path(talk.id, "json"), body)

    def state(self, talk_id: str) -> TalkState | None:
        """How far it has got; None before its first frame, or when it is gone."""
        try:
            text = self._path(talk_id, "state").read_text(encoding="ascii")
            return codec.decode(TalkState, json.loads(text))
        except (OSError, ValueError):
            return None

    def take(  # noqa: PLR0913 - a frame has that many facts
        self,
        talk_id: str,
        number: int,
        first: int,
        sound: bytes,
        *,
        over: bool = False,
        fault: str = "",
    ) -> bool:
        """Add sound, or a sign of life without sound; False for what is old or overlaps."""
        state = self.state(talk_id)
        if state is None:
            state = TalkState(first, first)
        if number <= state.number or state.over or first < state.end:
            return False
        if sound:
            with self._path(talk_id, "sound").open("r+b") as file:
                file.seek(first - state.first)
                file.write(sound.translate(_INVERTED))
        end = first + len(sound) if sound else state.end
        state = replace(state, end=end, number=number, over=over, fault=fault)
        _write_whole(self._path(talk_id, "state"), json.dumps(codec.encode(state)))
        return True

    def read(self, talk_id: str, start: int, count: int) -> bytes:
        """At most ``count`` µ-law samples from ``start`` on, counted from the talk's first."""
        try:
            with self._path(talk_id, "sound").open("rb") as file:
                file.seek(start)
                return file.read(count).translate(_INVERTED)
        except OSError:
            return b""

    def remove(self, talk_id: str) -> None:
        """Erase a talk."""
        for ending in ("json", "state", "sound"):
            self._path(talk_id, ending).unlink(missing_ok=True)

    def _path(self, talk_id: str, ending: str) -> Path:
        return self._folder / f"{talk_id}.{ending}"


def _write_whole(path: Path, text: str) -> None:
    """A reader sees the old file or the new one, never half of one; memory needs no fsync."""
    part = path.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
