"""The chime and the siren, made once per box and kept as files.

Making the chime takes a small computer some seconds, so it is done in a thread on the first
start; an emergency needs only the siren, which is there at once.
"""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from edge_agent.audio import sounds
from edge_agent.audio.pcm import Clip, samples_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from edge_agent.audio.programme import Segment


class Jingles:
    """Sounds of the loudspeaker itself, from ``folder`` or made into it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        recipe = hashlib.sha256(Path(sounds.__file__).read_bytes()).hexdigest()[:16]
        self._chime_path = folder / f"chime-{recipe}.pcm"
        self.siren = Clip(_kept(folder / f"siren-{recipe}.pcm", sounds.siren))
        self._thread = threading.Thread(target=self._make_chime, name="chime", daemon=True)
        self._thread.start()

    def of(self, segment: Segment) -> Clip:
        """The chime, or as much siren as the segment asks for."""
        if segment.kind == "chime":
            self._thread.join()
            return Clip(self._chime_path.read_bytes())
        return Clip(self.siren.read(0, self.siren.samples), samples_of(segment.seconds))

    def _make_chime(self) -> None:
        _kept(self._chime_path, sounds.chime)


def _kept(path: Path, make: Callable[[], bytes]) -> bytes:
    """The bytes of a sound, made and written whole when they are not there."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        data = make()
        part = path.with_suffix(".part")
        part.write_bytes(data)
        part.replace(path)
        return data
