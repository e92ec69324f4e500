from __future__ import annotations

import io
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from kiosk_village import Village, flood_alert, sample_notices
from PIL import Image

from edge_agent import kiosk
from edge_agent.settings import KioskSettings

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, ViewportSize

SAMPLES = sample_notices()
POLICY = Path(kiosk.__file__).parent / "chromium-policy.json"
READ = ("/", "/board/finance", "/board/affairs/社会保障", "/board/finance/审计", "/newest",
        "/panel", "/guide", "/search", "/search?i=L", "/search?q=低保", "/search?q=没有的词",
        "/notice/N001?layout=table", "/notice/N001?layout=cards", "/notice/N011",
        "/notice/N011?chapter=2", "/notice/N001/row/0/3", "/notice/N001/find/0", "/say", "/answer",
        "/say/help_find?notice=N001", "/notice/NONE", "/notice/N900", "/wall",
        "/attract")  # fmt: skip
STANDING: ViewportSize = {"width": 1080, "height": 1920}
LYING: ViewportSize = {"width": 1920, "height": 1080}
SMALL_TARGETS = """
() => [...document.querySelectorAll(
    "a[href], button, summary, input:not([type=hidden]), textarea, video")]
  .filter((e) => e.checkVisibility() && !e.closest(".alarm, .idle"))
  .map((e) => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])
  .filter(([, box]) => box.width < 60 || box.height < 60)
  .map(([html, box]) => [html, box.width, box.height])
"""
SMALL_TEXT = """
() => [...document.querySelectorAll("body *")]
  .filter((e) => e.checkVisibility())
  .filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
  .map((e) => [e.outerHTML.slice(0, 80), parseFloat(getComputedStyle(e).fontSize)])
  .filter(([, size]) => size < 24)
"""
MM_A_PIXEL = 43 * 25.4 / math.hypot(1920, 1080)
"""Of the smallest standing screen that is usual, 43 inches."""
CUT_OFF = """
() => [...document.querySelectorAll("main *")]
  .filter((e) => e.checkVisibility() && !e.closest(".grid-frame"))
  .map((e) => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])
  .filter(([, box]) => box.width > 0 && (box.left < 0 || box.right > innerWidth))
  .map(([html]) => html)
"""
WIDER_THAN_SCREEN = "() => document.documentElement.scrollWidth - innerWidth"
AT_REST = """
() => Promise.allSettled(document.getAnimations()
  .filter((each) => each.effect.getComputedTiming().endTime !== Infinity)
  .map((each) => each.finished))
"""
"""A slide that is still fading in has no contrast yet."""
pytestmark = pytest.mark.browser


def _violations(screen: Page) -> list[tuple[str, list[str]]]:
    """What axe-core finds wrong on the page as it stands, contrasts among it."""
    screen.evaluate(AT_REST)
    found = Axe().run(screen).response["violations"]
    return [(each["id"], [node["html"][:90] for node in each["nodes"]]) for each in found]


def _choose(screen: Page, size: str) -> None:
    with screen.expect_navigation():
        screen.get_by_role("button", name=size, exact=True).click()


def _open(screen: Page, village: Village, path: str) -> None:
    screen.goto(village.url + path)


@pytest.mark.parametrize("size", ["1", "2", "3"])
@pytest.mark.parametrize("viewport", [STANDING, LYING], ids=["standing", "lying"])
def test_every_target_is_big_and_every_text_is_legible(
    open_village: Village, browser: Browser, viewport: ViewportSize, size: str
) -> None:
    context = browser.new_context(viewport=viewport)
    context.add_cookies([{"name": "size-qs-01", "value": size, "url": open_village.url}])
    page = context.new_page()
    for path in READ:
        page.goto(open_village.url + path)
        assert page.evaluate(SMALL_TARGETS) == [], path
        assert page.evaluate(SMALL_TEXT) == [], path
        assert page.evaluate(WIDER_THAN_SCREEN) <= 0, path
        assert page.evaluate(CUT_OFF) == [], path
    context.close()


def test_pixels_are_large_enough_on_a_standing_screen() -> None:
    """What the other tests hold in pixels, in the rules' own millimetres."""
    assert 60 * MM_A_PIXEL >= 20, "targets: 60 dp are 9.5 mm, standing people need 20 mm"
    assert 24 * MM_A_PIXEL >= 18 * 25.4 / 72, "text: 18 pt"
    assert 44 * MM_A_PIXEL >= 30 * 25.4 / 72, "enlarged: 30 pt"


