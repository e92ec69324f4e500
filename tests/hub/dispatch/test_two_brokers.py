"""Two brokers that know nothing of each other: boxes move, the hub says the same to both."""

from __future__ import annotations

import contextlib
import copy
import time
from typing import TYPE_CHECKING, Any

import pytest

from hub.dispatch import key_sets, notes
from hub.dispatch.dispatcher import Dispatcher
from hub.dispatch.outlet import BrokerAddress
from hub.dispatch.sealer import Sealer
from hub.ledger import boxes
from hub.ledger.models import Box
from hub.sealing.keyring import Keyring
from tests.conftest import HUB_PASSWORD, TestBroker
from tests.hub.dispatch.conftest import Road

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.hub.conftest import Desk
    from tests.hub.dispatch.conftest import BoxOnDesk

Forms = dict[str, dict[str, Any]]
pytestmark = pytest.mark.broker


class TwoBrokers(Road):
    """The desk's road with a second broker beside the first."""

    def __init__(self, people: Desk, broker: TestBroker, folder: Path) -> None:
        self.standby = TestBroker(folder / "standby")
        self.standby.start()
        super().__init__(people, broker, folder)

    def new_dispatcher(self) -> Dispatcher:
        self.sealer = Sealer()
        return Dispatcher(
            ("127.0.0.1", self.broker.port),
            HUB_PASSWORD,
            self.sealer,
            lambda: self.sealer.others(time.monotonic()),
            BrokerAddress("127.0.0.1", self.standby.port),
        )

    def add_box(self, box: str, area: str) -> BoxOnDesk:
        found = super().add_box(box, area)
        self.standby.add_box(box, Box.objects.get(id=box).followed)
        return found

    def turn(self) -> None:
        if not self.standby.is_off:  # type: ignore[attr-defined] # set below
            self.standby.supervisor.turn()
        if not self.broker.is_off:  # type: ignore[attr-defined] # set below
            self.broker.supervisor.turn()
        self.dispatcher.turn(self.woken.fileno(), 0.01)
        for each in self.boxes:
            if each.link is not None:
                each.link.turn(0.01)

    def switch(self, *, on: TestBroker, off: TestBroker) -> None:
        """One machine goes down, the other is up."""
        on.is_off, off.is_off = False, True  # type: ignore[attr-defined] # the test's own
        if off.is_up():
            off.kill()


@pytest.fixture
def road(
    people: Desk, broker: TestBroker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[TwoBrokers]:
    broker.is_off = False  # type: ignore[attr-defined] # the test's own
    found = TwoBrokers(people, broker, tmp_path)
    found.standby.is_off = False  # type: ignore[attr-defined] # the test's own
    monkeypatch.setenv("VILLAGE_HUB_BROKER", broker.address)
    monkeypatch.setenv("VILLAGE_HUB_STANDBY", found.standby.address)
    yield found
    with contextlib.suppress(OSError):
        found.close()
    found.standby.stop()


@pytest.mark.django_db
def test_the_first_word_of_a_fresh_hub_comes_after_its_roots(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring = Keyring(tmp_path, "530199")
    for module in (notes, key_sets):
        monkeypatch.setattr(module, "keyring", lambda: ring)
    assert notes.sealed(())
    assert sorted(path.name for path in (tmp_path / "offline").iterdir()) == [
        "root-1", "root-2", "root-3"
    ]  # fmt: skip


def test_the_hub_offers_both(road: TwoBrokers) -> None:
    assert boxes.offered() == (road.broker.address, road.standby.address)


def test_a_box_moves_to_and_fro_and_is_right_each_time(road: TwoBrokers, notices: Forms) -> None:
    box = road.add_box("box-1", road.people.village.code)
    link = box.link
    assert link is not None
    road.until(lambda: len(link._session._addresses) > 1)
    names: set[str] = set()
    for number, key in enumerate(("N001", "N003", "N006")):
        pair = (road.broker, road.standby)
        off, on = pair if number % 2 == 0 else reversed(pair)
        road.switch(on=on, off=off)
        road.until(lambda: not link.is_up)
        road.publish(notices[key])
        names.add(f"{key}@1")
        road.until(lambda: box.names() == names)
    road.until(lambda: Box.objects.get(id="box-1").is_online)


def test_an_emergency_finds_the_box_at_either_broker(road: TwoBrokers, notices: Forms) -> None:
    box = road.add_box("box-1", road.people.village.code)
    road.until(lambda: Box.objects.get(id="box-1").clock_trusted)
    link = box.link
    assert link is not None
    road.until(lambda: len(link._session._addresses) > 1)
    road.switch(on=road.standby, off=road.broker)
    road.until(lambda: not link.is_up)
    form = copy.deepcopy(notices["N004"])
    form["emergency"].pop("groups", None)
    road.alarm(form)
    road.until(lambda: len(box.alerts()) == 1)
