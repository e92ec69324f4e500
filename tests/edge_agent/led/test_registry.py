"""Drivers are found by name: ours and those of other packages."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge_agent.clock import ManualClock
from edge_agent.led.drivers import registry
from edge_agent.led.panel import LineLost, PanelRefused, PanelSpec, Screen

ROOT = Path(__file__).parents[3]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 7, 3, tzinfo=UTC))


def test_our_drivers_are_declared_as_entry_points_too() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    entries = declared["project"]["entry-points"][registry.GROUP]
    assert entries == {name: f"{module}:DRIVER" for name, module in registry.OURS.items()}


@pytest.mark.parametrize("name", registry.names())
def test_every_driver_says_what_it_is(name: str) -> None:
    driver = registry.driver(name)
    assert driver.name == name
    assert driver.title
    assert driver.baud in (9600, 19200, 57600, 115200)


def test_an_unknown_driver_is_refused_with_the_known_names() -> None:
    with pytest.raises(registry.UnknownDriver, match="onbon-k"):
        registry.driver("no-such")


def test_a_panel_opens_its_line_only_when_it_is_used(tmp_path: Path, clock: ManualClock) -> None:
    place = registry.Place(str(tmp_path / "absent"))
    panel = registry.open_panel("onbon-k", place, PanelSpec(128, 32), clock=clock)
    assert panel.spec.text_sizes_px == (16, 24, 32)
    with pytest.raises(LineLost):
        panel.show(Screen(()))
    panel.close()


@pytest.mark.parametrize(("name", "size"), [("alpha", (256, 16)), ("tpm2", (512, 128))])
def test_a_panel_too_large_for_its_protocol_is_refused_at_once(
    name: str, size: tuple[int, int], clock: ManualClock
) -> None:
    with pytest.raises(PanelRefused, match=r"check|another"):
        registry.open_panel(name, registry.Place("loop://"), PanelSpec(*size), clock=clock)
