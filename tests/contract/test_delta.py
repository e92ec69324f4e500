"""A delta leads from one manifest's bytes to the next one's, or nowhere."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract import delta
from contract.errors import ContractError
from contract.keys import PrivateKey
from contract.manifest import Item, Manifest, Withdrawn
from contract.messages import seal_message, sha256_hex
from contract.notice import Asset

VILLAGE = "530199001001"
NOW = datetime(2024, 7, 12, tzinfo=UTC)
TARGET = PrivateKey.generate()


def sealed(generation: int, *names: str, assets: tuple[str, ...] = ()) -> bytes:
    items = tuple(Item(each, 1, sha256_hex(each.encode()), 10) for each in sorted(names))
    files = [Asset(sha256_hex(each.encode()), 9, "audio/ogg", each) for each in assets]
    at = NOW + timedelta(minutes=generation)
    found = tuple(sorted(files, key=lambda each: each.sha256))
    return seal_message(Manifest(VILLAGE, 1, generation, at, items, found), TARGET)


NAMES = st.sets(st.text("abcN0123", min_size=1, max_size=4), max_size=12)


@given(NAMES, NAMES, NAMES, NAMES)
def test_it_ends_at_the_very_bytes_that_were_signed(
    before: set[str], after: set[str], old_files: set[str], new_files: set[str]
) -> None:
    base = sealed(1, *before, assets=tuple(old_files))
    result = sealed(2, *after, assets=tuple(new_files))
    assert delta.apply(delta.between(base, result), base) == result


def test_it_carries_what_was_taken_back_and_why() -> None:
    told = (Withdrawn("N003", NOW, "停水停电", "检修改期"),)
    base = seal_message(Manifest(VILLAGE, 1, 1, NOW, withdrawn=told), TARGET)
    for later in (told, (), (*told, Withdrawn("N004", NOW))):
        result = seal_message(Manifest(VILLAGE, 1, 2, NOW, withdrawn=later), TARGET)
        assert delta.apply(delta.between(base, result), base) == result


def test_one_change_in_500_is_small() -> None:
    names = [f"530199001001-2024-{n:04}" for n in range(500)]
    base, result = sealed(1, *names), sealed(2, *names[1:], "530199001001-2024-9999")
    small = seal_message(delta.between(base, result), TARGET)
    assert len(small) * 20 < len(result)


def test_it_does_not_start_from_another_manifest() -> None:
    found = delta.between(sealed(1, "a"), sealed(2, "b"))
    with pytest.raises(ContractError, match="starts from another"):
        delta.apply(found, sealed(1, "a", "c"))


@pytest.mark.parametrize(
    "change",
    [
        {"put": ()},
        {"generation": 3},
        {"issued_at": NOW},
        {"drop": ("ab" * 32,)},
        {"signatures": ()},
        {"signatures": (delta.DeltaSignature("k", "ed25519", "@"),)},
        {"area": "530199001002", "result_sha256": "00" * 32},
    ],
)
def test_one_that_was_changed_ends_nowhere(change: dict[str, object]) -> None:
    base = sealed(1, "a")
    found = replace(delta.between(base, sealed(2, "b")), **change)  # type: ignore[arg-type] # a test's shorthand
    with pytest.raises(ContractError):
        delta.apply(found, base)
