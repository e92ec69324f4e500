from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from kiosk_village import NOW, Village, sample_notices
from playwright.sync_api import sync_playwright

from contract.manifest import Withdrawn
from edge_agent import settings as settings_module
from edge_agent.clock import ManualClock
from edge_agent.part import Part, open_part

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page


@pytest.fixture
def village(tmp_path: Path) -> Iterator[Village]:
    """A village whose kiosk is not running yet."""
    made = Village(tmp_path)
    yield made
    made.close()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def part(village: Village, clock: ManualClock) -> Iterator[Part]:
    """The kiosk's part in this process, for what needs no server."""
    opened = open_part("kiosk", settings_module.load(village.settings), clock)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def open_village(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    """A running kiosk with every sample notice; for tests that only read."""
    made = Village(tmp_path_factory.mktemp("village"))
    gone = Withdrawn("N900", NOW, "便民通知", "检修改期，另行通知")
    made.publish(*sample_notices().values(), withdrawn=(gone,))
    (made.root / "state" / "kiosk" / "hub_feedback_key").write_bytes(b"\x09" * 32)
    made.start()
    yield made
    made.close()


@pytest.fixture
def running(village: Village) -> Village:
    """A running kiosk of one's own, with nothing in it yet."""
    village.start()
    return village


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for one file of tests: while it lives, `asyncio.run` does not work here."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        yield launched
        launched.close()


@pytest.fixture
def screen(browser: Browser) -> Iterator[Page]:
    """A standing screen of 1080 × 1920 that knows nothing yet."""
    context = browser.new_context(viewport={"width": 1080, "height": 1920})
    page = context.new_page()
    yield page
    context.close()
