"""Panel drivers by name: entry points of the group ``village_notice.panels``.

Each names a `Driver` object. `docs/add-a-panel-driver.md` shows how to add one from outside.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Protocol, cast

from edge_agent.led.line import SerialLine
from edge_agent.led.panel import ColourModel, Panel, PanelError, PanelRefused, PanelSpec

if TYPE_CHECKING:
    from collections.abc import Callable

    from edge_agent.clock import Clock
    from edge_agent.led.emulators.card import Card, Matrix
    from edge_agent.led.emulators.faults import Faults
    from edge_agent.led.line import Line

LEAST_PX, LARGEST_PX = (16, 8), (1024, 512)
"""Width and height of the smallest panel that can show a character, and of the largest."""
GROUP = "village_notice.panels"
OURS = {
    name: f"edge_agent.led.drivers.{name.replace('-', '_')}"
    for name in ("adalight", "alpha", "cpower", "jetfile2", "onbon-6", "onbon-k", "tpm2")
}
"""The drivers of this project, found without reading the metadata of every installed package."""


class UnknownDriver(PanelError, LookupError):
    """No driver of that name is installed; the message lists those that are."""


class MakePanel(Protocol):
    """Makes a panel on a line; nothing is sent before the first call."""

    def __call__(
        self, line: Line, spec: PanelSpec, *, clock: Clock, address: int | None = None
    ) -> Panel:
        """The panel; ``address`` is the card's number where a line has several."""
        ...


@dataclass(frozen=True, slots=True)
class Driver:
    """One protocol: how to make its panel, its emulated card, and words of its frames."""

    name: str
    title: str
    panel: MakePanel
    decode: Callable[[bytes], dict[str, Any]]
    """One whole frame as plain data; raises `BadFrame`."""
    emulator: str
    """``module:Class`` of the card, made as ``Class(matrix, clock, faults)``; loaded on need."""
    baud: int = 9600
    parity: str = "N"
    colours: tuple[ColourModel, ...] = ("mono",)
    text_sizes_px: tuple[int, ...] = ()
    """Type sizes that the card draws itself."""
    answers: bool = True
    """Whether the card says what it did with a frame."""
    expires: bool = False
    """Whether the card itself takes an alarm down when the box is dead; else the box must."""
    dims: bool = True
    """Whether its brightness can be set; every panel can be made dark."""
    senses_light: bool = False
    """Whether the card can follow a light sensor of its own."""
    most_px: tuple[int, int] = (1024, 512)
    """Largest panel: width and height."""

    def card(self, matrix: Matrix, clock: Clock, faults: Faults | None = None) -> Card:
        """The emulated card."""
        module, _, name = self.emulator.partition(":")
        return cast("Card", getattr(import_module(module), name)(matrix, clock, faults))

    def spec(self, width_px: int, height_px: int, colours: ColourModel = "mono") -> PanelSpec:
        """What a panel of this size can show behind this card. Raises: PanelRefused for no size."""
        if not all(map(_is_within, (width_px, height_px), LEAST_PX, LARGEST_PX)):
            size = f"{width_px}x{height_px}"
            raise PanelRefused(
                f"显示屏不可能是{size}点 / no panel has {size} pixels: give 16x8 to 1024x512",
                code=0,
            )
        return PanelSpec(width_px, height_px, colours, self.text_sizes_px)


def _is_within(value: int, least: int, most: int) -> bool:
    return least <= value <= most


@cache
def _entry_points() -> dict[str, Any]:
    entry_points = import_module("importlib.metadata").entry_points
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def names() -> list[str]:
    """The installed drivers, in order."""
    return sorted({*OURS, *_entry_points()})


def driver(name: str) -> Driver:
    """The driver of that name. Raises: UnknownDriver.

    Our own are found by their module: reading all entry points would cost every start 2 MB.
    """
    own = f"{__package__}.{name.replace('-', '_')}"
    if name.replace("-", "").isalnum() and find_spec(own) is not None:
        found = getattr(import_module(own), "DRIVER", None)
        if isinstance(found, Driver) and found.name == name:
            return found
    if name in OURS:
        return cast("Driver", import_module(OURS[name]).DRIVER)
    entry = _entry_points().get(name)
    if entry is None:
        raise UnknownDriver(
            f"没有名为 {name!r} 的显示屏驱动 / no panel driver {name!r}: use one of "
            + ", ".join(names())
        )
    return cast("Driver", entry.load())


@dataclass(frozen=True, slots=True)
class Place:
    """Where a panel is: a pyserial URL, its baud rate, the card's number on the line.

    Left out, the rate is the driver's own and the number the one that every card answers to.
    """

    url: str
    baud: int | None = None
    address: int | None = None


def open_panel(name: str, place: Place, spec: PanelSpec, *, clock: Clock) -> Panel:
    """A panel by driver name; the line opens with the first call. Raises: UnknownDriver."""
    found = driver(name)
    baud = place.baud or found.baud
    line = SerialLine(place.url, baud, clock=clock, parity=found.parity)
    return found.panel(line, spec, clock=clock, address=place.address)
