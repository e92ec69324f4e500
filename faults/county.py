"""The stand: a real hub with its dispatcher, a real Mosquitto, and as many real links as wanted.

Everything turns in one loop of the caller, so a row decides between which two steps a fault
happens. Import it only after `faults.ground.prepare`.
"""

from __future__ import annotations

import copy
import json
import shutil
import time
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connections
from django.utils import timezone

from faults import ground
from faults.invariants import each_alert_once, nothing_foreign, right_everywhere
from faults.proxy import Wires
from faults.rows import RowFailed
from faults.village import VillageBox
from hub.accounts import create_demo_county
from hub.broker.supervisor import BrokerSupervisor
from hub.demo.people import Officers, VillagePeople
from hub.dispatch.dispatcher import Dispatcher
from hub.dispatch.sealer import Sealer
from hub.dispatch.wake import WakeSocket
from hub.emergency import desk as emergency_desk
from hub.ledger import boxes
from hub.notices import desk as notice_desk
from hub.sealing.models import OutboxRow, SealedNotice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from hub import serve
    from hub.dispatch.outlet import BrokerAddress
    from hub.notices.models import NoticePage

NOTICES = Path(__file__).resolve().parent.parent / "tests" / "data" / "notices.json"
HEAL_S = 60.0
"""The matrix's T: after healing every box is right within a minute."""
PATIENCE_S = 90.0
FOR_A_SEASON = timedelta(days=90)
"""How long a notice of the stand is in force: longer than any absence of a row."""


