"""Every state that a disk can have after a cut, rebuilt from the log of its writes.

The log's format is qemu's (docs: block/blklogwrites; the same as the kernel's dm-log-writes): a
superblock ``<QQQI`` of magic, version, entries, sector size; then for each entry a header sector
``<QQQQ`` of sector, count, flags, length, followed by the data.
"""

from __future__ import annotations

import gc
import random
import struct
import subprocess
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from faults.powercut import guest
from faults.powercut.judge import judge
from faults.powercut.workload import read_ack

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from faults.powercut.day import Day

FLUSH, FUA, DISCARD = 1, 2, 4
DATA = slice(
    guest.DATA_START * guest.SECTOR, (guest.DATA_START + guest.DATA_SECTORS) * guest.SECTOR
)
ACK_BYTE = guest.ACK_START * guest.SECTOR


@dataclass(frozen=True, slots=True)
class Entry:
    """One write, flush or discard."""

    at_byte: int
    flags: int
    data: bytes


@dataclass
class Tally:
    """What the judged states showed."""

    entries: int = 0
    flushes: int = 0
    states: int = 0
    unmountable: int = 0
    breaches: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)


def entries(log: Path) -> Iterator[Entry]:
    """The log's entries, in the order in which the disk saw them."""
    with log.open("rb") as file:
        _, _, count, sector = struct.unpack("<QQQI", file.read(28))
        position = sector
        for _ in range(count):
            file.seek(position)
            at, sectors, flags, _ = struct.unpack("<QQQQ", file.read(32))
            data = b""
            position += sector
            if sectors and not flags & DISCARD:
                file.seek(position)
                data = file.read(sectors * sector)
                position += len(data)
            yield Entry(at * sector, flags, data)


class Disk:
    """The disk as it is, and as it is for sure; between them the writes no flush has covered."""

    def __init__(self, base: bytes) -> None:
        self.now = bytearray(base)
        self._sure = bytearray(base)
        self._loose: list[Entry] = []

    def do(self, entry: Entry) -> None:
        """One entry."""
        _write(self.now, entry)
        if entry.flags & FLUSH:
            for each in self._loose:
                _write(self._sure, each)
            self._loose = []
        if entry.flags & FUA:
            _write(self._sure, entry)
        elif entry.data:
            self._loose.append(entry)

    def dropped(self, chance: random.Random) -> bytearray:
        """A card with a cache of its own: any of the loose writes may be missing."""
        left = bytearray(self._sure)
        for each in self._loose:
            if chance.random() < 0.5:
                _write(left, each)
        return left


def replay(machine: guest.Machine, day: Day, states: int) -> Tally:
    """Judge so many states: half of them prefixes, half with unflushed writes missing."""
    log = list(entries(machine.log))
    chance = random.Random(7)  # noqa: S311 - the same cuts in every run
    first = next(n for n, each in enumerate(log) if each.data and each.at_byte >= ACK_BYTE)
    points = set(chance.sample(range(first, len(log)), min(states // 2, len(log) - first)))
    tally = Tally(len(log), sum(1 for each in log if each.flags & FLUSH))
    disk = Disk(machine.base.read_bytes())
    for number, entry in enumerate(log):
        disk.do(entry)
        if number in points:
            acknowledged = read_ack(bytes(disk.now[ACK_BYTE : ACK_BYTE + 16]))
            for state in (disk.now, disk.dropped(chance)):
                _judge(machine.folder, state, day, acknowledged, tally)
    return tally


def _judge(folder: Path, state: bytearray, day: Day, acknowledged: int, tally: Tally) -> None:
    image, mounted = folder / "crash.img", folder / "mnt"
    mounted.mkdir(exist_ok=True)
    with image.open("wb") as file:
        file.write(memoryview(state)[DATA])
    tally.states += 1
    command = ["mount", "-o", "loop,noatime", str(image), str(mounted)]
    if subprocess.run(command, check=False, capture_output=True).returncode != 0:
        tally.unmountable += 1
        return
    try:
        for kind, what in judge(mounted, day, acknowledged):
            tally.breaches[kind] += 1
            tally.examples.append(f"{kind}: {what}")
    finally:
        gc.collect()  # a database that could not be opened holds its file until then
        subprocess.run(["umount", str(mounted)], check=True)


def _write(disk: bytearray, entry: Entry) -> None:
    disk[entry.at_byte : entry.at_byte + len(entry.data)] = entry.data
