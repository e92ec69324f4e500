"""A rotten card: altered text is never shown, and the store is whole again from the hub."""

from __future__ import annotations

import random
import sqlite3
from typing import TYPE_CHECKING

import pytest

from contract.messages import sha256_hex
from edge_agent.clock import ManualClock
from edge_agent.errors import StoreError
from edge_agent.link.holdings import is_rotten
from edge_agent.store import ROTTEN_ERRORS, Store, read_safely
from tests.edge_agent.link.conftest import NOW, Box, County

if TYPE_CHECKING:
    from pathlib import Path

CASES = 60
COUNTY = County()
NOTICES = {f"N{n}": COUNTY.notice(f"N{n}", summary=f"第{n}号通知" * 40) for n in range(8)}
BODIES = {key: COUNTY.seal(notice) for key, notice in NOTICES.items()}
ALERT = COUNTY.alert()
ALARM = COUNTY.seal_alert(ALERT)
MANIFEST = COUNTY.manifest(3, *((key, 1, body) for key, body in BODIES.items()))


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    box = Box(tmp_path_factory.mktemp("sound"), COUNTY, ManualClock(NOW))
    box.take(MANIFEST, *BODIES.values())
    box.alarms.take_message(box.area, ALARM)
    box.held.close()
    return (box.settings.part_folder("store") / "notices.db").read_bytes()


def _damaged(data: bytes, case: int) -> bytes:
    chance = random.Random(case)  # noqa: S311 - the same damage in every run
    broken = bytearray(data)
    kind = case % 4
    if kind == 3:
        del broken[chance.randrange(len(broken)) :]
        return bytes(broken)
    for _ in range((1, 8, 64)[kind]):
        broken[chance.randrange(len(broken))] = chance.randrange(256)
    return bytes(broken)


def _deliver(box: Box) -> None:
    """What the broker retains comes again when the box asks for it."""
    by_hash = {sha256_hex(body): body for body in BODIES.values()}
    box.sync.start()
    box.sync.take_manifest(box.area, MANIFEST)
    for topic in list(box.radio.subscribed):
        sha256 = topic.rsplit("/", 1)[-1]
        box.sync.take_blob(box.area, sha256, by_hash[sha256])


@pytest.mark.parametrize("case", range(CASES))
def test_a_rotten_store_shows_nothing_altered_and_heals(
    sound: bytes, tmp_path: Path, case: int
) -> None:
    box = Box(tmp_path, COUNTY, ManualClock(NOW))
    box.held.memory.set_highest(str(box.area), (1, 3))
    box.held.close()
    path = box.settings.part_folder("store") / "notices.db"
    for old in path.parent.glob("notices.db*"):
        old.unlink()
    path.write_bytes(_damaged(sound, case))
    _look(path.parent)

    box._open()
    try:
        _deliver(box)
    except ROTTEN_ERRORS:  # seen only when it was used: link ends, and starts again
        box.held.condemn()
        box.restart()
        _deliver(box)
    assert box.names() == {f"{key}@1" for key in NOTICES}
    box.held.close()


def _look(folder: Path) -> None:
    """As panel and query screen read it: unaltered, left out, or an error that says so."""
    try:
        store = Store(folder, read_only=True)
    except StoreError:
        return
    for held in read_safely(store).notices:
        assert held.notice == NOTICES[held.notice.id]
    for alert in read_safely(store).alerts:
        assert alert.alert == ALERT
    store.close()


def test_a_panel_that_shows_goes_on_when_the_file_rots_under_it(
    sound: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "notices.db"
    path.write_bytes(sound)
    store = Store(tmp_path, read_only=True)
    assert len(read_safely(store).notices) == len(NOTICES)
    path.write_bytes(b"\xa5" * len(sound))
    assert len(read_safely(store).notices) == len(NOTICES)


def test_a_panel_sees_the_fresh_file_that_link_puts_in_a_rotten_one_s_place(
    tmp_path: Path,
) -> None:
    box = Box(tmp_path, COUNTY, ManualClock(NOW))
    box.take(MANIFEST, *BODIES.values())
    panel = Store(box.settings.part_folder("store"), read_only=True)
    assert len(panel.in_force().notices) == len(NOTICES)
    box.held.condemn()
    box.restart()
    better = COUNTY.seal(COUNTY.notice("N1", 2))
    box.take(COUNTY.manifest(4, ("N1", 2, better)), better)
    assert {each.notice.name for each in panel.in_force().notices} == {"N1@2"}
    panel.close()
    box.held.close()


def test_a_rotten_alert_is_healed_from_the_manifest_s_copy(tmp_path: Path) -> None:
    box = Box(tmp_path, COUNTY, ManualClock(NOW))
    box.take(COUNTY.manifest(1, ("A1", 1, ALARM), kind="alert"), ALARM)
    box.held.store._database.execute("UPDATE alert SET body = ?", (b"x" * len(ALARM),))
    assert box.alerts() == set()
    box.sync.check()
    assert box.alerts() == {"A1"}
    box.held.close()


def test_a_manifest_whose_hash_has_rotted_is_taken_anew_though_its_bytes_are_the_same(
    tmp_path: Path,
) -> None:
    box = Box(tmp_path, COUNTY, ManualClock(NOW))
    box.take(MANIFEST, *BODIES.values())
    box.held.store._database.execute("UPDATE layer SET sha256 = 'x' || substr(sha256, 2)")
    assert box.names() == set()
    _deliver(box)
    assert box.names() == {f"{key}@1" for key in NOTICES}
    box.held.close()


def test_a_full_disk_is_no_rot() -> None:
    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL
    assert not is_rotten(full)
    error = StoreError("cannot open")
    error.__cause__ = full
    assert not is_rotten(error)
