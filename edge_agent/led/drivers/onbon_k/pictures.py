"""The one area of a 5K2 or 5MK card that takes pixels (section 8.3).

The card shows one picture in it; pages are turned by sending the next one. Pixels are rows from
the top, eight to a byte, the highest bit left, set is dark; with two colours the red and green
bytes alternate, as the maker's example picture shows.
"""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING

from PIL import Image, ImageChops

from edge_agent.led.drivers.onbon_k import command
from edge_agent.led.drivers.picture import Wall
from edge_agent.led.panel import PanelRefused

if TYPE_CHECKING:
    from datetime import datetime

    from edge_agent.led.drivers.onbon_k.link import CardLink
    from edge_agent.led.drivers.onbon_k.plan import PictureZone
    from edge_agent.led.panel import PanelSpec

MEMORY_BYTES = 16384
_BLOCK_HEAD_BYTES = 8
_FRAME_BYTES = 120
"""What a block's frame and its answer weigh on top of the pixels, escapes and pauses too."""
_ERR_UNKNOWN = 2
_REMOVAL_S = 1


def pixels_of(image: Image.Image, *, colours: bool) -> bytes:
    """The card's bytes for an image whose width is a multiple of eight."""
    if not colours:
        return ImageChops.invert(image.convert("L")).convert("1").tobytes()
    red, green, _ = image.convert("RGB").split()
    planes = [_dark_bits(plane) for plane in (red, green)]
    return bytes(byte for pair in zip(*planes, strict=True) for byte in pair)


def image_of(pixels: bytes, width_px: int, height_px: int, *, colours: bool) -> Image.Image:
    """The image behind the card's bytes; missing bytes are dark."""
    size = width_px, height_px
    row_bytes = width_px // 8 * (2 if colours else 1)
    pixels = pixels.ljust(row_bytes * height_px, b"\xff")[: row_bytes * height_px]
    if not colours:
        return ImageChops.invert(Image.frombytes("1", size, pixels).convert("L")).convert("1")
    planes = [
        ImageChops.invert(Image.frombytes("1", size, pixels[offset::2]).convert("L"))
        for offset in (0, 1)
    ]
    return Image.merge("RGB", (*planes, Image.new("L", size)))


class PictureArea:
    """What is in the area now, and how to change it."""

    def __init__(self, link: CardLink, frame_bytes: int, spec: PanelSpec) -> None:
        self._link = link
        self._block_bytes = frame_bytes - _BLOCK_HEAD_BYTES
        self._spec = spec
        self._zone: PictureZone | None = None
        self._wall: Wall | None = None
        self._since_s = 0.0
        self._digest = b""
        self._deadline_s: float | None = None
        self._left_over = False

    @property
    def shown(self) -> bool:
        """Whether the card holds a picture, ours or one of an earlier run."""
        return self._zone is not None or self._left_over

    @property
    def zone(self) -> PictureZone | None:
        """What we have put there."""
        return self._zone

    def recognise(self, *, there: bool) -> None:
        """At start: whether an earlier run left a picture."""
        self._left_over = there

    def forget(self) -> None:
        """The card has lost it."""
        self._left_over = False
        self._zone, self._wall, self._digest, self._deadline_s = None, None, b"", None

    def drop_expired(self, at_s: float) -> None:
        """The card took it down by itself when its time was over."""
        if self._deadline_s is not None and self._deadline_s <= at_s:
            self.forget()

    def show(self, zone: PictureZone, timeout_s: int, at_s: float, now: datetime) -> bool:
        """Show a zone from its first page; False when it is there already."""
        if zone != self._zone:
            self._doubt()
            sending_s = self._sending_s(zone)
            if sending_s > timeout_s / 2:  # the time-out runs while the pixels are on their way
                timeout_s += math.ceil(sending_s) if timeout_s else 0
                at_s += sending_s
            self._link.ask(
                command.special_pixel_area(
                    zone.x_px, zone.y_px, zone.width_px, zone.height_px, timeout_s=timeout_s
                )
            )
            self.forget()
            self._zone, self._since_s = zone, at_s
            self._deadline_s = at_s + timeout_s if timeout_s else None
            self._wall = Wall(
                zone.areas,
                self._spec,
                origin_px=(zone.x_px, zone.y_px),
                size_px=(zone.width_px, zone.height_px),
            )
        return self.turn(at_s, now)

    def _sending_s(self, zone: PictureZone) -> float:
        """How long its pixels take on this line."""
        planes = 1 if self._spec.colours == "mono" else 2
        count = zone.width_px // 8 * zone.height_px * planes
        frames = -(-count // self._block_bytes)
        return (count + frames * _FRAME_BYTES) * 10 / self._link.exchange.line.baud

    def turn(self, at_s: float, now: datetime) -> bool:
        """Send the picture that is due at ``at_s``, when it is not there already."""
        if self._wall is None or self._zone is None:
            return False
        image = self._wall.image(max(0.0, at_s - self._since_s), now)
        pixels = pixels_of(image, colours=self._spec.colours != "mono")
        digest = hashlib.sha256(pixels).digest()
        if digest == self._digest:
            return False
        self._digest = b""
        for offset in range(0, len(pixels), self._block_bytes):
            block = pixels[offset : offset + self._block_bytes]
            last = offset + len(block) == len(pixels)
            self._link.ask(command.special_pixels(offset, block, last=last))
        self._digest = digest
        return True

    def next_turn_s(self, at_s: float, now: datetime) -> float | None:
        """Seconds until another picture is due."""
        if self._wall is None or self._zone is None:
            return None
        return self._wall.next_turn_s(max(0.0, at_s - self._since_s), now)

    def remove(self, *, wait: bool = False) -> None:
        """Take the area away; a card that cannot is told to let it run out, ``wait`` for it."""
        zone = self._zone
        self._doubt()
        try:
            self._link.ask(command.delete_special_area())
        except PanelRefused as refused:
            if refused.code != _ERR_UNKNOWN:
                raise
            place = (zone.x_px, zone.y_px, zone.width_px, zone.height_px) if zone else (0, 0, 8, 1)
            self._link.ask(command.special_pixel_area(*place, timeout_s=_REMOVAL_S))
            if wait:
                self._link.exchange.pause(_REMOVAL_S + 0.1)
        self.forget()

    def _doubt(self) -> None:
        """Until the card has answered, something may be there."""
        self.forget()
        self._left_over = True


def _dark_bits(plane: Image.Image) -> bytes:
    return plane.point(lambda level: 0 if level >= 128 else 255).convert("1").tobytes()
