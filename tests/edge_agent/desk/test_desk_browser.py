from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright
from test_desk_page import Switchboard, _place, _write_frame, _write_sound

from edge_agent.desk.page import create_app, serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from aiohttp import web
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser
LIGHT = """
([x, y]) => {
  const canvas = document.querySelector("canvas");
  const pitch = canvas.width / Number(canvas.dataset.width);
  const at = (n) => Math.floor((n + 0.5) * pitch);
  return [...canvas.getContext("2d").getImageData(at(x), at(y), 1, 1).data.slice(0, 3)];
}
"""


WAIT = """
async ([x, y, lit]) => {
  const light = %s;
  while (light([x, y])[0] > 200 !== lit) await new Promise(requestAnimationFrame);
}
""" % LIGHT.strip()  # noqa: UP031 - the script is full of braces


class Desk:
    """The desk page of two villages, served from a thread of its own."""

    def __init__(self, folder: Path) -> None:
        self.board = Switchboard()
        self.folder = folder
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        places = (_place(folder), _place(folder, "<img src=x onerror=pwned=1>"))
        app = create_app(self.board, places, "http://127.0.0.1:8000/")
        self._runner: web.AppRunner = self._do(serve(app, 0))
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    def _do(self, work: object) -> web.AppRunner:
        future = asyncio.run_coroutine_threadsafe(work, self._loop)  # type: ignore[arg-type] # a coroutine
        return future.result(10)  # type: ignore[no-any-return] # what serve returns

    def close(self) -> None:
        self._do(self._runner.cleanup())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    _write_frame(tmp_path / "card", b"\x80" + bytes(15))
    _write_sound(tmp_path / "all", 1.0, 8000, (0, "N001@1 speech"))
    made = Desk(tmp_path)
    yield made
    made.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser, desk: Desk) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1920, "height": 1080})
    opened = context.new_page()
    opened.goto(desk.url)
    opened.wait_for_selector("[data-id='village-1'] .pill:has-text('正常')")
    yield opened
    context.close()


def _is_lit(page: Page, x: int, y: int) -> bool:
    red, green, _ = page.evaluate(LIGHT, [x, y])
    return bool(red > 200 and green < 120)


def test_the_panel_shows_the_lights_that_the_card_decoded(desk: Desk, page: Page) -> None:
    page.evaluate(WAIT, [0, 0, True])
    assert _is_lit(page, 0, 0)
    assert not _is_lit(page, 1, 0)
    _write_frame(desk.folder / "card", bytes(15) + b"\x01")
    page.evaluate(WAIT, [15, 7, True])
    assert not _is_lit(page, 0, 0)


def test_pulling_the_plug_darkens_the_panel(desk: Desk, page: Page) -> None:
    page.evaluate(WAIT, [0, 0, True])
    page.click("[data-id='village-1'] [data-switch=power]")
    page.wait_for_selector("[data-id='village-1'] .pill:has-text('停电')")
    page.evaluate(WAIT, [0, 0, False])
    assert desk.board.state["village-1"]["powered"] is False
    page.click("[data-id='village-1'] [data-switch=power]")
    page.wait_for_selector("[data-id='village-1'] [data-part=power]:has-text('有电')")


def test_each_switch_says_how_it_stands(desk: Desk, page: Page) -> None:
    village = "[data-id='village-1']"
    page.click(f"{village} [data-switch=network]")
    page.wait_for_selector(f"{village} [data-part=network]:has-text('已断')")
    page.click(f"{village} [data-skew='-259200']")
    page.wait_for_selector(f"{village} [data-part=clock]:has-text('慢 3 天')")
    assert desk.board.state["village-1"] == {
        "powered": True, "network": "cut", "clock_skew_s": -259200,
    }  # fmt: skip
    page.click(f"{village} [data-switch=heal]")
    page.wait_for_selector(f"{village} .pill:has-text('正常')")
    assert desk.board.state.get("village-1", {}).get("network") != "cut"


def test_what_sounded_is_listed_and_can_be_heard(page: Page) -> None:
    button = page.locator("[data-id='village-1'] .heard button").first
    with page.expect_response("**/sound/all/0001/0-48000.wav") as heard:
        button.click()
    assert heard.value.status == 200


def test_a_strange_village_name_is_only_a_name(page: Page) -> None:
    assert page.evaluate("typeof pwned") == "undefined"
    assert page.locator("h2 img").count() == 0


def test_axe_finds_nothing_wrong_with_the_desk(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert [(each["id"], [n["html"][:90] for n in each["nodes"]]) for each in found] == []
