"""The codec: unknown fields pass, unknown demands do not, and every fault names its place."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract import codec, published
from contract.alert import Alert
from contract.errors import ContractError, RefusalReason
from contract.manifest import Manifest
from contract.notice import Notice
from contract.receipt import Receipt

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


def test_fields_of_a_newer_hub_are_tolerated() -> None:
    plain = published.golden("notice") | {"hologram": {"depth": 3}}
    assert codec.decode(Notice, plain).id == plain["id"]


def test_a_demand_that_nobody_here_knows_is_refused() -> None:
    with pytest.raises(ContractError) as refusal:
        codec.decode(Manifest, published.golden("manifest") | {"requires": ["delta"]})
    assert refusal.value.reason is RefusalReason.UNKNOWN_REQUIREMENT


@pytest.mark.parametrize("name", published.MESSAGES)
@given(data=st.data())
def test_a_field_of_another_type_is_read_or_refused_in_words(
    name: str, data: st.DataObject
) -> None:
    plain = published.golden(name)
    field = data.draw(st.sampled_from(sorted(plain)))
    plain[field] = data.draw(JSON)
    with contextlib.suppress(ContractError):  # any other error fails the test
        codec.decode(published.MESSAGES[name], plain)


def test_a_fault_names_its_place() -> None:
    plain = published.golden("notice")
    plain["blocks"][2]["rows"][1][0] = 7  # type: ignore[index] # the golden table
    with pytest.raises(ContractError, match=r"Notice\.blocks\[2\]\.rows\[1\]\[0\]"):
        codec.decode(Notice, plain)


def test_a_ragged_table_is_refused() -> None:
    plain = published.golden("notice")
    plain["blocks"][2]["rows"][1].pop()  # type: ignore[index] # the golden table
    with pytest.raises(ContractError, match="row 2"):
        codec.decode(Notice, plain)


@pytest.mark.parametrize(
    ("field", "value"),
    [("revision", 0), ("revision", True), ("revision", 1.0), ("areas", []), ("areas", ["53/#"]),
     ("id", "../x"), ("id", ""), ("publish_at", "2024-07-01T08:00:00"), ("publish_at", "morgen"),
     ("publish_at", "2024-02-30T08:00:00Z"), ("publish_at", "2016-12-31T23:59:60Z"),
     ("publish_at", "0001-01-01T00:00:00+08:00"), ("publish_at", "9999-12-31T23:59:59-08:00"),
     ("speech", {"text": "x", "duration_s": 10**400}),
     ("valid_until", "2020-01-01T00:00:00Z"), ("priority", "highest"), ("channels", ["fax"]),
     ("blocks", [{"kind": "script", "text": "x"}]), ("blocks", [{"text": "x"}]), ("blocks", "x")],
)  # fmt: skip
def test_a_notice_that_cannot_be_is_refused(field: str, value: object) -> None:
    with pytest.raises(ContractError):
        codec.decode(Notice, published.golden("notice") | {field: value})


def test_an_alert_expires_after_it_is_issued() -> None:
    plain = published.golden("alert")
    with pytest.raises(ContractError):
        codec.decode(Alert, plain | {"expires_at": plain["issued_at"]})


def test_a_time_is_a_moment_everywhere() -> None:
    assert codec.moment("2024-07-01T08:00:00+08:00") == datetime(2024, 7, 1, tzinfo=UTC)
    assert codec.encode(codec.moment("2024-07-01T08:00:00+08:00")) == "2024-07-01T00:00:00Z"


def test_a_whole_number_passes_for_a_fraction_and_not_the_other_way_round() -> None:
    plain = published.golden("receipt")
    plain["shown"] = {"pages": 2, "seconds": 8, "first_at": plain["at"], "snapshot_sha256": "x"}
    assert codec.decode(Receipt, plain).shown is not None
    plain["shown"]["pages"] = 2.5  # type: ignore[index] # set above
    with pytest.raises(ContractError):
        codec.decode(Receipt, plain)


@pytest.mark.parametrize("name", ["../../etc/cron.d/x", "", "ab", "A" * 64, "ab" * 32 + "\n"])
def test_a_file_is_named_by_its_hash_and_by_nothing_else(name: str) -> None:
    asset = {"sha256": name, "size_bytes": 1, "mime": "image/png"}
    picture = {"kind": "picture", "alt": "桥", "asset": asset}
    with pytest.raises(ContractError, match="SHA-256"):
        codec.decode(Notice, published.golden("notice") | {"blocks": [picture]})
    item = {"id": "N1", "revision": 1, "sha256": name, "size_bytes": 1}
    for listed in ({"assets": [asset]}, {"items": [item]}):
        with pytest.raises(ContractError, match="SHA-256"):
            codec.decode(Manifest, published.golden("manifest") | listed)


def test_a_notice_for_no_channel_stays_for_none() -> None:
    notice = replace(codec.decode(Notice, published.golden("notice")), channels=())
    assert codec.decode(Notice, codec.encode(notice)) == notice


def test_something_that_is_no_object_is_refused() -> None:
    for value in (None, [], "x", 3):
        with pytest.raises(ContractError):
            codec.decode(Notice, value)
