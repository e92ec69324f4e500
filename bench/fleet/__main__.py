"""python -m bench.fleet [--boxes 2000] [--soak-minutes 60]: storm, alerts, receipts, faults.

Real hub, real Mosquitto with client certificates, real protocol; only the boxes' disks, panels
and loudspeakers are left out. All share this machine's cores. A box's time to verify an alert
is its own: in a county every box has its own processor, so it is added to the arrival instead
of being waited for one box after another.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bench.fleet import county as counties
from bench.fleet.box import BARE
from bench.fleet.crowd import Crowd
from contract import topics
from contract.areas import Area

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bench.fleet.county import County

PROCESSES = 2
PATIENCE_S = 180.0
ROUNDS = 10
CHANGES = 200
ALERT_BYTES = 2048


class Bench:
    """The county, its crowds, and the questions that are asked of them."""

    def __init__(self, county: County) -> None:
        self.county = county
        address = ("127.0.0.1", county.addresses.tls_port)
        self.crowds = [
            Crowd(county.members[n::PROCESSES], address, county.ca, county.key_set)
            for n in range(PROCESSES)
        ]
        self.count = len(county.members)

    @property
    def area(self) -> str:
        """The county, which every box follows."""
        return self.county.members[0].area[:6]

    def total(self, question: str, *words: object) -> int:
        """Asked of all crowds, added up."""
        return sum(crowd.ask(question, *words) for crowd in self.crowds)

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
        if self.total("up") < self.count:
            return False
        return self.total("right", self.county.generations()) == self.count


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def say(name: str, text: str) -> None:
    print(f"{name:58s} {text}", flush=True)


def storm(bench: Bench) -> None:
    started_s = time.monotonic()
    for crowd in bench.crowds:
        crowd.ask("connect")
    bench.wait(lambda: bench.total("up") == bench.count, "the storm")
    say(f"{bench.count} boxes connect at once with certificates (limit 30 s)",
        f"all in after {time.monotonic() - started_s:.1f} s")  # fmt: skip
    bench.wait(bench.all_right, "the first content")


def alerts(bench: Bench) -> None:
    """Release to verified at every box, beside a bare message of its size to the same boxes."""
    bare = _bare_rounds(bench)
    bench.wait(bench.county.is_dispatching, "the dispatcher's return")
    hub = []
    for _ in range(ROUNDS):
        key = bench.county.desk.alarm(bench.area)
        released_s = time.monotonic()
        bench.wait(lambda k=key: len(_alerts(bench, k)) == bench.count, "an alert")
        hub += [arrived + took - released_s for arrived, took in _alerts(bench, key)]
        bench.wait(bench.all_right, "the manifest behind the alert")
    for share in (0.5, 0.99):
        ours, theirs = percentile(hub, share), percentile(bare, share)
        say(f"alert released → verified at the box, p{share * 100:.0f}",
            f"{ours * 1000:.0f} ms; bare message {theirs * 1000:.0f} ms; ratio {ours / theirs:.2f}"
            " (limit 1.1)")  # fmt: skip


def _bare_rounds(bench: Bench) -> list[float]:
    """With the hub's own account, so the dispatcher stands aside: one would throw out the other."""
    dispatcher = bench.county.children["dispatcher"]
    dispatcher.end()
    bare = []
    with _bare_publisher(bench) as publish:
        for number in range(ROUNDS):
            started_s = time.monotonic()
            publish(number)
            bench.wait(lambda n=number: len(_bare(bench, n)) == bench.count, "a bare message")
            bare += [arrived - started_s for arrived in _bare(bench, number)]
    dispatcher.start()
    return bare


def _alerts(bench: Bench, key: str) -> list[tuple[float, float]]:
    return [each for crowd in bench.crowds for each in crowd.ask("alerts", key)]


def _bare(bench: Bench, number: int) -> list[float]:
    return [each for crowd in bench.crowds for each in crowd.ask("bare", number)]


@contextmanager
def _bare_publisher(bench: Bench) -> Iterator[Callable[[int], None]]:
    """A plain client of the hub's account that sends bytes nobody has to verify."""
    from paho.mqtt.client import Client, MQTTv5  # noqa: PLC0415 - only here
    from paho.mqtt.enums import CallbackAPIVersion  # noqa: PLC0415 - only here

    from hub.broker.files import HUB_USER  # noqa: PLC0415 - needs Django's set-up
    from hub.ledger import boxes  # noqa: PLC0415 - needs Django's set-up

    client = Client(CallbackAPIVersion.VERSION2, client_id="", protocol=MQTTv5)
    client.username_pw_set(HUB_USER, boxes.hub_password())
    client.connect("127.0.0.1", bench.county.addresses.broker_port)
    client.loop_start()
    topic = topics.area_alert(Area.parse(bench.area))

    def publish(number: int) -> None:
        body = BARE + b"%08d" % number
        client.publish(topic, body.ljust(ALERT_BYTES, b"."), 1).wait_for_publish(10)

    yield publish
    client.disconnect()
    client.loop_stop()


