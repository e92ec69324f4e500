"""Every bad input gets the answer its ``expect`` names, by one table of rules for all of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from contract.plain_text import Level
from hub.intake.excel_out import quote_formula
from hub.intake.json_bytes import load
from hub.intake.payloads import Answer, judge
from hub.privacy import Decision, examine

if TYPE_CHECKING:
    from collections.abc import Callable

DATA = Path(__file__).parents[2] / "data"
CASES = [
    case
    for name in ("bad_inputs.json", "own_bad_inputs.json")
    for case in json.loads((DATA / name).read_text("utf-8"))["cases"]
]


def judged(case: dict[str, Any]) -> Answer:
    payload = case["payload"]
    if payload["kind"] == "recipe_python":
        # the recipe is this project's own test data and only builds a string
        names: dict[str, Any] = {}
        exec(payload["code"], {}, names)  # noqa: S102 - see above
        payload = {"kind": "raw_json", "text": names["payload"]}
    return judge(payload)


def suggestions(answer: Answer) -> list[str]:
    return [fault.suggestion for fault in answer.faults]


def masks(answer: Answer, expect: dict[str, Any]) -> bool:
    gate = answer.gate
    result = expect.get("result")
    return (
        gate is not None
        and gate.decision is Decision.PUBLISH_MASKED
        and (result is None or answer.shown == {"text": result})
        and examine(answer.shown).is_clean
    )


def passes(answer: Answer, expect: dict[str, Any]) -> bool:
    findings = len(answer.gate.findings) if answer.gate else 0
    limit = expect.get("needs_confirm_max", 0)
    return not answer.refused and findings <= limit and (answer.is_clean or findings > 0)


def warns(answer: Answer, expect: dict[str, Any]) -> bool:
    suggested = expect.get("suggest") is None or expect["suggest"] in suggestions(answer)
    return not answer.refused and answer.needs_confirm and suggested


def rejects(answer: Answer, expect: dict[str, Any]) -> bool:
    message = expect.get("message")
    said = any(message in fault.en for fault in answer.faults) if message else True
    return answer.refused and said


def parses(answer: Answer, expect: dict[str, Any]) -> bool:
    two_places = all(value.partition(".")[2].__len__() == 2 for value in answer.values)
    asked = "not_money" in answer.codes
    if expect.get("all_read"):
        return two_places and not asked
    return two_places and asked and not (expect.get("none_read") and answer.values)


def quotes(answer: Answer, _expect: dict[str, Any]) -> bool:
    cells = [cell for row in answer.shown["rows"] for cell in row]
    return answer.is_clean and all(str(quote_formula(cell)).startswith("'") for cell in cells)


def noted(code: str) -> Callable[[Answer, dict[str, Any]], bool]:
    def is_noted(answer: Answer, _expect: dict[str, Any]) -> bool:
        return answer.is_clean and code in answer.codes

    return is_noted


def refused_for(*codes: str) -> Callable[[Answer, dict[str, Any]], bool]:
    def is_refused(answer: Answer, expect: dict[str, Any]) -> bool:
        shown = expect.get("show") is None or expect["show"] in suggestions(answer)
        return answer.refused and bool(answer.codes & set(codes)) and shown

    return is_refused


RULES: dict[str, Callable[[Answer, dict[str, Any]], bool]] = {
    "mask": masks,
    "pass": passes,
    "warn_human": warns,
    "block": lambda answer, expect: (
        answer.gate is not None
        and answer.gate.decision is Decision.BLOCK
        and [hit.rule for hit in answer.gate.rules] == [expect["rule"]]
        and examine(answer.shown).decision is not Decision.BLOCK
    ),
    "drop_hidden": lambda answer, _: (
        {"hidden_column", "hidden_sheet"} & answer.codes != set()
        and "530199" not in json.dumps(answer.shown)
    ),
    "rename": lambda answer, _: "name_personal" in answer.codes and examine(answer.shown).is_clean,
    "strip_metadata": lambda answer, _: "metadata_removed" in answer.codes,
    "reject": rejects,
    "reject_or_replace": lambda answer, _: answer.refused or "\ud83d" not in str(answer.shown),
    "reject_or_rebuild": rejects,
    "reject_or_rasterise": rejects,
    "reject_chars": refused_for("bidi", "control", "marks"),
    "reject_type": refused_for("wrong_type"),
    "reject_id": refused_for("bad_id"),
    "escape": noted("markup"),
    "degrade": noted("emoji"),
    "normalise_for_search_only": noted("search_form"),
    "encode_gbk_or_bitmap": noted("beyond_gb2312"),
    "prefix_quote_on_export": quotes,
    "detect_or_reject": lambda answer, expect: (
        answer.shown == expect["right"] and answer.needs_confirm
    ),
    "parse_decimal_or_reject": parses,
    "show_history_only": lambda answer, _: answer.codes == {"expired_alert"},
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['id']} {case['name']}")
def test_a_bad_input_gets_the_answer_it_expects(case: dict[str, Any]) -> None:
    answer = judged(case)
    assert RULES[case["expect"]["action"]](answer, case["expect"]), (answer.codes, answer.gate)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_every_fault_says_what_to_do_in_both_languages(case: dict[str, Any]) -> None:
    for fault in judged(case).faults:
        assert fault.zh.rstrip("）").endswith(("。", "…")) or "（" in fault.zh
        assert fault.en
        assert fault.level in Level


def test_the_display_keeps_what_is_only_folded_for_search() -> None:
    text = "ХХ村 補助 ⅹⅹ ２０２４年７月"
    assert judge({"kind": "text", "text": text}).shown == {"text": text}


@pytest.mark.parametrize("text", ["[" * 40 + "]" * 40, '{"a":' * 33 + "1" + "}" * 33])
def test_json_deeper_than_32_levels_is_refused_before_parsing(text: str) -> None:
    assert judge({"kind": "raw_json", "text": text}).codes == {"too_deep"}


def test_brackets_inside_strings_do_not_count_as_depth() -> None:
    assert load('["' + "[" * 100 + '"]') == ["[" * 100]


def test_more_than_four_mebibytes_of_json_are_refused() -> None:
    assert judge({"kind": "raw_json", "text": '"' + "a" * 4_200_000 + '"'}).codes == {"too_large"}
