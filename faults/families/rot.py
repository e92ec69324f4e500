"""The row about a card that rots: the store's file damaged anywhere, recordings included."""

from __future__ import annotations

import random
import shutil
from typing import TYPE_CHECKING

from contract.messages import sha256_hex
from contract.notice import Asset
from edge_agent.clock import ManualClock
from edge_agent.errors import StoreError
from edge_agent.store import ROTTEN_ERRORS, Store, read_safely
from faults.families.content import deliver_retained
from faults.rows import Row, Scene, Seen
from tests.edge_agent.link.conftest import NOW, Box, County

if TYPE_CHECKING:
    from pathlib import Path

    from contract.notice import Notice

SMALL_BYTES = 20_000


def rotten(scene: Scene) -> Seen:
    """Row R3: any damage to the store's file is seen before display and healed from the hub."""
    county, count = County(), scene.dose(500, 10)
    notices = {f"N{n}": county.notice(f"N{n}", summary=f"第{n}号通知" * 40) for n in range(8)}
    bodies = {key: county.seal(each) for key, each in notices.items()}
    chance = random.Random(3)  # noqa: S311 - the same damage in every run
    recordings = [chance.randbytes(SMALL_BYTES) for _ in range(4)]
    assets = tuple(Asset(sha256_hex(each), len(each), "audio/ogg") for each in recordings)
    listed = ((key, 1, body) for key, body in bodies.items())
    manifest = county.manifest(3, *listed, assets=assets)
    retained = {sha256_hex(each): each for each in (*bodies.values(), *recordings)}
    box = Box(scene.folder / "sound", county, ManualClock(NOW))
    deliver_retained(box, manifest, retained)
    box.held.close()
    sound = (box.settings.part_folder("store") / "notices.db").read_bytes()
    wanted = {f"{key}@1" for key in notices}
    left_out = 0
    breaches: list[str] = []
    for case in range(count):
        folder = scene.folder / f"case-{case}"
        box = _with_store(folder, county, _damaged(sound, case, chance))
        store = box.settings.part_folder("store")
        before = _displayed(store, notices, retained, breaches)
        left_out += before != wanted
        box = _healed(box, manifest, retained)
        lacking = [each for each in retained if box.held.store.blob(each) != retained[each]]
        if box.names() != wanted or lacking:
            breaches.append(f"case {case} did not heal")
        box.held.close()
        shutil.rmtree(folder)
    return Seen(
        f"{count} damages to {len(sound)} bytes: 1, 8, 64 bytes, a page, a cut",
        f"0 altered texts or sounds, {left_out} left something out, all healed",
        breaches,
    )


def _damaged(data: bytes, case: int, chance: random.Random) -> bytes:
    broken, kind = bytearray(data), case % 5
    if kind == 4:
        return bytes(broken[: chance.randrange(len(broken))])
    if kind == 3:
        start = chance.randrange(0, len(broken), 4096)
        broken[start : start + 4096] = chance.randbytes(len(broken[start : start + 4096]))
        return bytes(broken)
    for _ in range((1, 8, 64)[kind]):
        at = chance.randrange(len(broken))
        broken[at] ^= 1 << chance.randrange(8)
    return bytes(broken)


def _with_store(folder: Path, county: County, data: bytes) -> Box:
    box = Box(folder, county, ManualClock(NOW))
    box.held.memory.set_highest(str(box.area), (1, 3))
    box.held.close()
    path = box.settings.part_folder("store") / "notices.db"
    for old in path.parent.glob("notices.db*"):
        old.unlink()
    path.write_bytes(data)
    return box


def _displayed(
    folder: Path, notices: dict[str, Notice], retained: dict[str, bytes], breaches: list[str]
) -> set[str]:
    """What panel, screen and loudspeaker would take; anything altered is a breach."""
    try:
        store = Store(folder, read_only=True)
    except StoreError:
        return set()
    try:
        held = read_safely(store).notices
        breaches += [
            f"{each.notice.name} was altered and would be shown"
            for each in held
            if each.notice != notices.get(each.notice.id)
        ]
        breaches += [
            "an altered file would be played"
            for sha256, body in retained.items()
            if _blob(store, sha256) not in (None, body)
        ]
        return {each.notice.name for each in held}
    finally:
        store.close()


def _blob(store: Store, sha256: str) -> bytes | None:
    try:
        return store.blob(sha256)
    except ROTTEN_ERRORS:
        return None


def _healed(box: Box, manifest: bytes, retained: dict[str, bytes]) -> Box:
    """Link starts on the damaged file, and the hub's retained messages come."""
    box._open()
    try:
        deliver_retained(box, manifest, retained)
    except ROTTEN_ERRORS:  # seen only in use: link ends, and its supervisor starts it again
        box.held.condemn()
        box.restart()
        deliver_retained(box, manifest, retained)
    return box


ROWS = (
    Row("R3", "random corruption of store and assets", "all seen before display, healed", rotten),
)
