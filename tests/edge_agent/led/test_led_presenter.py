"""One panel kept at the plan, on an emulated card: what is shown, counted, told, recovered."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from led_cases import NOW, build_board, build_notice, hold, hold_alert

from edge_agent.clock import ManualClock
from edge_agent.led import playlist
from edge_agent.led.drivers import registry
from edge_agent.led.emulators.card import Card, Matrix
from edge_agent.led.emulators.memory_line import MemoryLine
from edge_agent.led.presenter import Presenter, Surroundings
from edge_agent.plan import Plan
from edge_agent.settings import BoxSettings, PanelSettings

if TYPE_CHECKING:
    from pathlib import Path

    from contract.notice import Notice
    from contract.receipt import Stage
    from edge_agent.led.chronicle import Report

WIDTH_PX, HEIGHT_PX = 192, 64
WATER, JOBS = build_notice("N003"), build_notice("N006")
BOX = BoxSettings("b1", "530199001001", "青石村", "state", "run",
                  latitude_deg=25.0, longitude_deg=103.0)  # fmt: skip


@dataclass
class Bench:
    """A presenter, its panel, the card behind it and what it reported."""

    folder: Path
    quiet_hours: str = ""
    trusted: bool = True
    light_sensor: str = ""
    reports: list[Report] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = ManualClock(NOW, trusted=self.trusted)
        self.driver = registry.driver("onbon-k")
        self.card: Card = self.driver.card(Matrix(WIDTH_PX, HEIGHT_PX), self.clock)
        self.line = MemoryLine(self.card, self.clock)
        self.presenter = self.start()

    def start(self) -> Presenter:
        spec = self.driver.spec(WIDTH_PX, HEIGHT_PX)
        settings = PanelSettings("gate", "onbon-k", "memory", WIDTH_PX, HEIGHT_PX,
                                 quiet_hours=self.quiet_hours,
                                 light_sensor=self.light_sensor)  # fmt: skip
        panel = self.driver.panel(self.line, spec, clock=self.clock)
        return Presenter(
            panel,
            replace(build_board(WIDTH_PX, HEIGHT_PX), spec=panel.spec),
            settings,
            BOX,
            Surroundings(
                self.clock,
                self.folder,
                report=self.reports.append,
                find_asset=lambda _sha256: None,
                probe=lambda: self.line.read(0),
            ),
        )

    def run(self, plan: Plan, seconds: float) -> None:
        until_s = self.clock.monotonic_s() + seconds
        while self.clock.monotonic_s() < until_s:
            wait_s = self.presenter.turn(plan)
            self.clock.advance(max(0.01, min(wait_s, until_s - self.clock.monotonic_s())))

    def told(self, stage: Stage) -> list[Report]:
        return [each for each in self.reports if each.stage == stage]

    def seconds(self, notice_id: str) -> float:
        return max((r.shown.seconds for r in self.told("shown")
                    if r.notice_id == notice_id and r.shown), default=0.0)  # fmt: skip

    def words(self) -> str:
        return str(self.card.state())


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def plan_of(*notices: object) -> Plan:
    return Plan(panel=hold(*notices))  # type: ignore[arg-type]


def test_the_plan_comes_up_and_is_told_with_pages_hash_and_photo(bench: Bench) -> None:
    bench.run(plan_of(WATER), 3)
    (report,) = bench.told("shown")
    assert "停水" in bench.words()
    assert report.shown is not None
    assert report.shown.pages > 2
    assert report.shown.first_at >= NOW
    assert len(report.shown.snapshot_sha256) == 64
    assert report.shown.snapshot_png_b64.startswith("iVBOR")
    assert (bench.folder / "shown-gate" / "N003@1.png").is_file()


def test_an_unchanged_plan_costs_no_byte_but_looking_after_the_card(bench: Bench) -> None:
    bench.run(plan_of(WATER), 10)
    before = bench.card.bytes_received
    bench.run(plan_of(WATER), 40)
    assert bench.card.bytes_received - before < 200
    assert bench.card.flash_writes == 1


def test_seconds_add_up_and_the_photo_goes_along_once(bench: Bench) -> None:
    bench.run(plan_of(WATER), 1900)
    told = [r.shown for r in bench.told("shown") if r.shown]
    assert 1200 <= told[-1].seconds <= 1900
    assert [t.seconds for t in told] == sorted(t.seconds for t in told)
    assert [bool(t.snapshot_png_b64) for t in told].count(True) == 1
    assert len(told) < 20


def test_airtime_goes_on_after_a_power_cut(bench: Bench) -> None:
    bench.run(plan_of(WATER), 700)
    first = bench.seconds("N003")
    bench.presenter = bench.start()
    bench.run(plan_of(WATER), 700)
    assert bench.seconds("N003") > first + 300
    firsts = {r.shown.first_at for r in bench.told("shown") if r.shown}
    assert len(firsts) == 1


def test_a_withdrawn_notice_leaves_panel_and_disk_and_is_told(bench: Bench) -> None:
    bench.run(plan_of(WATER, JOBS), 20)
    bench.run(plan_of(JOBS), 20)
    assert "停水" not in bench.words()
    assert [(r.stage, r.notice_id) for r in bench.told("purged")] == [("purged", "N003")]
    assert [p.name for p in (bench.folder / "shown-gate").iterdir()] == ["N006@1.png"]


def test_a_notice_whose_time_is_over_is_told_as_expired(bench: Bench) -> None:
    brief = build_notice("N003", valid_until=NOW + timedelta(seconds=30))
    bench.run(plan_of(brief), 40)
    bench.run(plan_of(), 5)
    assert [r.notice_id for r in bench.told("expired")] == ["N003"]


def test_a_new_revision_replaces_the_old_and_counts_for_itself(bench: Bench) -> None:
    bench.run(plan_of(WATER), 20)
    bench.run(plan_of(build_notice("N003", revision=2, title="停水取消通知")), 20)
    assert {(r.notice_id, r.revision) for r in bench.told("shown")} == {("N003", 1), ("N003", 2)}
    assert "停水取消" in bench.words()


def test_an_emergency_covers_everything_and_the_rest_stops_counting(bench: Bench) -> None:
    bench.run(plan_of(WATER), 30)
    alarm = Plan(panel=hold(WATER), alerts=(hold_alert(build_notice("N004")),))
    bench.run(alarm, 600)
    assert "山洪" in bench.words()
    assert [r.notice_id for r in bench.told("shown")][-1] == "A1"
    assert bench.told("purged") == []
    bench.run(plan_of(WATER), 30)
    assert "停水" in bench.words()
    assert bench.seconds("N003") < 100
    assert [r.notice_id for r in bench.told("purged")] == ["A1"]
    assert bench.card.flash_writes == 1


def test_a_notice_withdrawn_under_an_alarm_is_gone_from_below_it(bench: Bench) -> None:
    alerts = (hold_alert(build_notice("N004"), hours=2),)
    bench.run(Plan(panel=hold(WATER, JOBS)), 120)
    bench.run(Plan(panel=hold(WATER, JOBS), alerts=alerts), 60)
    assert "保洁员" in _memory(bench)
    bench.run(Plan(panel=hold(WATER), alerts=alerts), 120)
    assert "保洁员" not in _memory(bench)
    assert "山洪" in _memory(bench)
    before = bench.card.bytes_received
    bench.run(Plan(panel=hold(WATER), alerts=alerts), 30)
    assert bench.card.bytes_received - before < 200


def _memory(bench: Bench) -> str:
    """All text that the card holds, in flash and in RAM."""
    return "".join(str(area.get("text", "")) for area in bench.card.areas())


def test_the_card_takes_an_alarm_down_although_the_box_is_dead(bench: Bench) -> None:
    alarm = Plan(alerts=(hold_alert(build_notice("N004"), hours=1),))
    bench.run(plan_of(WATER), 30)
    bench.run(alarm, 10)
    assert "山洪" in bench.words()
    bench.clock.advance(3700)
    bench.card.frame(bench.clock.monotonic_s())
    assert "山洪" not in bench.words()


def test_an_emergency_goes_first_while_a_long_program_is_being_written(bench: Bench) -> None:
    long = plan_of(*(build_notice(key) for key in ("N001", "N009", "N019", "N025")))
    alarm = replace(long, alerts=(hold_alert(build_notice("N004")),))
    start_s = bench.clock.monotonic_s()

    def newest() -> Plan:
        return alarm if bench.clock.monotonic_s() > start_s + 1.0 else long

    while "山洪" not in bench.words():
        bench.presenter.turn(newest(), newest)
        bench.clock.advance(0.001)
    assert bench.clock.monotonic_s() - start_s < 2.5
    assert "A1" in {r.notice_id for r in bench.told("shown")}
    bench.run(plan_of(WATER), 60)
    assert {r.notice_id for r in bench.told("purged")} == {"A1", "N001", "N009", "N019", "N025"}


def test_nothing_counts_in_dark_hours_and_an_emergency_lights_the_panel(tmp_path: Path) -> None:
    bench = Bench(tmp_path, quiet_hours="10:00-14:00")
    bench.run(plan_of(WATER), 120)
    assert bench.seconds("N003") < 10
    assert bench.card.state()["brightness"] < 0.1
    bench.run(Plan(panel=hold(WATER), alerts=(hold_alert(build_notice("N004")),)), 60)
    assert bench.card.state()["brightness"] == 1.0


def test_a_pulled_plug_is_noticed_and_the_panel_comes_back_within_five_seconds(
    bench: Bench,
) -> None:
    bench.run(plan_of(WATER), 30)
    bench.line.plugged = False
    bench.run(plan_of(WATER, JOBS), 60)
    bench.line.plugged = True
    back_s = bench.clock.monotonic_s()
    assert bench.seconds("N006") == 0.0
    frames = bench.card.frames_received
    while bench.card.frames_received == frames and bench.clock.monotonic_s() < back_s + 20:
        bench.run(plan_of(WATER, JOBS), 0.1)
    assert bench.clock.monotonic_s() - back_s < 5
    bench.run(plan_of(WATER, JOBS), 10)
    assert "招聘" in bench.words()


def test_time_without_a_card_is_not_counted_as_shown(bench: Bench) -> None:
    bench.run(plan_of(WATER), 30)
    bench.line.plugged = False
    bench.run(plan_of(WATER), 3000)
    bench.line.plugged = True
    bench.run(plan_of(WATER), 60)
    bench.run(plan_of(), 5)
    assert bench.seconds("N003") < 120


def test_a_silent_card_is_tried_again_with_a_growing_pause(bench: Bench) -> None:
    bench.card.faults.silent = 1000
    bench.run(plan_of(WATER), 120)
    tries = bench.card.frames_received
    assert 5 < tries < 120
    bench.card.faults.silent = 0
    bench.run(plan_of(WATER), 20)
    assert "停水" in bench.words()


def test_a_character_nobody_has_is_told_once_and_stands_as_a_mark(bench: Bench) -> None:
    rare = build_notice("N003", title="停水\U000323b1通知")
    bench.run(plan_of(rare), 30)
    bench.run(plan_of(rare, JOBS), 30)
    (report,) = bench.told("unshowable")
    assert report.characters == ("\U000323b1",)
    assert report.notice_id == "N003"


def test_the_cards_clock_is_set_from_trusted_time_only(tmp_path: Path) -> None:
    doubtful = Bench(tmp_path / "a", trusted=False)
    (tmp_path / "b").mkdir()
    sure = Bench(tmp_path / "b")
    for bench in (doubtful, sure):
        bench.run(plan_of(WATER), 10)
    assert "%H:%M" not in doubtful.words()
    local = sure.clock.read().local
    assert str(sure.card.state()["card_clock"])[:16] == local.isoformat()[:16]


def test_a_notice_that_came_before_a_restart_is_not_reported_as_new(bench: Bench) -> None:
    bench.run(plan_of(WATER), 30)
    known = len(bench.reports)
    bench.presenter.close()
    bench.presenter = bench.start()
    bench.run(plan_of(WATER), 3)
    later = [r for r in bench.reports[known:] if r.shown and r.shown.snapshot_png_b64]
    assert later == []


def test_a_notice_that_cannot_be_laid_out_does_not_darken_the_others(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = playlist.notice_pages

    def faulty(notice: Notice, *rest: object) -> object:
        if notice.id == "N006":
            raise IndexError("a fault of ours")
        return whole(notice, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(playlist, "notice_pages", faulty)
    bench.run(plan_of(JOBS, WATER), 20)
    assert "停水" in bench.words()
    assert [(r.notice_id, r.detail) for r in bench.told("unshowable")] == [
        ("N006", "gate: layout failed")
    ]


def test_the_light_follows_the_sensor_and_dark_hours_stay_dark(tmp_path: Path) -> None:
    lux = tmp_path / "lux"
    lux.write_text("10000")
    bench = Bench(tmp_path, quiet_hours="23:00-05:30", light_sensor=str(lux))
    bench.run(plan_of(WATER), 3)
    levels = bench.card.state()["brightness"]
    lux.write_text("5")
    bench.run(plan_of(WATER), 90)
    flash = bench.card.flash_state()
    assert levels == 1.0
    assert set(flash["levels"][11:46]) == {4}
    assert set(flash["levels"][:11]) == {0}
    assert flash["timers"] == [[330, 1380]]


def test_without_a_reading_the_light_goes_by_the_sun(tmp_path: Path) -> None:
    bench = Bench(tmp_path, light_sensor=str(tmp_path / "absent"))
    bench.run(plan_of(WATER), 3)
    assert len(set(bench.card.flash_state()["levels"])) > 1
