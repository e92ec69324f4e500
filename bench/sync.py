"""Measure the road between hub and box: python bench/sync.py [--runs 30] [--idle-s 120].

Real processes: Mosquitto, the dispatcher and two links, each on its own disk files, joined by a
TCP proxy that can be cut and that counts bytes. Times run from the commit of the outbox row to
the moment a reader of the box's store sees the change (read every 2 ms).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django
import tomli_w

from edge_agent.desk.network import Network
from edge_agent.link import keyfile
from edge_agent.store import Store
from hub import serve

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from django.contrib.auth.models import User

NOTICES = Path(__file__).resolve().parent.parent / "tests" / "data" / "notices.json"
PATIENCE_S = 60.0
DAYS = 30


@dataclass
class Box:
    """One box: link as a process, its store opened beside it, its wire."""

    folder: Path
    network: Network
    process: subprocess.Popen[bytes] | None = None

    @property
    def settings(self) -> Path:
        """The settings file."""
        return self.folder / "agent.toml"

    def start(self) -> None:
        """Start link."""
        command = [sys.executable, "-m", "edge_agent.cli", "part", "link", "--settings"]
        quiet = {**os.environ, "VILLAGE_LOG": "ERROR"}
        self.process = subprocess.Popen([*command, str(self.settings)], env=quiet)

    def kill(self) -> None:
        """SIGKILL."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def store(self) -> Store:
        """The store as another part reads it."""
        return Store(self.folder / "state" / "store", read_only=True)

    def names(self, store: Store) -> set[str]:
        """Notices in force, each as ``id@revision``."""
        return {each.notice.name for each in store.in_force().notices}


