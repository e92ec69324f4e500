"""What an emulated K card holds: dynamic areas and the picture area in RAM, files in flash."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from edge_agent.led.drivers.onbon_k.area import LOOP_UNTIL_TIMEOUT
from edge_agent.led.drivers.onbon_k.own_font import read_font
from edge_agent.led.drivers.onbon_k.program import unpack_program

if TYPE_CHECKING:
    from edge_agent.led.drivers.onbon_k.area import TextArea
    from edge_agent.led.drivers.onbon_k.own_font import CardFont
    from edge_agent.led.emulators.onbon_k_text import Reel

FLASH_BYTES = 512 * 1024
"""The smallest flash the maker builds in."""
REFRESH_S = 1.0
"""A dynamic area changes on the panel at most once in so long."""


@dataclass(slots=True)
class Dynamic:
    """One dynamic area in RAM."""

    area: TextArea
    reel: Reel
    display_mode: int
    stored_at_s: float
    visible_from_s: float
    before: Reel | None = None
    """What is still on the panel until ``visible_from_s``."""

    def expired(self, at_s: float) -> bool:
        """Whether its time is over."""
        timed = self.area.run_mode == LOOP_UNTIL_TIMEOUT
        return timed and at_s >= self.stored_at_s + self.area.timeout_s


@dataclass(slots=True)
class Special:
    """The special area: pixels, or pages of text, in RAM."""

    x_px: int
    y_px: int
    width_px: int
    height_px: int
    dots: bool
    pages: int
    run_mode: int
    timeout_s: int
    stay_half_s: int
    touched_at_s: float
    pixels: bytearray = field(default_factory=bytearray)
    shown: bytes = b""
    texts: dict[int, bytes] = field(default_factory=dict)

    def expired(self, at_s: float) -> bool:
        """Whether its time is over."""
        return self.run_mode == LOOP_UNTIL_TIMEOUT and at_s >= self.touched_at_s + self.timeout_s

    def overlaps(self, area: TextArea) -> bool:
        """Whether it shares a pixel with a text area."""
        return (
            self.x_px < area.x_px + area.width_px
            and area.x_px < self.x_px + self.width_px
            and self.y_px < area.y_px + area.height_px
            and area.y_px < self.y_px + self.height_px
        )


@dataclass(slots=True)
class Flash:
    """Files and settings that survive a power cut."""

    files: dict[bytes, bytes] = field(default_factory=dict)
    fonts: bool = True
    screen_id: int = 1
    levels: list[int] = field(default_factory=lambda: [15] * 48)
    forced_level: int | None = None
    timers: list[list[int]] = field(default_factory=list)
    """On and off, each in minutes from midnight."""
    locked: bytes = b""
    clock_offset_s: float = 0.0
    """How far the card's own clock is from the box's; it has a battery."""

    def programs(self) -> list[bytes]:
        """The names of the programs, in order."""
        return sorted(name for name in self.files if name.startswith(b"P"))

    def program_areas(self) -> list[TextArea]:
        """The areas of all programs."""
        return [area for name in self.programs() for area in unpack_program(self.files[name]).areas]

    def own_fonts(self) -> list[CardFont]:
        """Fonts that were written beside those it came with."""
        return [read_font(file) for name, file in self.files.items() if name[:1] in (b"E", b"K")]

    def free_bytes(self) -> int:
        """Room for more files."""
        return FLASH_BYTES - sum(len(file) for file in self.files.values())

    def as_json(self) -> dict[str, Any]:
        """For a JSON file."""
        return {
            "files": {
                name.decode("latin-1"): base64.b64encode(file).decode("ascii")
                for name, file in self.files.items()
            },
            "fonts": self.fonts,
            "screen_id": self.screen_id,
            "levels": self.levels,
            "forced_level": self.forced_level,
            "timers": self.timers,
            "locked": self.locked.decode("latin-1"),
            "clock_offset_s": self.clock_offset_s,
        }

    @classmethod
    def from_json(cls, state: dict[str, Any]) -> Flash:
        """Back from a JSON file."""
        files = {
            name.encode("latin-1"): base64.b64decode(file) for name, file in state["files"].items()
        }
        rest = {key: value for key, value in state.items() if key not in ("files", "locked")}
        return cls(files=files, locked=state["locked"].encode("latin-1"), **rest)
