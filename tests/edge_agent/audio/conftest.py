"""What the tests of the loudspeaker share: a clock that stands, real mock pins, ALSA to a file."""

from __future__ import annotations

import shutil
from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from gpiozero import Device
from gpiozero.pins.mock import MockFactory

from edge_agent.clock import CHINA, ManualClock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def clock() -> ManualClock:
    """Noon on an ordinary working day; it moves only when it is told to."""
    return ManualClock(datetime(2024, 7, 3, 12, 0, tzinfo=CHINA))


@pytest.fixture
def pins() -> Iterator[MockFactory]:
    """gpiozero's own mock pins instead of a Pi's."""
    before = Device.pin_factory
    Device.pin_factory = MockFactory()
    yield Device.pin_factory
    Device.pin_factory.reset()
    Device.pin_factory = before


@pytest.fixture
def alsa_recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where ALSA's file device ``rec`` writes, bit for bit and without pacing, what it is given.

    The capture device ``fakemic`` hears the samples in ``mic.raw`` of the same folder.
    """
    if shutil.which("aplay") is None:
        pytest.fail("aplay is missing: apt-get install alsa-utils")
    out = tmp_path / "played.raw"
    config = tmp_path / "alsa.conf"
    config.write_text(
        "</usr/share/alsa/alsa.conf>\n"
        f'pcm.rec {{ type file slave.pcm "null" file "{out}" format "raw" }}\n'
        'pcm.fakemic { type file slave.pcm "null" file "/dev/null" '
        f'infile "{tmp_path}/mic.raw" format "raw" }}\n',
        encoding="ascii",
    )
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(config))
    return out