def test_body_text_grows_with_the_chosen_size(open_village: Village, screen: Page) -> None:
    heights = []
    for word in ("标准", "大", "特大"):
        _open(screen, open_village, "/notice/N011?chapter=2")
        _choose(screen, word)
        heights.append(
            screen.evaluate(
                "parseFloat(getComputedStyle(document.querySelector('.text p')).fontSize)"
            )
        )
        line = screen.evaluate(
            "parseFloat(getComputedStyle(document.querySelector('.text p')).lineHeight)"
        )
        assert line >= 1.3 * heights[-1]
    assert heights == [28, 36, 44]


@pytest.mark.parametrize("path", READ)
def test_axe_finds_nothing_wrong(open_village: Village, screen: Page, path: str) -> None:
    _open(screen, open_village, path)
    assert _violations(screen) == []


def test_axe_finds_nothing_wrong_with_the_question_whether_one_still_reads(
    open_village: Village, screen: Page
) -> None:
    _open(screen, open_village, "/notice/N001")
    screen.evaluate("document.getElementById('idle').hidden = false")
    assert _violations(screen) == []


def test_any_notice_is_opened_with_three_taps(open_village: Village, screen: Page) -> None:
    for board, column, title in (
        ("村务公开", "社会保障", "青石村2024年第二季度农村低保对象公示"),
        ("财务公开", "债权债务", "青石村2024年第二季度债权债务公布表"),
    ):
        _open(screen, open_village, "/")
        for words in (board, column, title):
            screen.locator(f"main a:has-text('{words}')").last.click()
            screen.wait_for_load_state()
        assert screen.inner_text("h1.notice-title") == title


def test_nobody_can_go_back_to_what_another_read(open_village: Village, screen: Page) -> None:
    _open(screen, open_village, "/")
    before = screen.evaluate("history.length")
    for words in ("查一查", "A", "清空", "首页", "财务公开"):
        screen.locator(f"a:has-text('{words}')").first.click()
        screen.wait_for_load_state()
    assert screen.evaluate("history.length") == before


def test_typing_letters_narrows_the_names(open_village: Village, screen: Page) -> None:
    _open(screen, open_village, "/search")
    for letter in "CCX":
        screen.locator(f".pad a:text-is('{letter}')").click()
        screen.wait_for_load_state()
    screen.locator("a.person:has-text('崔彩霞')").click()
    screen.locator("a.line.find:has-text('崔彩霞')").first.click()
    screen.wait_for_load_state()
    assert screen.inner_text(".one-row h1") == "崔彩霞"


def test_a_tables_head_stays_while_it_is_scrolled(open_village: Village, screen: Page) -> None:
    _open(screen, open_village, "/notice/N001?layout=table")
    top = "document.querySelector('thead th').getBoundingClientRect().top"
    before = screen.evaluate(top)
    screen.evaluate("document.querySelector('.grid-frame').scrollTop = 600")
    assert screen.evaluate(top) == before


def test_an_idle_screen_asks_then_goes_home_and_forgets(
    open_village: Village, screen: Page
) -> None:
    screen.clock.install()
    _open(screen, open_village, "/notice/N001")
    _choose(screen, "特大")
    screen.clock.fast_forward(89_000)
    assert not screen.is_visible("#idle")
    screen.clock.fast_forward(2_000)
    assert screen.is_visible("#idle")
    assert screen.inner_text("#idle-title") == "还在看吗？"
    screen.clock.run_for(29_000)
    assert screen.inner_text("#idle-left") == "1"
    screen.clock.run_for(1_500)
    screen.wait_for_url(f"{open_village.url}/")
    screen.wait_for_selector("html.size-1")


def test_one_tap_keeps_the_page_open(open_village: Village, screen: Page) -> None:
    screen.clock.install()
    _open(screen, open_village, "/notice/N001")
    screen.clock.fast_forward(95_000)
    screen.get_by_role("button", name="还在看").click()
    assert not screen.is_visible("#idle")
    screen.clock.fast_forward(89_000)
    assert not screen.is_visible("#idle")
    assert screen.url.endswith("/notice/N001")


SCROLL_ON = """
() => new Promise((done) => {
  const main = document.getElementById("main");
  main.addEventListener("scroll", () => done(main.scrollTop), { once: true });
  main.scrollBy(0, 40);
})
"""


def test_scrolling_counts_as_reading(open_village: Village, screen: Page) -> None:
    screen.clock.install()
    _open(screen, open_village, "/notice/N001?layout=cards")
    for step in range(1, 5):
        screen.clock.fast_forward(80_000)
        assert screen.evaluate(SCROLL_ON) == 40 * step
    assert not screen.is_visible("#idle")


