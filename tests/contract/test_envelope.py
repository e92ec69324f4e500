"""The envelope: signed bytes, verified before anything is inflated or parsed."""

from __future__ import annotations

import base64
import contextlib
import json
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract import envelope
from contract.errors import ContractError, RefusalReason, SignatureError
from contract.keys import KeySet, PrivateKey, Trust

KEY = PrivateKey.from_bytes(b"k" * 32)
TRUST = Trust(KeySet(1, (KEY.public("target"),)))


@given(st.binary(max_size=2000))
def test_what_is_sealed_opens_again(content: bytes) -> None:
    sealed = envelope.parse(envelope.seal("manifest", content, [KEY]))
    TRUST.verify(sealed)
    assert sealed.content() == content


@given(st.binary(max_size=400))
def test_any_bytes_open_or_are_refused_in_words(data: bytes) -> None:
    with contextlib.suppress(ContractError):  # any other error fails the test
        envelope.parse(data)


@settings(max_examples=300)
@given(st.data())
def test_one_changed_byte_is_never_believed(data: st.DataObject) -> None:
    good = envelope.seal("manifest", b'{"area":"530199","generation":5}' * 3, [KEY])
    place = data.draw(st.integers(0, len(good) - 1))
    value = data.draw(st.integers(0, 255).filter(lambda each: each != good[place]))
    altered = good[:place] + bytes([value]) + good[place + 1 :]
    try:
        sealed = envelope.parse(altered)
        TRUST.verify(sealed)
    except ContractError:
        return
    original = envelope.parse(good)
    assert sealed.signed_bytes() == original.signed_bytes()


def test_the_type_is_signed_too() -> None:
    outer = json.loads(envelope.seal("manifest", b"{}", [KEY]))
    outer["t"] = "time"
    with pytest.raises(SignatureError):
        TRUST.verify(envelope.parse(json.dumps(outer).encode()))


def test_parts_cannot_be_moved_across_their_borders() -> None:
    first = envelope.Envelope("ab", False, b"c", ())
    second = envelope.Envelope("a", False, b"bc", ())
    assert first.signed_bytes() != second.signed_bytes()


def test_a_bomb_is_not_inflated() -> None:
    bomb = zlib.compress(b"\0" * 50_000_000, 9)
    sealed = envelope.Envelope("manifest", True, bomb, ())
    with pytest.raises(ContractError) as refusal:
        sealed.content()
    assert refusal.value.reason is RefusalReason.TOO_LARGE


@pytest.mark.parametrize("payload", [b"", b"no zlib", zlib.compress(b"x" * 100)[:-3]])
def test_a_torn_payload_is_refused(payload: bytes) -> None:
    with pytest.raises(ContractError):
        envelope.Envelope("manifest", True, payload, ()).content()


@pytest.mark.parametrize(
    "outer",
    [{}, {"v": 2, "t": "x", "z": 0, "p": "", "s": []}, {"v": 1, "t": 1, "z": 0, "p": "", "s": [1]},
     {"v": 1, "t": "x", "z": 7, "p": "", "s": [1]}, {"v": 1, "t": "x", "z": 0, "p": "!", "s": [1]},
     {"v": 1, "t": "x", "z": 0, "p": "", "s": [{}]}, {"v": 1, "t": "x", "z": 0, "p": "", "s": {}},
     {"v": 1, "t": "x", "z": 0, "p": "", "s": [{"k": 1, "a": "", "g": ""}]}],
)  # fmt: skip
def test_a_misshapen_envelope_is_refused(outer: dict[str, object]) -> None:
    with pytest.raises(ContractError):
        envelope.parse(json.dumps(outer).encode())


def test_nobody_s_signature_is_no_signature() -> None:
    with pytest.raises(SignatureError) as refusal:
        envelope.parse(b'{"v":1,"t":"manifest","z":0,"p":"","s":[]}')
    assert refusal.value.reason is RefusalReason.UNSIGNED
    with pytest.raises(SignatureError):
        envelope.seal("manifest", b"{}", [])


def test_a_thousand_signatures_are_not_checked() -> None:
    one = {"k": "x", "a": "ed25519", "g": base64.b64encode(b"s" * 64).decode()}
    outer = {"v": 1, "t": "manifest", "z": 0, "p": "", "s": [one] * 1000}
    with pytest.raises(ContractError) as refusal:
        envelope.parse(json.dumps(outer).encode())
    assert refusal.value.reason is RefusalReason.TOO_LARGE
