"""The phone pages measured: bytes and time of a first view on 3G, and search over many notices.

Run ``python bench/phone.py [--entries 2000 100000] [--json FILE]``. A hub of its own with the
sample county; Chromium at 390 × 844 with a cold cache behind an emulated line: "3G" 1.6 Mbit/s
and 300 ms round trip, "slow 3G" 400 kbit/s and 400 ms. Time runs from the request to the page's
``load`` event. Search is timed at the hub by the processor, over synthetic entries of one county.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
with socket.socket() as _probe:
    _probe.bind(("127.0.0.1", 0))
    PORT = _probe.getsockname()[1]
_DATA = tempfile.TemporaryDirectory(prefix="bench-phone-")
ENVIRONMENT = {
    "VILLAGE_HUB_DATA": _DATA.name,
    "VILLAGE_HUB_URL": f"http://127.0.0.1:{PORT}",
    "DJANGO_SETTINGS_MODULE": "hub.site.settings",
}
os.environ.update(ENVIRONMENT)

import django  # noqa: E402 - the settings read the environment

django.setup()

from django.core.management import call_command  # noqa: E402 - models need the set-up
from django.db import connection  # noqa: E402 - as above
from django.test import Client  # noqa: E402 - as above
from playwright.sync_api import sync_playwright  # noqa: E402 - as above
from wagtail.models import Page  # noqa: E402 - as above

from hub.accounts import create_demo_county  # noqa: E402 - as above
from hub.notices.models import NoticePage  # noqa: E402 - as above
from hub.phone import limits  # noqa: E402 - as above
from hub.phone.models import Entry, Reach  # noqa: E402 - as above
from tests.hub.conftest import NOTICES, Desk  # noqa: E402 - as above
from tests.hub.phone.conftest import published  # noqa: E402 - as above

if TYPE_CHECKING:
    from playwright.sync_api import Browser

LINES = {"3G": (1_600_000, 300), "slow 3G": (400_000, 400)}
PHONE = {"width": 390, "height": 844}
WORDS = ("停水", "停电", "饮水", "桥梁", "道路", "低保", "医保", "养老", "选举", "财务", "收支",
         "资产", "土地", "流转", "补贴", "招聘")  # fmt: skip
QUERIES = ["停水", "财务收支", "县道", "不存在的词", "ts", "2024"]
RUNS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, nargs="*", default=[2000])
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    found: dict[str, Any] = {"pages": views(publish_sample())}
    for name, row in found["pages"].items():
        print(f"{name:14}" + "  ".join(f"{key} {value}" for key, value in row.items()))
    found["search"] = {number: search_ms(number) for number in arguments.entries}
    for number, row in found["search"].items():
        print(f"search {number:7} entries: p50 {row['p50']:.1f} ms, worst {row['worst']:.1f} ms")
    if arguments.json:
        arguments.json.write_text(json.dumps(found, ensure_ascii=False, indent=1))


def publish_sample() -> dict[str, str]:
    """A county with its notices published; the addresses that are measured, by name."""
    call_command("migrate", verbosity=0)
    people = Desk(create_demo_county(NOTICES))
    forms = {each["id"]: each for each in json.loads(NOTICES.read_text())["notices"]}
    long = forms["N022"]
    long["table"]["rows"] = long["table"]["rows"][:1] * 320
    for key in ("N001", "N003", "N007", "N011", "N022", "N034"):
        published(people, {**forms[key], "valid_until": "2099-12-31"})
    village = people.village.code
    return {
        "county": f"/v/{village[:6]}/",
        "village": f"/v/{village}/",
        "column": f"/v/{village}/村务公开/服务管理/",
        "notice": "/n/N003/",
        "320-row table": "/n/N022/",
        "search": f"/v/{village}/find/?q=停水",
    }


def views(addresses: dict[str, str]) -> dict[str, dict[str, Any]]:
    """Bytes over the line and median seconds to ``load``, by page."""
    server = subprocess.Popen(
        [sys.executable, "-m", "hub.site.server", "--listen", f"127.0.0.1:{PORT}"],
        cwd=ROOT, env=os.environ | ENVIRONMENT, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox"]
            )
            found = {name: view(browser, address) for name, address in addresses.items()}
            browser.close()
            return found
    finally:
        server.terminate()
        server.wait(10)


def wait() -> None:
    ends_s = time.monotonic() + 60
    while time.monotonic() < ends_s:
        try:
            socket.create_connection(("127.0.0.1", PORT), timeout=5).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise SystemExit("the hub's web server did not come up")


def view(browser: Browser, address: str) -> dict[str, Any]:
    """One page on both lines, every time with a cold cache."""
    row: dict[str, Any] = {}
    for line, (bits_per_s, round_trip_ms) in LINES.items():
        times = []
        for _ in range(RUNS):
            context = browser.new_context(viewport=PHONE)
            page = context.new_page()
            talk = context.new_cdp_session(page)
            talk.send("Network.enable")
            conditions = {
                "offline": False, "latency": round_trip_ms,
                "downloadThroughput": bits_per_s / 8, "uploadThroughput": bits_per_s / 16,
            }  # fmt: skip
            talk.send("Network.emulateNetworkConditions", conditions)
            loaded: list[float] = []
            talk.on(
                "Network.loadingFinished",
                lambda event, loaded=loaded: loaded.append(event["encodedDataLength"]),
            )
            begun_s = time.monotonic()
            answer = page.goto(f"http://127.0.0.1:{PORT}{address}", wait_until="load")
            times.append(time.monotonic() - begun_s)
            assert answer is not None
            assert answer.status == 200
            row["KB"] = round(sum(loaded) / 1000, 1)
            context.close()
        row[f"{line} s"] = round(statistics.median(times), 2)
    return row


def search_ms(number: int) -> dict[str, float]:
    """Processor time of a search over that many entries of one county."""
    limits.is_too_often = lambda *_: False  # the bench asks more often than a village
    fill(number)
    client = Client(SERVER_NAME="127.0.0.1")
    times = []
    for asked in QUERIES * 3:
        begun_s = time.process_time()
        answer = client.get("/v/530199/find/", {"q": asked})
        times.append((time.process_time() - begun_s) * 1000)
        assert answer.status_code == 200
    return {"p50": statistics.median(times), "worst": max(times)}


def fill(number: int) -> None:
    """Make up entries until there are that many, written straight into the lists."""
    draw = random.Random(7)  # noqa: S311 - made-up words
    sample = Entry.objects.get(page__notice_id="N003")
    template = NoticePage.objects.get(pk=sample.page_id)
    base = Page.objects.get(pk=template.pk)
    made = Page.objects.bulk_create(
        [
            Page(title=f"p{n}", draft_title="p", slug=f"p{n}", path=f"{base.path}{n:08d}",
                 depth=base.depth + 1, content_type=base.content_type, live=True,
                 locale=base.locale, url_path=f"/p{n}/")
            for n in range(Entry.objects.count(), number)
        ],
        batch_size=500,
    )  # fmt: skip
    copy_notices(template, [page.pk for page in made])
    rows = [
        Entry(page_id=page.pk, edition=sample.edition, number=1, column=sample.column,
              title=f"{draw.choice(WORDS)}{draw.choice(WORDS)}公告{page.pk}", summary="摘要",
              text="".join(draw.choice(WORDS) for _ in range(90)), initials="tstz",
              item_name=sample.item_name, publish_at=sample.publish_at,
              valid_until=sample.valid_until)
        for page in made
    ]  # fmt: skip
    Entry.objects.bulk_create(rows, batch_size=500)
    Reach.objects.bulk_create(
        [Reach(entry=row, village=f"530199{draw.randint(1, 20):03d}{draw.randint(1, 20):03d}")
         for row in rows], batch_size=500,
    )  # fmt: skip


def copy_notices(template: NoticePage, keys: list[int]) -> None:
    """A notice's own row for each page: inherited tables cannot be filled by the ORM at once."""
    own = {"page_ptr_id": "%s", "notice_id": "%s || 'B'"}
    columns = [field.column for field in NoticePage._meta.local_concrete_fields]  # noqa: SLF001 - Django's public API
    into = ", ".join(f'"{each}"' for each in columns)
    picked = ", ".join(own.get(each, f'"{each}"') for each in columns)
    wanted = f"SELECT {picked} FROM notices_noticepage WHERE page_ptr_id = {template.pk}"  # noqa: S608 - names of our own columns
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO notices_noticepage ({into}) {wanted}",
            [(key, key) for key in keys],
        )


if __name__ == "__main__":
    main()
