from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import sqlite3
import time
import urllib.error
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from kiosk_village import NOW, Reference, Village, flood_alert, key, sample_notices

from contract.manifest import Withdrawn
from contract.notice import Column, Table
from contract.sealing import open_sealed, slip_context
from edge_agent.kiosk.apology import apologise
from edge_agent.kiosk.kinds import KINDS
from edge_agent.kiosk.ledger import Ledger
from edge_agent.kiosk.program import main
from edge_agent.kiosk.slips import KEY_FILE, SLIPS_AN_HOUR, SlipDesk, SlipError
from edge_agent.outbox import Outbox
from edge_agent.part import Part, open_part
from edge_agent.settings import load

if TYPE_CHECKING:
    from pathlib import Path

    from edge_agent.part import Part

SAMPLES = sample_notices()
NAME = "慕容龙葵"


def _with_name() -> Any:  # noqa: ANN401 - a notice
    table = Table((Column("n", "姓名", "name"), Column("y", "元", "money")), ((NAME, "960"),))
    return replace(SAMPLES["N001"], blocks=(table,), search=(key(NAME),))


def _events(village: Village) -> list[tuple[str, dict[str, Any]]]:
    box = sqlite3.connect(village.root / "state" / "kiosk" / "outbox.db")
    rows = box.execute("SELECT kind, body FROM outbox ORDER BY seq").fetchall()
    box.close()
    return [(kind, json.loads(body)) for kind, body in rows]


def _receipts(village: Village) -> list[tuple[str, str, int]]:
    return [
        (b["stage"], b["notice_id"], b["revision"])
        for kind, b in _events(village)
        if kind == "receipt"
    ]


def test_a_notice_is_findable_after_a_poke_and_the_hub_is_told(running: Village) -> None:
    running.publish(_with_name())
    running.wait_for("N001")
    assert NAME in running.get(f"/search?q={NAME}")[1]
    assert "<b>慕容" not in running.get("/")[1]
    assert ("readable", "N001", 1) in _receipts(running)


def test_a_withdrawn_name_is_gone_from_page_search_and_disk(running: Village) -> None:
    running.publish(_with_name(), SAMPLES["N003"])
    running.wait_for("N001", "N003")
    running.get(f"/search?q={NAME}")
    running.publish(drop=["N001"])
    running.wait_for("N003")
    code, html, _ = running.get("/notice/N001")
    assert code == 410
    assert "已撤回" in html
    assert NAME not in running.get(f"/search?q={NAME}")[1].replace(f'value="{NAME}"', "").replace(
        f"<b>{NAME}</b>", ""
    )
    assert ("purged", "N001", 1) in _receipts(running)
    kiosk = running.root / "state" / "kiosk"
    for path in [*kiosk.rglob("*"), *(running.root / "run").rglob("*.wav")]:
        if path.is_file():
            assert NAME.encode() not in path.read_bytes(), path


@pytest.mark.parametrize(
    ("reason", "told"), [("检修改期", "检修改期"), ("", "涉及个人信息，不便公开")]
)
def test_a_withdrawal_is_told_with_its_reason_and_without_its_title(
    running: Village, reason: str, told: str
) -> None:
    running.publish(SAMPLES["N003"], SAMPLES["N001"])
    running.wait_for("N003", "N001")
    gone = Withdrawn("N003", NOW, "便民通知", reason)
    running.publish(drop=["N003"], withdrawn=(gone,))
    running.wait_for("N001")
    code, page, _ = running.get("/notice/N003")
    newest = running.get("/newest")[1]
    assert code == 410
    for html in (page, newest):
        assert all(each in html for each in (told, "N003", "便民通知", "2024年7月5日撤回"))
        assert "停水" not in html
    running.publish(SAMPLES["N003"], withdrawn=(gone,))
    running.wait_for("N003", "N001")
    assert "撤回" not in running.get("/newest")[1], "it is public again"


def test_a_correction_replaces_its_page_and_says_why(running: Village) -> None:
    running.publish(SAMPLES["N003"])
    running.wait_for("N003")
    running.publish(replace(SAMPLES["N003"], revision=2, correction="停水时间写错"))
    running.until(lambda status: status["readable"][0]["revision"] == 2)
    html = running.get("/notice/N003")[1]
    assert "更正 第2版" in html
    assert "停水时间写错" in html
    assert json.loads(running.get("/notice/N003/state")[1]) == {"revision": 2}
    assert _receipts(running)[-2:] == [("purged", "N003", 1), ("readable", "N003", 2)]


def test_a_withdrawal_notice_is_marked_and_related_notices_are_linked(running: Village) -> None:
    running.publish(
        replace(SAMPLES["N037"], references=(Reference("withdraws", "N025"),)),
        replace(SAMPLES["N013"], references=(Reference("stage_of", "N015"),)),
        SAMPLES["N015"],
    )
    running.wait_for("N037", "N013", "N015")
    assert "撤回公告" in running.get("/notice/N037")[1]
    assert "/notice/N015" in running.get("/notice/N013")[1]
    assert "/notice/N013" in running.get("/notice/N015")[1]


