"""Ordering speech from a real child process; the child is a few lines of Python."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from edge_agent.audio.speech import (
    ORDINARY_S,
    REST_S,
    Order,
    SpeechDesk,
    SpeechFailedError,
    Take,
    order_name,
)
from edge_agent.poke import PokeListener

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from edge_agent.clock import ManualClock

CHILD = r"""
import json, pathlib, socket, sys, time
folder = pathlib.Path(sys.argv[-1])
poker = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
def poke():
    poker.sendto(b"!", str(folder.parent / "audio.poke"))
for line in sys.stdin:
    order = json.loads(line)
    with open(folder.parent / "seen.jsonl", "a") as seen:
        seen.write(line)
    poke()
    if order["text"] == "hang":
        time.sleep(60)
    if order["text"] == "die":
        raise SystemExit(3)
    answer = {"engine": "child", "voice": "v", "loudness_lufs": -16.1}
    if order["text"] == "fail":
        answer = {"error": "no such words"}
    if order["recording"]:
        answer["voice"] = (folder / (order["name"] + ".source")).read_text()
    part = folder / (order["name"] + ".part")
    part.write_text(json.dumps(answer))
    part.replace(folder / (order["name"] + ".json"))
    poke()
poke()
"""
WITHIN_S = 10.0


@pytest.fixture
def poked(tmp_path: Path) -> Iterator[PokeListener]:
    with PokeListener(tmp_path, "audio") as listener:
        yield listener


@pytest.fixture
def desk(tmp_path: Path, clock: ManualClock, poked: PokeListener) -> Iterator[SpeechDesk]:
    del poked
    made = SpeechDesk(tmp_path / "speech", (sys.executable, "-c", CHILD), clock)
    yield made
    made.close()


def wait_for(desk: SpeechDesk, poked: PokeListener, name: str) -> Take:
    """The take, looked for whenever the child pokes."""
    while (take := desk.take(name)) is None:
        assert poked.wait(WITHIN_S), f"the child never answered {name}"
        desk.turn()
    return take


def first_order(folder: Path, poked: PokeListener) -> str:
    """The text of the first order that the child has taken up."""
    path = folder / "seen.jsonl"
    while not path.exists():
        assert poked.wait(WITHIN_S), "the child never took up an order"
    return str(json.loads(path.read_text(encoding="utf-8").splitlines()[0])["text"])


def test_an_order_becomes_a_take(desk: SpeechDesk, poked: PokeListener, tmp_path: Path) -> None:
    desk.order(Order("a", "你好"))
    take = wait_for(desk, poked, "a")
    assert take == Take(tmp_path / "speech" / "a.wav", "child", "v", -16.1)
    desk.turn()
    assert not desk.busy


def test_orders_are_carried_out_one_after_the_other_the_urgent_first(
    desk: SpeechDesk, poked: PokeListener, tmp_path: Path
) -> None:
    for name, urgent in (("one", False), ("two", False), ("flood", True)):
        desk.order(Order(name, name, urgent=urgent))
    for name in ("one", "two", "flood"):
        wait_for(desk, poked, name)
    lines = (tmp_path / "seen.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [json.loads(line)["text"] for line in lines]
    assert texts[-2:] == ["one", "two"], "the ordinary ones are carried out again, in order"
    assert "flood" in texts


def test_an_emergency_does_not_wait_for_a_voice_that_is_busy_with_something_ordinary(
    desk: SpeechDesk, poked: PokeListener, tmp_path: Path
) -> None:
    desk.order(Order("long", "hang"))
    assert first_order(tmp_path, poked) == "hang"
    desk.order(Order("flood", "山洪", urgent=True))
    wait_for(desk, poked, "flood")
    assert desk.busy, "the ordinary order is carried out again afterwards"


def test_a_voice_that_hangs_is_ended_and_its_order_fails(
    desk: SpeechDesk, poked: PokeListener, clock: ManualClock, tmp_path: Path
) -> None:
    desk.order(Order("long", "hang"))
    first_order(tmp_path, poked)
    clock.advance(ORDINARY_S + 1)
    desk.turn()
    with pytest.raises(SpeechFailedError, match="no voice was ready"):
        desk.take("long")
    desk.order(Order("next", "你好"))
    wait_for(desk, poked, "next")


def test_a_voice_that_dies_twice_fails_its_order_and_speaks_the_next(
    desk: SpeechDesk, poked: PokeListener, tmp_path: Path
) -> None:
    desk.order(Order("bad", "die"))
    first_order(tmp_path, poked)
    for _ in range(2):
        assert desk._child is not None
        desk._child.wait(WITHIN_S)
        assert desk.take("bad") is None
        desk.turn()
    with pytest.raises(SpeechFailedError, match="died"):
        desk.take("bad")
    desk.order(Order("next", "你好"))
    wait_for(desk, poked, "next")


def test_what_the_child_refuses_is_told_in_its_words(desk: SpeechDesk, poked: PokeListener) -> None:
    desk.order(Order("bad", "fail"))
    with pytest.raises(SpeechFailedError, match="no such words"):
        wait_for(desk, poked, "bad")


def test_a_recording_is_handed_to_the_child_as_a_file(
    desk: SpeechDesk, poked: PokeListener
) -> None:
    desk.order(Order("rec", "你好", recording=b"opus bytes"))
    assert wait_for(desk, poked, "rec").voice == "opus bytes"


def test_a_take_survives_a_restart_and_is_not_ordered_again(
    desk: SpeechDesk, poked: PokeListener, tmp_path: Path, clock: ManualClock
) -> None:
    desk.order(Order("a", "你好"))
    wait_for(desk, poked, "a")
    again = SpeechDesk(tmp_path / "speech", ("false",), clock)
    again.order(Order("a", "你好"))
    assert not again.busy
    assert again.take("a") is not None


def test_a_forgotten_take_leaves_nothing_behind(
    desk: SpeechDesk, poked: PokeListener, tmp_path: Path
) -> None:
    desk.order(Order("a", "你好", recording=b"x"))
    wait_for(desk, poked, "a")
    desk.forget("a")
    assert list((tmp_path / "speech").iterdir()) == []
    assert desk.take("a") is None


def test_takes_that_nobody_waits_for_are_erased(
    desk: SpeechDesk, poked: PokeListener, tmp_path: Path
) -> None:
    for name in ("kept", "old"):
        desk.order(Order(name, name))
        wait_for(desk, poked, name)
    desk.forget_all_but({"kept"})
    assert [path.name for path in (tmp_path / "speech").iterdir()] == ["kept.json"]


def test_the_child_ends_when_there_is_nothing_to_say(
    desk: SpeechDesk, poked: PokeListener, clock: ManualClock
) -> None:
    desk.order(Order("a", "你好"))
    wait_for(desk, poked, "a")
    desk.turn()
    assert desk._child is not None
    clock.advance(REST_S + 1)
    desk.turn()
    assert desk._child is None


def test_the_name_of_a_take_says_nothing_of_its_words() -> None:
    assert order_name("N001@1", "低保", False) != order_name("N001@1", "低保", True)
    assert set(order_name("N001@1", "低保")) <= set("0123456789abcdef")
