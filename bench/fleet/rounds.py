"""What the bench asks of a county: the storm, alerts, changes, receipts, a wiped broker."""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager
from itertools import chain
from typing import TYPE_CHECKING, Any

from paho.mqtt.client import Client, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion

from bench.fleet.box import BARE
from bench.fleet.crowd import Crowd
from contract import topics
from contract.areas import Area
from hub.broker.files import EVICTION_SOCKET, HUB_USER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bench.fleet.county import County

PROCESSES = 2
PATIENCE_S = 180.0
ROUNDS = 10
CHANGES = 200


class Bench:
    """The county, its crowds, and the questions that are asked of them."""

    def __init__(self, county: County) -> None:
        self.county = county
        self.members = list(county.members)
        address = ("127.0.0.1", county.addresses.tls_port)
        self.crowds = [
            Crowd(county.members[n::PROCESSES], address, county.ca, county.key_set)
            for n in range(PROCESSES)
        ]

    @property
    def count(self) -> int:
        """How many boxes may be here."""
        return len(self.members)

    @property
    def area(self) -> str:
        """The county, which every box follows."""
        return self.members[0].area[:6]

    def total(self, question: str, *words: object) -> int:
        """Asked of all crowds, added up."""
        return sum(crowd.ask(question, *words) for crowd in self.crowds)

    def merged(self, question: str) -> dict[str, Any]:
        """Asked of all crowds: the answer of every box."""
        return {box: found for crowd in self.crowds for box, found in crowd.ask(question).items()}

    def wait(self, condition: Callable[[], bool], what: str) -> float:
        """Seconds until it holds."""
        started_s = time.monotonic()
        while not condition():
            if time.monotonic() - started_s > PATIENCE_S:
                sys.exit(f"FAILED: {what} took more than {PATIENCE_S:.0f} s")
            time.sleep(0.05)
        return time.monotonic() - started_s

    def all_right(self) -> bool:
        """Every box is connected and holds the newest manifest of every area it follows."""
        self.county.watch()
        if self.total("up") < self.count or not self.county.has_sent_all():
            return False
        return self.total("right", self.county.generations()) == self.count

    def county_is_back(self) -> bool:
        """Whether the hub's programs run again."""
        self.county.watch()
        return self.county.is_back()

    def all_played(self, alert: str) -> bool:
        """Whether every box has this alert."""
        return self.total("has_played", alert) == self.count

    def settle(self) -> None:
        """Until nobody has anything left to do, so that what is measured next stands alone."""
        self.wait(self.all_right, "the content")
        self.wait(lambda: self.total("idle") == self.count, "the reports and receipts")
        self.county.rest()

    def refused(self) -> int:
        """Messages that boxes refused."""
        return sum(crowd.ask("faults")[0] for crowd in self.crowds)

    def throw_forged(self) -> None:
        """An emergency that nobody signed, to every box; each must refuse it."""
        before = self.refused()
        forged = bytearray(self.county.newest_alert())
        forged[len(forged) // 2] ^= 1
        with self.publisher() as client:
            client.publish(topics.area_alert(Area.parse(self.area)), bytes(forged), 1)
            self.wait(lambda: self.refused() >= before + self.count, "refusing a forged alert")

    @contextmanager
    def publisher(self) -> Iterator[Client]:
        """A plain client, by the door of the hub's own machine, beside the dispatcher."""
        from hub.ledger import boxes  # noqa: PLC0415 - needs Django's set-up

        name = "bare"
        client = Client(CallbackAPIVersion.VERSION2, name, protocol=MQTTv5, transport="unix")
        client.username_pw_set(HUB_USER, boxes.hub_password())
        here = os.open(self.county.data / "broker", os.O_RDONLY | os.O_DIRECTORY)
        client.connect(f"/proc/self/fd/{here}/{EVICTION_SOCKET}")
        client.loop_start()
        try:
            yield client
        finally:
            client.disconnect()
            client.loop_stop()
            os.close(here)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def say(name: str, text: str) -> None:
    """One line of the report."""
    print(f"{name:58s} {text}", flush=True)


def storm(bench: Bench) -> None:
    """All boxes at once."""
    started_s = time.monotonic()
    for crowd in bench.crowds:
        crowd.ask("connect")
    bench.wait(lambda: bench.total("up") == bench.count, "the storm")
    say(f"{bench.count} boxes connect at once with certificates (limit 30 s)",
        f"all in after {time.monotonic() - started_s:.1f} s")  # fmt: skip
    bench.wait(bench.all_right, "the first content")


def alerts(bench: Bench) -> None:
    """Release to verified at every box, beside a bare message of its size to the same boxes.

    In turns, each when nothing else is going on: same broker, same connections, same reading.
    """
    bench.county.desk.alarm(bench.area)
    bench.settle()
    size = len(bench.county.newest_alert())
    bare: list[list[float]] = []
    hub: list[list[float]] = []
    with bench.publisher() as client:
        for number in range(ROUNDS):
            bench.settle()
            bare.append(_bare_round(bench, client, number, size))
            bench.settle()
            hub.append(_alert_round(bench))
    ours, theirs = list(chain.from_iterable(hub)), list(chain.from_iterable(bare))
    say("  first box of all, median of the rounds",
        f"alert {percentile([min(each) for each in hub], 0.5) * 1000:.0f} ms; "
        f"bare {percentile([min(each) for each in bare], 0.5) * 1000:.0f} ms")  # fmt: skip
    for share in (0.5, 0.99):
        mine, other = percentile(ours, share), percentile(theirs, share)
        say(f"alert released → verified at the box, p{share * 100:.0f}",
            f"{mine * 1000:.0f} ms; bare message of {size} bytes {other * 1000:.0f} ms; "
            f"ratio {mine / other:.2f} (limit 1.1)")  # fmt: skip


def _alert_round(bench: Bench) -> list[float]:
    key = bench.county.desk.alarm(bench.area)
    released_s = time.monotonic()
    bench.wait(lambda: bench.all_played(key), "an alert")
    return [arrived + took - released_s for arrived, took in _answers(bench, "alerts", key)]


def _bare_round(bench: Bench, client: Client, number: int, size: int) -> list[float]:
    body = (BARE + b"%08d" % number).ljust(size, b".")
    started_s = time.monotonic()
    client.publish(topics.area_alert(Area.parse(bench.area)), body, 1)
    bench.wait(lambda: bench.total("has_bare", number) == bench.count, "a bare message")
    return [arrived - started_s for arrived in _answers(bench, "bare", number)]


def _answers(bench: Bench, question: str, *words: object) -> list[Any]:
    return [each for crowd in bench.crowds for each in crowd.ask(question, *words)]


def changes(bench: Bench, count: int) -> None:
    """Notices through the whole review chain, one after the other, village after village."""
    villages = len(bench.county.desk.county.villages)
    started_s = time.monotonic()
    for number in range(count):
        bench.county.desk.publish(number % villages)
    published_s = time.monotonic() - started_s
    behind_s = bench.wait(bench.all_right, "the changes")
    say(f"{count} notices in {villages} villages, through the whole review chain",
        f"published in {published_s:.1f} s; every box right {behind_s:.2f} s after the last"
    )  # fmt: skip


def receipts(bench: Bench, each: int) -> None:
    """Every box sends so many at once; writing them is its own processor's work, so done before."""
    bench.settle()
    for crowd in bench.crowds:
        crowd.ask("make_receipts", each)
    started_s = time.monotonic()
    busy_s = {name: bench.county.busy_s(name) for name in ("dispatcher", "broker")}
    for crowd in bench.crowds:
        crowd.ask("send_receipts")
    bench.wait(lambda: bench.total("unacknowledged") == 0, "the receipts")
    passed_s = time.monotonic() - started_s
    used = ", ".join(
        f"{name} {bench.county.busy_s(name) - before_s:.1f} s" for name, before_s in busy_s.items()
    )
    say(f"{bench.count * each} receipts written → all acknowledged by the hub",
        f"{passed_s:.1f} s = {bench.count * each / passed_s:.0f}/s (limit 20000/s); "
        f"of the processor: {used}")  # fmt: skip


def wiped_broker(bench: Bench) -> None:
    """Killed, its disk lost."""
    bench.county.wipe_broker()
    took_s = bench.wait(lambda: bench.total("up") < bench.count, "the loss")
    back_s = bench.wait(bench.county_is_back, "the broker's return")
    right_s = bench.wait(bench.all_right, "healing")
    say("broker killed, its disk wiped → all right again",
        f"{took_s + back_s + right_s:.1f} s, of which {right_s:.1f} s after the broker's return "
        "(limit 10 s)")  # fmt: skip
