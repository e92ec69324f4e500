"""``python -m bench.cluster [--short]``: the real hub and boxes through aedes nodes on Redis.

Half of the boxes begin at each node. Nodes and Redis are killed, Redis loses its disk, and every
box is moved to the other node; while that lasts, a notice and an alert go out. Afterwards the
invariants of the fault matrix must hold. Needs node, redis-server and ``npm ci`` in this folder.
"""

# ruff: noqa: SLF001 - a stand looks inside, as the fault rows do

from __future__ import annotations

import argparse
import base64
import contextlib
import json
import logging
import os
import statistics
import sys
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bench.cluster.nodes import Cluster, missing
from contract.feedback import Feedback
from contract.sealing import seal_for, slip_context
from edge_agent.outbox import Outbox
from faults import ground
from faults.invariants import never_blank, nothing_said_is_lost
from faults.rows import RowFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from faults.county import County
    from faults.village import VillageBox

NOT_HERE = 3
SHELF = Path("var/faults")
PATIENCE_S = 120.0


@dataclass
class Fault:
    """One kind of fault, and how its turns went."""

    name: str
    do: Callable[[Stand, int], None]
    alert_s: list[float] = field(default_factory=list)
    right_s: list[float] = field(default_factory=list)


class Stand:
    """The county of the fault rows, on a cluster in place of Mosquitto."""

    def __init__(self, folder: Path, count: int) -> None:
        addresses = ground.prepare(folder / "hub")
        from faults.county import County  # noqa: PLC0415 - needs Django's set-up
        from hub.ledger import boxes  # noqa: PLC0415 - as above

        self.county: County = County(folder / "hub", SHELF, addresses)
        self.county.broker.stop()
        self.county.dispatcher.close()
        self.ports = (ground.free_port(), ground.free_port())
        accounts = boxes.broker_files().folder
        self.cluster = Cluster(folder / "cluster", accounts, self.ports, ground.free_port())
        self.county.running = [self.cluster]  # type: ignore[list-item] # it has the one verb needed
        first, second = (f"mqtt://127.0.0.1:{each}" for each in self.ports)
        os.environ.update(VILLAGE_HUB_BROKER=first, VILLAGE_HUB_STANDBY=second)
        self.county.port = self.ports[0]
        self.county.dispatcher = self.county.new_dispatcher()
        self.boxes = [self._box(folder / "boxes", self.ports[at % 2]) for at in range(count)]
        self.slips: list[str] = []
        self.looks: list[int] = []

    def _box(self, folder: Path, port: int) -> VillageBox:
        self.county.port = port
        try:
            return self.county.add_box(folder)
        finally:
            self.county.port = self.ports[0]

    def start(self) -> None:
        """Wait until every box is at its node, knows both, and trusts its clock."""
        self.county.publish()
        self.county.until(lambda: all(_is_ready(each) for each in self.boxes), PATIENCE_S)
        self.county.until_right(PATIENCE_S)

    def node_of(self, box: VillageBox) -> int:
        """The node that a box hangs at; it begins at the one of its settings."""
        port = box.link._session._address.port if box.link is not None else 0
        return self.ports.index(port) if port in self.ports else self.boxes.index(box) % 2

    def spread(self) -> list[int]:
        """How many boxes hang at each node."""
        found = [self.node_of(each) for each in self.boxes if each.is_up]
        return [found.count(at) for at in range(len(self.ports))]

    def suffer(self, fault: Fault, number: int) -> None:
        """One turn: the fault, a notice, an alert and a slip at every box while it lasts."""
        since = len(self.county.alarms)
        fault.do(self, number)
        self.county.publish()
        self.county.alarm()
        for box in self.boxes:
            self._say(box)
        fault.alert_s.append(self._until(lambda: not self.county.unheard(since)))
        fault.right_s.append(fault.alert_s[-1] + self._until(lambda: not self.county.wrong()))

    def _until(self, condition: Callable[[], object]) -> float:
        def looked() -> object:
            self.looks += [len(each.shown()) for each in self.boxes]
            return condition()

        return self.county.until(looked, PATIENCE_S)

    def _say(self, box: VillageBox) -> None:
        """A villager's slip at the box's query screen."""
        from hub.enrol.feedback_key import feedback_public_b64  # noqa: PLC0415 - needs Django

        number = f"{box.name}-{len(self.slips)}"
        public = base64.b64decode(feedback_public_b64(self.county.data / "keys"))
        sealed = seal_for(public, b"{}", slip_context(number, box.name))
        now = datetime.now(UTC)
        outbox = Outbox(box.settings.part_folder("kiosk"))
        sealed_b64 = base64.b64encode(sealed).decode("ascii")
        outbox.add_feedback(Feedback(number, "question", box.name, now, sealed_b64))
        self.slips.append(number)

    def breaches(self) -> list[str]:
        """I1 to I5, once every slip has had time to come."""
        from hub.ledger.models import FeedbackSlip  # noqa: PLC0415 - needs Django

        def held() -> set[str]:
            return set(FeedbackSlip.objects.values_list("slip", flat=True))

        with contextlib.suppress(RowFailed):
            self.county.until(lambda: set(self.slips) <= held(), PATIENCE_S)
        county = self.county
        return [
            *county.wrong(), *county.foreign(), *county.unheard(0), *never_blank(self.looks),
            *nothing_said_is_lost(self.slips, held()),
        ]  # fmt: skip

    def close(self) -> None:
        """End everything."""
        self.county.close()
        self.cluster.stop()


