"""Files that follow an emulated card: PNG, ``state.json`` and ``frame.bin`` beside it.

``frame.bin`` is the light matrix for a canvas, rewritten at most twenty times a second and only
when it changes: one colour: a bit a light, the leftmost highest, rows padded to bytes; two
colours: the red matrix, then the green; full colour: three bytes a light. Size and colours are
in ``state.json``. All files are replaced in one step, so that a reader never sees half of one.
"""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

from edge_agent.led.emulators.face import as_lights

if TYPE_CHECKING:
    from pathlib import Path

    from PIL import Image

    from edge_agent.led.emulators.card import Card

FRAME_S = 0.05
"""Least time between two frames."""
PNG_S = 0.2
"""Least time between two PNGs: they cost more than the matrix. Five times what one takes."""
STATE_S = 0.1


def packed(frame: Image.Image, colours: str) -> bytes:
    """The matrix of ``frame.bin``."""
    if colours == "mono":
        return frame.tobytes()
    if colours == "full":
        return frame.convert("RGB").tobytes()
    red, green, _ = frame.convert("RGB").split()
    planes = [plane.point(lambda level: 255 if level else 0).convert("1") for plane in (red, green)]
    return b"".join(plane.tobytes() for plane in planes)


class LiveView:
    """Writes a card's files as it changes.

    Args:
        card: The card to follow.
        png: The picture's path; the other files are written beside it.
        flash: Where the card's flash is kept, if anywhere.
    """

    def __init__(self, card: Card, png: Path | None, flash: Path | None = None) -> None:
        self._card = card
        self._png = png
        self._flash = flash
        self._shown: tuple[bytes, float] = b"", -1.0
        self._frame_due_s = self._png_due_s = self._state_due_s = 0.0
        self._png_stale = True
        self._counters: tuple[int, ...] = ()
        self._flash_text = ""

    def load_flash(self) -> None:
        """Give the card the flash it had when it was last seen. Raises: ValueError, OSError."""
        if self._flash is not None and self._flash.exists():
            self._card.load_flash_state(json.loads(self._flash.read_text(encoding="utf-8")))

    def update(self, at_s: float) -> None:
        """Write what has changed by monotonic ``at_s``."""
        if self._png is not None and at_s >= self._frame_due_s:
            self._frame_due_s = at_s + FRAME_S
            self._update_frame(self._png, at_s)
        if at_s >= self._state_due_s:
            self._state_due_s = at_s + STATE_S
            self._update_state()

    def _update_frame(self, png: Path, at_s: float) -> None:
        frame = self._card.frame(at_s)
        matrix = packed(frame, self._card.matrix.colours)
        shown = matrix, self._card.brightness()
        if shown != self._shown:
            if matrix != self._shown[0]:
                _replace(png.with_name("frame.bin"), matrix)
            self._shown = shown
            self._png_stale = True
        if self._png_stale and at_s >= self._png_due_s:
            self._png_stale = False
            picture = io.BytesIO()
            lights = as_lights(frame, self._card.brightness())
            lights.save(picture, "PNG", compress_level=1)
            _replace(png, picture.getvalue())
            spent_s = self._card.clock.monotonic_s() - at_s
            self._png_due_s = at_s + max(PNG_S, 5 * spent_s)

    def _update_state(self) -> None:
        card = self._card
        counters = (
            card.bytes_received,
            card.frames_received,
            card.changes,
            card.flash_writes,
            round(card.powered_at_s * 1000),
        )
        if counters == self._counters:
            return
        self._counters = counters
        if self._png is not None:
            text = json.dumps(card.state(), ensure_ascii=False, indent=1)
            _replace(self._png.with_name("state.json"), text.encode())
        if self._flash is not None:
            text = json.dumps(card.flash_state())
            if text != self._flash_text:
                _replace(self._flash, text.encode())
                self._flash_text = text


def _replace(path: Path, content: bytes) -> None:
    part = path.with_name(path.name + ".part")
    part.write_bytes(content)
    part.replace(path)
