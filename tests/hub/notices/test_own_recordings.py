"""A dialect, a leader's own voice: checked on arrival, reviewed, sealed, one for each village."""

from __future__ import annotations

import io
import math
import wave
from array import array
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from contract import codec, envelope, wire
from contract.areas import Area
from contract.notice import Notice
from hub.notices import desk
from hub.notices.errors import NotReadyError, NotYourStepError
from hub.notices.own_recordings import MOST_BYTES, attach, detach
from hub.places.models import Role
from hub.sealing.models import AssetBlob, AssetUse, OutboxRow, SealedNotice
from hub.sealing.seal import seal_row

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from hub.notices.models import NoticePage
    from tests.hub.conftest import Desk

Forms = dict[str, dict[str, Any]]


def wav(seconds: float, *, level: float = 0.2, rate_hz: int = 16_000) -> bytes:
    """Somebody who speaks: a tone that comes and goes."""
    second = array("h", (
        round(level * 32_767 * math.sin(440 * 2 * math.pi * n / rate_hz)
              * (0.3 + 0.7 * (n * 4 // rate_hz % 2)))
        for n in range(rate_hz)))  # fmt: skip
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        whole = second.tobytes() * math.ceil(seconds)
        file.writeframes(whole[: round(seconds * rate_hz) * 2])
    return out.getvalue()


@pytest.fixture
def page(people: Desk, notices: Forms) -> NoticePage:
    made = desk.draft_from_import(people.clerk, notices["N003"], people.village)
    desk.drop_restricted_columns(people.clerk, made)
    return desk.find(made.notice_id)


def signed(people: Desk, page: NoticePage) -> Notice:
    desk.submit(people.clerk, page)
    desk.approve(people.committee, page)
    desk.sign(people.secretary, page)
    seal_row(OutboxRow.objects.get())
    body = bytes(SealedNotice.objects.get().body)
    return codec.decode(Notice, wire.loads(envelope.parse(body).content()))


def test_the_village_plays_its_own_recording_and_it_travels_with_the_notice(
    people: Desk, page: NoticePage
) -> None:
    row = attach(people.clerk, page, people.village.code, "书记讲话", wav(3))
    notice = signed(people, page)
    assert notice.speech is not None
    (own,) = notice.speech.own
    assert (own.area, own.speaker, own.duration_s) == (people.village.code, "书记讲话", 3.0)
    asset = notice.speech.recording_for(Area.parse(people.village.code))
    assert asset is not None
    assert asset.sha256 == row["sha256"]
    assert asset in notice.assets
    blob = AssetBlob.objects.get(sha256=asset.sha256)
    assert bytes(blob.body).startswith(b"OggS")
    assert AssetUse.objects.filter(asset=blob, notice_id="N003").exists()
    assert notice.speech.recording_for(Area.parse(people.other_village.code)) is None


def test_a_new_recording_takes_the_place_of_the_old_one_and_can_be_taken_away(
    people: Desk, page: NoticePage
) -> None:
    code = people.village.code
    attach(people.clerk, page, code, "旧", wav(3))
    new = attach(people.clerk, page, code, "新", wav(4))
    assert [row["sha256"] for row in desk.latest(page).own_recordings] == [new["sha256"]]
    detach(people.clerk, page, code)
    assert desk.latest(page).own_recordings == []


def test_a_recording_of_words_that_were_changed_is_not_sent(people: Desk, page: NoticePage) -> None:
    attach(people.clerk, page, people.village.code, "书记", wav(3))
    draft = desk.latest(page)
    draft.speech = "更正：合计为三千元。"
    desk.save(people.clerk, draft)
    stale = client_of(people.clerk).get(reverse("own-recordings", args=[page.pk]))
    assert "请重录" in stale.content.decode()
    notice = signed(people, page)
    assert notice.speech is not None
    assert notice.speech.own == ()


def test_what_is_under_review_cannot_be_changed_behind_the_reviewer(
    people: Desk, page: NoticePage
) -> None:
    desk.submit(people.clerk, page)
    with pytest.raises(NotYourStepError):
        attach(people.clerk, desk.find(page.notice_id), people.village.code, "书记", wav(3))
    with pytest.raises(NotYourStepError):
        attach(people.secretary, desk.find(page.notice_id), people.village.code, "书记", wav(3))


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        (b"", "不是 Opus 或 WAV"),
        (b"MZ\x90 a program", "不是 Opus 或 WAV"),
        (b"OggS" + bytes(2000), "损坏"),
        (b"RIFF\x10\x00\x00\x00WAVE", "损坏"),
        (wav(3, rate_hz=8_000), "采样率"),
        (wav(0.2), "太短"),
        (wav(3, level=0.0), "没有声音"),
        (wav(601), "超过 10 分钟"),
        (bytes(MOST_BYTES + 1), "20MB"),
    ],
    ids=["empty", "program", "broken Opus", "broken WAV", "8 kHz", "short", "mute", "long", "big"],
)  # fmt: skip
def test_what_is_not_fit_to_be_played_is_refused_in_words(
    people: Desk, page: NoticePage, file: bytes, sentence: str
) -> None:
    with pytest.raises(NotReadyError, match=sentence):
        attach(people.clerk, page, people.village.code, "书记", file)
    assert desk.latest(page).own_recordings == []
    assert not AssetBlob.objects.exists()


@pytest.mark.parametrize(
    ("area", "speaker"), [("110101001001", "书记"), ("", "书记"), (None, " "), (None, "长" * 31)]
)
def test_a_recording_for_nobody_or_by_nobody_is_refused(
    people: Desk, page: NoticePage, area: str | None, speaker: str
) -> None:
    code = people.village.code if area is None else area
    with pytest.raises(NotReadyError):
        attach(people.clerk, page, code, speaker, wav(3))


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_the_clerk_uploads_and_the_reviewer_hears_it_on_the_pages(
    people: Desk, page: NoticePage
) -> None:
    address = reverse("own-recordings", args=[page.pk])
    clerk = client_of(people.clerk)
    broken = SimpleUploadedFile("x.opus", b"OggS" + bytes(2000))
    fields = {"area": people.village.code, "speaker": "白族话"}
    answer = clerk.post(address, {**fields, "file": broken})
    assert (answer.status_code, "损坏" in answer.content.decode()) == (400, True)
    assert clerk.post(address, fields).status_code == 400
    good = SimpleUploadedFile("x.wav", wav(3))
    assert clerk.post(address, {**fields, "file": good}).status_code == 302
    (row,) = desk.latest(page).own_recordings
    sound = reverse("own-recording", args=[page.pk, row["sha256"]])
    desk.submit(people.clerk, page)
    reviewer = client_of(people.committee)
    dossier = reviewer.get(reverse("desk-notice", args=[page.pk])).content.decode()
    assert sound in dossier
    assert "白族话" in dossier
    assert reviewer.get(sound).content.startswith(b"OggS")
    assert reviewer.get(reverse("own-recording", args=[page.pk, "0" * 64])).status_code == 404
    neighbour = client_of(people.user(Role.SECRETARY, people.other_village.code))
    assert neighbour.get(sound).status_code == 403
