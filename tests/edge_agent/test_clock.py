"""Time: believed only after the hub answered in this boot; late rather than early before."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge_agent.clock import BoxClock, ManualClock

TRUE = datetime(2024, 7, 3, 2, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _boot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VILLAGE_BOOT_ID", "first")


def test_a_new_box_has_only_its_system_clock_and_does_not_trust_it(tmp_path: Path) -> None:
    reading = BoxClock(tmp_path).read()
    assert not reading.trusted
    assert abs(reading.now - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_signed_time_is_believed_by_every_part_at_once(tmp_path: Path) -> None:
    link, led = BoxClock(tmp_path), BoxClock(tmp_path)
    assert not led.read().trusted
    link.store_trust(TRUE)
    assert led.read().trusted
    assert timedelta(0) <= led.read().now - TRUE < timedelta(seconds=5)


def test_a_wrong_system_clock_cannot_move_trusted_time(tmp_path: Path) -> None:
    clock = BoxClock(tmp_path)
    clock.store_trust(TRUE)
    (tmp_path / "skew_s").write_text("315360000", encoding="ascii")
    assert clock.read().now - TRUE < timedelta(seconds=5)


@pytest.mark.parametrize("skew_s", [-1.7e9, 3.2e8, -86400.0], ids=["1970", "ten years", "a day"])
def test_after_a_power_cut_it_goes_on_from_the_last_sure_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, skew_s: float
) -> None:
    BoxClock(tmp_path).store_trust(TRUE)
    monkeypatch.setenv("VILLAGE_BOOT_ID", "second")
    (tmp_path / "skew_s").write_text(str(skew_s), encoding="ascii")
    reading = BoxClock(tmp_path).read()
    assert not reading.trusted
    assert timedelta(0) <= reading.now - TRUE < timedelta(seconds=5)


@pytest.mark.parametrize("content", ["", "{", '{"boot": 1}', "[]", '{"boot":"first","unix_s":"x"}'])
def test_a_torn_trust_file_is_no_trust(tmp_path: Path, content: str) -> None:
    (tmp_path / "trust.json").write_text(content, encoding="ascii")
    assert not BoxClock(tmp_path).read().trusted


def test_the_manual_clock_moves_only_when_told() -> None:
    clock = ManualClock(TRUE)
    clock.sleep(90)
    assert clock.read().now == TRUE + timedelta(seconds=90)
    clock.set(TRUE)
    assert clock.monotonic_s() == 90


def test_a_time_without_an_offset_is_nobodys_time() -> None:
    with pytest.raises(ValueError, match="aware"):
        ManualClock(datetime(2024, 7, 3))  # noqa: DTZ001 - the mistake under test
