"""Complaints and questions from a phone: sealed, numbered, answered at the one feedback desk."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse

from hub.feedback import desk as feedback
from hub.feedback.opening import open_slip
from hub.ledger.models import FeedbackSlip
from hub.places.models import Role

if TYPE_CHECKING:
    from tests.hub.conftest import Desk

WORDS = "三组的路灯坏了半年没人修，王某某收了钱"
FORM = {"kind": "question", "text": WORDS, "phone": "15400000000", "form": "a"}
_RECEIPT = re.compile(r"<b>(SJ-\d{4}-\d{4})</b>.*?<b>(\d{6})</b>", re.DOTALL)


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    cache.clear()


def _sent(people: Desk, **more: str) -> tuple[str, str]:
    answer = Client().post(f"/v/{people.village.code}/say/", FORM | more)
    found = _RECEIPT.search(answer.content.decode())
    assert found is not None
    assert "no-store" in answer["Cache-Control"]
    return found[1], found[2]


def _asked(number: str, code: str, address: str = "192.0.2.200") -> tuple[int, str]:
    answer = Client(REMOTE_ADDR=address).post("/slip/", {"number": number, "code": code})
    return answer.status_code, answer.content.decode()


def test_the_words_are_stored_sealed_and_only_the_desk_opens_them(people: Desk) -> None:
    number, code = _sent(people)
    slip = FeedbackSlip.objects.get(slip=number)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM ledger_feedbackslip")
        stored = str(cursor.fetchall())
    assert "路灯" not in stored
    assert "15400000000" not in stored
    assert code not in stored
    opened = open_slip(slip)
    assert opened is not None
    assert (opened.text, opened.phone, opened.code) == (WORDS, "15400000000", code)


def test_an_answer_is_read_with_number_and_code_and_not_without(people: Desk) -> None:
    number, code = _sent(people)
    assert "正在办理" in _asked(number, code)[1]
    slip = FeedbackSlip.objects.get(slip=number)
    given = feedback.give_answer(people.committee, slip, "本周五修好。")
    assert given.stored_at is not None
    assert bytes(given.body) == b""
    status, said = _asked(number.lower(), f" {code} ")
    assert status == 200
    assert "本周五修好。" in said
    given.refresh_from_db()
    assert given.read_at is not None
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    assert "本周五修好" not in _asked(number, wrong)[1]
    assert _asked(number, wrong)[0] == 404


def test_the_answer_is_given_on_the_desk_s_page(people: Desk) -> None:
    number, code = _sent(people)
    slip = FeedbackSlip.objects.get(slip=number)
    client = Client()
    client.force_login(people.committee)
    assert number in client.get(reverse("desk-slips")).content.decode()
    assert WORDS in client.get(reverse("desk-slip", args=[slip.pk])).content.decode()
    client.post(reverse("desk-slip", args=[slip.pk]), {"text": "已修好。"})
    assert "已修好。" in _asked(number, code)[1]


def test_a_complaint_is_read_above_the_village_and_not_in_it(people: Desk) -> None:
    number, _ = _sent(people, kind="complaint")
    slip = FeedbackSlip.objects.get(slip=number)
    town = people.user(Role.TOWN_OFFICER, people.village.code[:9])
    for user in (people.clerk, people.committee, people.secretary):
        assert slip not in feedback.slips_of(user)
    for user in (town, *people.county_officers):
        assert slip in feedback.slips_of(user)
    other = people.user(Role.TOWN_OFFICER, people.other_village.code[:9])
    assert slip not in feedback.slips_of(other)


def test_a_form_sent_twice_is_one_slip(people: Desk) -> None:
    assert _sent(people) == _sent(people)
    assert _sent(people, form="b") != _sent(people)
    assert FeedbackSlip.objects.count() == 2


@pytest.mark.parametrize(
    "wrong",
    [{"kind": "x"}, {"text": ""}, {"text": "长" * 1001}, {"text": "长" * 300_000},
     {"phone": "<script>alert(1)</script>"}, {"website": "http://spam.example"}],
    ids=["kind", "no text", "too long", "far too long", "phone", "robot"],
)  # fmt: skip
def test_what_cannot_be_taken_is_said_in_a_sentence(people: Desk, wrong: dict[str, str]) -> None:
    answer = Client().post(f"/v/{people.village.code}/say/", FORM | wrong)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.content.decode()
    assert "<script" not in answer.content.decode()
    assert not FeedbackSlip.objects.exists()


def test_a_form_of_another_site_is_refused(people: Desk) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(f"/v/{people.village.code}/say/", FORM).status_code == 403
    assert strict.post("/slip/", {"number": "SJ-1000-0001", "code": "1"}).status_code == 403
    page = strict.get(f"/v/{people.village.code}/say/").content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert token is not None
    allowed = strict.post(
        f"/v/{people.village.code}/say/", FORM | {"csrfmiddlewaretoken": token[1]}
    )
    assert "已收到" in allowed.content.decode()


def test_guessing_codes_and_flooding_are_slowed(people: Desk) -> None:
    number, code = _sent(people)
    addresses = [f"192.0.2.{n}" for n in range(9)]
    tries = [_asked(number, "000000", each)[0] for each in addresses]
    assert tries[-1] == 429
    assert _asked(number, code, "192.0.2.99")[0] == 429
    codes = [
        Client(REMOTE_ADDR="198.51.100.1")
        .post(f"/v/{people.village.code}/say/", FORM | {"form": str(n)})
        .status_code
        for n in range(11)
    ]
    assert codes == [200] * 10 + [429]


def test_no_words_of_a_slip_reach_the_log(people: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    number, code = _sent(people)
    _asked(number, code)
    assert "路灯" not in caplog.text
    assert code not in caplog.text