def _is_ready(box: VillageBox) -> bool:
    knows_both = box.link is not None and len(box.link._session._addresses) > 2
    return box.is_up and box.clock.trusted and knows_both


def _move(stand: Stand, _number: int) -> None:
    """Every box loses its connection, and comes to the other node."""
    for each in stand.boxes:
        if each.link is not None:
            session, other = each.link._session, stand.ports[1 - stand.node_of(each)]
            session._lose("moved")
            session._at = [at.port for at in session._addresses].index(other)


FAULTS = (
    ("kill -9 of one node, then the other", lambda stand, at: stand.cluster.nodes[at % 2].kill()),
    ("kill -9 of both nodes", lambda stand, _: [each.kill() for each in stand.cluster.nodes]),
    ("kill -9 of Redis", lambda stand, _: stand.cluster.redis.kill()),
    ("Redis wiped", lambda stand, _: stand.cluster.wipe()),
    ("all boxes moved to the other node", _move),
)


def main(argv: Sequence[str] | None = None) -> int:
    """The command line; 1 when an invariant is broken, 3 when the cluster is not installed."""
    parser = argparse.ArgumentParser(prog="python -m bench.cluster", description=__doc__)
    parser.add_argument("--short", action="store_true", help="4 boxes, each fault once")
    parser.add_argument("--boxes", type=int, default=40)
    parser.add_argument("--turns", type=int, default=10, help="of each fault")
    parser.add_argument("--json", type=Path, help="write the results here")
    arguments = parser.parse_args(argv)
    if text := missing():
        print(text)
        return NOT_HERE
    if "VILLAGE_LOG" not in os.environ:
        logging.disable()  # faults make the programs complain, as they should
    count, turns = (4, 1) if arguments.short else (arguments.boxes, arguments.turns)
    faults = [Fault(name, do) for name, do in FAULTS]
    with tempfile.TemporaryDirectory(prefix="cluster-") as name:
        stand = Stand(Path(name), count)
        try:
            breaches = _play(stand, faults, turns)
        finally:
            stand.close()
    print("| fault | times | alert at every box | all right again |\n|---|---|---|---|")
    for each in faults:
        print(f"| {each.name} | {len(each.right_s)} | {_times(each.alert_s)} "
              f"| {_times(each.right_s)} |")  # fmt: skip
    print(*(breaches or ["I1 to I5 hold"]), sep="\n")
    if arguments.json:
        found = {each.name: [each.alert_s, each.right_s] for each in faults}
        text = json.dumps({"breaches": breaches, "boxes": count, "faults": found}, indent=1)
        arguments.json.write_text(text, encoding="utf-8")
    return 1 if breaches else 0


def _play(stand: Stand, faults: Sequence[Fault], turns: int) -> list[str]:
    try:
        stand.start()
        for fault in faults:
            for number in range(turns):
                stand.suffer(fault, number)
            print(f"{fault.name}: boxes at the nodes {stand.spread()}", flush=True)
    except RowFailed as error:
        return [str(error), *stand.breaches()]
    return stand.breaches()


def _times(seconds: Sequence[float]) -> str:
    if not seconds:
        return "–"
    return f"{statistics.median(seconds):.1f} s, at worst {max(seconds):.1f} s"


if __name__ == "__main__":
    sys.exit(main())
