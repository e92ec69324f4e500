"""The press measured: time, memory and weight of sheets and of a month's set.

Run ``python bench/poster.py [--rows 320] [--month 30] [--json FILE]``. Wall-clock and processor
seconds and the largest resident memory of the press, each in a process of its own, start of the
interpreter and of WeasyPrint included, as a clerk waits for it.
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
_DATA = tempfile.TemporaryDirectory(prefix="bench-poster-")
os.environ.update(VILLAGE_HUB_DATA=_DATA.name, DJANGO_SETTINGS_MODULE="hub.site.settings")

import django  # noqa: E402 - the settings read the environment

django.setup()

from django.core.management import call_command  # noqa: E402 - models need the set-up

from hub.accounts import create_demo_county  # noqa: E402 - as above
from hub.poster.catalogue_sheet import catalogue_sheet  # noqa: E402 - as above
from hub.poster.paper import A3, A4  # noqa: E402 - as above
from hub.poster.sheet import sheet_of  # noqa: E402 - as above
from tests.hub.conftest import NOTICES, Desk  # noqa: E402 - as above
from tests.hub.phone.conftest import published  # noqa: E402 - as above


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=320)
    parser.add_argument("--month", type=int, default=30)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    found = measured(arguments.rows, arguments.month)
    for name, row in found.items():
        print(f"{name:24}" + "  ".join(f"{key} {value}" for key, value in row.items()))
    if arguments.json:
        arguments.json.write_text(json.dumps(found, ensure_ascii=False, indent=1))


def measured(rows: int, month: int) -> dict[str, dict[str, Any]]:
    """Every measurement, by name."""
    call_command("migrate", verbosity=0)
    people = Desk(create_demo_county(NOTICES))
    forms = {each["id"]: each for each in json.loads(NOTICES.read_text())["notices"]}
    long = copy.deepcopy(forms["N001"])
    lines = long["table"]["rows"]
    long["id"] = "LONG"
    long["table"]["rows"] = [[n + 1, *lines[n % len(lines)][1:]] for n in range(rows)]
    sheets = {}
    for key, form in {"N003": forms["N003"], "N001": forms["N001"], "LONG": long}.items():
        page = published(people, {**form, "valid_until": "2099-12-31"})
        sheets[key] = sheet_of(page.last_publication, A4).html
    sheets["LONG A3"] = sheet_of(page.last_publication, A3).html
    set_of_month = [sheets["LONG"], *(sheets["N001"], sheets["N003"]) * (month // 2)][:month]
    return {
        "text, A4": pressed([sheets["N003"]]),
        "30 rows, A4": pressed([sheets["N001"]]),
        f"{rows} rows, A4": pressed([sheets["LONG"]]),
        f"{rows} rows, A3": pressed([sheets["LONG A3"]]),
        "catalogue, A3": pressed([catalogue_sheet(people.village, A3)]),
        f"month of {month}": pressed(set_of_month),
    }


def pressed(documents: list[str]) -> dict[str, Any]:
    """One run of the press as a child; memory by the child's own account."""
    code = (
        "import sys; from hub.poster import press; press.main();"
        "found = [l for l in open('/proc/self/status') if l.startswith('VmHWM')];"
        "sys.stderr.write(found[0].split()[1])"
    )
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun_s = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True,
        input=json.dumps({"documents": documents}).encode(),
    )  # fmt: skip
    taken_s = time.monotonic() - begun_s
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "s": round(taken_s, 1),
        "processor s": round(
            after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 1
        ),
        "MB": int(done.stderr.split()[-1]) // 1024,
        "KB": len(done.stdout) // 1000,
    }


if __name__ == "__main__":
    main()
