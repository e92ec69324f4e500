"""Measure the tree of hubs: python -m bench.relay [--runs 100].

A province's hub and two counties' hubs, each with its own database, keys, broker with TLS and
dispatcher, joined by the commands that a technician uses; one box (link as a process) in each.
An alert is released at the province; the time runs from the commit of its release until a reader
of each box's store sees it, verified (read every 2 ms). Then the broker of one county is wiped, and
the province is taken away while a box that never saw it comes new.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import django
import tomli_w

from bench.sync import NOTICES, PATIENCE_S, free_port, make_certificate, show, wait_for
from edge_agent.link import keyfile
from edge_agent.store import Store
from hub import serve
from hub.children import Child, end_all

PROVINCE, CODES = "53", ("530199", "530102")
PROJECT = Path(__file__).resolve().parent.parent


@dataclass
class Hub:
    """One hub as processes on this machine."""

    name: str
    data: Path
    addresses: serve.Addresses
    children: list[Child] = field(default_factory=list)

    def command(self, *words: str) -> str:
        """One ``village-hub`` command at this hub; what it said."""
        told = {**os.environ, **serve.environment(self.data, self.addresses)}
        done = subprocess.run(
            [sys.executable, "-m", "hub.cli", *words, "--data", str(self.data)],
            env=told, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            sys.exit(f"FAILED: village-hub {' '.join(words)}: {done.stderr[-800:]}")
        return done.stdout

    def start(self) -> None:
        """Broker, dispatcher, files, and relay if it has joined; no web site."""
        serve.prepare_tls(self.data, self.addresses)
        found = serve.children(self.data, self.addresses)
        self.children = [each for each in found if each.name != "web"]
        for each in self.children:
            each.start()

    def child(self, name: str) -> Child:
        """One of its programs."""
        return next(each for each in self.children if each.name == name)


def found_hub(folder: Path, name: str, template: Path | None) -> Hub:
    """A hub with an empty database, copied from the first one's."""
    data = folder / name
    data.mkdir()
    hub = Hub(name, data, serve.Addresses(broker_port=free_port(), tls_port=_three_ports()))
    if template is not None:
        shutil.copyfile(template, data / "hub.sqlite3")
    else:
        serve.migrate(data, hub.addresses)
    return hub


def _three_ports() -> int:
    """A free port with two free ones behind it: boxes, a second broker, files."""
    return next(port for _ in range(100) if (port := free_port()) < 60_000)


def join(folder: Path, above: Hub, below: Hub) -> None:
    """The three steps of joining, by files, as docs/scale.md describes them."""
    asked, answered = folder / f"{below.name}.request", folder / f"{below.name}.answer"
    below.command("relay", "request", "--out", str(asked))
    road = ("--broker", above.addresses.broker_tls, "--files", above.addresses.files)
    above.command("relay", "admit", str(asked), "--out", str(answered), *road)
    print(below.command("relay", "join", str(answered)).strip())


def county_file(folder: Path, code: str) -> Path:
    """The sample's places under another county's code."""
    form = json.loads(NOTICES.read_text(encoding="utf-8"))
    text = json.dumps({"meta": form["meta"], "notices": []}).replace("530199/", f"{code}/")
    path = folder / f"{code}.json"
    path.write_text(text, encoding="utf-8")
    return path


def add_box(
    folder: Path, hub: Hub, name: str, village: str
) -> tuple[Path, subprocess.Popen[bytes]]:
    """A box with a certificate of its county; its store's folder and its link."""
    made = folder / name
    (made / "state").mkdir(parents=True)
    told = {**os.environ, **serve.environment(hub.data, hub.addresses)}
    words = [sys.executable, "-m", "bench.relay", "--make-box", name, village, str(made)]
    subprocess.run(words, env=told, check=True, cwd=PROJECT)
    declared = {
        "box": {"id": name, "area": village, "village": name, "state": str(made / "state"),
                "run": str(made / "run")},
        "link": {"broker": hub.addresses.broker_tls,
                 "ca_file": str(serve.tls_folder(hub.data) / "ca.pem"),
                 "certificate_file": str(made / "device.pem"),
                 "key_file": str(made / "device.key")},
    }  # fmt: skip
    (made / "agent.toml").write_text(tomli_w.dumps(declared))
    link = [sys.executable, "-m", "edge_agent.cli", "part", "link", "--settings"]
    quiet = {**os.environ, "VILLAGE_LOG": "ERROR"}
    return made / "state" / "store", subprocess.Popen([*link, str(made / "agent.toml")], env=quiet)


def make_box(name: str, village: str, folder: Path) -> None:
    """In a process of its own, that has the county's database."""
    django.setup()
    from hub.ledger import boxes  # noqa: PLC0415 - needs Django's set-up

    access = boxes.add_box(name, village)
    make_certificate(folder, name)
    keyfile.pin(folder / "state" / "link", access.key_set)