class County:
    """Hub, broker and boxes. ``repeats`` holds when the hub asserted something again to a box."""

    def __init__(self, data: Path, shelf: Path, addresses: serve.Addresses) -> None:
        ground.make_database(data, shelf, addresses)
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
        self.data, self.port = data, addresses.broker_port
        county = create_demo_county(NOTICES)
        self.officers = Officers.of(county)
        self.village, self.other_village = county.villages[:2]
        self.people = VillagePeople.of(county, self.village.code)
        forms = json.loads(NOTICES.read_text(encoding="utf-8"))["notices"]
        self._forms: dict[str, dict[str, Any]] = {each["id"]: each for each in forms}
        boxes.write_accounts()
        self.broker = BrokerSupervisor(boxes.broker_files(), self.port)
        self.running = [self.broker]
        """Brokers that are started again when they end; a row takes one out or adds one."""
        self.wires = Wires()
        self.boxes: list[VillageBox] = []
        self.repeats: list[tuple[float, str]] = []
        self.alarms: list[str] = []
        self._made = 0
        self._woken = WakeSocket(data)
        self.dispatcher = self.new_dispatcher()
        self.start_broker()

    # The hub

    def new_dispatcher(self, standby: BrokerAddress | None = None) -> Dispatcher:
        """A dispatcher that knows only what lies in the database."""
        sealer = Sealer()
        made = Dispatcher(
            ("127.0.0.1", self.port),
            boxes.hub_password(),
            sealer,
            lambda: sealer.others(time.monotonic()),
            standby,
        )
        repeat = made._outlets[0].assertion.repeat

        def counted(area: str, **how: bool) -> None:
            self.repeats.append((time.monotonic(), area))
            repeat(area, **how)

        made._outlets[0].assertion.repeat = counted  # type: ignore[method-assign] # the stand counts
        return made

    def kill_dispatcher(self) -> None:
        """It ends without a word; a new one takes over."""
        self.dispatcher._outlets[0].connection._lose("killed")
        self.dispatcher = self.new_dispatcher()

    def publish(self, only_box: str = "", **changes: object) -> NoticePage:
        """One notice through the whole review chain, for the village or one box of it."""
        self._made += 1
        until = (timezone.now() + FOR_A_SEASON).strftime("%Y-%m-%d %H:%M")
        named = {"id": f"F{self._made:05d}", "valid_until": until}
        form = {**self._forms["N003"], **named, **changes}
        people = self.people
        page = notice_desk.draft_from_import(people.clerk, form, people.page, now=timezone.now())
        notice_desk.drop_restricted_columns(people.clerk, page)
        draft = notice_desk.latest(page)
        draft.only_box = only_box
        notice_desk.save(people.clerk, draft)
        people.publish(page)
        return page

    def alarm(self) -> str:
        """An emergency released by two officers; its id."""
        self._made += 1
        form = copy.deepcopy(self._forms["N004"])
        form["id"] = f"E{self._made:05d}"
        form["emergency"]["cap_id"] = name = f"ALARM-{self._made:05d}"
        form["emergency"].pop("groups", None)
        draft = emergency_desk.draft_from_import(
            self.officers.first, form, self.village, now=timezone.now()
        )
        self.officers.release(draft)
        self.alarms.append(name)
        return name

    def backup(self, folder: Path) -> None:
        """Copy the hub's database as it is now."""
        connections.close_all()
        for path in self.data.glob("hub.sqlite3*"):
            shutil.copy2(path, folder / path.name)

    def restore(self, folder: Path) -> None:
        """Put an older database back and start a dispatcher on it."""
        self.dispatcher._outlets[0].connection._lose("the hub is being restored")
        connections.close_all()
        for path in self.data.glob("hub.sqlite3*"):
            path.unlink()
        for path in folder.glob("hub.sqlite3*"):
            shutil.copy2(path, self.data / path.name)
        boxes.write_accounts()
        self.dispatcher = self.new_dispatcher()

    # The broker

    def start_broker(self) -> float:
        """Keep the supervisor turning until the broker listens; seconds that took."""
        started_s = time.monotonic()
        while not self.is_broker_up():
            if time.monotonic() - started_s > PATIENCE_S:
                raise RowFailed("the broker does not come back")
            self.broker.turn()
            time.sleep(0.01)
        return time.monotonic() - started_s

    def is_broker_up(self) -> bool:
        """Whether Mosquitto runs and listens."""
        process = self.broker.process
        return process is not None and process.poll() is None and self.broker.is_listening()

    def kill_broker(self) -> None:
        """SIGKILL."""
        if self.broker.process is not None:
            self.broker.process.kill()
            self.broker.process.wait()

    # The villages

    def add_box(self, folder: Path, **link: object) -> VillageBox:
        """A new box of the first village, enrolled and started."""
        self._made += 1
        name = f"box-{self._made:05d}"
        access = boxes.add_box(name, self.village.code)
        wire = self.wires.to(("127.0.0.1", self.port))
        made = VillageBox(folder / name, access, self.village.code, wire, **link)
        self.boxes.append(made)
        return made

    @contextmanager
    def villages(self, folder: Path, count: int, **link: object) -> Iterator[list[VillageBox]]:
        """So many boxes, right and online; gone again at the end."""
        made = [self.add_box(folder, **link) for _ in range(count)]
        try:
            self.until(lambda: all(each.is_up for each in made))
            self.until_right()
            yield made
        finally:
            for each in made:
                self.boxes.remove(each)
                each.close()
                boxes.revoke_box(each.name)

    # Time

    def turn(self) -> None:
        """One turn of everybody."""
        for supervisor in self.running:
            supervisor.turn()
        self.dispatcher.turn(self._woken.fileno(), 0.002)
        self._woken.drain()
        for each in self.boxes:
            each.turn(0.001 if len(self.boxes) < 10 else 0.0)

    def until(self, condition: Callable[[], object], patience_s: float = PATIENCE_S) -> float:
        """Turn until something holds; seconds that took.

        Raises:
            RowFailed: it never did.
        """
        started_s = time.monotonic()
        while not condition():
            passed_s = time.monotonic() - started_s
            if passed_s > patience_s:
                raise RowFailed(f"not within {patience_s:.0f} s: {'; '.join(self.wrong()[:3])}")
            self.turn()
        return time.monotonic() - started_s

    def for_a_while(self, seconds: float) -> None:
        """Turn for so long."""
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s:
            self.turn()

    def until_right(self, patience_s: float = PATIENCE_S) -> float:
        """Turn until I1 holds everywhere; seconds that took."""
        return self.until(lambda: not self.wrong(), patience_s)

    # The invariants

    def truth(self, boxes: Iterable[VillageBox]) -> dict[str, set[str]]:
        """Names that the hub says are in force, for each of these boxes."""
        rows = SealedNotice.objects.filter(in_force=True, kind="notice").values_list(
            "area", "notice_id", "revision"
        )
        found = [(area, f"{notice}@{revision}") for area, notice, revision in rows]
        follows = {each.name: {*map(str, each.settings.followed)} for each in boxes}
        return {
            name: {notice for area, notice in found if area in areas}
            for name, areas in follows.items()
        }

    def wrong(self) -> tuple[str, ...]:
        """Breaches of I1 at this moment, among boxes that are switched on."""
        if OutboxRow.objects.filter(done_at=None).exists():
            return ("the hub has something to send",)
        living = [each for each in self.boxes if each.link is not None]
        return right_everywhere(self.truth(living), {each.name: each.names() for each in living})

    def foreign(self) -> tuple[str, ...]:
        """Breaches of I2 since the boxes were made: nothing but what this hub signed was held."""
        signed = {
            f"{row.notice_id}@{row.revision}" for row in SealedNotice.objects.filter(kind="notice")
        }
        seen = {name for each in self.boxes for name in each.seen}
        played = {name for each in self.boxes for name in each.handed_over}
        return (*nothing_foreign(seen, signed), *nothing_foreign(played, set(self.alarms)))

    def unheard(self, since: int, reported: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Breaches of I3 for alarms released after the first ``since`` of them."""
        valid = self.alarms[since:]
        return tuple(
            f"{each.name}: {breach}"
            for each in self.boxes
            for breach in each_alert_once(
                valid, [name for name in each.handed_over if name in valid], reported
            )
        )

    def close(self) -> None:
        """End everything."""
        for each in self.boxes:
            each.close()
        self.dispatcher.close()
        self._woken.close()
        self.wires.close()
        self.broker.stop()
