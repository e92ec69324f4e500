"""The outbox is worked off in order, and one act that fails holds up only its own notice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from contract import codec, envelope, wire
from contract.alert import Alert
from hub.dispatch.sealer import Sealer
from hub.emergency import desk as emergencies
from hub.emergency.to_contract import to_alert
from hub.notices import desk
from hub.sealing.assets import Recording
from hub.sealing.models import AssetBlob, AssetUse, OutboxRow, SealedNotice

if TYPE_CHECKING:
    from hub.emergency.models import Emergency
    from tests.hub.dispatch.conftest import Road

Forms = dict[str, dict[str, Any]]
pytestmark = pytest.mark.broker


class Shelf:
    """A studio that has what was prepared, and says what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.urgent: list[str] = []
        self.made: dict[str, Recording] = {}

    def __call__(self, text: str) -> Recording | None:
        self.asked.append(text)
        return self.made.setdefault(text, Recording(b"OggS" + text.encode(), "audio/ogg", "v", 2.0))

    def known(self, text: str) -> Recording | None:
        return self.made.get(text)

    def prepare(self, text: str, *, urgent: bool = False) -> None:
        self(text)
        self.urgent += [text] if urgent else []


def test_a_notice_that_cannot_be_sealed_does_not_hold_up_another(
    road: Road, notices: Forms
) -> None:
    road.publish(notices["N003"])
    broken = OutboxRow.objects.get()
    broken.page_revision_id = 10**9
    broken.save()
    page = road.publish(notices["N006"])
    sealer = Sealer()
    assert [act.notice_id for act in sealer.others(0.0)] == [page.notice_id]
    broken.refresh_from_db()
    assert broken.attempts == 1
    assert "DoesNotExist" in broken.last_error
    assert list(sealer.others(0.5)) == []
    broken.refresh_from_db()
    assert broken.attempts == 1
    list(sealer.others(100.0))
    broken.refresh_from_db()
    assert broken.attempts == 2


def test_a_withdrawal_does_not_overtake_its_own_publication(road: Road, notices: Forms) -> None:
    page = road.publish(notices["N003"])
    row = OutboxRow.objects.get()
    good, row.page_revision_id = row.page_revision_id, 10**9
    row.save()
    road.withdraw(page)
    sealer = Sealer()
    assert list(sealer.others(0.0)) == []
    row.page_revision_id = good
    row.save()
    assert [act.kind for act in sealer.others(100.0)] == ["publish", "withdraw"]
    assert not SealedNotice.objects.filter(in_force=True).exists()


def test_a_recording_goes_with_its_notice(road: Road, notices: Forms) -> None:
    road.publish(notices["N003"])
    shelf = Shelf()
    assert len(list(Sealer(shelf).others(0.0))) == 1
    assert AssetBlob.objects.get().mime == "audio/ogg"


def test_a_correction_does_not_wait_for_a_recording(road: Road, notices: Forms) -> None:
    page = road.publish(notices["N003"])
    shelf = Shelf()
    sealer = Sealer(shelf)
    list(sealer.others(0.0))
    road.correct(page, speech="完全不同的广播词。")
    asked = len(shelf.asked)
    assert [act.kind for act in sealer.others(1.0)] == ["correct"]
    assert len(shelf.asked) == asked


def test_what_is_under_review_is_rendered_before_it_is_signed(road: Road, notices: Forms) -> None:
    people = road.people
    page = desk.draft_from_import(people.clerk, notices["N003"], people.village)
    desk.drop_restricted_columns(people.clerk, page)
    desk.submit(people.clerk, page)
    shelf = Shelf()
    sealer = Sealer(shelf)
    sealer.prepare(0.0)
    sealer.prepare(1.0)
    sealer.prepare(100.0)
    assert len(shelf.asked) == 1


def _emergency(road: Road, notices: Forms) -> Emergency:
    first, _ = road.people.county_officers
    village = road.people.village
    return emergencies.draft_from_import(first, notices["N004"], village, now=timezone.now())


def test_an_alarm_is_rendered_while_the_second_officer_checks_it_and_ships_with_the_alert(
    road: Road, notices: Forms
) -> None:
    emergency = _emergency(road, notices)
    shelf = Shelf()
    sealer = Sealer(shelf)
    sealer.prepare(0.0)
    sealer.prepare(100.0)
    assert shelf.urgent == [emergency.speech]
    emergencies.release_alert(road.people.county_officers[1], emergency)
    (act,) = sealer.alerts(101.0)
    sealed = bytes(SealedNotice.objects.filter(kind="alert")[0].body)
    alert = codec.decode(Alert, wire.loads(envelope.parse(sealed).content()))
    recording = AssetBlob.objects.get()
    assert alert.notice.speech is not None
    assert alert.notice.speech.recording is not None
    assert alert.notice.speech.recording.sha256 == recording.sha256
    assert act.kind == "alert"
    use = AssetUse.objects.get(asset=recording)
    assert (use.notice_id, use.revision) == (act.notice_id, 1)  # so manifests list it


def test_an_alert_waits_for_no_recording(road: Road, notices: Forms) -> None:
    emergency = _emergency(road, notices)
    emergencies.release_alert(road.people.county_officers[1], emergency)
    shelf = Shelf()
    sealer = Sealer(shelf)
    assert [act.kind for act in sealer.alerts(0.0)] == ["alert"]
    assert shelf.asked == []
    assert not AssetBlob.objects.exists()


def _sealed() -> Alert:
    body = bytes(SealedNotice.objects.filter(kind="alert")[0].body)
    return codec.decode(Alert, wire.loads(envelope.parse(body).content()))


def test_the_recording_of_an_alert_that_was_released_at_once_follows_it(
    road: Road, notices: Forms
) -> None:
    emergency = _emergency(road, notices)
    emergencies.release_alert(road.people.county_officers[1], emergency)
    shelf = Shelf()
    sealer = Sealer(shelf)
    assert [act.kind for act in sealer.alerts(0.0)] == ["alert"]
    first = _sealed()
    assert not first.recorded
    assert list(sealer.others(1.0)) == []
    assert shelf.urgent == [emergency.spoken]
    assert [act.kind for act in sealer.others(4.0)] == ["recorded"]
    assert _sealed().recorded
    assert _sealed().unrecorded == first
    assert list(sealer.others(100.0)) == []


def test_an_alert_that_is_over_gets_no_recording(road: Road, notices: Forms) -> None:
    emergency = _emergency(road, notices)
    emergencies.release_alert(road.people.county_officers[1], emergency)
    shelf = Shelf()
    sealer = Sealer(shelf)
    list(sealer.alerts(0.0))
    SealedNotice.objects.update(in_force=False)  # as an all-clear does
    assert list(sealer.others(1.0)) == []
    assert not _sealed().recorded


def test_a_drill_says_so_in_the_recorded_words(road: Road, notices: Forms) -> None:
    emergency = _emergency(road, notices)
    emergency.is_exercise = True
    emergency.save()
    shelf = Shelf()
    Sealer(shelf).prepare(0.0)
    (said,) = shelf.urgent
    assert said.startswith("演练")
    assert "演练" in said[-12:]
    alert = to_alert(emergency)
    assert alert.notice.speech is not None
    assert alert.notice.speech.text == said
