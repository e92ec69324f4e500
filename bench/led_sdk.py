"""The maker's own SDK drives our emulated BX-6E: every step it takes, and what it then sees.

Run ``ONBON_SDK=DIR python bench/led_sdk.py`` where DIR holds the jars of ``bx06-0.6.0`` from
the maker's repository ``onbonlab/pub`` (folder ``bx06-0.6.0-SNAPSHOT_tutorial/lib``) and a JDK
is installed. They have no licence, so they are not here; without them it says so and exits 2.
``test_maker_sdk.py`` runs it where they are; everywhere else the suite replays recorded bytes.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from edge_agent.clock import BoxClock
from edge_agent.led.emulators.card import Matrix
from edge_agent.led.emulators.live_view import LiveView
from edge_agent.led.emulators.onbon_6 import Onbon6Card
from edge_agent.led.emulators.serve import Server

if TYPE_CHECKING:
    from edge_agent.led.panel import ColourModel

SOURCE = Path(__file__).with_name("DriveBx6.java")
PANELS: tuple[ColourModel, ...] = ("mono", "dual")


def why_not() -> str:
    """What is missing to run the SDK; empty when nothing is."""
    if not shutil.which("javac"):
        return "no Java compiler (Debian: default-jdk-headless)"
    folder = os.environ.get("ONBON_SDK", "")
    if not folder or not list(Path(folder).glob("bx06-0.6*.jar")):
        return "ONBON_SDK names no folder with the jars of bx06-0.6.0"
    return ""


def drive(colours: ColourModel, classes: str) -> dict[str, str]:
    """Let the SDK work through all its steps on one card; returns each step's outcome."""
    with tempfile.TemporaryDirectory() as folder:
        clock = BoxClock(Path(folder))
        card = Onbon6Card(Matrix(64, 32, colours), clock)
        server = Server(card, "127.0.0.1:0", clock, LiveView(card, None))
        server.open()
        stop = threading.Event()
        serving = threading.Thread(target=lambda: server.run(stop.is_set), daemon=True)
        serving.start()
        host, _, port = server.where.rpartition(":")
        words = ["java", "-Djava.awt.headless=true", "-cp", classes, "DriveBx6", host, port]
        try:
            return _follow(words, card, clock)
        finally:
            stop.set()
            serving.join()


def _follow(words: list[str], card: Onbon6Card, clock: BoxClock) -> dict[str, str]:
    outcomes: dict[str, str] = {}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        words, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True
    ) as sdk:
        for line in sdk.stdout or ():
            if not line.startswith("STEP "):
                continue
            _, name, outcome = line.split()
            if name.endswith("?") and sdk.stdin is not None:
                outcome = _seen(name, card, clock) if outcome == "ok" else outcome
                sdk.stdin.write("\n")
                sdk.stdin.flush()
            outcomes[name.rstrip("?")] = outcome
    return outcomes


def _seen(name: str, card: Onbon6Card, clock: BoxClock) -> str:
    """Whether the card is now as the SDK wanted it."""
    image = card.frame(clock.monotonic_s())
    fine = {
        "turn_off?": not card.lit,
        "brightness_manual?": card.light_mode == 0 and set(card.levels) == {6},
        "write_dynamic?": image.tobytes() == _drawing(card).tobytes(),
        "delete_dynamic?": image.getbbox() is None,
    }
    return "ok" if fine[name] else "not as wanted"


def _drawing(card: Onbon6Card) -> Image.Image:
    """What the Java program draws, on a panel of these colours."""
    whole = Image.new("RGB", (card.matrix.width_px, card.matrix.height_px))
    for x in range(40):
        for down, colour in ((0, (255, 0, 0)), (5, (0, 255, 0)), (10, (255, 255, 0))):
            whole.putpixel((8 + x, 4 + (x + down) % 16), colour)
    if card.matrix.colours == "mono":
        return whole.convert("L").point(lambda level: 255 if level else 0).convert("1")
    return whole


def main() -> int:
    missing = why_not()
    if missing:
        print(f"skipped: {missing}", file=sys.stderr)
        return 2
    jars = os.pathsep.join(map(str, sorted(Path(os.environ["ONBON_SDK"]).glob("*.jar"))))
    with tempfile.TemporaryDirectory() as folder:
        classes = os.pathsep.join([jars, folder])
        subprocess.run(["javac", "-cp", jars, "-d", folder, str(SOURCE)], check=True)
        told = {colours: drive(colours, classes) for colours in PANELS}
    print(json.dumps(told, indent=1))
    return 0 if all(o == "ok" for steps in told.values() for o in steps.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
