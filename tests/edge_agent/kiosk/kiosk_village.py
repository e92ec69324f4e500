"""A village for kiosk tests: real store, real signatures, the real program as a child."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pypinyin import Style, lazy_pinyin

from contract.alert import Alert
from contract.areas import Area
from contract.keys import PrivateKey
from contract.manifest import Item, Manifest, Withdrawn
from contract.messages import seal_message
from contract.notice import (
    Asset,
    Cap,
    Column,
    Heading,
    Notice,
    Paragraph,
    Picture,
    Reference,
    SearchKey,
    Sender,
    Speech,
    Table,
)
from edge_agent.clock import CHINA, BoxClock
from edge_agent.poke import poke
from edge_agent.store import StoreWriter

if TYPE_CHECKING:
    from collections.abc import Iterable

DATA = Path(__file__).parents[2] / "data" / "notices.json"
COLUMNS: dict[str, str] = json.loads((Path(__file__).parent / "data" / "columns.json").read_text())
AREA = "530199001001"
NOW = datetime(2024, 7, 5, 12, 0, tzinfo=UTC)
_TYPES = {"enum": "text", "num": "number", "area": "number"}
_KNOWN = {"text", "name", "group", "int", "money", "number", "percent", "date", "month"}


def initials(text: str) -> str:
    """What the hub ships with a text."""
    return "".join(lazy_pinyin(text, style=Style.FIRST_LETTER, errors="ignore")).upper()


def key(text: str) -> SearchKey:
    return SearchKey(text, initials(text))


def sample_notices() -> dict[str, Notice]:
    """The notices of the sample file as the hub would ship them, by id."""
    found = json.loads(DATA.read_text(encoding="utf-8"))["notices"]
    return {each["id"]: _notice(each) for each in found if each["expect"]["decision"] != "block"}


def _notice(data: dict[str, Any]) -> Notice:
    table = _table(data.get("table"))
    chapters = [_line(line) for line in data["body"].splitlines() if line.strip()]
    names = (
        {row[n] for n, c in enumerate(table.columns) if c.type == "name" for row in table.rows}
        if table
        else set()
    )
    texts = [data["title"], data["item_name"], *sorted(names)]
    return Notice(
        id=data["id"],
        revision=1,
        areas=(AREA,),
        title=data["title"],
        summary=data["summary"],
        sender=Sender("青石村民委员会", "0872-0000388", "village", "村务监督委员会 覃少华"),
        publish_at=_moment(data["publish_at"]),
        issued_at=_moment(data["publish_at"]),
        item=data["item"],
        item_name=data["item_name"],
        category=data["category"],
        column=COLUMNS.get(data["item"], ""),
        blocks=(*chapters, *((table,) if table else ())),
        speech=Speech(data["speech"]) if data["speech"] else None,
        channels=("led", "speaker", "kiosk", "wall"),
        personal=bool(names),
        search=tuple(key(text) for text in texts if text),
        link=f"https://hub.example/q/{data['id']}",
    )


def _line(line: str) -> Heading | Paragraph:
    if re.match(r"第.{1,3}章", line):
        return Heading(line)
    return Paragraph(line)


def _table(data: dict[str, Any] | None) -> Table | None:
    if data is None:
        return None
    kept = [n for n, c in enumerate(data["columns"]) if not c.get("restricted")]
    columns = []
    for n in kept:
        column = data["columns"][n]
        kind = _TYPES.get(column["type"], column["type"])
        columns.append(Column(column["key"], column["label"], kind if kind in _KNOWN else "text"))
    rows = tuple(tuple("" if row[n] is None else str(row[n]) for n in kept) for row in data["rows"])
    return Table(tuple(columns), rows)


def _moment(text: str) -> datetime:
    return min(datetime.fromisoformat(text).replace(tzinfo=CHINA), NOW - timedelta(hours=1))


def flood_alert(notice: Notice | None = None, **changes: object) -> Alert:
    """The flash flood of the sample file as an alert for groups 3, 4 and 6."""
    data = next(e for e in json.loads(DATA.read_text())["notices"] if e["id"] == "N004")
    notice = notice or replace(
        _notice(data),
        id="A-N004",
        areas=tuple(f"{AREA}-{n}" for n in (3, 4, 6)),
        priority="emergency",
        sender=Sender("云岭县防汛抗旱指挥部", "0872-0000119", "county"),
        cap=Cap(event="山洪", urgency="Immediate", severity="Extreme", certainty="Observed"),
        **changes,
    )
    return Alert("CAP-0007", notice, NOW, NOW + timedelta(hours=6))


class Village:
    """Link's and the hub's side of one box, and its kiosk program as a child."""

    def __init__(self, root: Path, port: int | None = None) -> None:
        self.root = root
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.settings = root / "agent.toml"
        self.settings.write_text(
            f'[box]\nid = "qs-01"\narea = "{AREA}"\nvillage = "清水镇青石村"\n'
            f'state = "{root}/state"\nrun = "{root}/run"\ngroups = [3, 4, 6]\n'
            'office_line = "云岭县人民政府政务公开办公室"\n'
            f"[kiosk]\nport = {self.port}\n",
            encoding="utf-8",
        )
        for name in ("clock", "store", "kiosk"):
            (root / "state" / name).mkdir(parents=True, exist_ok=True)
        self.clock = BoxClock(root / "state" / "clock")
        self.clock.store_trust(NOW)
        self.store = StoreWriter(root / "state" / "store")
        self.signer = PrivateKey.generate()
        self.notices: dict[str, Notice] = {}
        self.assets: tuple[Asset, ...] = ()
        self._generation = 0
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the kiosk part and wait until it answers."""
        command = [sys.executable, "-m", "edge_agent.cli", "part", "kiosk"]
        self._child = subprocess.Popen([*command, "--settings", str(self.settings)])
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            if self._child.poll() is not None:
                raise RuntimeError(f"the kiosk ended with {self._child.returncode}")
            try:
                self.get("/api/status.json")
            except urllib.error.URLError:
                select_pause(0.05)
                continue
            return
        raise TimeoutError("the kiosk did not answer within two minutes")

    @property
    def pid(self) -> int:
        assert self._child is not None
        return self._child.pid

    def stop(self, how: int = signal.SIGTERM) -> int:
        """End the program; returns its exit code."""
        if self._child is None:
            return 0
        os.kill(self._child.pid, how)
        code = self._child.wait(30)
        self._child = None
        return code

    def close(self) -> None:
        self.stop()
        self.store.close()

    def picture(self, body: bytes, mime: str, alt: str) -> Picture:
        """Put a file into the store and return the block that shows it."""
        sha256 = self.store.put_blob(body, NOW)
        asset = Asset(sha256, len(body), mime)
        self.assets = (*self.assets, asset)
        return Picture(asset, alt)

    def publish(
        self, *notices: Notice, drop: Iterable[str] = (), withdrawn: tuple[Withdrawn, ...] = ()
    ) -> None:
        """Put these in force beside what is there, without ``drop``; poke the kiosk."""
        self.notices.update({each.id: each for each in notices})
        for each in drop:
            self.notices.pop(each, None)
        self._generation += 1
        items = []
        for notice in self.notices.values():
            body = seal_message(notice, self.signer)
            sha256 = self.store.put_blob(body, NOW)
            items.append(Item(notice.id, notice.revision, sha256, len(body)))
        manifest = Manifest(
            AREA, 1, self._generation, NOW, tuple(items), self.assets, withdrawn=withdrawn
        )
        self.store.apply(Area.parse(AREA), seal_message(manifest, self.signer))
        poke(self.root / "run", "kiosk")

    def alert(self, alert: Alert) -> None:
        """An alert arrives; poke the kiosk."""
        self.store.put_alert(alert, seal_message(alert, self.signer), NOW)
        poke(self.root / "run", "kiosk")

    def cancel(self, alert: Alert, clear_id: str = "CAP-0008") -> None:
        """The all-clear arrives."""
        cap = Cap("Actual", "Cancel", references=(alert.id,))
        over = replace(alert.notice, id="A-clear", title="山洪预警解除", cap=cap)
        self.alert(Alert(clear_id, over, NOW, NOW + timedelta(hours=1)))

    def get(self, path: str, **headers: str) -> tuple[int, str, dict[str, str]]:
        """Status, text and headers of a page."""
        quoted = urllib.parse.quote(path, safe="/?&=%.-_:")
        request = urllib.request.Request(self.url + quoted, headers=headers)  # noqa: S310 - our own loopback
        return _answer(request)

    def bytes_of(self, path: str) -> bytes:
        """A file as the page gets it."""
        with _OPENER.open(self.url + path, timeout=60) as answer:
            return bytes(answer.read())

    def post(
        self, path: str, fields: list[tuple[str, str]], **headers: str
    ) -> tuple[int, str, dict[str, str]]:
        """Post a form as the screen's own page does."""
        headers.setdefault("Origin", self.url)
        data = urllib.parse.urlencode(fields).encode()
        url = self.url + path
        request = urllib.request.Request(url, data, headers)  # noqa: S310 - our own loopback
        return _answer(request)

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.get("/api/status.json")[1])
        return found

    def until(self, wanted: Any, within_s: float = 5.0) -> dict[str, Any]:  # noqa: ANN401 - any check of the status
        """Ask for the status until ``wanted(status)`` holds."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            status = self.status()
            if wanted(status):
                return status
            select_pause(0.02)
        raise TimeoutError(f"still {self.status()}")

    def readable(self) -> set[str]:
        return {each["id"] for each in self.status()["readable"]}

    def wait_for(self, *ids: str) -> None:
        """Until exactly these can be read."""
        self.until(lambda status: {e["id"] for e in status["readable"]} == set(ids))


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirect)


def _answer(request: urllib.request.Request) -> tuple[int, str, dict[str, str]]:
    try:
        with _OPENER.open(request, timeout=10) as answer:
            return answer.status, answer.read().decode("utf-8", "replace"), dict(answer.headers)
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode("utf-8", "replace"), dict(error.headers)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def select_pause(seconds: float) -> None:
    """A short pause between two questions to a process that is starting."""
    time.sleep(seconds)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


__all__ = ["Reference", "Village", "flood_alert", "initials", "key", "sample_notices"]
