"""CAP's own rules: once, in order, never what is not for us; two persons or a standing rule."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from contract.alert import Alert
from contract.keys import Trust
from contract.messages import open_message
from hub.cap import desk
from hub.cap.models import Incoming, OutsideWarning, Road, StandingRule, State, Verdict
from hub.cap.sources import Source
from hub.cap.taking import expire, take
from hub.emergency import desk as emergencies
from hub.notices.errors import NotReadyError, NotYourStepError, ReasonMissingError
from hub.places.models import Role
from hub.sealing.models import OutboxRow
from hub.sealing.seal import keyring, officers, seal_row
from tests.hub.cap.cap_messages import (
    area,
    authority,
    info,
    message,
    moment,
    reference,
    signed,
    stranger,
)

if TYPE_CHECKING:
    from hub.emergency.models import Emergency
    from tests.hub.conftest import Desk

PROVINCE = Source("province", anchors=(authority()[1],))
LATER = timedelta(hours=1)


def _take(data: bytes, source: Source = PROVINCE, road: Road = Road.PUSH) -> Incoming:
    return take(data, source, road)


def _warning(row: Incoming) -> OutsideWarning:
    return OutsideWarning.objects.get(incoming=row)


def _rule(people: Desk) -> StandingRule:
    first, second = people.county_officers
    rule = desk.make_rule(first, "province", timezone.now() + timedelta(days=30))
    desk.confirm_rule(second, rule)
    return rule


def _release(people: Desk, row: Incoming) -> Emergency:
    first, second = people.county_officers
    emergency = desk.adopt(first, _warning(row), {})
    emergencies.release_alert(second, emergency)
    return emergency


def _apply() -> list[str]:
    return [each.title for each in desk.apply_rules(timezone.now())]


def _sealed(emergency: Emergency) -> Alert:
    row = OutboxRow.objects.get(emergency_id=emergency.pk)
    body = bytes(seal_row(row)[0].body)
    return open_message(Alert, body, Trust(keyring().key_set(officers())))


def test_a_warning_waits_for_two_persons_and_goes_out_with_their_keys(people: Desk) -> None:
    row = _take(message())
    assert row.verdict == Verdict.TAKEN
    assert _warning(row).areas == ["530199"]
    assert not OutboxRow.objects.exists()

    alert = _sealed(_release(people, row))
    assert alert.id == row.alert_id
    assert alert.notice.cap.severity == "Extreme"
    assert alert.notice.speech is not None
    assert "立即转移" in alert.notice.speech.text
    assert _warning(row).state == State.ADOPTED


def test_one_person_alone_and_a_village_release_nothing(people: Desk) -> None:
    row = _take(message())
    first, _ = people.county_officers
    emergency = desk.adopt(first, _warning(row), {})
    with pytest.raises(NotYourStepError):
        emergencies.release_alert(first, emergency)
    other = _take(message("W-2"))
    for user in (people.clerk, people.secretary, people.user(Role.TOWN_OFFICER, "530199002")):
        with pytest.raises(NotYourStepError):
            desk.adopt(user, _warning(other), {})


def test_a_refusal_needs_its_reason_and_is_final(people: Desk) -> None:
    warning = _warning(_take(message()))
    first, _ = people.county_officers
    with pytest.raises(ReasonMissingError):
        desk.refuse(first, warning, " ")
    desk.refuse(first, warning, "误报")
    warning.refresh_from_db()
    assert (warning.state, warning.reason, warning.decided_by) == (State.REFUSED, "误报", first)
    with pytest.raises(NotReadyError):
        desk.adopt(first, warning, {})


def test_the_same_message_is_taken_once(people: Desk) -> None:
    assert people
    first = _take(message())
    again = _take(message())
    assert again.pk == first.pk
    assert again.times == 2
    by_feed = take(message() + b"\n", Source("other"), Road.FEED)
    assert by_feed.verdict == Verdict.IGNORED
    assert OutsideWarning.objects.count() == 1


def test_the_same_id_with_another_text_is_refused(people: Desk) -> None:
    assert people
    _take(message())
    other = _take(message("W-1", info(headline="全部回家")))
    assert (other.verdict, OutsideWarning.objects.count()) == (Verdict.REFUSED, 1)


def test_a_signed_message_beats_a_forgery_under_its_id(people: Desk) -> None:
    assert people
    forged = _take(message("W-1", info(headline="全部留在河边")))
    true = _take(signed(message()))
    assert true.verdict == Verdict.TAKEN
    assert _warning(forged).state == State.OVERTAKEN
    assert _warning(true).state == State.WAITING


def test_a_signed_copy_vouches_for_the_unsigned_one(people: Desk) -> None:
    assert people
    first = take(message(), Source("other"), Road.FEED)
    _take(signed(message()))
    first.refresh_from_db()
    assert (first.signature, first.source) == ("known", "province")


@pytest.mark.parametrize("status", ["Test", "Draft", "System"])
def test_what_is_not_actual_is_kept_and_not_put_forward(people: Desk, status: str) -> None:
    assert people
    row = _take(message(status=status))
    assert row.verdict == Verdict.IGNORED
    assert not OutsideWarning.objects.exists()


@pytest.mark.parametrize(
    "data",
    [
        message(msg_type="Ack", references=reference()),
        message(msg_type="Error", references=reference(), more="<note>x</note>"),
        message(scope="Restricted", more="<restriction>staff</restriction>"),
        message(scope="Private", more="<addresses>a@b</addresses>"),
        message("W-1", " "),
    ],
)
def test_what_is_for_machines_or_for_few_is_not_put_forward(people: Desk, data: bytes) -> None:
    assert people
    assert _take(data).verdict == Verdict.IGNORED
    assert not OutsideWarning.objects.exists()


def test_an_exercise_says_so_and_never_goes_by_rule(people: Desk) -> None:
    _rule(people)
    row = _take(signed(message(status="Exercise")))
    assert _apply() == []
    emergency = _release(people, row)
    assert emergency.is_exercise
    assert _sealed(emergency).notice.cap.status == "Exercise"


def test_an_expired_warning_is_never_put_forward(people: Desk) -> None:
    first, _ = people.county_officers
    row = _take(message("W-1", info(expires=moment(-LATER))))
    assert _warning(row).state == State.EXPIRED
    fresh = _warning(_take(message("W-2", info(expires=moment(LATER)))))
    assert expire(timezone.now() + 2 * LATER) == 1
    with pytest.raises(NotReadyError):
        desk.adopt(first, fresh, {})


def test_a_cancel_stops_what_still_waits(people: Desk) -> None:
    first, second = people.county_officers
    waiting = _take(message())
    adopted = _take(message("W-2"))
    emergency = desk.adopt(first, _warning(adopted), {})
    row = _take(message("C-1", msg_type="Cancel", references=f"{reference()} {reference('W-2')}"))
    assert row.verdict == Verdict.IGNORED  # nothing of it went out
    assert _warning(waiting).state == State.OVERTAKEN
    with pytest.raises(NotReadyError, match="取代或解除"):
        emergencies.release_alert(second, emergency)


def test_a_cancel_of_what_went_out_goes_where_that_went(people: Desk) -> None:
    released = _release(people, _take(message()))
    town = area("清水镇", [("行政区划代码", "530199001000")])
    row = _take(message("C-1", info(area=town), msg_type="Cancel", references=reference()))
    assert _warning(row).areas == ["530199"]
    alert = _sealed(_release(people, row))
    assert alert.cancels == (released.alert_id,)


def test_a_cancel_without_a_description_is_put_in_words(people: Desk) -> None:
    _release(people, _take(message()))
    row = _take(message("C-1", " ", msg_type="Cancel", references=reference()))
    assert "解除" in _warning(row).speech
    assert _sealed(_release(people, row)).notice.cap.msg_type == "Cancel"


def test_an_update_replaces(people: Desk) -> None:
    released = _release(people, _take(message()))
    again = info(headline="山洪红色预警继续", severity="Extreme")
    row = _take(message("U-1", again, msg_type="Update", references=reference()))
    assert _sealed(_release(people, row)).updates == (released.alert_id,)


@pytest.mark.parametrize("who", ["another sender", "another road", "no signature"])
def test_nobody_else_cancels_a_sender_s_warning(people: Desk, who: str) -> None:
    assert people
    first = _take(signed(message()))
    cancel = message("C-1", msg_type="Cancel", references=reference())
    if who == "another sender":
        other = message("C-1", sender="x@y", msg_type="Cancel", references=reference())
        _take(signed(other))
    elif who == "another road":
        take(signed(cancel), Source("other", anchors=PROVINCE.anchors), Road.FEED)
    else:
        _take(cancel)
    assert _warning(first).state == State.WAITING


def test_a_signed_red_warning_goes_out_by_the_two_persons_standing_rule(people: Desk) -> None:
    rule = _rule(people)
    row = _take(signed(message()))
    assert _apply() == ["云岭县气象台发布山洪灾害红色预警"]
    warning = _warning(row)
    assert warning.by_rule == rule
    assert warning.emergency is not None
    released = warning.emergency
    assert (released.composed_by, released.released_by) == people.county_officers
    assert _sealed(released).id == row.alert_id
    assert _apply() == []


def test_its_signed_cancel_goes_out_by_the_same_rule(people: Desk) -> None:
    _rule(people)
    _take(signed(message()))
    _apply()
    _take(signed(message("C-1", info(headline="解除"), msg_type="Cancel", references=reference())))
    assert len(_apply()) == 1


@pytest.mark.parametrize(
    "data",
    [
        message(),
        signed(message(), stranger()),
        signed(message("W-1", info(severity="Severe", headline="山洪橙色预警"))),
        signed(message("W-1", info(certainty="Possible"))),
        signed(message("W-1", info(urgency="Future"))),
        signed(message("W-1", info(area=area("清水镇", [])))),
        signed(message("W-1", info(severity="Minor"))),
        signed(message("W-1", info(expires=""))),
        signed(message("W-1", info("en-US", headline="Red warning"))),
        signed(message("W-1", info(effective=moment(LATER)))),
        signed(message(sent=moment(LATER))),
        signed(message().replace(b"cap:1.2", b"cap:1.1")),
    ],
    ids=["unsigned", "stranger", "orange", "possible", "future", "by name", "two levels",
         "no end", "english", "not yet", "from the future", "old version"],
)  # fmt: skip
def test_nothing_else_goes_out_by_a_rule(people: Desk, data: bytes) -> None:
    _rule(people)
    assert _take(data).verdict in (Verdict.TAKEN, Verdict.REFUSED)
    assert _apply() == []
    assert not OutboxRow.objects.exists()


def test_a_warning_that_begins_later_goes_out_when_it_begins(people: Desk) -> None:
    _rule(people)
    _take(signed(message("W-1", info(effective=moment(LATER)))))
    assert _apply() == []
    assert len(desk.apply_rules(timezone.now() + LATER)) == 1


def test_a_rule_needs_two_persons_and_ends(people: Desk) -> None:
    first, second = people.county_officers
    with pytest.raises(NotReadyError):
        desk.make_rule(first, "province", timezone.now() + timedelta(days=900))
    with pytest.raises(NotYourStepError):
        desk.make_rule(people.secretary, "province", timezone.now() + LATER)
    rule = desk.make_rule(first, "province", timezone.now() + timedelta(days=2))
    with pytest.raises(NotYourStepError):
        desk.confirm_rule(first, rule)
    _take(signed(message()))
    assert _apply() == []
    desk.confirm_rule(second, rule)
    assert desk.apply_rules(timezone.now() + timedelta(days=3)) == []
    desk.stop_rule(first, rule)
    assert _apply() == []


def test_a_person_who_left_takes_the_rule_along(people: Desk) -> None:
    rule = _rule(people)
    rule.made_by.is_active = False
    rule.made_by.save()
    row = _take(signed(message()))
    assert _apply() == []
    assert _warning(row).state == State.WAITING


def test_a_source_speaks_only_for_its_own_senders(people: Desk) -> None:
    assert people
    only = Source("province", senders=("someone@else",))
    assert take(message(), only, Road.PUSH).verdict == Verdict.REFUSED


@pytest.mark.parametrize("data", [b"", b"<a/>", b"<!DOCTYPE a><a/>", b"\x00" * 100])
def test_what_cannot_be_read_is_noted_once_without_its_bytes(people: Desk, data: bytes) -> None:
    assert people
    for _ in range(3):
        row = _take(data)
    assert (row.verdict, row.times, bytes(row.raw)) == (Verdict.REFUSED, 3, b"")
