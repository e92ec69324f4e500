"""Whatever happened on the way: once all is well again, the village holds what the hub says.

A model of hub, broker and two boxes; hypothesis chooses the order of publications, corrections,
withdrawals, alarms, lost and doubled and reordered messages, a broker without its disk, power
cuts, and a hub that is put back from a backup. Link's rooms are the real ones, on real files.
"""

from __future__ import annotations

import copy
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from contract import delta, topics
from contract.messages import seal_message, sha256_hex
from edge_agent.clock import ManualClock
from tests.edge_agent.link.conftest import NOW, Box, County

COUNTY = County()
KEYS = ("N1", "N2", "N3")


@dataclass
class Hub:
    """What the county has signed: the truth, and its version."""

    generation: int = 0
    revisions: dict[str, int] = field(default_factory=dict)
    in_force: dict[str, int] = field(default_factory=dict)
    alarms: list[str] = field(default_factory=list)

    def manifest(self) -> tuple[bytes, list[bytes]]:
        bodies = [(key, rev, COUNTY.seal(COUNTY.notice(key, rev)))
                  for key, rev in sorted(self.in_force.items())]  # fmt: skip
        alarms = [(key, 1, COUNTY.seal_alert(COUNTY.alert(key))) for key in self.alarms]
        sealed = COUNTY.manifest(self.generation, *bodies)
        return sealed, [body for _, _, body in (*bodies, *alarms)]


