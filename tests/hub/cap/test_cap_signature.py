"""Who signed: known, stranger or nobody; and altered messages are refused."""

from __future__ import annotations

from datetime import timedelta

import pytest
from lxml import etree

from hub.cap.errors import CapRefusedError
from hub.cap.message import read_alert
from hub.cap.reading import read_xml
from hub.cap.signature import Signed, check_signature
from tests.hub.cap.cap_messages import NOW, authority, message, office, signed, stranger

ANCHORS = (authority()[1],)


def _check(data: bytes, anchors: tuple = ANCHORS) -> Signed:
    return check_signature(read_xml(data), anchors, NOW)


def test_a_message_of_a_certified_office_is_known() -> None:
    found = _check(signed(message()))
    assert (found.standing, found.signer) == ("known", "CN=weather office")
    assert read_alert(found.root).own.identifier == "W-1"


def test_a_pinned_certificate_needs_no_authority() -> None:
    assert _check(signed(message()), (office()[1],)).standing == "known"


def test_a_message_without_a_signature_is_unsigned() -> None:
    assert _check(message()).standing == "unsigned"


def test_a_stranger_s_right_signature_is_a_stranger_s() -> None:
    assert _check(signed(message(), stranger())).standing == "stranger"
    assert _check(signed(message()), ()).standing == "stranger"


def test_a_certificate_that_has_ended_vouches_for_nothing() -> None:
    old = office("old office", days=-1)
    assert _check(signed(message(), old)).standing == "stranger"
    assert check_signature(read_xml(signed(message())), ANCHORS, NOW + timedelta(days=900))


def test_an_end_certificate_cannot_certify_others() -> None:
    assert _check(signed(message(), stranger()), (office()[1],)).standing == "stranger"


@pytest.mark.parametrize(
    ("old", "new"),
    [("红色", "蓝色"), ("W-1", "W-9"), ("Likely", "Unlikely"), ("530199000000", "530100000000")],
)
def test_an_altered_message_is_refused(old: str, new: str) -> None:
    data = signed(message()).decode().replace(old, new, 1).encode()
    with pytest.raises(CapRefusedError) as found:
        _check(data)
    assert found.value.code == "signature"


def test_a_signature_moved_to_another_message_is_refused() -> None:
    donor = etree.fromstring(signed(message()))
    target = etree.fromstring(message("W-9"))
    target.append(donor[-1])
    with pytest.raises(CapRefusedError):
        _check(etree.tostring(target))


def test_a_signed_message_wrapped_in_another_is_no_message() -> None:
    inner = etree.fromstring(signed(message()))
    outer = etree.fromstring(message("W-9"))
    outer.append(inner)
    with pytest.raises(CapRefusedError):
        read_alert(_check(etree.tostring(outer)).root)


def test_a_message_laid_out_for_reading_after_it_was_signed_is_still_right() -> None:
    compact = etree.fromstring(signed(message()))
    for child in compact:
        if "Signature" not in child.tag:
            child.tail = "\n    "
    assert _check(etree.tostring(compact)).standing == "known"


def test_several_signatures_are_not_trusted() -> None:
    once = etree.fromstring(signed(message()))
    once.append(etree.fromstring(etree.tostring(once[-1])))
    assert _check(etree.tostring(once)).standing == "stranger"


def test_a_certificate_that_is_none_is_refused() -> None:
    root = etree.fromstring(signed(message()))
    for each in root.iter("{*}X509Certificate"):
        each.text = "AAAA"
    with pytest.raises(CapRefusedError):
        _check(etree.tostring(root))
