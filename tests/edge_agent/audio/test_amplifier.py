"""The relays, on gpiozero's own mock pins."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from edge_agent.audio.amplifier import REST_S, Amplifier, RelayLog
from edge_agent.settings import ZoneSettings

if TYPE_CHECKING:
    from pathlib import Path

    from gpiozero.pins.mock import MockFactory

    from edge_agent.clock import ManualClock

NORTH = ZoneSettings("北", relay_pin=17, warm_up_s=1.5, minimum_hold_s=5.0, maximum_on_s=600.0)
SOUTH = ZoneSettings("南", relay_pin=27, relay_active_high=False)
BARE = ZoneSettings("村委会")


@pytest.fixture
def amplifier(pins: MockFactory, clock: ManualClock, tmp_path: Path) -> Amplifier:
    del pins
    return Amplifier((NORTH, SOUTH, BARE), clock, RelayLog(tmp_path, clock))


def edges(folder: Path) -> list[tuple[float, str, bool]]:
    lines = (folder / "relay-edges.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return [(row["monotonic_s"], row["zone"], row["on"]) for row in rows]


def test_every_relay_is_off_at_start_whichever_way_it_is_wired(
    amplifier: Amplifier, pins: MockFactory
) -> None:
    assert amplifier.on == frozenset()
    assert pins.pin(17).state == 0
    assert pins.pin(27).state == 1, "an active-low relay is off when its pin is high"


def test_a_relay_closes_and_says_how_long_its_amplifier_warms_up(
    amplifier: Amplifier, pins: MockFactory, clock: ManualClock
) -> None:
    assert amplifier.switch_on(["北"], "N001@1") == pytest.approx(1.5)
    assert pins.pin(17).state == 1
    assert pins.pin(27).state == 1, "the other zone stays off"
    clock.advance(1.0)
    assert amplifier.switch_on(["北"], "N004@1") == pytest.approx(0.5)
    clock.advance(1.0)
    assert amplifier.switch_on(["北"], "N004@1") == 0.0


def test_a_zone_without_a_relay_is_warm_at_once(amplifier: Amplifier) -> None:
    assert amplifier.switch_on(["村委会"], "N001@1") == 0.0


def test_a_relay_keeps_its_minimum_hold(
    amplifier: Amplifier, pins: MockFactory, clock: ManualClock
) -> None:
    amplifier.switch_on(["北"], "N001@1")
    clock.advance(4.9)
    assert not amplifier.release(["北"], "idle")
    assert pins.pin(17).state == 1
    clock.advance(0.2)
    assert amplifier.release(["北"], "idle")
    assert pins.pin(17).state == 0


def test_an_amplifier_that_is_on_for_too_long_is_switched_off_and_rests(
    amplifier: Amplifier, pins: MockFactory, clock: ManualClock
) -> None:
    amplifier.switch_on(["北"], "live")
    clock.advance(599)
    assert amplifier.watch() == frozenset()
    clock.advance(1)
    assert amplifier.watch() == {"北"}
    assert pins.pin(17).state == 0
    amplifier.switch_on(["北"], "live")
    assert pins.pin(17).state == 0
    assert amplifier.resting(["北"])
    clock.advance(REST_S)
    amplifier.switch_on(["北"], "live")
    assert pins.pin(17).state == 1


def test_an_emergency_does_not_wait_for_an_amplifier_that_rests(
    amplifier: Amplifier, pins: MockFactory, clock: ManualClock
) -> None:
    amplifier.switch_on(["北"], "live")
    clock.advance(600)
    amplifier.watch()
    amplifier.switch_on(["北"], "N004@1", urgent=True)
    assert pins.pin(17).state == 1
    assert not amplifier.resting(["北"])
    assert amplifier.watch() == frozenset()


def test_a_full_disk_does_not_keep_a_relay_from_switching(
    amplifier: Amplifier, pins: MockFactory, tmp_path: Path
) -> None:
    (tmp_path / "relay-edges.jsonl").unlink()
    (tmp_path / "relay-edges.jsonl").mkdir()
    amplifier.switch_on(["北"], "N004@1")
    assert pins.pin(17).state == 1


def test_every_edge_is_written_down_with_its_time(
    amplifier: Amplifier, clock: ManualClock, tmp_path: Path
) -> None:
    clock.advance(10)
    amplifier.switch_on(["北", "村委会"], "N001@1")
    clock.advance(7)
    amplifier.close()
    assert edges(tmp_path) == [
        (0.0, "北", False),
        (0.0, "南", False),
        (10.0, "北", True),
        (17.0, "北", False),
    ]


def test_closing_switches_everything_off_and_may_be_done_twice(
    amplifier: Amplifier, pins: MockFactory
) -> None:
    amplifier.switch_on(["北", "南"], "N001@1")
    pin = pins.pin(17)
    amplifier.close()
    amplifier.close()
    assert amplifier.on == frozenset()
    assert not pin.states[-1].state


def test_the_log_of_edges_does_not_grow_without_end(tmp_path: Path, clock: ManualClock) -> None:
    log = RelayLog(tmp_path, clock)
    (tmp_path / "relay-edges.jsonl").write_bytes(b"x" * 1_000_001)
    log.write("北", 17, "start", on=False)
    assert len(edges(tmp_path)) == 1
    assert (tmp_path / "relay-edges.old.jsonl").exists()


def off_action(settings: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "edge_agent.audio.amplifier", "--off", str(settings)],
        env={**os.environ, "GPIOZERO_PIN_FACTORY": "mock"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_stop_action_of_the_unit_opens_every_relay(tmp_path: Path) -> None:
    settings = tmp_path / "agent.toml"
    settings.write_text(
        f'[box]\nid = "box-1"\narea = "530199001001"\nvillage = "青石村"\n'
        f'state = "{tmp_path}/state"\nrun = "{tmp_path}/run"\n'
        '[[zone]]\nname = "北"\nrelay_pin = 17\n[[zone]]\nname = "南"\nrelay_pin = 27\n',
        encoding="utf-8",
    )
    done = off_action(settings)
    assert done.returncode == 0, done.stderr
    assert [row[1:] for row in edges(tmp_path / "state" / "audio")] == [
        ("北", False),
        ("南", False),
    ]


def test_the_stop_action_with_bad_settings_says_what_is_wrong(tmp_path: Path) -> None:
    done = off_action(tmp_path / "missing.toml")
    assert done.returncode == 78
    assert "missing.toml" in done.stderr
