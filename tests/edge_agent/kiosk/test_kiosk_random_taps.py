"""Weeks of thoughtless tapping: no page without a way on, no error, no memory that grows."""

from __future__ import annotations

import os
import random
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from kiosk_village import flood_alert, sample_notices
from playwright.sync_api import Error, expect

if TYPE_CHECKING:
    from kiosk_village import Village
    from playwright.sync_api import Browser, ConsoleMessage, Page

TAPS = int(os.environ.get("KIOSK_TAPS", "80"))
"""The long form, two weeks at 300 taps a day: ``KIOSK_TAPS=4200``."""
DOM_NODES_AT_MOST = 20_000
TAPPABLE = """
() => [...document.querySelectorAll("a[href], button, label.phrase, textarea, input[data-digits]")]
  .filter((e) => e.checkVisibility() && !e.disabled).length
"""
TAP = """
(wanted) => [...document.querySelectorAll("a[href], button, label.phrase, textarea, input[data-digits]")]
  .filter((e) => e.checkVisibility() && !e.disabled)[wanted]?.click()
"""  # noqa: E501 - the same selector
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(3600)]


class Finger:
    """Taps anywhere; sometimes nobody is there, so that the page asks and goes home."""

    def __init__(self, page: Page, village: Village) -> None:
        self.page, self.village = page, village
        self.dice = random.Random(11)  # noqa: S311 - the same taps in every run
        self.complaints: list[str] = []
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _note(self, message: ConsoleMessage) -> None:
        if message.type == "error" and "status of 4" not in message.text:
            self.complaints.append(message.text)

    def tap(self) -> None:
        """One tap, or one pause of two minutes; a page that leads nowhere is a dead end."""
        page = self.page
        try:
            if self.dice.random() < 0.03:
                page.clock.fast_forward(121_000)
            count = page.wait_for_function(TAPPABLE).json_value()
            page.evaluate(TAP, self.dice.randrange(count))
            page.wait_for_load_state()
        except Error as error:
            # The tap has led on while the question was still under way.
            if "navigation" not in str(error) and "context" not in str(error):
                raise
            page.wait_for_load_state()
        assert page.url.startswith(f"{self.village.url}/")

    def sees_a_way_home(self) -> None:
        """Home button, or the attract loop, which any touch ends; asked anew while a page loads."""
        expect(self.page.locator("a.home, a.attract")).to_have_count(1, timeout=30_000)


def test_random_taps_find_no_dead_end_and_memory_stays_flat(
    village: Village, browser: Browser
) -> None:
    village.publish(*sample_notices().values())
    (village.root / "state" / "kiosk" / "hub_feedback_key").write_bytes(b"\x09" * 32)
    village.start()
    page = browser.new_page(viewport={"width": 1080, "height": 1920})
    page.clock.install()
    page.goto(village.url)
    finger = Finger(page, village)
    server_kb, heap_bytes = 0, 0.0
    for tap in range(TAPS):
        finger.tap()
        if tap % 10 == 0:
            finger.sees_a_way_home()
        if tap % 400 == 399:
            flood = replace(flood_alert(), id=f"CAP-{tap}")  # an alert that is over never returns
            village.alert(flood)
            page.wait_for_selector("#alarm:not([hidden])")
            village.cancel(flood, clear_id=f"CAP-{tap}-clear")
            page.wait_for_selector("#alarm", state="hidden")
        if tap == TAPS // 2:
            server_kb, heap_bytes = _memory_kb(village.pid), _heap_bytes(page)
    assert finger.complaints == []
    assert _memory_kb(village.pid) - server_kb < 4 * 1024
    assert _heap_bytes(page) - heap_bytes < 8e6
    assert page.evaluate("document.querySelectorAll('*').length") < DOM_NODES_AT_MOST
    page.close()


def _memory_kb(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.split("VmRSS:")[1].split()[0])


def _heap_bytes(page: Page) -> float:
    """What the page's scripts hold after a collection."""
    line = page.context.new_cdp_session(page)
    line.send("HeapProfiler.collectGarbage")
    line.send("Performance.enable")
    found = {each["name"]: each["value"] for each in line.send("Performance.getMetrics")["metrics"]}
    line.detach()
    return float(found["JSHeapUsedSize"])
