"""The airing log: one row an airing, who answers for it, and a file that a county can read."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import gettext, override
from openpyxl import load_workbook

from contract import codec
from contract.receipt import Interruption, Receipt, Spoken
from contract.uplink import Event, EventBatch
from hub.ledger import boxes, taking
from hub.ledger.airing import HEADINGS, airings
from hub.live import desk
from hub.notices import desk as notice_desk

if TYPE_CHECKING:
    from tests.hub.conftest import Desk

AT = datetime(2024, 7, 1, 8, 0, tzinfo=UTC)
HEARD = Spoken(
    "finished", 480_000, {"北": 480_000, "南": 240_000}, 48_000,
    (Interruption(96_000, "A-1@1", 30.0),), "kokoro", "zm_yunjian", -16.0, "ab" * 32, "heard",
)  # fmt: skip


class Box:
    """A box that reports what its horn did."""

    def __init__(self, name: str, code: str) -> None:
        boxes.add_box(name, code)
        self.name = name
        self.seq = 0

    def say(self, notice_id: str, state: str, minutes: int, **facts: object) -> None:
        self.seq += 1
        spoken = replace(HEARD, state=state, **facts)  # type: ignore[arg-type] # a test's shorthand
        receipt = Receipt(
            self.name, "audio", "spoken", notice_id, 1, AT + timedelta(minutes=minutes), True,
            detail=f"{notice_id}: 原因" if state == "missed" else notice_id, spoken=spoken,
        )  # fmt: skip
        event = Event(self.seq, "receipt", codec.encode(receipt))
        assert taking.take_batch(EventBatch(self.name, "audio", "o", (event,))) == self.seq


@pytest.fixture
def box(people: Desk) -> Box:
    return Box("box-1", people.village.code)


def month(people: Desk) -> list[Any]:
    return airings([people.village.code], AT - timedelta(days=1), AT + timedelta(days=30))


def test_an_airing_is_one_row_with_its_beginning_and_its_end(people: Desk, box: Box) -> None:
    for state, minutes in (("accepted", 0), ("started", 1), ("interrupted", 2), ("resumed", 3)):
        box.say("N1", state, minutes)
    assert month(people) == [], "what is still on the air is not in the log"
    box.say("N1", "finished", 4)
    (row,) = month(people)
    assert (row.started_at, row.ended_at) == (AT + timedelta(minutes=1), AT + timedelta(minutes=4))
    assert (row.village, row.result, row.evidence) == (people.village.title, "播完", "话筒听到")
    assert row.seconds == {"北": 10.0, "南": 5.0}
    assert (row.interruptions, row.voice, row.detail) == (1, "kokoro zm_yunjian", "")


def test_a_programme_in_two_slots_is_two_rows(people: Desk, box: Box) -> None:
    for start in (0, 300):
        box.say("N1", "started", start)
        box.say("N1", "finished", start + 1)
    assert [row.started_at for row in month(people)] == [AT + timedelta(minutes=300), AT]


def test_what_was_never_heard_is_in_the_log_with_its_reason(people: Desk, box: Box) -> None:
    box.say("N1", "missed", 0, samples_played=None, evidence="none")
    (row,) = month(people)
    assert (row.result, row.detail, row.longest_s, row.started_at) == ("错过", "原因", 0.0, None)
    assert row.evidence == ""


def test_every_row_names_who_answers_for_it(
    people: Desk, box: Box, notices: dict[str, dict[str, Any]]
) -> None:
    page = notice_desk.draft_from_import(people.clerk, notices["N003"], people.village)
    notice_desk.drop_restricted_columns(people.clerk, page)
    notice_desk.submit(people.clerk, page)
    notice_desk.approve(people.committee, page)
    notice_desk.sign(people.secretary, page)
    talk = desk.open_talk(people.secretary, [people.village.code])
    box.say("N003", "finished", 0)
    box.say(talk.pk, "finished", 1)
    box.say("selftest-weekly", "finished", 2)
    found = {row.id: row for row in month(people)}
    assert found["N003"].kind == "公开"
    assert found["N003"].person == people.secretary.get_full_name()
    assert found[talk.pk].kind == "直播喊话"
    assert found[talk.pk].person == people.secretary.get_full_name()
    assert (found["selftest-weekly"].kind, found["selftest-weekly"].title) == (
        "自检", "每周静音自检",
    )  # fmt: skip


def test_the_files_open_in_a_spreadsheet_with_chinese_headings(people: Desk, box: Box) -> None:
    box.say("N1", "finished", 0)
    client = Client()
    client.force_login(people.county_officers[0])
    span = {"from": "2024-07-01", "to": "2024-07-31"}
    page = client.get(reverse("airing-log"), span).content.decode()
    assert "播完" in page
    answer = client.get(reverse("airing-log"), {**span, "form": "csv"})
    assert answer.content.startswith(b"\xef\xbb\xbf"), "Excel needs the mark"
    (row,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert tuple(row) == HEADINGS
    assert (row["开播时间"], row["结束时间"]) == ("", "2024-07-01 16:00:00")
    assert (row["结果"], row["各区域播出秒数"]) == ("播完", "北 10.0；南 5.0")
    book = load_workbook(
        io.BytesIO(client.get(reverse("airing-log"), {**span, "form": "xlsx"}).content)
    )
    cells = [cell.value for cell in book.active[3]]
    assert cells == list(HEADINGS)


def test_a_village_sees_its_own_airings_only(people: Desk, box: Box) -> None:
    box.say("N1", "finished", 0)
    Box("box-9", people.other_village.code).say("N9", "finished", 0)
    client = Client()
    client.force_login(people.clerk)
    answer = client.get(
        reverse("airing-log"), {"from": "2024-07-01", "to": "2024-07-31", "form": "csv"}
    ).content.decode()
    assert "N1" in answer
    assert "N9" not in answer
    assert Client().get(reverse("airing-log")).status_code == 302


@pytest.mark.parametrize("day", ["", "yesterday", "2024-13-01", "'; DROP TABLE"])
def test_a_date_that_is_none_means_the_last_month(people: Desk, day: str) -> None:
    client = Client()
    client.force_login(people.secretary)
    assert client.get(reverse("airing-log"), {"from": day, "to": day}).status_code == 200


def test_every_sentence_has_its_english() -> None:
    ledger = Path(__file__).resolve().parents[3] / "hub" / "ledger"
    form = re.compile(r"""(?<![\w.])_\("([^"]+)"\)|{% translate ["'](.+?)["'] %}""")
    said = {
        first or second
        for name in ("airing.py", "views.py", "wagtail_hooks.py", "templates/ledger/airing.html")
        for first, second in form.findall((ledger / name).read_text(encoding="utf-8"))
    }
    assert len(said) > 30
    with override("en"):
        assert sorted(each for each in said if gettext(each) == each) == []