def test_an_unused_home_invites_and_a_touch_leads_back(open_village: Village, screen: Page) -> None:
    screen.clock.install()
    _open(screen, open_village, "/")
    screen.clock.fast_forward(91_000)
    screen.wait_for_url("**/attract")
    assert not screen.is_visible("#idle")
    assert "点一下屏幕" in screen.inner_text(".attract")
    screen.locator(".slide:not([hidden])").click()
    screen.wait_for_url(f"{open_village.url}/")


def test_an_emergency_takes_over_whatever_is_open_and_leaves_again(
    running: Village, screen: Page
) -> None:
    running.publish(SAMPLES["N001"])
    running.wait_for("N001")
    _open(screen, running, "/notice/N001?layout=cards")
    screen.evaluate("document.getElementById('main').scrollTop = 300")
    alert = flood_alert()
    running.alert(alert)
    screen.wait_for_selector("#alarm:not([hidden])", timeout=3000)
    box = screen.locator("#alarm").bounding_box()
    assert box == {"x": 0, "y": 0, **STANDING}
    text = screen.inner_text("#alarm")
    for wanted in (
        "紧急",
        "3组、4组、6组",
        "机耕路",
        "村小学操场、村委会二楼",
        "云岭县防汛抗旱指挥部",
    ):
        assert wanted in text
    running.until(lambda status: status["alarms_on_screen"] == ["CAP-0007"])
    assert _violations(screen) == []
    running.cancel(alert)
    screen.wait_for_selector("#alarm", state="hidden", timeout=3000)
    assert screen.url.endswith("/notice/N001?layout=cards")
    assert screen.evaluate("document.getElementById('main').scrollTop") == 300
    running.until(lambda status: status["alarms_on_screen"] == [])


def test_a_page_opened_during_an_emergency_shows_it_at_once(running: Village, screen: Page) -> None:
    running.alert(flood_alert())
    running.until(lambda status: status["alarms"] == ["CAP-0007"])
    _open(screen, running, "/say")
    assert screen.is_visible("#alarm")


def test_an_emergency_covers_the_wall_too(running: Village, screen: Page) -> None:
    running.publish(SAMPLES["N003"])
    running.wait_for("N003")
    _open(screen, running, "/wall")
    assert "停水" in screen.inner_text(".slide:not([hidden])")
    running.alert(flood_alert())
    screen.wait_for_selector("#alarm:not([hidden])", timeout=3000)


def test_a_withdrawn_notice_leaves_the_open_page(running: Village, screen: Page) -> None:
    running.publish(SAMPLES["N001"])
    running.wait_for("N001")
    _open(screen, running, "/notice/N001")
    assert "崔彩霞" in screen.content()
    running.publish(drop=["N001"])
    screen.wait_for_selector("text=这条公示已撤回", timeout=5000)
    assert "崔彩霞" not in screen.content()


def test_a_corrected_notice_is_replaced_on_the_open_page(running: Village, screen: Page) -> None:
    running.publish(SAMPLES["N003"])
    running.wait_for("N003")
    _open(screen, running, "/notice/N003")
    running.publish(replace(SAMPLES["N003"], revision=2, correction="时间写错"))
    screen.wait_for_selector("text=更正 第2版", timeout=5000)


def test_a_page_says_when_its_server_is_gone_and_recovers_with_it(
    running: Village, screen: Page
) -> None:
    running.publish(SAMPLES["N003"])
    running.wait_for("N003")
    _open(screen, running, "/newest")
    assert not screen.is_visible("#lost")
    running.stop(9)
    screen.wait_for_selector("#lost:not([hidden])")
    assert "正在恢复" in screen.inner_text("#lost")
    running.start()
    screen.wait_for_selector("#lost", state="hidden")
    assert "停水通知" in screen.inner_text("main")


def test_the_form_leads_to_a_number_and_back_home(running: Village, screen: Page) -> None:
    (running.root / "state" / "kiosk" / "hub_feedback_key").write_bytes(b"\x09" * 32)
    running.publish(SAMPLES["N001"])
    running.wait_for("N001")
    _open(screen, running, "/notice/N001")
    screen.get_by_role("link", name="我要反映").click()
    screen.get_by_role("link", name="这里写错了").click()
    screen.get_by_label("金额不对").check()
    for digit in "12345":
        screen.locator(f"[data-digit='{digit}']").click()
    screen.locator("[data-digit='']").click()
    assert screen.input_value("#phone") == "1234"
    screen.get_by_role("button", name="交上去").click()
    screen.wait_for_selector("#slip")
    assert screen.inner_text("#slip").startswith("J-")
    assert _violations(screen) == []
    for size in ("大", "特大"):
        _choose(screen, size)
        assert screen.evaluate(CUT_OFF) == [], size
    screen.get_by_role("link", name="好，回首页").click()
    screen.wait_for_url(f"{running.url}/")


