"""Fuzz every parser that meets strangers' bytes: python -m bench.fuzz [--seconds 60].

Each target gets mutated copies of good messages: bits, cuts, splices, and the tokens that break
parsers (deep nests, NaN, numbers of a thousand digits, half characters, keys twice). What is
signed is mutated before the signature as well, so that the parsers behind it are reached. A
parser may return or raise its declared error, and nothing else. Reported for each: runs, the
worst processor time of a run, and the worst memory of a run (every twentieth is traced).
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import random
import sys
import time
import tracemalloc
from dataclasses import dataclass

from bench.fuzzing.targets import WORST_RUN_BYTES, Target, targets

TRACED_EVERY = 20
LARGEST_BYTES = 256 * 1024
"""The broker takes no larger message; uploads have their own, tested bounds."""
TOKENS = (
    b"[" * 200, b'{"a":' * 200, b"NaN", b"-Infinity", b"9" * 5000, b"1e999", b"\\ud800", b"null",
    b'"v":1,"v":2,', b"\x00", b"\xff\xfe", b"\xe2\x80\xae", b'""', b"[]", b"{}", b"true", b"-1",
    b"../../etc/passwd", b"#", b"+", b"A" * 70_000, b"2024-99-99T99:99:99Z", b"\xf0\x9f\x92\xa9",
    b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>", b"&x;", b"<a>" * 60, b"]]>",
)  # fmt: skip


def mutated(dice: random.Random, good: tuple[bytes, ...]) -> bytes:
    """A good input after one to four accidents."""
    data = bytearray(dice.choice(good))
    for _ in range(dice.randint(1, 4)):
        place = dice.randrange(len(data) + 1)
        accident = dice.randrange(6)
        if accident == 0 and data:
            data[place % len(data)] ^= 1 << dice.randrange(8)
        elif accident == 1:
            del data[place : place + dice.randint(1, 40)]
        elif accident == 2:
            data[place:place] = dice.choice(TOKENS)
        elif accident == 3:
            other = dice.choice(good)
            data[place:] = other[dice.randrange(len(other) + 1) :]
        elif accident == 4:
            data[place : place + dice.randint(0, 12)] = dice.choice(TOKENS)
        else:
            piece = bytes(data[place : place + dice.randint(1, 200)])
            data[place:place] = piece * dice.randint(1, 50)
    return bytes(data[:LARGEST_BYTES])


def run_once(target: Target, data: bytes) -> None:
    """One input; any error that is not declared goes up."""
    with contextlib.suppress(*target.errors):
        target.parse(data)


@dataclass
class Result:
    """What a target did in its time."""

    runs: int = 0
    worst_s: float = 0.0
    worst_bytes: int = 0
    crashes: int = 0


def fuzz(target: Target, seconds: float, dice: random.Random) -> Result:
    """Run a target for so long; crashes are counted and their input is printed."""
    found = Result()
    for good in target.good:  # what is loaded once is no cost of a run
        run_once(target, good)
    end_s = time.monotonic() + seconds
    while time.monotonic() < end_s:
        data = mutated(dice, target.good)
        is_traced = found.runs % TRACED_EVERY == 0
        if is_traced:
            tracemalloc.start()
        began_s = time.thread_time()
        try:
            run_once(target, data)
        except Exception as error:  # noqa: BLE001 - finding these is what it is for
            found.crashes += 1
            print(f"  {target.name}: {type(error).__name__}: {error} on {data[:120]!r}")
        spent_s = time.thread_time() - began_s
        if is_traced:
            found.worst_bytes = max(found.worst_bytes, tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
        else:
            found.worst_s = max(found.worst_s, spent_s)
        found.runs += 1
    return found


def main() -> int:
    """Fuzz every target for its share of the time; 1 if one crashed or went out of bounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="for all targets together")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--target", action="append", help="only this one; may be given again")
    arguments = parser.parse_args()
    logging.disable()  # refusals by the thousand
    every = [each for each in targets() if not arguments.target or each.name in arguments.target]
    print(f"{'target':10} {'runs':>9} {'worst ms':>9} {'worst KB':>9} {'crashes':>8}")
    is_bad = False
    for target in every:
        dice = random.Random(arguments.seed)  # noqa: S311 - the same run again, not a secret
        found = fuzz(target, arguments.seconds / len(every), dice)
        out = found.worst_s > target.worst_s or found.worst_bytes > WORST_RUN_BYTES
        is_bad |= bool(found.crashes) or out
        figures = f"{found.worst_s * 1000:9.1f} {found.worst_bytes / 1024:9.0f} {found.crashes:8}"
        print(f"{target.name:10} {found.runs:9} {figures}{'  OUT OF BOUNDS' if out else ''}")
    return int(is_bad)


if __name__ == "__main__":
    sys.exit(main())