def changes(bench: Bench) -> None:
    villages = len(bench.county.desk.county.villages)
    started_s = time.monotonic()
    for number in range(CHANGES):
        bench.county.desk.publish(number % villages)
    published_s = time.monotonic() - started_s
    behind_s = bench.wait(bench.all_right, "the changes")
    say(f"{CHANGES} notices through the whole review chain",
        f"published in {published_s:.1f} s; every box right {behind_s:.2f} s after the last"
    )  # fmt: skip


def receipts(bench: Bench, each: int) -> None:
    started_s = time.monotonic()
    for crowd in bench.crowds:
        crowd.ask("make_receipts", each)
    bench.wait(lambda: bench.total("unacknowledged") == 0, "the receipts")
    passed_s = time.monotonic() - started_s
    say(f"{bench.count * each} receipts written → all acknowledged by the hub",
        f"{passed_s:.1f} s = {bench.count * each / passed_s:.0f}/s (limit 20000/s)")  # fmt: skip


def wiped_broker(bench: Bench) -> None:
    bench.county.wipe_broker()
    took_s = bench.wait(lambda: bench.total("up") < bench.count, "the loss")
    took_s += bench.wait(bench.all_right, "healing")
    say("broker killed, its disk wiped → all right again", f"{took_s:.1f} s (limit 10 s)")


def soak(bench: Bench, minutes: int) -> None:
    """A fault a minute; after each, everything must be right again before the next."""
    faults: dict[str, Callable[[], object]] = {
        "broker killed": lambda: bench.county.kill("broker"),
        "broker wiped": bench.county.wipe_broker,
        "dispatcher killed": lambda: bench.county.kill("dispatcher"),
        "half the boxes cut off": lambda: bench.total("lose", 0.5),
    }
    spread = random.Random(7)  # noqa: S311 - the same soak every time
    sizes: dict[str, list[float]] = {"broker": [], "dispatcher": []}
    worst_s = 0.0
    for minute in range(minutes):
        ends_s = time.monotonic() + 60.0
        name = spread.choice(sorted(faults))
        faults[name]()
        bench.county.desk.publish(minute % len(bench.county.desk.county.villages))
        took_s = bench.wait(bench.all_right, name)
        worst_s = max(worst_s, took_s)
        print(f"  {minute + 1}/{minutes} {name}: right again after {took_s:.1f} s", flush=True)
        while time.monotonic() < ends_s:
            bench.county.watch()
            time.sleep(0.2)
        for each, seen in sizes.items():
            seen.append(bench.county.rss_mb(each))
    if minutes:
        say(f"{minutes} minutes with a fault a minute", f"right after each; worst {worst_s:.1f} s")
    for each, seen in sizes.items():
        if len(seen) > 1:
            slope = statistics.linear_regression(range(len(seen)), seen).slope * 60
            say(f"  memory of the {each}", f"{seen[-1]:.0f} MB, slope {slope:+.2f} MB an hour")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--boxes", type=int, default=2000, help="how many (default 2000)")
    parser.add_argument("--receipts", type=int, default=100, help="receipts a box (default 100)")
    parser.add_argument("--soak-minutes", type=int, default=0, help="faults, one a minute")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-fleet-") as name:
        started_s = time.monotonic()
        county = counties.found(Path(name), arguments.boxes)
        say("county made", f"{time.monotonic() - started_s:.0f} s")
        county.start()
        bench = Bench(county)
        try:
            run(bench, arguments)
        finally:
            for crowd in bench.crowds:
                crowd.end()
            county.end()


def run(bench: Bench, arguments: argparse.Namespace) -> None:
    name = bench.county.desk.publish()
    say("first notice", name)
    storm(bench)
    alerts(bench)
    changes(bench)
    receipts(bench, arguments.receipts)
    wiped_broker(bench)
    soak(bench, arguments.soak_minutes)
    faults = [crowd.ask("faults") for crowd in bench.crowds]
    refused, foreign = (sum(each) for each in zip(*faults, strict=True))
    say("messages refused, messages of foreign areas", f"{refused}, {foreign}")


if __name__ == "__main__":
    main()