def test_the_keyboard_walks_the_page_from_top_to_bottom(
    open_village: Village, screen: Page
) -> None:
    _open(screen, open_village, "/")
    tops = []
    for _ in range(14):
        screen.keyboard.press("Tab")
        tops.append(screen.evaluate("document.activeElement.getBoundingClientRect().top"))
    assert tops == sorted(tops)
    assert screen.evaluate("document.activeElement.closest('main, footer') !== null")


def test_the_browsers_policy_lets_nobody_out() -> None:
    policy = json.loads(POLICY.read_text(encoding="utf-8"))
    assert policy["URLBlocklist"] == ["*"]
    assert policy["URLAllowlist"] == [f"http://127.0.0.1:{KioskSettings().port}"]
    assert policy["DeveloperToolsAvailability"] == policy["IncognitoModeAvailability"] == 2
    assert policy["DownloadRestrictions"] == 3
    assert policy["DefaultPopupsSetting"] == 2
    assert policy["AllowFileSelectionDialogs"] is policy["PrintingEnabled"] is False
    assert policy["RemoteDebuggingAllowed"] is policy["AudioCaptureAllowed"] is False
    assert policy["SavingBrowserHistoryDisabled"] is True  # addresses hold names
    assert policy["AudioCaptureAllowedUrls"] == policy["URLAllowlist"]


@pytest.mark.parametrize(
    "chord",
    ["Control+n", "Control+t", "Control+o", "Control+l", "Control+p", "Control+s", "Control+u",
     "Control+Shift+i", "F11", "F12", "F1", "Alt+Home", "Alt+ArrowLeft", "Control+h", "Control+j",
     "Control+w", "Escape", "Shift+F10", "ContextMenu"],
)  # fmt: skip
def test_no_chord_leaves_the_page(open_village: Village, screen: Page, chord: str) -> None:
    _open(screen, open_village, "/notice/N001")
    screen.keyboard.press(chord)
    assert screen.url == f"{open_village.url}/notice/N001"
    assert len(screen.context.pages) == 1


IS_SHUT = """
(name) => !document.body.dispatchEvent(new Event(name, { bubbles: true, cancelable: true }))
"""


def test_the_ways_out_of_the_page_are_shut(open_village: Village, screen: Page) -> None:
    _open(screen, open_village, "/notice/N001")
    for event in ("contextmenu", "dragstart", "drop", "dragover"):
        assert screen.evaluate(IS_SHUT, event), event
    assert screen.locator("input[type=file], a[download], a[target]").count() == 0
    assert screen.evaluate("getComputedStyle(document.body).userSelect") == "none"


def test_the_page_reports_that_it_lives(open_village: Village, screen: Page) -> None:
    screen.clock.install()
    _open(screen, open_village, "/")
    with screen.expect_request("**/alive"):
        screen.clock.run_for(11_000)


def test_a_picture_from_the_store_is_really_drawn(running: Village, screen: Page) -> None:
    memory = io.BytesIO()
    Image.new("RGB", (7, 3), "white").save(memory, "PNG")
    dot = memory.getvalue()
    picture = running.picture(dot, "image/png", "规划图")
    running.publish(replace(SAMPLES["N038"], blocks=(picture,)))
    running.wait_for("N038")
    _open(screen, running, "/notice/N038")
    screen.evaluate("document.querySelector('figure img').decode()")
    assert screen.evaluate("document.querySelector('figure img').naturalWidth") == 7


def test_the_wall_shows_each_slide_for_its_time_and_reports_it(
    running: Village, screen: Page
) -> None:
    running.publish(replace(SAMPLES["N003"], channels=("wall",)))
    running.until(lambda status: status["edition"] > 1)
    screen.clock.install()
    _open(screen, running, "/wall")
    first = screen.inner_text(".slide:not([hidden]) footer")
    assert first.endswith("1/1")
    dwell_s = float(screen.get_attribute(".slide:not([hidden])", "data-dwell") or 0)
    assert dwell_s >= 8
    with screen.expect_response("**/wall/shown"):
        screen.clock.run_for(int(dwell_s * 1000) + 100)
    receipts = running.root / "state" / "kiosk" / "outbox.db"
    assert b'"panel": "wall"' in receipts.read_bytes() + _wal(running)


def _wal(village: Village) -> bytes:
    path = village.root / "state" / "kiosk" / "outbox.db-wal"
    return path.read_bytes() if path.exists() else b""