def release(number: int) -> str:
    """An emergency for the whole province by its two officers; its id, once that is committed."""
    from django.contrib.auth.models import User  # noqa: PLC0415 - needs Django's set-up
    from django.utils import timezone  # noqa: PLC0415 - as above

    from hub.emergency import desk  # noqa: PLC0415 - as above
    from hub.emergency.models import Emergency  # noqa: PLC0415 - as above

    now = timezone.now()
    first, second = User.objects.filter(groups__post__place__code=PROVINCE).order_by("pk")[:2]
    draft = Emergency(
        alert_id=f"P53-{number:05d}", notice_id=f"P53N-{number:05d}", event="暴雨", issuer="应急厅",
        title="暴雨红色预警", summary="请立即转移", speech="请立即转移。", areas=[PROVINCE],
        issued_at=now, expires_at=now + timedelta(minutes=10), repeats=1,
    )  # fmt: skip
    desk.release_alert(second, desk.compose(first, draft))
    return str(draft.alert_id)


def measure(stores: list[Store], runs: int) -> None:
    """Alerts one after the other, each to the boxes of both counties."""
    times: list[list[float]] = [[] for _ in stores]
    for number in range(runs):
        key, started_s = release(number), time.monotonic()
        waiting = dict(enumerate(stores))
        while waiting:
            for at in [at for at, each in waiting.items() if each.alert_sha256(key) is not None]:
                times[at].append(time.monotonic() - started_s)
                del waiting[at]
            if time.monotonic() - started_s > 60:
                sys.exit("FAILED: an alert took more than a minute")
            time.sleep(0.002)
        time.sleep(0.2)
    for code, each in zip(CODES, times, strict=True):
        show(f"alert of the province → verified at a box of {code}", each)
    show(
        "alert of the province → verified at both", [max(pair) for pair in zip(*times, strict=True)]
    )


def run(folder: Path, runs: int, processes: list[subprocess.Popen[bytes]], hubs: list[Hub]) -> None:
    above = found_hub(folder, "province", None)
    os.environ.update(serve.environment(above.data, above.addresses))
    hubs.append(above)
    hubs += [found_hub(folder, code, above.data / "hub.sqlite3") for code in CODES]
    above.command("county", "--code", PROVINCE, "--name", "某省")
    for hub in hubs[1:]:
        hub.command("county", str(county_file(folder, hub.name)), "--name", f"县{hub.name}")
        join(folder, above, hub)
    for hub in hubs:
        hub.start()
    django.setup()
    stores = []
    for hub in hubs[1:]:
        path, link = add_box(folder, hub, f"box-{hub.name}", f"{hub.name}001001")
        processes.append(link)
        wait_for((path / "notices.db").exists)
        stores.append(Store(path, read_only=True))
    from hub.relay.models import Child as Below  # noqa: PLC0415 - needs Django's set-up

    # A box that tried before the broker knew it rests for a while before it tries again.
    both = Below.objects.filter(is_online=True, report__boxes_online=1)
    wait_for(lambda: both.count() == 2, 3 * PATIENCE_S)
    measure(stores, runs)
    wait_for(lambda: all(_said(code, runs) for code in CODES))
    print(above.command("relay", "status").strip()[:1500])
    afterwards(folder, hubs, processes)


def _said(code: str, runs: int) -> bool:
    from hub.relay.models import ChildDelivery  # noqa: PLC0415 - needs Django's set-up

    last = f"P53-{runs - 1:05d}"
    return ChildDelivery.objects.filter(
        child_id=f"hub-{code}", item_id=last, stored=1, boxes=1
    ).exists()


def afterwards(folder: Path, hubs: list[Hub], processes: list[subprocess.Popen[bytes]]) -> None:
    """The province is away and the county's broker loses all: a new box is right all the same."""
    above, county = hubs[0], hubs[1]
    end_all(above.children)
    broker = county.child("broker")
    broker.end()
    for path in (county.data / "broker").glob("mosquitto.db*"):
        path.unlink()
    started_s = time.monotonic()
    broker.start()
    path, link = add_box(folder, county, "box-late", f"{county.name}001001")
    processes.append(link)
    wait_for((path / "notices.db").exists)
    late = Store(path, read_only=True)
    wait_for(lambda: bool(late.in_force().alerts))
    took_s = time.monotonic() - started_s
    print(f"{'province away, broker wiped → a new box has its alerts':52s} {took_s * 1000:.0f} ms")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100, help="alerts (default 100)")
    parser.add_argument("--make-box", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.make_box:
        name, village, where = arguments.make_box
        make_box(name, village, Path(where))
        return
    processes: list[subprocess.Popen[bytes]] = []
    hubs: list[Hub] = []
    with tempfile.TemporaryDirectory(prefix="bench-relay-") as name:
        try:
            run(Path(name), arguments.runs, processes, hubs)
        finally:
            for each in processes:
                each.kill()
                each.wait()
            for hub in hubs:
                end_all(hub.children)


if __name__ == "__main__":
    main()
