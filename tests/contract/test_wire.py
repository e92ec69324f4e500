"""Bytes to JSON and base64: every bound is checked before the parser can be hurt."""

from __future__ import annotations

import contextlib
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract import wire
from contract.errors import ContractError, RefusalReason

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=20,
)


@given(st.dictionaries(st.text(max_size=8), VALUES, max_size=5))
def test_what_is_written_is_read_back(value: dict[str, object]) -> None:
    assert wire.loads(wire.dumps(value)) == value


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_in_words(payload: bytes) -> None:
    with contextlib.suppress(ContractError):  # any other error fails the test
        wire.loads(payload)


@pytest.mark.parametrize(
    "payload",
    [b"", b"[]", b"1", b"null", b'{"a":NaN}', b'{"a":Infinity}', b'{"a":1,"a":2}', b'{"a":1}x',
     b'{"a":"\\ud800"}', b'{"\\udfff":1}', b'{"a":["\\ud83d"]}', b"\xff\xfe{}", b"{'a':1}",
     b'{"a":1', b'{"a":"\x00"}', b'{"a":1e999}', b'{"a":-1e999}', b'{"a":9007199254740993}',
     b'{"a":[-18446744073709551616]}', b'{"a":1' + b"0" * 400 + b"}"],
)  # fmt: skip
def test_what_some_parser_reads_otherwise_is_refused(payload: bytes) -> None:
    with pytest.raises(ContractError):
        wire.loads(payload)


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
@pytest.mark.parametrize("depth", [33, 100_000])
def test_deep_nesting_is_refused_before_it_is_parsed(opening: bytes, depth: int) -> None:
    with pytest.raises(ContractError) as refusal:
        wire.loads(b'{"x":' + opening * depth)
    assert refusal.value.reason is RefusalReason.TOO_LARGE


def test_brackets_inside_text_do_not_count_as_depth() -> None:
    assert wire.loads(b'{"a":"' + b"[" * 1000 + b'"}') == {"a": "[" * 1000}


def test_an_escaped_quote_does_not_hide_depth() -> None:
    with pytest.raises(ContractError):
        wire.loads(b'{"a":"\\"","b":' + b"[" * 1000 + b"]" * 1000 + b"}")


def test_an_overlong_message_is_refused_unread() -> None:
    with pytest.raises(ContractError) as refusal:
        wire.loads(b" " * 101, max_bytes=100)
    assert refusal.value.reason is RefusalReason.TOO_LARGE


def test_an_emoji_is_no_half_character() -> None:
    assert wire.loads(b'{"a":"\\ud83d\\ude00"}') == {"a": "😀"}


def test_no_text_makes_the_bounds_slow_or_hungry() -> None:
    long = b'{"a":' + b"[0]," * 40 + b'"' + b"A" * 200_000 + b'"}'
    for payload in (long, b"[" * 20 + b"{" * 20 + b'\\"' * 100_000, b'"\\' * 100_000 + b"[" * 40):
        tracemalloc.start()  # quadratic, this would take minutes: the time limit of every test
        with contextlib.suppress(ContractError):
            wire.loads(payload)
        peak_bytes = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak_bytes < 4 * 1024 * 1024


def test_more_values_than_any_message_has_are_refused() -> None:
    with pytest.raises(ContractError) as refusal:
        wire.loads(b'{"a":[' + b"0," * wire.MAX_VALUES + b"0]}")
    assert refusal.value.reason is RefusalReason.TOO_LARGE


@given(st.text('"[]{}a,:', max_size=40))
def test_the_quick_look_for_brackets_finds_what_the_careful_one_finds(text: str) -> None:
    payload = text.encode()
    careful = [token[0][:1] for token in wire._TOKEN.finditer(payload)]
    assert list(wire._brackets(payload)) == [each for each in careful if each in b"[]{}"]


@given(st.binary(max_size=300))
def test_bytes_come_back_from_a_field(data: bytes) -> None:
    assert wire.from_base64(wire.to_base64(data)) == data


@given(st.text(max_size=60))
def test_any_text_is_bytes_or_refused_in_words(text: str) -> None:
    with contextlib.suppress(ContractError):  # any other error fails the test
        wire.from_base64(text)


@pytest.mark.parametrize(
    "text",
    ["村==", "QUI\ud800", "QUI\x00", "QQ", "QQ=", "QQ===", "Q", "=", "=QQ=", "QQ==QQ==", "QU=I",
     "QUI\n", "QUJD\nQUJD", "QUJD\r\n", " QUJD", "QU JD", "QUJD-_==", "\ufeffQUJD", "\uff31UJD"],
)  # fmt: skip
def test_what_some_decoder_reads_otherwise_is_refused(text: str) -> None:
    with pytest.raises(ContractError) as refusal:
        wire.from_base64(text, what="the key")
    assert "the key is not base64" in str(refusal.value)
    assert refusal.value.reason is RefusalReason.MALFORMED


def test_a_field_longer_than_any_message_is_refused_undecoded() -> None:
    tracemalloc.start()
    giant = "A" * (wire.MAX_BYTES + 4)
    before_bytes = tracemalloc.get_traced_memory()[1]
    with pytest.raises(ContractError) as refusal:
        wire.from_base64(giant)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert refusal.value.reason is RefusalReason.TOO_LARGE
    assert peak_bytes - before_bytes < 100_000
