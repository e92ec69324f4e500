from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.plain_text import Level
from hub.intake.faults import IntakeError
from hub.intake.notices import draft_from, notices_from_json
from hub.intake.payloads import judge
from hub.privacy import apply, examine

DATA = Path(__file__).parents[2] / "data"
NOTICES = json.loads((DATA / "notices.json").read_text("utf-8"))["notices"]


def changed(**fields: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
    return {**copy.deepcopy(NOTICES[1]), **fields}


def test_all_example_notices_are_taken_and_lose_their_test_fields() -> None:
    drafts = notices_from_json(DATA / "notices.json")
    assert [draft.id for draft in drafts] == [notice["id"] for notice in NOTICES]
    assert not any(draft.refused for draft in drafts)
    assert not any("expect" in draft.data or "focus" in draft.data for draft in drafts)
    faults = {fault.code for draft in drafts for fault in draft.faults}
    assert faults == {"not_published_yet"}


def test_pictures_come_in_clean_and_documents_are_held() -> None:
    drafts = {draft.id: draft for draft in notices_from_json(DATA / "notices.json")}
    assert [picture.mime for picture in drafts["N034"].pictures] == ["image/png"]
    assert len(drafts["N035"].held) == 2


@pytest.mark.parametrize("wrap", [lambda n: {"notices": [n]}, lambda n: [n], lambda n: n])
def test_a_file_may_hold_an_object_a_list_or_one_notice(wrap: Any) -> None:  # noqa: ANN401
    (draft,) = notices_from_json(json.dumps(wrap(NOTICES[1])).encode())
    assert draft.title == "停水通知"
    assert draft.valid_until is not None
    assert draft.valid_until.isoformat() == "2024-07-06T20:00:00+08:00"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"title": ""}, "empty"),
        ({"title": "停\u202e水"}, "bidi"),
        ({"title": None}, "no_text"),
        ({"title": "第一行\n第二行"}, "too_many_lines"),
        ({"body": ["停水"]}, "no_text"),
        ({"body": "水" * 70_000}, "too_long"),
        ({"summary": "", "body": "  "}, "empty"),
        ({"id": "530199/#"}, "bad_id"),
        ({"village": "青石村/+"}, "bad_id"),
        ({"publish_at": "2024-02-30"}, "not_a_date"),
        ({"valid_until": "2024-07-01"}, "upside_down"),
        ({"table": "无"}, "no_table"),
        ({"table": {"columns": ["甲"], "rows": [[1, 2]]}}, "ragged"),
        ({"attachments": [{"url": "http://127.0.0.1/"}]}, "no_fetching"),
        ({"attachments": [{"name": "a.svg", "base64": "PHN2Zy8+"}]}, "wrong_type"),
        ({"attachments": [{"name": "a.png", "base64": "%%%"}]}, "damaged"),
        ({"emergency": {"issued": "2024-07-14", "expires": "2024-07-13"}}, "upside_down"),
    ],
)
def test_a_notice_that_cannot_be_taken_says_why(fields: dict[str, Any], code: str) -> None:
    draft = draft_from(changed(**fields))
    refusals = {fault.code for fault in draft.faults if fault.level is Level.REFUSE}
    assert code in refusals


def test_invisible_characters_go_and_the_rest_stays_as_written() -> None:
    draft = draft_from(changed(body="７月６日\u200b停水,请储水。"))
    assert draft.data["body"] == "７月６日停水,请储水。"
    assert not draft.refused


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"5", b'{"notices": []}', b"\xff\xfe\x00"])
def test_a_file_without_notices_is_refused_whole(data: bytes) -> None:
    with pytest.raises(IntakeError):
        notices_from_json(data)


def test_one_bad_notice_does_not_hold_up_the_others() -> None:
    drafts = notices_from_json(json.dumps([NOTICES[1], 5, changed(title="")]).encode())
    assert [draft.refused for draft in drafts] == [False, True, True]


KEYS = st.sampled_from(
    ["title", "body", "speech", "table", "tables", "columns", "rows", "attachments", "name", "id",
     "kind", "emergency", "publish_at", "total", "label", "type", "key", "restricted", "url",
     "cells", "op", "expires", "channels", "text", "note"]
)  # fmt: skip
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(
        ["530199195607153024", "15412345678", "2024-02-30", "姓名", "白血病", "王建国"]
    ),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=20,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(KEYS, VALUES, max_size=6))
def test_no_shape_of_json_breaks_the_doors_and_no_number_leaves(value: dict[str, Any]) -> None:
    judge({"kind": "json", "json": value})
    draft = draft_from(value)
    cleaned = apply(examine(draft.data), draft.data)
    assert examine(cleaned).findings == ()
    fields = ("title", "body", "speech", "text", "note", "name", "label", "table", "tables")
    shown = json.dumps({key: cleaned.get(key) for key in fields}, ensure_ascii=False)
    assert "530199195607153024" not in shown
    assert "15412345678" not in shown
