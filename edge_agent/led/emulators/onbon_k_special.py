"""What an emulated 5K2 or 5MK card does with its special area: pages of text, or pixels."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from edge_agent.led.drivers.onbon_k import frame as wire
from edge_agent.led.emulators.onbon_k_memory import Special
from edge_agent.led.emulators.onbon_k_refusal import ACK, Refusal

if TYPE_CHECKING:
    from edge_agent.led.emulators.onbon_k import OnbonKCard

_PICTURE_MODELS = (0x53, 0x54, 0x58, 0x62, 0x63, 0x65, 0x66, 0x68)
_MK_MODELS = (0x53, 0x54, 0x62)
_SPECIAL_BYTES = 16384


def special_area(card: OnbonKCard, frame: wire.Frame) -> bytes:
    """Set the area up."""
    _needs_pictures(card)
    x, y, width, height, kind, pages, run_mode, timeout_s, _, _, _, stay = struct.unpack_from(
        "<HHHHBBBHBBBH", frame.data, 5
    )
    special = Special(
        x * 8, y, width * 8, height, kind == 1, pages, run_mode, timeout_s, stay,
        touched_at_s=card.clock.monotonic_s(),
    )  # fmt: skip
    others = [held.area for held in card.dynamic.values() if held.display_mode == 0]
    others += card.flash.program_areas()
    if any(special.overlaps(area) for area in others):
        raise Refusal(wire.ERR_MEMORY)
    if special.x_px + special.width_px > card.matrix.width_px + 7:
        raise Refusal(wire.ERR_MEMORY)
    card.special = special
    card.cleared = False
    card.changes += 1
    return ACK


def special_page(card: OnbonKCard, frame: wire.Frame) -> bytes:
    """Take a page of text."""
    special = _existing_special(card, dots=False)
    number, length = struct.unpack_from("<BH", frame.data, 5)
    if length > min(1024, _SPECIAL_BYTES // max(1, special.pages)) or number >= special.pages:
        raise Refusal(wire.ERR_MEMORY)
    special.texts[number] = frame.data[8 : 8 + length]
    special.touched_at_s = card.clock.monotonic_s()
    card.changes += 1
    return ACK


def delete_special_page(card: OnbonKCard, frame: wire.Frame) -> bytes:
    """Delete a page of text."""
    _existing_special(card, dots=False).texts.pop(frame.data[5], None)
    card.changes += 1
    return ACK


def special_pixels(card: OnbonKCard, frame: wire.Frame) -> bytes:
    """Take a piece of the pixels; the last one makes them visible."""
    special = _existing_special(card, dots=True)
    last, offset = struct.unpack_from("<BH", frame.data, 5)
    block = frame.data[8:]
    if offset == 0:
        special.pixels.clear()
    if offset != len(special.pixels):
        raise Refusal(wire.ERR_BLOCK)
    if offset + len(block) > _SPECIAL_BYTES:
        raise Refusal(wire.ERR_MEMORY)
    special.pixels += block
    if last:
        special.shown = bytes(special.pixels)
        special.touched_at_s = card.clock.monotonic_s()
        card.changes += 1
    return ACK


def delete_special(card: OnbonKCard, _frame: wire.Frame) -> bytes:
    """Remove the area; only an MK card can."""
    if card.model not in _MK_MODELS:
        raise Refusal(wire.ERR_NO_COMMAND)
    card.special = None
    card.changes += 1
    return ACK


def _existing_special(card: OnbonKCard, *, dots: bool) -> Special:
    _needs_pictures(card)
    if card.special is None or card.special.dots != dots:
        raise Refusal(wire.ERR_FILE_TYPE)
    return card.special


def _needs_pictures(card: OnbonKCard) -> None:
    if card.model not in _PICTURE_MODELS:
        raise Refusal(wire.ERR_NO_COMMAND)