class Loop:
    """asyncio for the proxies, on a thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()

    def do(self, act: Coroutine[Any, Any, None]) -> None:
        """Run one act to its end."""
        asyncio.run_coroutine_threadsafe(act, self._loop).result(10)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(condition: Callable[[], object], patience_s: float = PATIENCE_S) -> float:
    """Seconds until the condition holds, asked every 2 ms."""
    started_s = time.monotonic()
    while not condition():
        if time.monotonic() - started_s > patience_s:
            sys.exit(f"FAILED: it took more than {patience_s:.0f} s")
        time.sleep(0.002)
    return time.monotonic() - started_s


def make_box(folder: Path, name: str, area: str, port: int, loop: Loop) -> Box:
    from hub.ledger import boxes  # noqa: PLC0415 - models need Django's set-up

    access = boxes.add_box(name, area)
    make_certificate(folder / name, name)
    network = Network(0, ("127.0.0.1", port))
    loop.do(network.open())
    box = Box(folder / name, network)
    (box.folder / "state").mkdir()
    keyfile.pin(box.folder / "state" / "link", access.key_set)
    declared = {
        "box": {"id": name, "area": area, "village": name, "state": str(box.folder / "state"),
                "run": str(box.folder / "run")},
        "link": {"broker": f"mqtts://127.0.0.1:{network.port}",
                 "ca_file": str(folder / "hub" / "broker" / "tls" / "ca.pem"),
                 "certificate_file": str(box.folder / "device.pem"),
                 "key_file": str(box.folder / "device.key")},
    }  # fmt: skip
    box.settings.write_text(tomli_w.dumps(declared))
    return box


def make_certificate(folder: Path, name: str) -> None:
    """A key and a certificate of the county, as a box gets them at enrolment."""
    from django.conf import settings  # noqa: PLC0415 - needs Django's set-up

    from hub.enrol.authority import Authority  # noqa: PLC0415 - as above
    from provisioning import enrol  # noqa: PLC0415 - as above

    key = enrol._device_key(folder / "device.key")  # noqa: SLF001 - the box's own step, alone
    request = enrol._request(name, key)  # noqa: SLF001 - as above
    pem = Authority(settings.DATA.keys / "authority").sign(request, name)
    (folder / "device.pem").write_text(pem)


class Desk:
    """Publishes through the whole review chain, as the people of one village."""

    def __init__(self, places: Path = NOTICES) -> None:
        from hub.accounts import create_demo_county  # noqa: PLC0415 - needs Django's set-up

        self.county = create_demo_county(places)
        self.village = self.county.villages[0]
        found = json.loads(NOTICES.read_text(encoding="utf-8"))["notices"]
        self.form = next(each for each in found if each["id"] == "N003")
        self.emergency = next(each for each in found if each.get("kind") == "emergency")
        self.count = 0

    def _user(self, role: str, village: str = "") -> User:
        from django.contrib.auth.models import User  # noqa: PLC0415 - needs Django's set-up

        from hub.places.models import Role  # noqa: PLC0415 - needs Django's set-up

        login = self.county.login(Role(role), village or self.village.code)
        return User.objects.get(username=login.username)

    def publish(self, village: int = 0) -> str:
        """Publish one notice; returns its name when the transaction has committed."""
        from django.utils import timezone  # noqa: PLC0415 - needs Django's set-up

        from hub.notices import desk  # noqa: PLC0415 - needs Django's set-up

        self.count += 1
        key = f"B{self.count:04d}"
        place = self.county.villages[village]
        clerk = self._user("clerk", place.code)
        form = {**self.form, "id": key}
        page = desk.draft_from_import(clerk, form, place, now=timezone.now())
        desk.drop_restricted_columns(clerk, page)
        desk.submit(clerk, page)
        desk.approve(self._user("committee", place.code), page)
        desk.sign(self._user("secretary", place.code), page)
        return f"{key}@1"

    def alarm(self, area: str = "") -> str:
        """Release an emergency by two officers; returns its id when that has committed."""
        from django.contrib.auth.models import User  # noqa: PLC0415 - needs Django's set-up
        from django.utils import timezone  # noqa: PLC0415 - needs Django's set-up

        from hub.emergency import desk  # noqa: PLC0415 - needs Django's set-up
        from hub.places.models import Role  # noqa: PLC0415 - needs Django's set-up

        self.count += 1
        names = [each.username for each in self.county.logins if each.role is Role.COUNTY_OFFICER]
        first, second = (User.objects.get(username=name) for name in names[:2])
        part = {**self.emergency["emergency"], "cap_id": f"ALARM-{self.count:04d}"}
        part.pop("groups", None)
        form = {**self.emergency, "id": f"E{self.count:04d}", "emergency": part}
        draft = desk.draft_from_import(first, form, self.village, now=timezone.now())
        if area:
            draft.areas = [area]
            draft.save()
        desk.release_alert(second, draft)
        return str(part["cap_id"])


def show(name: str, seconds: list[float]) -> None:
    ordered = sorted(seconds)
    p99 = ordered[min(len(ordered) - 1, round(0.99 * len(ordered)))]
    print(f"{name:52s} p50 {statistics.median(ordered) * 1000:7.0f} ms   "
          f"p99 {p99 * 1000:7.0f} ms   n={len(ordered)}")  # fmt: skip


def measure_publishing(desk: Desk, box: Box, runs: int) -> None:
    store = box.store()
    times = []
    for _ in range(runs):
        before = store.change()
        name = desk.publish()
        times.append(wait_for(lambda before=before: store.change() > before))
        wait_for(lambda name=name: name in box.names(store))
    show("outbox row committed → in force in the box's store", times)


def measure_alarms(desk: Desk, box: Box, runs: int) -> None:
    store, times = box.store(), []
    for _ in range(runs):
        key = desk.alarm()
        times.append(wait_for(lambda key=key: store.alert_sha256(key) is not None))
    show("emergency released → verified and stored at the box", times)


def measure_healing(desk: Desk, box: Box, loop: Loop, runs: int) -> None:
    store, times = box.store(), []
    for _ in range(runs):
        loop.do(box.network.cut())
        name = desk.publish()
        time.sleep(3.0)
        loop.do(box.network.heal())
        times.append(wait_for(lambda name=name: name in box.names(store)))
    show("network healed after a cut of 3 s → right again", times)


def measure_restart(desk: Desk, box: Box, runs: int) -> None:
    store, times = box.store(), []
    for _ in range(runs):
        box.kill()
        name = desk.publish()
        box.start()
        times.append(wait_for(lambda name=name: name in box.names(store)))
    show("link killed and started again → right again", times)


def measure_idle(box: Box, idle_s: float) -> None:
    time.sleep(5.0)
    up, down, started_s = box.network.bytes_up, box.network.bytes_down, time.monotonic()
    time.sleep(idle_s)
    passed_s = time.monotonic() - started_s
    moved = box.network.bytes_up - up + box.network.bytes_down - down
    month = moved / passed_s * DAYS * 86_400 / 1e6
    print(f"{'idle traffic, TCP payload, TLS and all':52s} {moved} bytes in {passed_s:.0f} s "
          f"= {month:.1f} MB in {DAYS} days")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=30, help="repetitions (default 30)")
    parser.add_argument("--idle-s", type=float, default=330.0, help="seconds of idle (default 330)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-sync-") as name:
        folder, addresses = (
            Path(name),
            serve.Addresses(broker_port=free_port(), tls_port=free_port()),
        )
        data = folder / "hub"
        data.mkdir()
        os.environ.update(serve.environment(data, addresses))
        serve.migrate(data, addresses)
        serve.prepare_tls(data, addresses)
        django.setup()
        desk, loop = Desk(), Loop()
        boxes = [make_box(folder, f"box-{n}", desk.county.villages[0].code,
                          addresses.tls_port, loop) for n in (1, 2)]  # fmt: skip
        children = [each for each in serve.children(data, addresses) if each.name != "web"]
        try:
            for child in [*children, *boxes]:
                child.start()
            run(desk, boxes, loop, arguments)
        finally:
            for box in boxes:
                box.kill()
            for child in children:
                child.process.send_signal(signal.SIGTERM) if child.process else None


def run(desk: Desk, boxes: list[Box], loop: Loop, arguments: argparse.Namespace) -> None:
    first, second = boxes
    name = desk.publish()
    took_s = wait_for(lambda: name in first.names(first.store()))
    print(f"{'everything started → first notice in the store':52s} {took_s * 1000:.0f} ms")
    measure_publishing(desk, first, arguments.runs)
    measure_alarms(desk, first, arguments.runs)
    measure_healing(desk, second, loop, max(3, arguments.runs // 5))
    measure_restart(desk, second, max(3, arguments.runs // 5))
    measure_idle(first, arguments.idle_s)


if __name__ == "__main__":
    main()
