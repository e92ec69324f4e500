"""Push to talk in a real browser, whose microphone is a file: what it says is what is kept."""

from __future__ import annotations

import math
import shutil
import wave
from array import array
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect, sync_playwright

from contract.live import RATE_HZ
from tests.hub.office.test_browser_story import PATIENCE_MS, VILLAGE, Hub

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is not installed"),
]
TONE_HZ = 1000


@pytest.fixture
def hub(tmp_path: Path, notices_file: Path) -> Iterator[Hub]:
    found = Hub(tmp_path / "hub", notices_file)
    found.start("hub.dispatch")  # carries the talk, though there is no broker to take it
    yield found
    found.close()


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    # In bursts: a tone that never stops is taken for noise and is suppressed.
    tone = array("h", (round(12_000 * math.sin(2 * math.pi * TONE_HZ * n / 48_000))
                       * (n // 9_600 % 2) for n in range(48_000)))  # fmt: skip
    with wave.open(str(tmp_path / "mic.wav"), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(48_000)
        out.writeframes(tone.tobytes())
    arguments = [
        "--no-sandbox",
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={tmp_path / 'mic.wav'}",
    ]
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=arguments)
        context = browser.new_context(locale="zh-CN", viewport={"width": 1280, "height": 1000})
        context.set_default_timeout(PATIENCE_MS)
        yield context.new_page()
        browser.close()


def strength(coded: bytes, pitch_hz: float) -> float:
    """How much of a pitch is in µ-law samples; their sign alone tells."""
    turn = 2 * math.pi * pitch_hz / RATE_HZ
    signs = [1 if code & 0x80 else -1 for code in coded]
    cosine = sum(sign * math.cos(turn * n) for n, sign in enumerate(signs))
    sine = sum(sign * math.sin(turn * n) for n, sign in enumerate(signs))
    return math.hypot(cosine, sine) / len(signs)


def test_the_secretary_holds_the_button_and_is_recorded(
    hub: Hub, page: Page, tmp_path: Path
) -> None:
    name, word = hub.logins[VILLAGE, "村党组织书记"]
    page.goto(f"{hub.address}/admin/login/")
    page.fill("[name=username]", name)
    page.fill("[name=password]", word)
    page.click("form.login-form [type=submit]")
    page.wait_for_url("**/admin/")
    page.goto(f"{hub.address}/admin/live/")
    button = page.get_by_role("button", name="按住说话")
    button.hover()
    page.mouse.down()
    status = page.locator("#live-state")
    expect(status).to_contain_text("正在喊话", timeout=PATIENCE_MS)
    page.wait_for_timeout(2000)
    page.mouse.up()
    expect(status).to_contain_text("已接通", timeout=PATIENCE_MS)
    page.get_by_role("button", name="结束喊话").click()
    expect(status).to_contain_text("喊话已结束", timeout=PATIENCE_MS)
    page.screenshot(path=tmp_path / "live.png", full_page=True)
    kept = sorted((tmp_path / "hub" / "live").glob("*.ulaw"))
    assert len(kept) == 1
    sound = kept[0].read_bytes()
    assert len(sound) > RATE_HZ // 2
    assert strength(sound, TONE_HZ) > 5 * strength(sound, 1.7 * TONE_HZ)
