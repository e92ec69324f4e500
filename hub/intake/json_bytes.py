"""JSON from outside, bounded before it is parsed: 4 MiB, 32 levels, no key twice, no NaN."""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

from hub.intake.faults import IntakeError, refused
from hub.intake.text_bytes import MAX_BYTES, decode

MAX_DEPTH = 32
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BRACKET = re.compile(r"[\[\]{}]")


def load(data: bytes | str, where: str = "JSON") -> Any:  # noqa: ANN401 - JSON is any value
    """Parse JSON within bounds.

    Raises:
        IntakeError: too large, too deep, not JSON, or ambiguous.
    """
    size = len(data) if isinstance(data, bytes) else len(data.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        raise refused(
            "too_large", where, "数据超过4MB，请分成几份。", "Over 4 MiB; split the data."
        )
    text = decode(data, where).text if isinstance(data, bytes) else data
    if depth_of(text) > MAX_DEPTH:
        raise refused(
            "too_deep",
            where,
            f"数据嵌套超过{MAX_DEPTH}层，不予读取。",
            f"Nested deeper than {MAX_DEPTH} levels.",
        )
    try:
        return json.loads(
            text, parse_constant=_no_constant, parse_float=_finite, object_pairs_hook=_once
        )
    except IntakeError:
        raise
    except (ValueError, RecursionError) as error:
        raise _not_json(where, str(error)[:80]) from None


def depth_of(text: str) -> int:
    """How deep the brackets outside strings go; counts only, so that nothing can overflow."""
    depth = deepest = 0
    for bracket in _BRACKET.finditer(_STRING.sub("", text)):
        depth += 1 if bracket[0] in "[{" else -1
        deepest = max(deepest, depth)
        if deepest > MAX_DEPTH:
            break
    return deepest


def _no_constant(name: str) -> NoReturn:
    raise _not_json("JSON", f"{name} is no number")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise _not_json("JSON", f"{digits[:20]} is no number")
    return number


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _not_json("JSON", f"the key {key[:30]!r} stands twice")
        found[key] = value
    return found


def _not_json(where: str, reason: str) -> IntakeError:
    return refused(
        "not_json",
        where,
        f"不是有效的JSON数据（{reason}），请检查文件。",
        f"Not valid JSON ({reason}); check the file.",
    )
