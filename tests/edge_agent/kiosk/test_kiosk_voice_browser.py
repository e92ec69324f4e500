from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from kiosk_village import Village
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def test_one_big_button_starts_and_stops(open_village: Village, screen: Page) -> None:
    screen.goto(f"{open_village.url}/notice/N003")
    button = screen.locator("#read")
    box = button.bounding_box()
    assert box is not None
    assert box["width"] >= 120
    with screen.expect_request("**/speech/N003/chapter-1/0.wav"):
        button.click()
    assert button.inner_text() == "停止"
    assert button.get_attribute("aria-pressed") == "true"
    button.click()
    assert button.inner_text() == "朗读"
    assert screen.evaluate("document.documentElement.dataset.reading") is None


def test_being_read_to_is_using_the_screen(open_village: Village, screen: Page) -> None:
    screen.clock.install()
    screen.goto(f"{open_village.url}/notice/N003")
    screen.evaluate("document.documentElement.dataset.reading = '1'")
    screen.clock.fast_forward(95_000)
    assert not screen.is_visible("#idle")
    screen.evaluate("delete document.documentElement.dataset.reading")
    screen.clock.fast_forward(95_000)
    assert screen.is_visible("#idle")


def test_a_box_without_a_voice_says_so_and_stays_readable(
    open_village: Village, screen: Page
) -> None:
    screen.route("**/speech/**", lambda route: route.fulfill(status=503))
    screen.goto(f"{open_village.url}/notice/N003")
    screen.locator("#read").click()
    screen.wait_for_selector("#read:has-text('现在读不出')")
    assert "停止供水" in screen.inner_text(".text")
