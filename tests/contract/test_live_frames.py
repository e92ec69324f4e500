"""Live speech: signed for both roles, and no frame fits anywhere but where it was said."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from contract.errors import ContractError, RefusalReason, SignatureError
from contract.keys import KeySet, PrivateKey, Trust
from contract.live import LONGEST_S, RATE_HZ, LiveSession
from contract.live_frames import MOST_SAMPLES, LiveFrame, open_frame, seal_frame, session_of
from contract.messages import open_message, seal_message

OPENED = datetime(2024, 7, 12, 2, 0, tzinfo=UTC)
TARGET, CONTENT, SESSION = (PrivateKey.generate() for _ in range(3))
TRUST = Trust(
    KeySet(1, (TARGET.public("target", area="530199"), CONTENT.public("content", area="530199")), 2)
)


def session(name: str = "live-0123456789abcdef", key: PrivateKey = SESSION) -> LiveSession:
    public = key.public().public_b64
    end = OPENED + timedelta(seconds=LONGEST_S)
    return LiveSession(name, ("530199001001",), "village", "青石村", OPENED, end, public)


def test_an_opening_needs_the_key_of_the_text_and_the_key_of_the_address() -> None:
    assert open_message(LiveSession, seal_message(session(), TARGET, CONTENT), TRUST) == session()
    for alone in (TARGET, CONTENT):
        with pytest.raises(SignatureError):
            open_message(LiveSession, seal_message(session(), alone), TRUST)


def test_nobody_speaks_to_a_county_that_is_not_theirs() -> None:
    elsewhere = replace(session(), areas=("530199001001", "110101001001"))
    with pytest.raises(SignatureError) as refusal:
        open_message(LiveSession, seal_message(elsewhere, TARGET, CONTENT), TRUST)
    assert refusal.value.reason is RefusalReason.WRONG_AREA


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "A-1"},
        {"areas": ()},
        {"areas": ("../x",)},
        {"ends_at": OPENED},
        {"ends_at": OPENED + timedelta(seconds=LONGEST_S + 1)},
    ],
)
def test_an_opening_that_says_too_much_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ContractError):
        replace(session(), **wrong)


@pytest.mark.parametrize("sound", [b"", b"\x00", bytes(range(256)) * 12])
@pytest.mark.parametrize("last", [False, True])
def test_a_frame_comes_back_as_it_was_said(sound: bytes, *, last: bool) -> None:
    said = LiveFrame(session().id, 7, 32_000, sound, last)
    data = seal_frame(said, SESSION)
    assert session_of(data) == session().id
    assert open_frame(data, session()) == said


def test_no_byte_of_a_frame_can_be_changed() -> None:
    data = seal_frame(LiveFrame(session().id, 7, 32_000, b"abc"), SESSION)
    for place in range(len(data)):
        changed = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        with pytest.raises(ContractError):
            open_frame(changed, session())


def test_a_frame_of_one_session_is_worth_nothing_in_another() -> None:
    other = session("live-fedcba9876543210", PrivateKey.generate())
    data = seal_frame(LiveFrame(session().id, 1, 0, b"abc"), SESSION)
    with pytest.raises(ContractError) as refusal:
        open_frame(data, other)
    assert refusal.value.reason is RefusalReason.REPLAYED
    forged = seal_frame(LiveFrame(other.id, 1, 0, b"abc"), SESSION)
    with pytest.raises(SignatureError):
        open_frame(forged, other)


@pytest.mark.parametrize("data", [b"", b"vnl1", b"{}" * 100, b"vnl1" + bytes(60)])
def test_what_is_no_frame_is_refused(data: bytes) -> None:
    with pytest.raises(ContractError):
        open_frame(data, session())


@pytest.mark.parametrize(
    ("first", "length"), [(0, MOST_SAMPLES + 1), (LONGEST_S * RATE_HZ - 10, 11)]
)
def test_a_frame_has_its_bounds(first: int, length: int) -> None:
    data = seal_frame(LiveFrame(session().id, 1, first, bytes(length)), SESSION)
    with pytest.raises(ContractError) as refusal:
        open_frame(data, session())
    assert refusal.value.reason is RefusalReason.TOO_LARGE
