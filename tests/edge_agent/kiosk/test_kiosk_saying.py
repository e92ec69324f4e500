"""Saying something without a keyboard: the pinyin pad, the microphone, and no network."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from playwright.sync_api import sync_playwright

from contract.sealing import open_sealed, slip_context
from edge_agent.kiosk.make_pad_words import PAD, make
from edge_agent.outbox import OutboxReader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kiosk_village import Village
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser
HUB = X25519PrivateKey.generate()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """As in the conftest, with Chromium's own stand-in for a microphone (a beeping tone)."""
    flags = ["--no-sandbox", "--use-fake-device-for-media-stream"]
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=flags)
        yield launched
        launched.close()


@pytest.fixture
def form(village: Village, browser: Browser) -> Iterator[Page]:
    """The form of a question, at a village whose hub's key is ours."""
    key = HUB.public_key().public_bytes_raw()
    (village.root / "state" / "kiosk" / "hub_feedback_key").write_bytes(key)
    village.start()
    context = browser.new_context(viewport={"width": 1080, "height": 1920})
    page = context.new_page()
    page.goto(f"{village.url}/say/question")
    yield page
    context.close()


def _said(village: Village) -> dict[str, str]:
    """What the hub opens of the newest slip."""
    reader = OutboxReader(village.root / "state" / "kiosk")
    body = [event.body for event in reader.after(0) if event.kind == "feedback"][-1]
    reader.close()
    sealed = base64.b64decode(body["sealed_b64"])
    context = slip_context(body["slip"], "qs-01")
    said: dict[str, str] = json.loads(open_sealed(HUB.private_bytes_raw(), sealed, context))
    return said


def _type(page: Page, letters: str, word: str) -> None:
    for letter in letters:
        page.locator(f"[data-letter='{letter}']").click()
    for _ in range(30):
        found = page.locator(f".candidate:text-is('{word}')")
        if found.count():
            found.click()
            return
        page.locator(".more").click()
    raise AssertionError(word)


def test_words_are_written_with_the_pad_alone(village: Village, form: Page) -> None:
    form.locator("#typing-open").click()
    for letters, word in (("wojia", "我家"), ("db", "低保"), ("meiyou", "没有"), ("fang", "放"),
                          ("chou", "仇"), ("lv", "吕"), ("shao", "少")):  # fmt: skip
        _type(form, letters, word)
    form.locator("[data-write='5']").click()
    form.locator("[data-write='，']").click()
    assert form.input_value("#text") == "我家低保没有放仇吕少5，"
    form.locator("#typing-back").click()
    _type(form, "lixiang", "里")
    assert form.inner_text("#spelled") == "xiang", "the rest of the syllables waits"
    form.locator("#typing-back").click()
    assert form.inner_text("#spelled") == "xian"
    form.get_by_role("button", name="交上去").click()
    form.wait_for_selector("#slip")
    assert _said(village)["text"] == "我家低保没有放仇吕少5里"


def test_everything_that_is_tapped_stays_big_while_writing(form: Page) -> None:
    form.locator("#typing-open").click()
    form.wait_for_selector("#record", state="visible")
    form.locator("[data-letter='s']").click()
    for key in form.locator("#typing button, #typing-open, #record").all():
        box = key.bounding_box()
        assert box is not None
        assert box["width"] >= 60, key.inner_text()
        assert box["height"] >= 60, key.inner_text()
    assert form.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_the_pads_words_are_those_of_its_source() -> None:
    assert json.loads(PAD.read_text(encoding="utf-8")) == json.loads(json.dumps(make()))


def test_a_message_is_spoken_heard_again_and_sealed(village: Village, form: Page) -> None:
    form.context.grant_permissions(["microphone"], origin=village.url)
    form.wait_for_selector("#record", state="visible")
    form.locator("#record").click()
    form.wait_for_selector("#record[aria-pressed=true]")
    assert "正在录音" in form.inner_text("#record-state")
    form.wait_for_timeout(2500)
    form.locator("#record").click()
    form.wait_for_selector("#record-play:not([hidden])")
    assert "录好了" in form.inner_text("#record-state")
    assert form.get_attribute("html", "data-reading") is None
    form.locator("#record-play").click()
    form.get_by_role("button", name="交上去").click()
    form.wait_for_selector("#slip")
    said = _said(village)
    assert said["voice_type"] == "audio/webm"
    assert base64.b64decode(said["voice_b64"]).startswith(b"\x1a\x45\xdf\xa3")  # EBML, as WebM is


def test_a_microphone_that_may_not_be_used_is_told_kindly(form: Page) -> None:
    form.locator("#record").click()
    form.wait_for_selector("#record-state:has-text('话筒打不开')")


def test_a_recording_can_be_taken_back(village: Village, form: Page) -> None:
    form.context.grant_permissions(["microphone"], origin=village.url)
    form.locator("#record").click()
    form.wait_for_selector("#record[aria-pressed=true]")
    form.wait_for_timeout(1200)
    form.locator("#record").click()
    form.locator("#record-drop").click()
    assert form.input_value("#voice") == ""
    form.get_by_role("button", name="交上去").click()
    form.wait_for_selector("text=请至少选一句话")


def test_no_network_is_said_calmly_and_taken_back(village: Village, browser: Browser) -> None:
    settings = village.settings.read_text()
    village.settings.write_text(f"{settings}offline_after_s = 0\n")
    run = village.root / "run"
    run.mkdir(exist_ok=True)
    (run / "link.up").touch()
    village.start()
    page = browser.new_page(viewport={"width": 1080, "height": 1920})
    page.goto(village.url)
    assert not page.is_visible("#offline")
    (run / "link.up").unlink()
    page.wait_for_selector("#offline:not([hidden])")
    assert "无网络，内容更新到" in page.inner_text("#offline") or "还没有收到" in page.inner_text(
        "#offline"
    )
    (run / "link.up").touch()
    page.wait_for_selector("#offline", state="hidden")
    page.close()
