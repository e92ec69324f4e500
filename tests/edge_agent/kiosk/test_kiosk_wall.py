"""The HDMI-fed wall: text, table, picture, video; its rules; and the proof of what it showed."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import json
import sqlite3
import stat
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from kiosk_village import Village, flood_alert, sample_notices
from PIL import Image
from playwright.sync_api import Error

from contract.notice import Paragraph, Video
from edge_agent.kiosk.wall import LEAST_S, MOST_S, slides_of, words_sha256
from edge_agent.kiosk.witness import ASK_FILE, MAX_PNG_BYTES, Witness

if TYPE_CHECKING:
    from playwright.sync_api import Page

SAMPLES = sample_notices()
CLIP = (Path(__file__).parent / "data" / "clip.webm").read_bytes()
VISIBLE = ".slide:not([hidden])"
WALL_ONLY = {"channels": ("wall",), "valid_until": None}


def _png(side: int = 64) -> bytes:
    memory = io.BytesIO()
    Image.effect_noise((side, side), 90).convert("RGB").save(memory, "PNG")
    return memory.getvalue()


def _until(screen: Page, script: str, within_ms: int = 40_000) -> None:
    """Until the page says yes; its own policy forbids Playwright's way of waiting."""
    for _ in range(within_ms // 50):
        with contextlib.suppress(Error):  # the page is being loaded again
            if screen.evaluate(script):
                return
        screen.wait_for_timeout(50)
    raise TimeoutError(script)


def _receipts(village: Village) -> list[dict[str, Any]]:
    database = sqlite3.connect(village.root / "state" / "kiosk" / "outbox.db")
    rows = database.execute("SELECT body FROM outbox WHERE kind = 'receipt'").fetchall()
    database.close()
    found = [json.loads(body) for (body,) in rows]
    return [each for each in found if each["stage"] == "shown"]


def _playlist(village: Village) -> None:
    """One notice with every kind of slide."""
    picture = village.picture(_png(), "image/png", "规划图")
    clip = village.picture(CLIP, "video/webm", "宣传片").asset
    table = SAMPLES["N001"].tables[0]
    blocks = (Paragraph("七月六日停水。"), replace(table, rows=table.rows[:3]), picture,
              Video(clip, "宣传片"))  # fmt: skip
    village.publish(replace(SAMPLES["N003"], blocks=blocks, **WALL_ONLY))
    village.until(lambda status: status["edition"] > 1)


@pytest.mark.browser
def test_text_table_picture_and_a_real_video_take_turns(running: Village, screen: Page) -> None:
    _playlist(running)
    screen.goto(f"{running.url}/wall")
    kinds = screen.locator(".slide").evaluate_all("all => all.map((each) => each.dataset.kind)")
    assert kinds == ["text", "table", "picture", "video"]
    screen.clock.install()
    screen.reload()
    for kind in ("text", "table", "picture"):
        shown = screen.locator(VISIBLE)
        assert shown.get_attribute("data-kind") == kind
        dwell_s = float(shown.get_attribute("data-dwell") or 0)
        with screen.expect_response("**/wall/shown"):
            screen.clock.run_for(int(dwell_s * 1000) + 200)
    video = screen.locator(f"{VISIBLE} video")
    assert video.evaluate("v => v.videoWidth") == 320
    # A clip of four seconds plays to its end in real time, and is told with its own length.
    with screen.expect_request("**/wall/shown", timeout=30_000) as told:
        screen.clock.resume()
    assert "slide=4" in (told.value.post_data or "")
    running.until(lambda _: _receipts(running) != [], 10)
    (receipt,) = _receipts(running)
    assert receipt["shown"]["pages"] == 4
    assert receipt["shown"]["panel"] == "wall"


@pytest.mark.browser
def test_an_emergency_stops_a_video_in_the_middle_and_the_wall_goes_on_after_it(
    running: Village, screen: Page
) -> None:
    clip = running.picture(CLIP, "video/webm", "宣传片").asset
    running.publish(replace(SAMPLES["N003"], summary="", blocks=(Video(clip, "片"),), **WALL_ONLY))
    running.until(lambda status: status["edition"] > 1)
    screen.goto(f"{running.url}/wall")
    _until(screen, "document.querySelector('video').currentTime > 0.3")
    running.alert(flood_alert())
    screen.wait_for_selector("#alarm:not([hidden])")
    _until(screen, "document.querySelector('video').paused")
    for _ in range(5):  # also after the page has heard of the new edition
        screen.wait_for_timeout(200)
        _until(screen, "document.querySelector('video').paused")
    assert screen.evaluate("document.querySelector('video').currentTime") < 4
    assert "避险" in screen.inner_text("#alarm")
    assert _receipts(running) == []
    running.cancel(flood_alert())
    screen.wait_for_selector("#alarm", state="hidden")
    _until(screen, "!document.querySelector('video').paused")


@pytest.mark.browser
def test_what_expires_leaves_the_wall_at_once(village: Village, screen: Page) -> None:
    now = village.clock.read().now
    village.publish(
        replace(SAMPLES["N003"], channels=("wall",), valid_until=now + timedelta(seconds=12)),
        replace(SAMPLES["N038"], **WALL_ONLY),
    )
    village.start()
    screen.goto(f"{village.url}/wall")
    names = ".slide >> nth=0"
    assert "停水" in "".join(screen.locator(".slide h1").all_inner_texts())
    gone = (
        "![...document.querySelectorAll('.slide h1')].some((h) => h.textContent.includes('停水'))"
    )
    _until(screen, gone)
    assert screen.locator(names).count() == 1


def test_every_slide_stands_as_long_as_it_takes_to_read() -> None:
    for notice in SAMPLES.values():
        for slide in slides_of(notice):
            assert LEAST_S <= slide.dwell_s <= MOST_S
            if slide.kind == "text":
                assert slide.dwell_s >= min(0.25 * len(slide.text), MOST_S)


@pytest.fixture
def grim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for the compositor's camera: it takes the picture that lies in ``lit.png``."""
    program = tmp_path / "grim"
    program.write_text(f"#!/bin/sh\ncat {tmp_path}/lit.png\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return tmp_path / "lit.png"


def _slide(village: Village, what: str, number: int = 1) -> int:
    name = village.status()["wall"][0]
    return village.post(f"/wall/{what}", [("name", name), ("slide", str(number))])[0]


def test_the_receipt_carries_the_picture_that_was_lit(running: Village, grim: Path) -> None:
    grim.write_bytes(_png())
    running.publish(replace(SAMPLES["N003"], **WALL_ONLY))
    running.until(lambda status: status["wall"] != [])
    witness = Witness(running.root / "run", running.url)
    assert not witness.look()
    _slide(running, "begins")
    assert (running.root / "run" / ASK_FILE).exists()
    assert witness.look()
    assert not witness.look(), "one picture is enough"
    _slide(running, "shown")
    (receipt,) = _receipts(running)
    assert receipt["shown"]["snapshot_sha256"] == hashlib.sha256(grim.read_bytes()).hexdigest()
    assert base64.b64decode(receipt["shown"]["snapshot_png_b64"]) == grim.read_bytes()
    assert receipt.get("detail", "") == ""


def test_without_a_camera_the_receipt_says_that_it_hashes_words(running: Village) -> None:
    notice = replace(SAMPLES["N003"], **WALL_ONLY)
    running.publish(notice)
    running.until(lambda status: status["wall"] != [])
    _slide(running, "begins")
    _slide(running, "shown")
    (receipt,) = _receipts(running)
    assert receipt["shown"]["snapshot_sha256"] == words_sha256(slides_of(notice))
    assert "words" in receipt["detail"]


@pytest.mark.parametrize("fault", ["word", "body", "size", "alarm", "too late"])
def test_a_picture_of_something_else_proves_nothing(
    running: Village, grim: Path, fault: str
) -> None:
    grim.write_bytes(_png(400) if fault == "size" else _png())
    running.publish(replace(SAMPLES["N003"], **WALL_ONLY))
    running.until(lambda status: status["wall"] != [])
    _slide(running, "begins")
    if fault == "word":
        (running.root / "run" / ASK_FILE).write_text("N9@1 1")
    elif fault == "body":
        grim.write_bytes(b"<html>")
    elif fault == "alarm":
        running.alert(flood_alert())
        running.until(lambda status: status["alarms"] != [])
    elif fault == "too late":
        running.post("/wall/begins", [("name", "N9@1"), ("slide", "1")])
    assert len(_png(400)) > MAX_PNG_BYTES
    assert not Witness(running.root / "run", running.url).look()
