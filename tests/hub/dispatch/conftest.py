"""The whole road on one desk: real Mosquitto, the dispatcher, and boxes that run link alone."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.utils import timezone

from contract.algorithms import ED25519
from edge_agent.clock import BoxClock
from edge_agent.desk.network import Network
from edge_agent.link import keyfile
from edge_agent.link.program import Link
from edge_agent.settings import BoxSettings, LinkSettings, Settings
from edge_agent.store import Store
from hub.dispatch.dispatcher import Dispatcher
from hub.dispatch.sealer import Sealer
from hub.dispatch.wake import WakeSocket
from hub.emergency import desk as emergency_desk
from hub.ledger import boxes
from hub.notices import desk
from hub.sealing.keyring import Keyring
from hub.site.datadir import DataDir
from tests.conftest import HUB_PASSWORD

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator
    from pathlib import Path

    from edge_agent.store import InForce
    from hub.notices.models import NoticePage
    from tests.conftest import TestBroker
    from tests.hub.conftest import Desk

PATIENCE_S = 30.0


class Wire:
    """A box's network on a thread of its own, to be cut, stalled and healed from the test."""

    def __init__(self, port: int) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.network = Network(0, ("127.0.0.1", port))
        self.do(self.network.open())

    def do(self, act: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(act, self._loop).result(5)

    def cut(self) -> None:
        self.do(self.network.cut())

    def stall(self) -> None:
        self.do(self.network.stall())

    def heal(self) -> None:
        self.do(self.network.heal())

    def close(self) -> None:
        self.do(self.network.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()


class BoxOnDesk:
    """A village's link with its store; `power_cut` and `boot` as one likes."""

    def __init__(self, folder: Path, box: str, area: str, port: int, key_set: bytes) -> None:
        self.wire = Wire(port)
        password = folder / "password"
        folder.mkdir(parents=True)
        password.write_text(box)
        self.settings = Settings(
            box=BoxSettings(box, area, box, str(folder / "state"), str(folder / "run")),
            link=LinkSettings(
                broker=f"mqtt://127.0.0.1:{self.wire.network.port}", password_file=str(password)
            ),
        )
        keyfile.pin(self.settings.part_folder("link"), key_set)
        self.link: Link | None = None
        self.boot()

    def boot(self) -> None:
        self.link = Link(self.settings, BoxClock(self.settings.part_folder("clock")))

    def power_cut(self) -> None:
        """The connection breaks without a word, and nothing more is done."""
        assert self.link is not None
        self.link._session._lose("power cut")
        self.link._held.close()
        self.link._poked.close()
        self.link = None

    def in_force(self) -> InForce:
        store = Store(self.settings.part_folder("store"), read_only=True)
        try:
            return store.in_force()
        finally:
            store.close()

    def names(self) -> set[str]:
        return {each.notice.name for each in self.in_force().notices}

    def told_withdrawn(self) -> list[tuple[str, str]]:
        """Number and reason of what villagers are told was taken back."""
        store = Store(self.settings.part_folder("store"), read_only=True)
        try:
            layers = store.layers().values()
        finally:
            store.close()
        return [(each.id, each.reason) for layer in layers for each in layer.withdrawn]

    def alerts(self) -> set[str]:
        return {each.alert.id for each in self.in_force().alerts}


class Road:
    """Hub, broker and boxes, turned by the test itself: no thread, no sleep without a reason."""

    def __init__(self, people: Desk, broker: TestBroker, folder: Path) -> None:
        self.people = people
        self.broker = broker
        self._folder = folder
        self.boxes: list[BoxOnDesk] = []
        self.woken = WakeSocket(folder)
        self.dispatcher = self.new_dispatcher()

    def new_dispatcher(self) -> Dispatcher:
        self.sealer = Sealer()
        return Dispatcher(
            ("127.0.0.1", self.broker.port),
            HUB_PASSWORD,
            self.sealer,
            lambda: self.sealer.others(time.monotonic()),
        )

    def add_box(self, box: str, area: str) -> BoxOnDesk:
        access = boxes.add_box(box, area)
        row = boxes.Box.objects.get(id=box)
        self.broker.add_box(box, row.followed)
        self.broker.supervisor.turn()
        made = BoxOnDesk(self._folder / box, box, area, self.broker.port, access.key_set)
        self.boxes.append(made)
        return made

    def turn(self) -> None:
        self.broker.supervisor.turn()
        self.dispatcher.turn(self.woken.fileno(), 0.01)
        for each in self.boxes:
            if each.link is not None:
                each.link.turn(0.01)

    def until(self, condition: Callable[[], object], patience_s: float = PATIENCE_S) -> None:
        deadline_s = time.monotonic() + patience_s
        while not condition():
            assert time.monotonic() < deadline_s, "this never came true"
            self.turn()

    def for_a_while(self, seconds: float) -> None:
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s:
            self.turn()

    def publish(self, form: dict[str, Any], only_box: str = "", **changes: object) -> NoticePage:
        """Through the whole review chain."""
        people = self.people
        page = desk.draft_from_import(
            people.clerk, {**form, **changes}, people.village, now=timezone.now()
        )
        desk.drop_restricted_columns(people.clerk, page)
        if only_box:
            draft = desk.latest(page)
            draft.only_box = only_box
            desk.save(people.clerk, draft)
        desk.submit(people.clerk, page)
        desk.approve(people.committee, page)
        desk.sign(people.secretary, page)
        return page

    def correct(self, page: NoticePage, **changes: object) -> None:
        people = self.people
        draft = desk.correct(people.clerk, page, "数字有误")
        for name, value in changes.items():
            setattr(draft, name, value)
        desk.save(people.clerk, draft)
        desk.submit(people.clerk, page)
        desk.approve(people.committee, page)
        desk.sign(people.secretary, page)

    def withdraw(self, page: NoticePage) -> None:
        desk.withdraw(self.people.clerk, page, "重复发布")
        desk.confirm_withdrawal(self.people.secretary, page)

    def alarm(self, form: dict[str, Any], **changes: object) -> None:
        first, second = self.people.county_officers
        draft = emergency_desk.draft_from_import(
            first, {**form, **changes}, self.people.village, now=timezone.now()
        )
        emergency_desk.release_alert(second, draft)

    def close(self) -> None:
        for each in self.boxes:
            if each.link is not None:
                each.link.close()
            each.wire.close()
        self.dispatcher.close()
        self.woken.close()


@pytest.fixture
def algorithm() -> str:
    """Of every key of the hub; tests about signatures ask for each there is."""
    return ED25519


@pytest.fixture
def road(
    people: Desk,
    broker: TestBroker,
    tmp_path: Path,
    algorithm: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Road]:
    if algorithm != ED25519:
        data = DataDir(tmp_path / "hub")
        data.make()
        Keyring(data.keys, "").choose(algorithm)
        monkeypatch.setattr(settings, "DATA", data)
    found = Road(people, broker, tmp_path)
    yield found
    with contextlib.suppress(OSError):
        found.close()