def test_what_was_said_before_a_restart_is_not_said_twice(running: Village) -> None:
    running.publish(SAMPLES["N003"])
    running.wait_for("N003")
    running.stop(9)
    running.start()
    running.wait_for("N003")
    assert _receipts(running).count(("readable", "N003", 1)) == 1
    running.stop()
    running.publish(drop=["N003"])
    running.start()
    running.wait_for()
    assert _receipts(running)[-1] == ("purged", "N003", 1)
    assert running.get("/notice/N003")[0] == 410


def test_a_rotten_flash_card_is_owned_up_to_and_is_no_withdrawal(running: Village) -> None:
    running.publish(SAMPLES["N001"], SAMPLES["N003"])
    running.wait_for("N001", "N003")
    database = running.store._database
    rotten = database.execute("SELECT sha256, body FROM blob LIMIT 1").fetchone()
    database.execute(
        "UPDATE blob SET body = ? WHERE sha256 = ?", (b"rot" + rotten["body"][3:], rotten["sha256"])
    )
    running.store._changed()
    running.until(lambda status: status["damaged"] == 1)
    assert "内容损坏" in running.get("/")[1]
    assert not [stage for stage, *_ in _receipts(running) if stage == "purged"]


def test_an_expired_notice_leaves_and_is_called_expired(part: Part, tmp_path: Path) -> None:
    ledger = Ledger(part, tmp_path)
    ledger.settle({"A": 1, "B": 2}, {"A": 1, "B": 2})
    ledger.settle({"A": 1}, {"A": 1, "B": 2})
    ledger.settle({}, {})
    stages = [(e.body["stage"], e.body["notice_id"]) for e in part.outbox.after(0)]
    assert stages == [("readable", "A"), ("readable", "B"), ("expired", "B"), ("purged", "A")]
    assert ledger.is_gone("A")
    assert ledger.is_gone("B")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"readable": []}', '{"readable": {"A": "x"}}'])
def test_a_torn_ledger_does_not_stop_the_screen(part: Part, tmp_path: Path, content: str) -> None:
    (tmp_path / "readable.json").write_text(content)
    ledger = Ledger(part, tmp_path)
    ledger.settle({"A": 1}, {"A": 1})
    assert [e.body["stage"] for e in part.outbox.after(0)] == ["readable"]


def test_an_emergency_is_told_to_open_pages_and_ends_with_its_cancel(running: Village) -> None:
    running.publish(SAMPLES["N003"])
    running.wait_for("N003")
    alert = flood_alert()
    running.alert(alert)
    status = running.until(lambda found: found["alarms"] == ["CAP-0007"])
    assert status["alarms_on_screen"] == []
    html = running.get("/notice/N003")[1]
    assert "转移路线" in html
    assert "村小学操场、村委会二楼" in html
    running.post("/alarm", [("alert", "CAP-0007")])
    assert running.status()["alarms_on_screen"] == ["CAP-0007"]
    running.post("/alarm", [("alert", "CAP-0007")])
    assert _receipts(running).count(("readable", "CAP-0007", 1)) == 1
    running.cancel(alert)
    running.until(lambda found: found["alarms"] == [])
    running.post("/alarm", [("alert", "")])
    assert running.status()["alarms_on_screen"] == []


def test_a_page_cannot_claim_an_alarm_that_is_not_there(running: Village) -> None:
    running.post("/alarm", [("alert", "CAP-9999")])
    assert _receipts(running) == []


def test_the_heartbeat_is_seen_by_whoever_watches_the_browser(running: Village) -> None:
    assert running.status()["page_silent_s"] is None
    running.post("/alive", [])
    assert running.status()["page_silent_s"] < 5
    assert time.time() - (running.root / "run" / "kiosk.alive").stat().st_mtime < 5


def test_without_the_hubs_key_nothing_is_taken_and_the_page_says_so(running: Village) -> None:
    assert "本机还不能收" in running.get("/say/question")[1]
    code, html, _ = running.post("/say/question", [("form", "f1"), ("phrase", "0")])
    assert code == 422
    assert "收件钥匙" in html
    assert [kind for kind, _ in _events(running) if kind == "feedback"] == []


