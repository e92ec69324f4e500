"""Bytes to JSON and to base64, and back, with every bound checked before the parser runs.

The sender signs bytes, never a canonical form; so `dumps` only has to be stable for its own
sake. `loads` bounds length and depth first (a parser given 100,000 brackets dies), and refuses
duplicate keys, numbers that are not finite or not exact everywhere (NaN, 1e999, whole numbers
above 2^53), and lone surrogates, each of which some parser or database reads differently.
"""

from __future__ import annotations

import base64
import json
import math
import re
from typing import TYPE_CHECKING, NoReturn

from contract.errors import ContractError, RefusalReason

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 32
MAX_VALUES = 100_000
QUICK_BYTES, QUICK_QUOTES = 256 * 1024, 50_000
MAX_WHOLE = 2**53
"""Whole numbers up to here are the same in every JSON parser, and fit into every database."""
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.?[^"\\]*+)*+(?:"|\Z)|[\[{]|[\]}]', re.DOTALL)
"""A whole string (to the end, if nothing closes it) or a bracket. Nothing in it backtracks: a
long text costs no memory, and no text makes it read the rest twice."""
_BRACKET = re.compile(rb"[\[\]{}]")


def dumps(value: Mapping[str, object]) -> bytes:
    """Compact UTF-8 JSON with sorted keys."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8")


def loads(payload: bytes, *, max_bytes: int = MAX_BYTES) -> dict[str, object]:
    """Parse one JSON object.

    Raises:
        ContractError: too long, too deep, not UTF-8, not an object, duplicate keys, NaN, a number
            out of bounds, or a lone surrogate.
    """
    if len(payload) > max_bytes:
        raise ContractError(
            f"message of {len(payload)} bytes, limit {max_bytes}", RefusalReason.TOO_LARGE
        )
    _check_depth(payload)
    try:
        text = payload.decode("utf-8")
        value = json.loads(
            text,
            parse_constant=_no_constant,
            parse_float=_finite,
            parse_int=_exact,
            object_pairs_hook=_unique,
        )
    except (ValueError, RecursionError) as error:
        if isinstance(error, ContractError):
            raise
        raise ContractError(f"not JSON: {error}") from error
    if not isinstance(value, dict):
        raise ContractError("expected a JSON object at the top")
    if b"\\u" in payload:  # half a character can only come as an escape; UTF-8 has none
        _check_surrogates(value)
    return value


def to_base64(data: bytes) -> str:
    """Bytes as a field of a message holds them."""
    return base64.b64encode(data).decode("ascii")


def from_base64(text: str, *, what: str = "a field") -> bytes:
    """The bytes of a field, ``what`` it is for the error's words.

    Raises:
        ContractError: a character outside the alphabet (a line's end too), wrong padding, or
            longer than any message.
    """
    if len(text) > MAX_BYTES:
        raise ContractError(f"{what} of {len(text)} characters", RefusalReason.TOO_LARGE)
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise ContractError(f"{what} is not base64") from error


def _check_depth(payload: bytes) -> None:
    opening = payload.count(b"[") + payload.count(b"{")
    if opening + payload.count(b",") > MAX_VALUES:
        raise ContractError(f"more than {MAX_VALUES} values", RefusalReason.TOO_LARGE)
    if opening <= MAX_DEPTH:
        return
    depth = 0
    for mark in _brackets(payload):
        if mark in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise ContractError(f"nested deeper than {MAX_DEPTH}", RefusalReason.TOO_LARGE)
        elif mark in b"]}":
            depth -= 1


def _brackets(payload: bytes) -> Iterable[bytes]:
    """Every bracket outside strings, in order (first bytes of other tokens may come between)."""
    is_small = len(payload) <= QUICK_BYTES and payload.count(b'"') <= QUICK_QUOTES
    if not is_small or b"\\" in payload:
        return (token[0][:1] for token in _TOKEN.finditer(payload))
    # Without escapes every second piece between quotation marks is outside: five times as fast,
    # for some bytes of memory a piece.
    return _BRACKET.findall(b"".join(payload.split(b'"')[::2]))


def _no_constant(name: str) -> NoReturn:
    raise ContractError(f"{name} is not a number we accept")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ContractError(f"{digits[:20]} is not a number we accept")
    return number


def _exact(digits: str) -> int:
    number = int(digits)
    if abs(number) > MAX_WHOLE:
        raise ContractError(f"{digits[:20]} is larger than any number we count to")
    return number


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ContractError("a key stands twice in one object")
    return found


def _check_surrogates(value: object) -> None:
    """Escapes of half a character pass the parser and break every encoder after it."""
    if isinstance(value, str):
        try:
            value.encode("utf-8")
        except UnicodeEncodeError as error:
            raise ContractError("text holds half a character (lone surrogate)") from error
    elif isinstance(value, list):
        for member in value:
            _check_surrogates(member)
    elif isinstance(value, dict):
        for key, member in value.items():
            _check_surrogates(key)
            _check_surrogates(member)
