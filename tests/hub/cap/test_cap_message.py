"""The structure that CAP 1.2 prescribes, element by element."""

from __future__ import annotations

import pytest

from hub.cap.errors import CapRefusedError
from hub.cap.message import Reference, read_alert
from hub.cap.reading import read_xml
from tests.hub.cap.cap_messages import area, info, message, moment, reference

RING = "<polygon>24.0,102.0 24.0,103.0 25.0,103.0 24.0,102.0</polygon>"


def _faults(data: bytes) -> str:
    with pytest.raises(CapRefusedError) as found:
        read_alert(read_xml(data))
    assert found.value.code == "schema"
    return found.value.en


def _without(name: str) -> bytes:
    text = message().decode()
    start, end = text.index(f"<{name}>"), text.index(f"</{name}>") + len(name) + 3
    return (text[:start] + text[end:]).encode()


@pytest.mark.parametrize(
    "name",
    ["identifier", "sender", "sent", "status", "msgType", "scope", "category", "event", "urgency",
     "severity", "certainty", "areaDesc", "valueName"],
)  # fmt: skip
def test_what_must_stand_is_missed_by_name(name: str) -> None:
    assert f"<{name}> is missing" in _faults(_without(name))


def _with(old: str, new: str) -> bytes:
    text = message().decode()
    assert old in text
    return text.replace(old, new, 1).encode()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (_with("<status>Actual", "<status>actual"), "<status> is 'actual'"),
        (_with("<scope>Public", "<scope>Everybody"), "<scope> is 'Everybody'"),
        (_with("<severity>Extreme", "<severity>Red"), "<severity> is 'Red'"),
        (_with("<identifier>W-1", "<identifier>W 1"), "<identifier> has the wrong form"),
        (_with("<identifier>W-1", "<identifier>W,1"), "<identifier> has the wrong form"),
        (message(sent="2024-07-14T11:12:00Z"), "<sent> has the wrong form"),
        (message(sent="2024-07-14 11:12:00+08:00"), "<sent> has the wrong form"),
        (message(sent="2024-07-14T11:12:00"), "<sent> has the wrong form"),
        (message(sent="2024-13-44T11:12:00+08:00"), "no such time"),
        (_with("</sender>", "</sender><sender>x</sender>"), "more than one <sender>"),
        (_with("<scope>Public</scope>", "<scope>Public</scope><made-up/>"), "does not belong"),
        (_with("<event>", "<urgency>Past</urgency><event>"), "out of order"),
        (_with("<alert ", '<alert note="x" '), "has attributes"),
        (_with("<identifier>", "words<identifier>"), "mixed content"),
        (_with("山洪</event>", "山<b>洪</b></event>"), "mixed content"),
        (_with("cap:1.2", "cap:1.0"), "not a CAP 1.2 alert"),
        (b"<rss/>", "not a CAP 1.2 alert"),
        (message(scope="Restricted"), "needs <restriction>"),
        (message(scope="Private"), "needs <addresses>"),
        (message(msg_type="Update"), "needs <references>"),
        (message(msg_type="Cancel", references="W-1"), "<references> has the wrong form"),
    ],
)
def test_what_the_standard_does_not_allow_is_named(data: bytes, said: str) -> None:
    assert said in _faults(data)


@pytest.mark.parametrize(
    "shape",
    [
        "<polygon>24,102 24,103 25,103</polygon>",
        "<polygon>24,102 24,103 25,103 24,102.5</polygon>",
        "<polygon>24,102 24,103 95,103 24,102</polygon>",
        "<polygon>24,102 24,x 25,103 24,102</polygon>",
        "<polygon>nan,102 24,103 25,103 nan,102</polygon>",
        "<circle>24,102</circle>",
        "<circle>24,102 -1</circle>",
        "<circle>24,190 1</circle>",
    ],
)
def test_a_shape_that_is_none_is_refused(shape: str) -> None:
    assert "has the wrong form" in _faults(message("W-1", info(area=area(shapes=shape))))


def test_everything_that_may_stand_is_read() -> None:
    data = message(
        "W-2",
        info("zh-CN", area=area(shapes=f"{RING}<circle>24.5,102.5 3</circle>")),
        info("en-US", headline="Flash flood", area=area() + area("清水镇", [])),
        msg_type="Update",
        references=f"{reference()} {reference('W-0')}",
        more="<code>x</code><code>y</code><note>n</note>",
    )
    alert = read_alert(read_xml(data))
    assert [each.language for each in alert.infos] == ["zh-CN", "en-US"]
    assert alert.infos[0].areas[0].rings[0][1] == (24.0, 103.0)
    assert alert.infos[0].areas[0].discs == (((24.5, 102.5), 3.0),)
    assert len(alert.infos[1].areas) == 2
    assert [each.identifier for each in alert.references] == ["W-1", "W-0"]


def test_a_message_has_one_name_in_every_time_zone() -> None:
    alert = read_alert(read_xml(message()))
    east = Reference(alert.own.sender, alert.own.identifier, alert.own.sent.astimezone(tz=None))
    assert alert.own.alert_id == east.alert_id
    other = read_alert(read_xml(message("W-2")))
    assert other.own.alert_id != alert.own.alert_id


def test_an_older_version_is_read_and_said_to_be_one() -> None:
    old = message().replace(b"cap:1.2", b"cap:1.1")
    assert read_alert(read_xml(old)).is_old_version


def test_a_language_that_is_not_written_is_english() -> None:
    data = message("W-1", info().replace("<language>zh-CN</language>", ""))
    assert read_alert(read_xml(data)).infos[0].language == "en-US"
    assert moment().endswith("+00:00")