def test_a_slip_is_sealed_numbered_and_never_doubled(running: Village) -> None:
    hub = X25519PrivateKey.generate()
    public = base64.b64encode(hub.public_key().public_bytes_raw()) + b"\n"
    (running.root / "state" / "kiosk" / "hub_feedback_key").write_bytes(public)
    running.publish(SAMPLES["N001"])
    running.wait_for("N001")
    fields = [("form", "f1"), ("notice", "N001"), ("phrase", "1"), ("phrase", "99"),
              ("phone", "0872-0000388"), ("text", "我是李秀英\x00\u202e")]  # fmt: skip
    code, _, headers = running.post("/say/correction", fields)
    assert (code, headers["Location"]) == (303, "/said/f1")
    running.post("/say/correction", fields)
    slips = [body for kind, body in _events(running) if kind == "feedback"]
    assert len(slips) == 1
    slip = slips[0]
    assert slip["slip"] in running.get("/said/f1")[1]
    assert slip["slip"].startswith("J-")
    sealed = base64.b64decode(slip["sealed_b64"])
    opened = json.loads(
        open_sealed(hub.private_bytes_raw(), sealed, slip_context(slip["slip"], "qs-01"))
    )
    code = opened.pop("code")
    assert re.fullmatch(r"\d{6}", code)
    assert code in running.get("/said/f1")[1]
    assert opened == {
        "phrases": "金额不对",
        "text": "我是李秀英",
        "phone": "08720000388",
        "notice": "N001",
    }
    assert running.status()["feedback_waiting"] == 1


def test_nothing_personal_is_left_after_the_reset(running: Village) -> None:
    (running.root / "state" / "kiosk" / "hub_feedback_key").write_bytes(os.urandom(32))
    running.post("/say/complaint", [("form", "f2"), ("text", "我叫诸葛青云")])
    assert running.get("/said/f2")[0] == 200
    running.post("/reset", [])
    assert running.get("/said/f2")[0] == 404
    for path in running.root.rglob("*"):
        if path.is_file():
            assert "诸葛青云".encode() not in path.read_bytes(), path
            assert json.dumps("诸葛青云")[1:-1].encode() not in path.read_bytes(), path


@pytest.mark.parametrize("form", ["", "../../x", "a b", "x" * 99])
def test_a_slip_without_a_proper_form_still_gets_its_number(running: Village, form: str) -> None:
    (running.root / "state" / "kiosk" / "hub_feedback_key").write_bytes(b"\x09" * 32)
    _, _, headers = running.post("/say/question", [("form", form), ("phrase", "0")])
    assert re.search(r"W-[1-9]\d{3}-001", running.get(headers["Location"])[1])


def test_an_empty_slip_is_asked_about_kindly(running: Village) -> None:
    (running.root / "state" / "kiosk" / "hub_feedback_key").write_bytes(os.urandom(32))
    code, html, _ = running.post("/say/question", [("form", "f3"), ("text", " \n ")])
    assert code == 422
    assert "请至少选一句话" in html


def test_somebody_leaning_on_the_button_does_not_fill_the_disk(part: Part, tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).write_bytes(b"\x09" * 32)
    desk = SlipDesk(part, tmp_path)
    desk._recent_s = [part.clock.monotonic_s()] * (SLIPS_AN_HOUR - 1)
    asyncio.run(desk.take("g1", KINDS[0], {"text": "x"}))
    with pytest.raises(SlipError, match="这一小时"):
        asyncio.run(desk.take("g2", KINDS[0], {"text": "x"}))
    part.clock.advance(3601)  # type: ignore[attr-defined] # the test's own clock
    asyncio.run(desk.take("g3", KINDS[0], {"text": "x"}))


def test_two_taps_on_a_slow_screen_are_one_slip(part: Part, tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).write_bytes(b"\x09" * 32)
    desk = SlipDesk(part, tmp_path)

    async def tap_twice() -> set[str]:
        taps = (desk.take("g1", KINDS[0], {"text": "x"}) for _ in range(2))
        return {slip.number for slip in await asyncio.gather(*taps)}

    assert len(asyncio.run(tap_twice())) == 1
    assert len(part.outbox.after(0)) == 1


def test_the_screen_starts_and_answers_with_an_untrusted_clock(village: Village) -> None:
    (village.root / "state" / "clock" / "trust.json").unlink()
    village.publish(SAMPLES["N003"])
    village.start()
    village.wait_for("N003")
    assert "时间待校准" in village.get("/")[1]


def test_a_store_that_cannot_be_opened_is_apologised_for(village: Village) -> None:
    village.store.close()
    (village.root / "state" / "store" / "notices.db").write_bytes(b"no database" * 999)
    settings = load(village.settings)

    async def look() -> tuple[int, str]:
        shown = asyncio.create_task(apologise(settings))
        try:
            while True:
                try:
                    return (await asyncio.to_thread(village.get, "/notice/N001"))[:2]
                except urllib.error.URLError:
                    await asyncio.wait({shown}, timeout=0.01)
        finally:
            shown.cancel()

    with pytest.raises(OSError, match="cannot open"):
        open_part("kiosk", settings)
    code, html = asyncio.run(look())
    assert code == 503
    assert "查询机正在恢复" in html


def test_the_screen_is_never_served_to_the_network(village: Village) -> None:
    text = village.settings.read_text(encoding="utf-8")
    village.settings.write_text(text + 'host = "0.0.0.0"\n', encoding="utf-8")
    with pytest.raises(ValueError, match="loopback"):
        main(load(village.settings))


def test_sigterm_ends_the_program_in_order(running: Village) -> None:
    assert running.stop() == 0
    Outbox(running.root / "state" / "kiosk").close()
    assert NOW.year == 2024
