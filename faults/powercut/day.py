"""A day's messages for the workload: signed here, so that the guest needs no keys.

Each manifest brings one new notice (now and then with a recording) and drops the oldest, so
that a cut also falls into erasing; alerts and receipts lie between.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from contract import codec
from contract.receipt import Receipt
from faults.powercut.workload import AT
from tests.edge_agent.link.conftest import VILLAGE, County

if TYPE_CHECKING:
    from pathlib import Path

HELD = 5
PERIOD = 4
"""Of four messages one is a manifest, two are receipts, one is a manifest or an alert."""


@dataclass(frozen=True, slots=True)
class Day:
    """What was sent, by the number of the message (1 is the first)."""

    steps: tuple[dict[str, Any], ...]
    names: dict[int, frozenset[str]]
    """By generation: the notices that are in force with it."""
    texts: dict[str, str]
    """By name: the summary that was signed."""

    def write(self, path: Path) -> None:
        """As the workload reads it."""
        lines = (json.dumps(each) + "\n" for each in self.steps)
        path.write_text("".join(lines), encoding="ascii")

    def generation(self, count: int) -> int:
        """The generation that is in force after so many messages."""
        return max(
            (each["generation"] for each in self.steps[:count] if "manifest" in each), default=0
        )

    def alerts(self, count: int) -> set[str]:
        """Alerts among so many messages."""
        return {each["id"] for each in self.steps[:count] if "alert" in each}

    def receipts(self, count: int) -> int:
        """How many receipts were written after so many messages."""
        return sum(1 for each in self.steps[:count] if "receipt" in each)


def make(messages: int) -> Day:
    """A day of so many messages."""
    county = County()
    steps: list[dict[str, Any]] = []
    held: list[tuple[str, int, bytes]] = []
    names: dict[int, frozenset[str]] = {0: frozenset()}
    texts: dict[str, str] = {}
    for number in range(messages):
        kind = number % PERIOD
        if kind in (1, 3):
            steps.append(_receipt(number))
        elif kind == 2 and number % 20 == 2:
            steps.append(_alert(county, f"A{number}"))
        else:
            generation = len(names)
            key = f"N{generation}"
            notice = county.notice(key, summary=f"第{generation}号通知。" * (10 + number % 90))
            held = [*held, (key, 1, county.seal(notice))][-HELD:]
            names[generation] = frozenset(f"{each[0]}@1" for each in held)
            texts[notice.name] = notice.summary
            steps.append(_manifest(county, generation, held))
    return Day(tuple(steps), names, texts)


def _manifest(
    county: County, generation: int, held: list[tuple[str, int, bytes]]
) -> dict[str, Any]:
    body = county.manifest(generation, *held)
    new = held[-1][2]
    return {
        "area": VILLAGE,
        "generation": generation,
        "manifest": _text(body),
        "blobs": [_text(new)],
    }


def _alert(county: County, key: str) -> dict[str, Any]:
    alert = county.alert(key)
    plain = codec.encode(alert)
    return {"area": VILLAGE, "id": key, "plain": plain, "alert": _text(county.seal_alert(alert))}


def _receipt(number: int) -> dict[str, Any]:
    at = AT + timedelta(seconds=number)
    receipt = Receipt("box-1", "link", "stored", f"N{number}", 1, at, clock_trusted=True)
    return {"area": VILLAGE, "receipt": codec.encode(receipt)}


def _text(body: bytes) -> str:
    return base64.b64encode(body).decode("ascii")
