"""What the parts would object to in the settings when they start: drivers, sound cards, hours.

``village-agent check`` asks them all beforehand, so that a technician hears of a wrong driver at
the desk and not from a dark panel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from contract.errors import SettingsError, VillageError
from edge_agent.audio.rules import air_rules, volume
from edge_agent.audio.sinks.choice import check_devices
from edge_agent.led.drivers.registry import driver

if TYPE_CHECKING:
    from collections.abc import Callable

    from edge_agent.settings import Settings


def faults(found: Settings) -> list[str]:
    """Every objection of a part; empty when all would start."""
    problems: list[str] = []
    for panel in found.panel:
        try:
            driver(panel.driver)
        except VillageError as error:
            problems.append(f"panel {panel.name}: {error}")
    asked: tuple[Callable[[], object], ...] = (
        lambda: check_devices(found.zone),
        lambda: air_rules(found.audio),
        lambda: volume(found),
    )
    for ask in asked:
        try:
            ask()
        except SettingsError as error:
            problems += error.problems
    return problems
