"""A full disk: what stands goes on, text waits, and an emergency still fits in."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import pytest

from contract import codec, topics, wire
from contract.messages import seal_message, sha256_hex
from contract.uplink import TimeAnswer, TimeQuestion
from edge_agent.link import ballast
from edge_agent.link.ballast import Ballast, is_full
from edge_agent.link.program import STARVED_S, Link
from edge_agent.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from edge_agent.clock import ManualClock
    from tests.edge_agent.link.conftest import Box, County

LARGE = "".join(map(chr, range(0x4E00, 0x8E00)))
"""Every character another, so that deflating does not make it small."""


class SmallDisk:
    """The store's file may not grow any more, as on a disk that is full (SQLITE_FULL)."""

    def __init__(self, link: Link) -> None:
        self._database = link._held.store._database

    def fill(self) -> None:
        pages = self._database.execute("PRAGMA page_count").fetchone()[0]
        self._database.execute(f"PRAGMA max_page_count = {pages}")

    def make_room(self) -> None:
        self._database.execute("PRAGMA max_page_count = 1000000")


@pytest.fixture
def link(box: Box, clock: ManualClock) -> Iterator[Link]:
    box.held.close()
    found = Link(box.settings, clock)
    yield found
    found.close()
    box._open()


def names(box: Box) -> set[str]:
    store = Store(box.settings.part_folder("store"), read_only=True)
    try:
        found = store.in_force()
        return {each.notice.name for each in found.notices} | {
            each.alert.id for each in found.alerts
        }
    finally:
        store.close()


def send(link: Link, box: Box, manifest: bytes, *bodies: bytes) -> None:
    link.received(topics.area_manifest(box.area), manifest, is_repeated=False)
    for body in bodies:
        topic = topics.area_blob(box.area, sha256_hex(body))
        link.received(topic, body, is_repeated=False)


def test_text_waits_and_an_emergency_fits_in(
    link: Link, box: Box, county: County, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    small, first = SmallDisk(link), county.seal(county.notice())
    send(link, box, county.manifest(1, ("N1", 1, first)), first)
    assert names(box) == {"N1@1"}
    small.fill()
    second = county.seal(county.notice("N2", summary=LARGE))
    send(link, box, county.manifest(2, ("N1", 1, first), ("N2", 1, second)), second)
    assert names(box) == {"N1@1"}
    assert "disk_full" in link._state._faults()
    assert link._ballast.is_laid

    release = Ballast.release
    monkeypatch.setattr(Ballast, "release", lambda own: small.make_room() or release(own))
    alarm = county.alert(notice=county.notice("N-A1", summary=LARGE, priority="emergency"))
    body = county.seal_alert(alarm)
    link.received(topics.area_alert(box.area), body, is_repeated=False)
    assert names(box) == {"N1@1", "A1"}
    assert not link._ballast.is_laid

    clock.advance(STARVED_S)  # somebody has made room
    link.turn(0.0)
    assert link._ballast.is_laid
    assert "disk_full" not in link._state._faults()
    send(link, box, county.manifest(3, ("N1", 1, first), ("N2", 1, second)), second)
    assert names(box) == {"N1@1", "N2@1", "A1"}


def _no_room(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_what_is_no_emergency_is_let_go_and_asked_for_again(
    link: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link._upload, "take_ack", _no_room)
    link.received(topics.box_down("box-1", "ack"), b"{}", is_repeated=False)
    assert link._held.is_starved
    assert link._ballast.is_laid


def test_an_emergency_that_got_its_room_late_is_told_once_and_is_no_replay(
    link: Link, box: Box, county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, tries = link._held.receipts.write, [_no_room]

    def full_at_first(*words: object) -> None:
        tries.pop()() if tries else write(*words)  # type: ignore[arg-type] # what it was given

    monkeypatch.setattr(link._held.receipts, "write", full_at_first)
    body = county.seal_alert(county.alert())
    link.received(topics.area_alert(box.area), body, is_repeated=False)
    assert names(box) == {"A1"}
    stages = [each.body["stage"] for each in link._held.outbox.after(0)]
    assert stages == ["received", "stored"]


def test_the_time_that_an_emergency_waits_for_gets_the_room_too(
    link: Link, box: Box, county: County, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.trusted = False
    link.received(topics.area_alert(box.area), county.seal_alert(county.alert()), is_repeated=False)
    assert names(box) == set()
    monkeypatch.setattr(clock, "store_trust", _no_room)
    for _ in range(2):  # the first is written into the room that was kept
        question = codec.decode(TimeQuestion, wire.loads(link._time.question() or b""))
        answer = TimeAnswer("box-1", question.nonce, clock.read().now)
        topic = topics.box_down("box-1", "time")
        link.received(topic, seal_message(answer, county.target), is_repeated=False)
        assert not link._ballast.is_laid
        monkeypatch.undo()
        clock.advance(60.0)
    link.turn(0.0)
    assert names(box) == {"A1"}


def test_an_emergency_is_judged_while_other_work_rests(
    link: Link, box: Box, county: County, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.trusted = False
    link.received(topics.area_alert(box.area), county.seal_alert(county.alert()), is_repeated=False)
    monkeypatch.setattr(link._sync, "turn", _no_room)
    with pytest.raises(OSError, match="No space"):
        link.turn(0.0)
    link.rest()
    clock.trusted = True
    link.turn(0.0)
    assert names(box) == {"A1"}


def test_without_room_to_spare_it_is_not_laid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ballast, "SPARE_BYTES", 1 << 60)
    kept = Ballast(tmp_path)
    assert not kept.lay()
    assert not kept.release()


def test_it_takes_its_room_and_gives_it_back(tmp_path: Path) -> None:
    kept = Ballast(tmp_path, 100_000)
    assert kept.lay()
    assert kept.lay()
    found = (tmp_path / "ballast").stat()
    assert found.st_blocks * 512 >= 100_000
    assert kept.release()
    assert not kept.is_laid


@pytest.mark.parametrize(("error", "full"), [(OSError(28, "x"), True), (OSError(5, "x"), False)])
def test_only_a_full_disk_is_full(error: OSError, *, full: bool) -> None:
    assert is_full(error) is full
