from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from kiosk_village import Village
    from playwright.sync_api import ConsoleMessage, Page

TAPS = 150
TAPPABLE = """
() => [...document.querySelectorAll("a[href], button")]
  .filter((e) => e.checkVisibility() && !e.disabled)
  .map((e) => e.matches("a, button:not([type=button])"))
"""
TAP = """
(wanted) => [...document.querySelectorAll("a[href], button")]
  .filter((e) => e.checkVisibility() && !e.disabled)[wanted].click()
"""
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(240)]


def test_random_taps_find_no_dead_end_and_the_server_stays_small(
    open_village: Village, screen: Page
) -> None:
    dice = random.Random(11)  # noqa: S311 - the same taps in every run
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and "status of 4" not in message.text:
            complaints.append(message.text)

    screen.on("console", note)
    screen.on("pageerror", lambda error: complaints.append(str(error)))
    screen.goto(open_village.url)
    after_warm_up_kb = 0
    for tap in range(TAPS):
        leads_on = screen.evaluate(TAPPABLE)
        assert leads_on, screen.url
        wanted = dice.randrange(len(leads_on))
        if leads_on[wanted]:
            with screen.expect_navigation(wait_until="load"):
                screen.evaluate(TAP, wanted)
        else:
            screen.evaluate(TAP, wanted)
        assert screen.url.startswith(f"{open_village.url}/")
        assert screen.locator("a.home").count() == 1, screen.url
        if tap == TAPS // 2:
            after_warm_up_kb = _memory_kb(open_village.pid)
    assert complaints == []
    assert _memory_kb(open_village.pid) - after_warm_up_kb < 8 * 1024


def _memory_kb(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.split("VmRSS:")[1].split()[0])
