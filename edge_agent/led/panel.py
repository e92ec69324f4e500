"""What a panel is: the words between layout, drawing and drivers.

Data goes one way: a notice is *laid out* into a `Screen` of areas and pages; a page is text
runs on a pixel grid (`Run`) or a finished bitmap; `draw` turns a page into a 1-bit or colour
image; a driver turns a screen into bytes on the line. A driver whose card knows Chinese may
send the runs as text codes; every other driver sends the drawn image. Both must look the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

from contract.errors import VillageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from PIL import Image

ColourModel = Literal["mono", "dual", "full"]
Colour = Literal["red", "green", "yellow"]
Effect = Literal["static", "snap", "left", "up"]


@dataclass(frozen=True, slots=True)
class PanelSpec:
    """What the panel can show: size in pixels, colours, and the sizes of type its card knows."""

    width_px: int
    height_px: int
    colours: ColourModel = "mono"
    text_sizes_px: tuple[int, ...] = ()
    """Type sizes the card draws itself from GB2312/GBK codes; empty for bitmap-only cards."""


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of text at a pixel position inside its area; full width = size, half = size/2."""

    x_px: int
    y_px: int
    text: str
    size_px: int = 16
    colour: Colour = "red"
    inverted: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """One page of an area: runs, or a finished picture; how long it stays and how it enters."""

    runs: tuple[Run, ...] = ()
    picture: Image.Image | None = None
    stay_s: float = 5.0
    effect: Effect = "snap"
    speed_px_per_s: float = 40.0
    framed: bool = False
    inverted: bool = False
    source: str = ""
    """The notice (``id@revision``) this page shows, for the receipt; empty for the fixed strip."""


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of the panel that pages through its pages in a loop, independent of others."""

    x_px: int
    y_px: int
    width_px: int
    height_px: int
    pages: tuple[Page, ...]
    clock_format: str = ""
    """Not empty: the card's own clock is drawn here (``%H:%M``) and costs no traffic."""
    clock_colour: Colour = "red"


@dataclass(frozen=True, slots=True)
class Screen:
    """All that the panel shows at one time.

    ``standing`` content is kept by the card through a power cut (flash, written only when its
    hash changes); other content lives in the card's RAM. ``lifetime_s`` is enforced by the card
    itself, so that a dead box cannot leave a stale alarm up.
    """

    areas: tuple[Area, ...]
    standing: bool = False
    lifetime_s: int | None = None
    priority: int = 0
    """0 ordinary, 100 emergency: an emergency covers everything else until it is cleared."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What `Panel.show` did on the wire: bytes written, 0 when nothing had changed."""

    bytes_sent: int
    frames: int
    areas_sent: int
    flash_writes: int = 0
    first_byte_at_s: float | None = None
    """Monotonic time of the first byte written, for latency measurements."""
    unshown: tuple[str, ...] = field(default=())
    """Characters that could be shown neither as codes nor as pixels: reported, never blank."""


class Panel(Protocol):
    """A panel behind a controller card. Errors: `PanelSilent`, `PanelRefused`, `LineLost`."""

    @property
    def spec(self) -> PanelSpec:
        """Size and abilities."""
        ...

    def show(self, screen: Screen, *, urgent: Callable[[], Screen | None] | None = None) -> Sent:
        """Bring the panel to ``screen``, sending only what changed.

        ``urgent`` is asked between frames: if it returns a screen, that one is shown first
        and the long write goes on afterwards.
        """
        ...

    def keep_up(self, *, urgent: Callable[[], bool] | None = None) -> float | None:
        """Do what the card cannot do alone: turn picture pages, stream frames, look after it.

        Call it between shows, at the latest after the seconds it returned; ``None`` means that
        the card needs nothing until the next `show`. When ``urgent`` says so it stops at once.
        """
        ...

    def set_brightness(self, levels: Sequence[int]) -> None:
        """48 half-hour levels from 00:00, each 0 (dark) to 15 (full)."""
        ...

    def set_clock(self, now: datetime) -> None:
        """Set the card's own clock (local time)."""
        ...

    def close(self) -> None:
        """Release the line; the card goes on showing. Safe to call twice."""
        ...


class PanelError(VillageError):
    """A panel did not do what was asked; the base of all panel errors."""


class PanelSilent(PanelError, TimeoutError):
    """No answer within the card's time-out: wrong baud rate, wrong address, or unplugged."""


class PanelRefused(PanelError, ValueError):
    """The card answered NACK; ``code`` is its error number."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


class BadFrame(PanelError, ValueError):
    """Bytes that are not a whole, sound frame of the protocol; the message says what is wrong."""


class LineLost(PanelError, OSError):
    """The serial device vanished; close it at once and wait for it to come back."""
