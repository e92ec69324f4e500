from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from contract.errors import ContractError
from contract.sealing import (
    close_with_code,
    open_sealed,
    open_with_code,
    seal_for,
    slip_context,
)

HUB = X25519PrivateKey.generate()
PUBLIC, SECRET = HUB.public_key().public_bytes_raw(), HUB.private_bytes_raw()
CONTEXT = slip_context("T-0712-034", "qs-01")


@given(st.binary(max_size=300))
def test_what_is_sealed_to_the_hub_the_hub_opens(text: bytes) -> None:
    assert open_sealed(SECRET, seal_for(PUBLIC, text, CONTEXT), CONTEXT) == text


def test_the_words_do_not_stand_in_the_sealed_bytes() -> None:
    assert "李秀英".encode() not in seal_for(PUBLIC, "李秀英没有收到".encode(), CONTEXT)


def test_the_same_words_never_look_the_same() -> None:
    assert seal_for(PUBLIC, b"x", CONTEXT) != seal_for(PUBLIC, b"x", CONTEXT)


@pytest.mark.parametrize("place", [0, 1, 32, 33, 40, -1])
def test_a_flipped_bit_anywhere_is_noticed(place: int) -> None:
    sealed = bytearray(seal_for(PUBLIC, b"words of a villager", CONTEXT))
    sealed[place] ^= 1
    with pytest.raises(ContractError):
        open_sealed(SECRET, bytes(sealed), CONTEXT)


def test_a_slip_cannot_be_moved_under_another_number_or_box() -> None:
    sealed = seal_for(PUBLIC, b"x", CONTEXT)
    for other in (slip_context("T-0712-035", "qs-01"), slip_context("T-0712-034", "qs-02")):
        with pytest.raises(ContractError):
            open_sealed(SECRET, sealed, other)


def test_another_hub_cannot_open_it() -> None:
    other = X25519PrivateKey.generate().private_bytes_raw()
    with pytest.raises(ContractError):
        open_sealed(other, seal_for(PUBLIC, b"x", CONTEXT), CONTEXT)


@pytest.mark.parametrize("public", [b"", b"short", bytes(33), bytes(32)])
def test_a_bad_public_key_is_refused_before_anything_is_written(public: bytes) -> None:
    with pytest.raises(ContractError):
        seal_for(public, b"x", CONTEXT)


@pytest.mark.parametrize("sealed", [b"", b"\x01", bytes(60), b"\x02" + bytes(80)])
def test_rubbish_is_no_slip(sealed: bytes) -> None:
    with pytest.raises(ContractError):
        open_sealed(SECRET, sealed, CONTEXT)


def test_an_answer_is_opened_by_the_code_of_its_own_slip_alone() -> None:
    closed = close_with_code("482913", "您的补贴七月发。".encode(), CONTEXT)
    assert open_with_code("482913", closed, CONTEXT).decode() == "您的补贴七月发。"
    assert "补贴".encode() not in closed
    assert closed != close_with_code("482913", "您的补贴七月发。".encode(), CONTEXT)
    other = slip_context("T-0712-035", "qs-01")
    for code, body, context in (
        ("482914", closed, CONTEXT),
        ("", closed, CONTEXT),
        ("482913", closed, other),
        ("482913", closed[:-1] + bytes([closed[-1] ^ 1]), CONTEXT),
        ("482913", b"\x02" + closed[1:], CONTEXT),
        ("482913", closed[:20], CONTEXT),
    ):
        with pytest.raises(ContractError):
            open_with_code(code, body, context)
