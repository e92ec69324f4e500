"""Power cuts without an emulated machine: the workload's system calls, cut and replayed.

strace writes down every write, truncation, flush, renaming and removal of the workload; a state
is what the first so many calls did, with any of the data missing that no fsync of its file had
made durable. That is coarser than blocks: the order of directory entries is taken as it was
called, so only `faults.powercut` speaks for the file system.
"""

from __future__ import annotations

import random
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from faults.powercut import workload
from faults.powercut.judge import judge
from faults.rows import RowFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from faults.powercut.day import Day

_TRACED = "openat,pwrite64,write,pwritev,fsync,fdatasync,ftruncate,rename,unlink,unlinkat"
_LINE = re.compile(r"^(?:\d+ +)?(\w+)\((.*)\) += (-?\d+)")
_FD = re.compile(r"\d+<([^>]*)>")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


@dataclass(frozen=True, slots=True)
class Call:
    """One call that changed something: its name, its file, and what it gave."""

    name: str
    path: str
    data: bytes = b""
    number: int = 0
    """Offset of a write, length of a truncation."""


@dataclass
class Volume:
    """Files as they are in memory and as they are on the disk for sure."""

    files: dict[str, bytearray] = field(default_factory=dict)
    durable: dict[str, bytes] = field(default_factory=dict)
    loose: dict[str, list[Call]] = field(default_factory=dict)

    def do(self, call: Call) -> None:
        """One call."""
        if call.name == "unlink":
            self.files.pop(call.path, None)
            self.durable.pop(call.path, None)
            self.loose.pop(call.path, None)
        elif call.name == "rename":
            source = call.data.decode()
            self.files[call.path] = self.files.pop(source)
            self.loose[call.path] = self.loose.pop(source, [])
            if source in self.durable:
                self.durable[call.path] = self.durable.pop(source)
        elif call.name == "sync":
            if call.path in self.files:  # else it is a folder
                self.durable[call.path] = bytes(self.files[call.path])
                self.loose[call.path] = []
        else:
            change(self.files.setdefault(call.path, bytearray()), call)
            self.loose.setdefault(call.path, []).append(call)

    def after_cut(self, chance: random.Random | None) -> dict[str, bytes]:
        """What is left: everything, or with ``chance`` each unflushed change or not."""
        if chance is None:
            return {path: bytes(body) for path, body in self.files.items()}
        left = {}
        for path in self.files:
            body = bytearray(self.durable.get(path, b""))
            for call in self.loose.get(path, ()):
                if chance.random() < 0.5:
                    change(body, call)
            left[path] = bytes(body)
        return left


def change(body: bytearray, call: Call) -> None:
    """A write or a truncation."""
    if call.name == "truncate":
        del body[call.number :]
        body.extend(bytes(call.number - len(body)))
        return
    body.extend(bytes(max(0, call.number - len(body))))
    body[call.number : call.number + len(call.data)] = call.data


def record(folder: Path, day: Day) -> list[Call]:
    """Run the workload under strace; its calls, in order.

    Raises:
        RowFailed: strace is missing or may not trace here.
    """
    strace = shutil.which("strace")
    if strace is None:
        raise RowFailed("strace is missing: apt-get install strace")
    folder.mkdir(parents=True)
    day.write(folder / "messages")
    (folder / "acks").write_bytes(bytes(workload.SECTOR_BYTES))
    log = folder / "calls"
    done = subprocess.run(
        [
            *(strace, "-f", "-y", "-xx", "-s", "1000000", "-o", str(log), "-e", f"trace={_TRACED}"),
            *(sys.executable, "-m", "faults.powercut.workload"),
            *(str(folder / "data"), str(folder / "acks"), str(folder / "messages")),
        ],
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise RowFailed(f"the workload under strace: {done.stderr[-200:]}")
    return list(_calls(log, str(folder)))


def _calls(log: Path, root: str) -> Iterator[Call]:
    ends: dict[str, int] = {}
    with log.open(encoding="ascii", errors="replace") as file:
        for line in file:
            found = _LINE.match(line)
            if found is None or int(found[3]) < 0 or "-shm" in line:
                continue
            call = _call(found[1], found[2], ends, root)
            if call is not None:
                yield call


def _call(name: str, words: str, ends: dict[str, int], root: str) -> Call | None:
    texts = [bytes.fromhex(each.replace("\\x", "")) for each in _TEXT.findall(words)]
    if name in ("rename", "unlink", "unlinkat", "openat"):
        paths = [each.decode() for each in texts]
        if not paths or not paths[-1].startswith(root):
            return None
        if name == "openat":
            ends[paths[0]] = 0
            return Call("truncate", paths[0]) if "O_TRUNC" in words else None
        source = paths[0].encode() if name == "rename" else b""
        return Call("rename" if name == "rename" else "unlink", paths[-1], source)
    path = _named(words)
    return _change(name, path, words, texts, ends) if path and path.startswith(root) else None


def _change(name: str, path: str, words: str, texts: list[bytes], ends: dict[str, int]) -> Call:
    """A call on an open file."""
    if name in ("fsync", "fdatasync"):
        return Call("sync", path)
    if name == "ftruncate":
        return Call("truncate", path, number=int(words.rsplit(",", 1)[1]))
    if name in ("pwrite64", "pwritev"):
        return Call("write", path, texts[0], int(words.rsplit(",", 1)[1]))
    start = ends.get(path, 0)
    ends[path] = start + len(texts[0])
    return Call("write", path, texts[0], start)


def _named(words: str) -> str | None:
    """The file of a call's first argument; -xx writes even names in hexadecimal."""
    found = _FD.match(words)
    if found is None:
        return None
    name = found[1]
    return bytes.fromhex(name.replace("\\x", "")).decode() if name.startswith("\\x") else name


def cut_and_judge(folder: Path, day: Day, states: int) -> tuple[int, list[tuple[str, str]]]:
    """Replay so many cuts; how many were judged, and every breach."""
    recorded = folder / "recorded"
    calls = record(recorded, day)
    chance = random.Random(7)  # noqa: S311 - the same cuts in every run
    points = set(chance.sample(range(len(calls)), min(states // 2, len(calls))))
    volume, count, breaches = Volume(), 0, []
    for number, call in enumerate(calls):
        volume.do(call)
        if number not in points:
            continue
        acks = bytes(volume.files.get(str(recorded / "acks"), b""))
        for luck in (None, chance):
            left = volume.after_cut(luck)
            state = folder / f"state-{number}-{count}"
            _lay_out(left, recorded / "data", state)
            breaches += judge(state, day, workload.read_ack(acks))
            count += 1
            shutil.rmtree(state)
    return count, breaches


def _lay_out(files: dict[str, bytes], source: Path, target: Path) -> None:
    target.mkdir()
    for path, body in files.items():
        place = Path(path)
        if place.is_relative_to(source):
            out = target / place.relative_to(source)
            out.parent.mkdir(parents=True, exist_ok=True)
            out.write_bytes(body)
