"""How far the horn lies behind the speaker: clicks spoken at the desk, found again in the card.

    python bench/live.py [--clicks N]

Starts `village-hub demo` (broker, web site, dispatcher, two boxes as processes of their own),
logs in as the Party secretary of the first village, and speaks as the page does: packets of a
tenth of a second, each sent when its last sample was spoken, after the chime was counted down.
The box's sound card is the shipped one that is a file; it paces like a card and notes when it
took what. Printed: p50, p99 and the most, from a click at the microphone to the card's taking
it; the card itself plays up to 80 ms later.
"""

from __future__ import annotations

import argparse
import http.cookiejar
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
import wave
from array import array
from pathlib import Path

from contract.live import RATE_HZ

PACKET = RATE_HZ // 10
CHIME_S = 4.2
"""As `live.js` counts it down."""
SILENCE, LOUD = 0xFF, 0x00
CLICK = bytes([LOUD] * 8 + [0x80] * 8) * 10
EVERY = 10
"""A click in every tenth packet: once a second."""
LONGEST_LAG_S = 8.0
_LOGIN = re.compile(r"(\S+) +村党组织书记 +(\S+) +(\S+)")
_HUB = re.compile(r"(http://127\.0\.0\.1:\d+)/admin/")


class Desk:
    """A browser's session with the hub, without the browser."""

    def __init__(self, address: str, name: str, password: str) -> None:
        self._address = address
        self._jar = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._jar))
        self._get("/admin/login/")
        self.post("/admin/login/", {"username": name, "password": password, "next": "/admin/"})

    def _get(self, path: str) -> str:
        with self._opener.open(self._address + path, timeout=60) as answer:
            return str(answer.read().decode())

    def areas(self) -> str:
        """The first area that may be spoken to."""
        found = re.search(r'name="areas" value="(\d+)"', self._get("/admin/live/"))
        if found is None:
            raise RuntimeError("nobody to speak to")
        return found[1]

    def post(self, path: str, body: dict[str, str] | bytes) -> bytes:
        """POST with the token that the cookie carries."""
        token = next((each.value for each in self._jar if each.name == "csrftoken"), "") or ""
        data = body if isinstance(body, bytes) else urllib.parse.urlencode(body).encode()
        kind = "application/octet-stream" if isinstance(body, bytes) else None
        headers = {"X-CSRFToken": token, "Referer": self._address}
        headers |= {"Content-Type": kind} if kind else {}
        request = urllib.request.Request(self._address + path, data, headers)  # noqa: S310 - ours
        with self._opener.open(request, timeout=60) as answer:
            return bytes(answer.read())


def speak(desk: Desk, clicks: int) -> list[float]:
    """Hold a talk; when each click was spoken, on the clock of the box."""
    talk = json.loads(desk.post("/admin/live/begin/", {"areas": desk.areas()}))
    spoken, have = [], 0
    begun_s = boot_s()
    while boot_s() < begun_s + CHIME_S:
        desk.post(f"/admin/live/{talk['id']}/sound/?at=0", b"")
        time.sleep(0.5)
    begun_s = boot_s()
    for number in range((clicks + 1) * EVERY):
        clicked = number % EVERY == EVERY - 1 and len(spoken) < clicks
        sound = (CLICK if clicked else b"").ljust(PACKET, bytes([SILENCE]))
        if clicked:
            spoken.append(begun_s + number * PACKET / RATE_HZ)
        time.sleep(max(0.0, begun_s + (number + 1) * PACKET / RATE_HZ - boot_s()))
        answer = json.loads(desk.post(f"/admin/live/{talk['id']}/sound/?at={have}", sound))
        have = answer["have"]
    desk.post(f"/admin/live/{talk['id']}/end/", {})
    return spoken


def heard(folder: Path) -> list[float]:
    """When the card took each click of live speech, on the clock of the box."""
    found: list[float] = []
    for path in sorted(folder.glob("*.wav")):
        rows = [json.loads(line) for line in path.with_suffix(".jsonl").read_text().splitlines()]
        with wave.open(str(path)) as file:
            samples = array("h", file.readframes(1 << 30))
        ends = [row["sample"] for row in rows[1:]] + [len(samples)]
        for row, end in zip(rows, ends, strict=True):
            if not re.fullmatch(r"live-\S+ live", row["label"]):
                continue
            for place in range(row["sample"], end):
                at_s = row["monotonic_s"] + (place - row["sample"]) / 48_000
                if abs(samples[place]) > 8_000 and (not found or at_s - found[-1] > 0.3):
                    found.append(at_s)
    return found


def boot_s() -> float:
    """The clock that every part of a box shares."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def measure(folder: Path, clicks: int) -> list[float]:
    """The lag of every click, in seconds."""
    command = [sys.executable, "-m", "hub.cli", "demo", "--folder", str(folder)]
    demo = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        said = ""
        for line in demo.stdout or ():
            said += line
            if "Ctrl-C" in line:
                break
        hub, login = _HUB.search(said), _LOGIN.search(said)
        if hub is None or login is None:
            raise RuntimeError(f"the demo did not come up: {said[-500:]}")
        spoken = speak(Desk(hub[1], login[2], login[3]), clicks)
        time.sleep(LONGEST_LAG_S)
    finally:
        demo.terminate()
        demo.wait(60)
    (card,) = (folder / "villages/village-1").rglob("audio/village")
    arrived = heard(card)
    if len(arrived) != len(spoken):
        raise RuntimeError(f"{len(spoken)} clicks spoken, {len(arrived)} heard")
    return [late - early for early, late in zip(spoken, arrived, strict=True)]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--clicks", type=int, default=30, help="one a second")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        lags = sorted(measure(Path(folder), arguments.clicks))
    p99 = lags[min(len(lags) - 1, round(0.99 * (len(lags) - 1)))]
    print(
        f"{len(lags)} clicks: p50 {statistics.median(lags):.2f} s, p99 {p99:.2f} s,"
        f" most {lags[-1]:.2f} s; the card plays up to 0.08 s later"
    )


if __name__ == "__main__":
    main()
