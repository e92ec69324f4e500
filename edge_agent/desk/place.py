"""Where the page finds a village: its panels' files, its loudspeakers' files, its screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from edge_agent.settings import Settings


@dataclass(frozen=True, slots=True)
class PanelPlace:
    """A panel; ``folder`` holds the emulated card's ``frame.bin`` and ``state.json``."""

    name: str
    folder: Path
    width_px: int
    height_px: int
    colours: str


@dataclass(frozen=True, slots=True)
class HornPlace:
    """A horn zone; ``folder`` holds ``NNNN.wav`` and ``NNNN.jsonl`` of what was played."""

    name: str
    folder: Path


@dataclass(frozen=True, slots=True)
class Place:
    """One village on the desk."""

    id: str
    village: str
    screen: str
    panels: tuple[PanelPlace, ...]
    horns: tuple[HornPlace, ...]


def place_of(settings: Settings, folder: Path) -> Place:
    """The place of a village whose desk folder is ``folder``.

    Emulated cards live in ``card/<panel>``; a zone with ``sink = "file"`` records into its
    folder inside the audio part's.
    """
    panels = tuple(
        PanelPlace(p.name, folder / "card" / p.name, p.width_px, p.height_px, p.colours)
        for p in settings.panel
    )
    horns = tuple(
        HornPlace(
            zone.name,
            settings.state / "audio" / (zone.name if zone.device == "default" else zone.device),
        )
        for zone in settings.zone
        if zone.sink == "file"
    )
    screen = f"http://127.0.0.1:{settings.kiosk.port}"
    return Place(settings.box.id, settings.box.village, screen, panels, horns)
