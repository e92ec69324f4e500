"""Answers to slips at the screen: for whoever holds number and code, and for nobody else."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from kiosk_village import NOW

from contract.feedback import Answer
from contract.keys import PrivateKey
from contract.messages import seal_message
from contract.sealing import close_with_code, open_sealed, slip_context
from edge_agent.answers import Answers
from edge_agent.kiosk.kinds import KINDS
from edge_agent.kiosk.replies import TRIES_A_SLIP, ReplyDesk, ReplyError
from edge_agent.kiosk.slips import MAX_VOICE_BYTES, SlipDesk, SlipError, Voice

if TYPE_CHECKING:
    from pathlib import Path

    from kiosk_village import Village
    from playwright.sync_api import Page

    from edge_agent.clock import ManualClock
    from edge_agent.part import Part

CODE = "482913"
TEXT = "您家的补贴已于七月十五日打到一卡通，请查收。"


def _arrives(store: Path, slip: str, code: str = CODE, box: str = "qs-01") -> None:
    """An answer lies in the store, as link put it there."""
    closed = close_with_code(code, TEXT.encode(), slip_context(slip, box))
    answer = Answer(slip, "", "青石村村务监督委员会", NOW, box, base64.b64encode(closed).decode())
    answers = Answers(store)
    answers.put(answer, seal_message(answer, PrivateKey.generate()), NOW)
    answers.close()


def _open(village: Village) -> str:
    """Where number and code lead to."""
    code, _, headers = village.post("/answer", [("number", "4821034"), ("code", CODE)])
    assert code == 303
    return headers["Location"]


def _store(village: Village) -> Path:
    return village.root / "state" / "store"


def test_number_and_code_open_the_answer(running: Village) -> None:
    _arrives(_store(running), "B-4821-034")
    assert "看答复" in running.get("/answer")[1]
    address = _open(running)
    code, html, headers = running.get(address)
    assert code == 200
    assert TEXT in html
    assert headers["Cache-Control"] == "no-store"
    for number, tried, said in (
        ("4821034", "000000", "查询码不对"),
        ("4821035", CODE, "还没有答复"),
        ("", "", "请先按编号"),
    ):
        code, html, _ = running.post("/answer", [("number", number), ("code", tried)])
        assert (code, said in html) == (422, True)
        assert TEXT not in html


def test_the_answer_is_read_aloud_and_leaves_no_sound(village: Village) -> None:
    settings = village.settings.read_text(encoding="utf-8")
    village.settings.write_text(f'{settings}[audio]\nvoices = ["espeak"]\n', encoding="utf-8")
    village.start()
    _arrives(_store(village), "B-4821-034")
    address = _open(village)
    assert f'data-reading="{address}/reading"' in village.get(address)[1]
    first, *others = json.loads(village.get(f"{address}/reading")[1])["play"]
    assert village.bytes_of(first)[:4] == b"RIFF"
    assert village.get(f"{address}/{len(others) + 1}.wav")[0] == 404
    spoken = village.root / "run" / "kiosk-voice"
    assert len(list(spoken.iterdir())) == 1
    village.get("/")
    assert village.get(first)[0] == village.get(f"{address}/reading")[0] == 404
    assert list(spoken.iterdir()) == []


def test_the_answer_ends_with_the_next_page_and_with_the_reset(running: Village) -> None:
    _arrives(_store(running), "B-4821-034")
    for leave in ("/", "/say", "/answer"):
        address = _open(running)
        assert running.get(address)[0] == running.get(address)[0] == 200
        running.get(leave)
        assert running.get(address)[0] == 303
    address = _open(running)
    running.post("/reset", [])
    assert running.get(address)[0] == 303


def test_the_answer_stands_nowhere_on_the_disk(running: Village) -> None:
    _arrives(_store(running), "B-4821-034")
    running.get(_open(running))
    for path in running.root.rglob("*"):
        if path.is_file():
            assert "一卡通".encode() not in path.read_bytes(), path


def test_the_hub_hears_that_it_was_read(part: Part, village: Village) -> None:
    _arrives(_store(village), "B-4821-034")
    assert asyncio.run(ReplyDesk(part).open("b-4821-034", CODE)).text == TEXT
    (event,) = part.outbox.after(0)
    assert (event.body["stage"], event.body["notice_id"]) == ("readable", "answer:B-4821-034")


def test_codes_cannot_be_tried_out(part: Part, village: Village, clock: ManualClock) -> None:
    _arrives(_store(village), "B-4821-034")
    _arrives(_store(village), "B-4821-035")
    desk = ReplyDesk(part)
    for number in range(TRIES_A_SLIP):
        with pytest.raises(ReplyError, match="不对"):
            asyncio.run(desk.open("4821034", f"{number:06d}"))
    with pytest.raises(ReplyError, match="太多"):
        asyncio.run(desk.open("4821034", CODE))
    assert asyncio.run(desk.open("4821035", CODE)).text == TEXT
    clock.advance(3601)
    assert asyncio.run(desk.open("4821034", CODE)).text == TEXT


def test_a_new_disk_counts_in_another_series(part: Part, tmp_path: Path) -> None:
    numbers = set()
    for disk in range(6):
        folder = tmp_path / f"disk-{disk}"
        folder.mkdir()
        (folder / "hub_feedback_key").write_bytes(b"\x09" * 32)
        desk = SlipDesk(part, folder)
        for n in range(2):
            slip = asyncio.run(desk.take(f"{disk}-{n}", KINDS[0], {"text": "x"}))
            numbers.add(slip.number)
    assert len(numbers) == 12


def test_a_recording_is_sealed_with_the_slip_and_bounded(part: Part, tmp_path: Path) -> None:
    hub = X25519PrivateKey.generate()
    (tmp_path / "hub_feedback_key").write_bytes(hub.public_key().public_bytes_raw())
    desk = SlipDesk(part, tmp_path)
    sound = bytes(range(256)) * (MAX_VOICE_BYTES // 256)
    slip = asyncio.run(desk.take("f1", KINDS[1], {}, voice=Voice(sound, "audio/webm")))
    (event,) = part.outbox.after(0)
    sealed = base64.b64decode(event.body["sealed_b64"])
    opened = json.loads(
        open_sealed(hub.private_bytes_raw(), sealed, slip_context(slip.number, "qs-01"))
    )
    assert base64.b64decode(opened["voice_b64"]) == sound
    assert opened["voice_type"] == "audio/webm"
    # What carries it to the hub: one event in one message of at most 256 KB.
    assert len(json.dumps(event.body)) < 200 * 1024
    for voice in (
        Voice(sound + b"x" * 300, "audio/webm"),
        Voice(b"", "audio/webm"),
        Voice(b"x", "text/html"),
    ):
        with pytest.raises(SlipError, match="录音"):
            asyncio.run(desk.take("f2", KINDS[1], {}, voice=voice))


@pytest.mark.browser
def test_number_and_code_are_typed_on_the_pad(running: Village, screen: Page) -> None:
    _arrives(_store(running), "B-4821-034")
    screen.goto(f"{running.url}/say")
    screen.get_by_role("link", name="看答复").click()
    screen.wait_for_url("**/answer")
    for field, digits in (("编号", "4821034"), ("查询码", CODE)):
        screen.get_by_label(field, exact=True).click()
        for digit in digits:
            screen.locator(f"[data-digit='{digit}']").click()
    screen.get_by_role("button", name="看答复").click()
    screen.wait_for_selector(".reply")
    assert TEXT in screen.inner_text(".reply")
    with screen.expect_navigation():
        screen.get_by_role("button", name="特大").click()
    assert TEXT in screen.inner_text(".reply")
    with screen.expect_request("**/0.wav"):
        screen.get_by_role("button", name="朗读").click()
    screen.get_by_role("link", name="首页").click()
    screen.wait_for_url(f"{running.url}/")
    assert TEXT not in screen.content()
    screen.go_back()
    assert TEXT not in screen.content()
