"""The led program on a real store and a real socket: with link stopped, with several panels."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from led_cases import VILLAGE, build_notice

from contract.alert import Alert
from contract.areas import Area
from contract.keys import PrivateKey
from contract.manifest import Item, Manifest
from contract.messages import seal_message, sha256_hex
from edge_agent.clock import BoxClock
from edge_agent.errors import SettingsError
from edge_agent.led.airtime import Airtime
from edge_agent.led.chronicle import Report
from edge_agent.led.drivers import registry
from edge_agent.led.emulators.card import Card, Matrix
from edge_agent.led.emulators.live_view import LiveView
from edge_agent.led.emulators.serve import Server
from edge_agent.led.program import LedProgram, Mailbox
from edge_agent.outbox import Outbox, OutboxReader
from edge_agent.part import Part
from edge_agent.plan import Plan
from edge_agent.poke import PokeListener, poke
from edge_agent.settings import BoxSettings, PanelSettings, Settings
from edge_agent.store import Store, StoreWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from contract.notice import Notice

KEY = PrivateKey.generate()
SINCE = datetime.now(UTC) - timedelta(hours=1)
PATIENCE_S = 40.0


def until(true: Callable[[], bool]) -> bool:
    """Whether something becomes true; how soon is not asked here but in ``bench``."""
    end_s = time.monotonic() + PATIENCE_S
    while not true():
        if time.monotonic() > end_s:
            return False
        threading.Event().wait(0.02)
    return True


@dataclass
class Village:
    """A store, a led program on top of it, and an emulated card a panel."""

    folder: Path
    panels: tuple[PanelSettings, ...]
    generation: int = 0

    def __post_init__(self) -> None:
        box = BoxSettings("b1", VILLAGE, "青石村", str(self.folder / "state"),
                          str(self.folder / "run"), office_line="县政务公开办公室")  # fmt: skip
        self.settings = Settings(box, panel=self.panels)
        self.writer = StoreWriter(self.settings.part_folder("store"))

    def apply(self, *notices: Notice) -> None:
        self.generation += 1
        items = []
        for each in notices:
            body = seal_message(each, KEY)
            self.writer.put_blob(body, SINCE)
            items.append(Item(each.id, each.revision, sha256_hex(body), len(body)))
        manifest = Manifest(VILLAGE, 1, self.generation, SINCE, tuple(items))
        self.writer.apply(Area.parse(VILLAGE), seal_message(manifest, KEY))

    def alarm(self, notice: Notice) -> None:
        now = datetime.now(UTC)
        alert = Alert("A1", notice, now, now + timedelta(hours=1))
        self.writer.put_alert(alert, seal_message(alert, KEY), now)

    def part(self) -> Part:
        folder = self.settings.part_folder("led")
        return Part(
            "led",
            self.settings,
            BoxClock(self.settings.part_folder("clock")),
            Store(self.settings.part_folder("store"), read_only=True),
            Outbox(folder),
            PokeListener(self.settings.run, "led"),
        )

    def receipts(self) -> list[dict[str, object]]:
        reader = OutboxReader(self.settings.part_folder("led"))
        try:
            return [event.body for event in reader.after(0, 1000)]
        finally:
            reader.close()


class Bench:
    """Emulated cards on free ports and led programs in threads; all ended by `close`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._parts: list[Part] = []
        self.cards: dict[str, Card] = {}

    def card(self, name: str, width_px: int = 192, height_px: int = 64) -> PanelSettings:
        """Serve a card; returns the settings of the panel behind it."""
        clock = BoxClock(self._folder)
        card = registry.driver("onbon-k").card(Matrix(width_px, height_px), clock)
        self.cards[name] = card
        server = Server(card, "127.0.0.1:0", clock, LiveView(card, None))
        server.open()
        self._go(lambda: server.run(self._stop.is_set))
        return PanelSettings(name, "onbon-k", f"socket://{server.where}", width_px, height_px)

    def led(self, village: Village) -> None:
        """Run the led program of a village in a thread of its own, files and all."""

        def work() -> None:
            part = village.part()
            self._parts.append(part)
            try:
                LedProgram(part).run()
            finally:
                part.close()

        self._go(work)

    def _go(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()

    def close(self) -> None:
        for part in self._parts:
            part.stop()
            poke(part.settings.run, "led")
        self._stop.set()
        for thread in self._threads:
            thread.join(10)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    found = Bench(tmp_path)
    yield found
    found.close()


def shows(card: Card, words: str) -> bool:
    return words in str(card.state()["areas"])


def test_the_panel_lights_up_from_the_store_with_nobody_else_at_work(
    tmp_path: Path, bench: Bench
) -> None:
    village = Village(tmp_path, (bench.card("gate"),))
    village.apply(build_notice("N003"))
    village.writer.close()
    for rest in village.settings.part_folder("store").glob("notices.db-*"):
        rest.unlink()
    bench.led(village)
    assert until(lambda: shows(bench.cards["gate"], "停水"))
    assert until(lambda: [r["stage"] for r in village.receipts()] == ["shown"])


def test_a_poke_brings_changes_and_emergencies_and_their_end(tmp_path: Path, bench: Bench) -> None:
    village = Village(tmp_path, (bench.card("gate"),))
    village.apply(build_notice("N003"))
    bench.led(village)
    card = bench.cards["gate"]
    assert until(lambda: shows(card, "停水"))
    village.alarm(build_notice("N004"))
    poke(village.settings.run, "led")
    assert until(lambda: shows(card, "山洪"))
    village.writer.forget_alerts(["A1"])
    village.apply(build_notice("N006"))
    poke(village.settings.run, "led")
    assert until(lambda: shows(card, "招聘") and not shows(card, "停水"))

    def stages() -> set[tuple[object, object]]:
        return {(each["notice_id"], each["stage"]) for each in village.receipts()}

    assert until(lambda: ("N003", "purged") in stages())
    assert ("A1", "shown") in stages()


def test_a_broken_panel_does_not_hold_up_its_neighbour(tmp_path: Path, bench: Bench) -> None:
    broken = PanelSettings("yard", "onbon-k", "socket://127.0.0.1:9", 128, 32)
    village = Village(tmp_path, (broken, bench.card("gate")))
    village.apply(build_notice("N003"))
    bench.led(village)
    assert until(lambda: shows(bench.cards["gate"], "停水"))


def test_an_unknown_driver_colour_or_quiet_hour_is_a_fault_in_the_settings(tmp_path: Path) -> None:
    for panel in (
        PanelSettings("gate", "onbon-x", "socket://127.0.0.1:9", 128, 32),
        PanelSettings("gate", "onbon-k", "socket://127.0.0.1:9", 128, 32, colours="pink"),
        PanelSettings("gate", "onbon-k", "socket://127.0.0.1:9", 128, 32, quiet_hours="23-5"),
        PanelSettings("gate", "onbon-k", "socket://127.0.0.1:9", 128, 32, light_sensor="card"),
        PanelSettings("gate", "tpm2", "socket://127.0.0.1:9", 512, 128),
    ):
        village = Village(tmp_path, (panel,))
        part = village.part()
        with pytest.raises(SettingsError, match="gate"):
            LedProgram(part)
        part.close()


def test_a_mailbox_wakes_for_a_new_plan_only() -> None:
    box = Mailbox(Plan())
    assert box.wait(0) == Plan()
    box.put(Plan())
    assert not box.has_news
    box.put(Plan(clock_trusted=True))
    assert box.has_news
    assert box.wait(60).clock_trusted
    assert box.newest().clock_trusted


def test_a_damaged_airtime_file_starts_again_instead_of_darkening_the_panel(
    tmp_path: Path,
) -> None:
    path = tmp_path / "airtime-gate.json"
    path.write_text("{half", encoding="utf-8")
    airtime = Airtime(path)
    airtime.save()
    assert Airtime(path).due() == []


def test_starting_loads_nothing_that_a_small_board_cannot_afford() -> None:
    told = subprocess.run(
        [sys.executable, "-c", "import edge_agent.led.program, sys; print(*sys.modules)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    heavy = {"fontTools", "cryptography", "numpy", "bidi", "aiohttp", "paho", "django",
             "importlib.metadata", "PIL.ImageShow"}  # fmt: skip
    assert heavy & set(told.stdout.split()) == set()


def test_a_panel_thread_that_dies_ends_the_program_so_that_it_is_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    village = Village(tmp_path, (PanelSettings("gate", "onbon-k", "socket://127.0.0.1:9", 96, 32),))
    part = village.part()
    program = LedProgram(part)
    monkeypatch.setattr(threading, "excepthook", lambda _arguments: None)
    monkeypatch.setattr(program._threads[0].presenter, "_turn", None)
    assert program.run() == 1
    part.close()


def test_a_receipt_that_a_full_disk_does_not_take_is_written_later_and_the_panel_goes_on(
    tmp_path: Path,
) -> None:
    village = Village(tmp_path, (PanelSettings("gate", "onbon-k", "socket://127.0.0.1:9", 96, 32),))
    part = village.part()
    program = LedProgram(part)
    for key in ("N001", "N003"):
        program._take_report(Report("shown", key, 1))
    part.outbox._database.execute("PRAGMA query_only=ON")  # takes nothing, like a full disk
    program.write_reports()
    assert village.receipts() == []
    part.outbox._database.execute("PRAGMA query_only=OFF")
    program.write_reports()
    assert [each["notice_id"] for each in village.receipts()] == ["N001", "N003"]
    part.close()


def test_airtime_that_cannot_be_written_down_is_no_reason_to_stop(tmp_path: Path) -> None:
    Airtime(tmp_path / "no such folder" / "airtime-gate.json").save()