class Road(RuleBasedStateMachine):
    """Hub, broker (what it retains) and boxes (each with messages on their way to it)."""

    @initialize()
    def set_up(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="convergence-")
        self.hub = Hub()
        self.backup = copy.deepcopy(self.hub)
        self.retained: dict[str, bytes] = {}
        self.boxes = [
            Box(Path(self.folder.name) / str(n), COUNTY, ManualClock(NOW)) for n in range(2)
        ]
        self.sealed_last, self.delta = b"", b""
        self._go_by_deltas(0)
        self.online = [True, True]
        self.broken = [False, False]
        self.on_the_way: list[list[tuple[str, bytes]]] = [[], []]
        self.ever_signed: set[str] = set()

    def _go_by_deltas(self, number: int) -> None:
        """The first box hears of changes by deltas, as one with a long list does."""
        if number == 0:
            self.boxes[0].sync.by_delta_above_bytes = 0

    def teardown(self) -> None:
        if hasattr(self, "boxes"):
            for box in self.boxes:
                box.held.close()
            self.folder.cleanup()

    def _assert_all(self) -> None:
        """The hub gives the broker its manifest and blobs; who listens gets manifest or delta."""
        manifest, bodies = self.hub.manifest()
        area = self.boxes[0].area
        before = self.sealed_last
        if manifest != before:
            found = delta.between(before, manifest) if before else delta.elsewhere(manifest)
            self.delta, self.sealed_last = seal_message(found, COUNTY.target), manifest
        for body in bodies:
            self.retained[topics.area_blob(area, sha256_hex(body))] = body
        self._publish(topics.area_manifest(area), manifest)
        self._send(topics.area_delta(area), self.delta)
        self.ever_signed |= {f"{key}@{rev}" for key, rev in self.hub.in_force.items()}

    def _publish(self, topic: str, body: bytes) -> None:
        self.retained[topic] = body
        self._send(topic, body)

    def _send(self, topic: str, body: bytes) -> None:
        for number, is_online in enumerate(self.online):
            if is_online and topic not in self.boxes[number].radio.deaf:
                self.on_the_way[number].append((topic, body))

    def _take(self, number: int, topic: str, body: bytes) -> None:
        box = self.boxes[number]
        area, word, sha256 = topics.area_of(topic)
        if word == "man":
            box.sync.take_manifest(area, body)
        elif word == "delta":
            box.sync.take_delta(area, body)
        elif word == "alert":
            box.alarms.take_message(area, body)
        else:
            box.sync.take_blob(area, sha256, body)

    def _fetch(self, number: int) -> None:
        """What the box subscribes to is delivered if the broker retains it."""
        for topic in list(self.boxes[number].radio.subscribed):
            if topic in self.retained:
                self._take(number, topic, self.retained[topic])

    @rule(key=st.sampled_from(KEYS))
    def publish_or_correct(self, key: str) -> None:
        self.hub.revisions[key] = self.hub.revisions.get(key, 0) + 1
        self.hub.in_force[key] = self.hub.revisions[key]
        self.hub.generation += 1
        self._assert_all()

    @rule(key=st.sampled_from(KEYS))
    def withdraw(self, key: str) -> None:
        if self.hub.in_force.pop(key, None) is not None:
            self.hub.generation += 1
            self._assert_all()

    @rule(
        number=st.integers(0, 1),
        place=st.integers(0, 99),
        again=st.booleans(),
        fetches=st.booleans(),
    )
    def deliver_one(self, number: int, place: int, *, again: bool, fetches: bool) -> None:
        """In any order, once or again."""
        waiting = self.on_the_way[number]
        if waiting:
            topic, body = waiting[place % len(waiting)]
            if not again:
                waiting.pop(place % len(waiting))
            self._take(number, topic, body)
            if fetches:
                self._fetch(number)

    @rule(number=st.integers(0, 1))
    def lose_everything_on_the_way(self, number: int) -> None:
        self.on_the_way[number].clear()
        self.broken[number] = True

    @rule()
    def let_deltas_expire(self) -> None:
        """Ten minutes pass; nothing else is lost and no connection breaks."""
        for waiting in self.on_the_way:
            waiting[:] = [each for each in waiting if not each[0].endswith("/delta")]

    @rule(number=st.integers(0, 1))
    def cut_the_network(self, number: int) -> None:
        self.online[number] = False
        self.on_the_way[number].clear()
        self.broken[number] = True

    @rule(number=st.integers(0, 1))
    def cut_the_power(self, number: int) -> None:
        self.boxes[number].restart()
        self._go_by_deltas(number)
        self.broken[number] = True

    @rule()
    def wipe_the_broker(self) -> None:
        self.retained.clear()
        self.broken = [True, True]

    @rule()
    def take_a_backup(self) -> None:
        self.backup = copy.deepcopy(self.hub)

    @rule()
    def restore_the_backup(self) -> None:
        self.hub = copy.deepcopy(self.backup)
        self._assert_all()

    @rule()
    def inject_a_forgery(self) -> None:
        area = self.boxes[0].area
        forged = COUNTY.manifest(10**6, signer=COUNTY.stranger)
        self._publish(topics.area_manifest(area), forged)

    @rule(number=st.integers(0, 1), times=st.integers(1, 3))
    def sound_an_alarm(self, number: int, times: int) -> None:
        body = COUNTY.seal_alert(COUNTY.alert(f"A{self.hub.generation}"))
        for _ in range(times):
            self._take(number, topics.area_alert(self.boxes[number].area), body)

    @rule()
    def heal(self) -> None:
        """All is well: the hub reasserts until no report differs (at most twice)."""
        self.online = [True, True]
        for _ in range(2):
            seen = [self._version(box) for box in self.boxes]
            if max(seen) > self.hub.generation or self._differs_at(max(seen)):
                self.hub.generation = max(seen) + 1
            self._assert_all()
            for number, waiting in enumerate(self.on_the_way):
                self._reconnect(number)
                for topic, body in waiting:
                    self._take(number, topic, body)
                waiting.clear()
                self._fetch(number)
        wanted = {f"{key}@{rev}" for key, rev in self.hub.in_force.items()}
        for box in self.boxes:
            assert box.names() == wanted
            assert box.sync.is_complete(box.area)

    def _reconnect(self, number: int) -> None:
        """Only a box that lost its connection begins anew; the others go on as they are."""
        if self.broken[number]:
            self.broken[number] = False
            self.boxes[number].radio.subscribe([topics.area_manifest(self.boxes[number].area)])
            self.boxes[number].sync.start()

    def _version(self, box: Box) -> int:
        """As a state report says it: a manifest that waits for its content counts too."""
        layers = [box.held.store.layers(state) for state in ("current", "pending")]
        return max([0, *(each[box.area].version[1] for each in layers if box.area in each)])

    def _differs_at(self, version: int) -> bool:
        """A restored hub counts up again and may meet a number with other content."""
        if version != self.hub.generation:
            return False
        manifest, _ = self.hub.manifest()
        bodies = [
            box.held.store.layer_body(box.area, state)
            for box in self.boxes
            for state in ("current", "pending")
        ]
        return any(body and body != manifest for body in bodies)

    @invariant()
    def nothing_unsigned_is_in_force(self) -> None:
        for box in getattr(self, "boxes", []):
            assert box.names() <= self.ever_signed

    @invariant()
    def every_alarm_is_there_once(self) -> None:
        for box in getattr(self, "boxes", []):
            stored = [key for stage, key, _ in box.receipts() if stage == "stored"]
            alarms = [key for key in stored if key.startswith("N-A")]
            assert len(alarms) == len(set(alarms)) == len(box.alerts())


Road.TestCase.settings = settings(
    max_examples=40, stateful_step_count=25, deadline=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
TestRoad: Any = Road.TestCase
