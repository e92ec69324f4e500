"""The sample county: places, accounts and tickets at the hub; two boxes enrolled with them.

Boxes join through the same door as in a real county: a sealed ticket, ``village-provision
enrol`` on the box's side, an answer from the hub.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contract.errors import VillageError
from hub import accounts
from hub.demo.ports import free_port
from hub.enrol import tickets

if TYPE_CHECKING:
    from pathlib import Path

    from hub.demo.sample import Cast, Village

ENROL_TIMEOUT_S = 60
OFFICE_LINE = "{county}人民政府政务公开办公室"
PANELS = ({"width_px": 384, "height_px": 128}, {"width_px": 256, "height_px": 64})


class DemoError(VillageError, RuntimeError):
    """The sample county cannot be brought up; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Box:
    """A desk village: its name, its files, and where its query screen is served."""

    id: str
    village: Village
    code: str
    folder: Path
    ticket: Path
    kiosk_port: int

    @property
    def card(self) -> Path:
        """Folder of the emulated controller card."""
        return self.folder / "card" / "main"

    @property
    def sound(self) -> Path:
        """Folder of what the emulated sound card was given."""
        return self.folder / "state" / "audio" / "village"

    @property
    def kiosk(self) -> str:
        """Address of the query screen."""
        return f"http://127.0.0.1:{self.kiosk_port}"


def build(cast: Cast, sample: dict[str, Any], folder: Path, voices: Path | None) -> tuple[
    accounts.County, tuple[Box, ...]
]:  # fmt: skip
    """Set up places and accounts, and stage a ticket for each of the two boxes."""
    source = folder / "sample.json"
    places = [{"path": each.path, "groups": each.groups} for each in cast.villages]
    named = {each["path"] for each in places}
    others = [each for each in sample["meta"]["villages"] if each["path"] not in named]
    content = {"meta": {"villages": [*places, *others]}, "notices": sample["notices"]}
    source.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    county = accounts.create_demo_county(source)
    boxes = []
    for number, (village, page) in enumerate(zip(cast.villages, county.villages, strict=False)):
        box = _box(folder, number, village, page.code)
        new = tickets.NewBox(
            box=box.id,
            area=page.code,
            village=village.name,
            groups=tuple(range(1, village.groups + 1)),
            settings=_devices(box, number, voices),
            office_line=OFFICE_LINE.format(county=county.page.title),
        )
        box.ticket.parent.mkdir(parents=True, exist_ok=True)
        box.ticket.write_bytes(tickets.issue(new))
        boxes.append(box)
    return county, tuple(boxes)


def enrol(box: Box, run: Path) -> None:
    """Enrol a box with its ticket, as a technician does on site.

    Raises:
        DemoError: the hub refused, or did not answer.
    """
    done = subprocess.run(
        [sys.executable, "-m", "provisioning.cli", "enrol", str(box.ticket),
         "--state", str(box.folder / "state"), "--run-folder", str(run)],
        capture_output=True, text=True, timeout=ENROL_TIMEOUT_S, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise DemoError(f"{box.id}: {done.stderr.strip()}")
    (box.folder / "agent.toml").unlink(missing_ok=True)
    (box.folder / "agent.toml").symlink_to(box.folder / "state" / "agent.toml")


def _box(folder: Path, number: int, village: Village, code: str) -> Box:
    name = f"village-{number + 1}"
    home = folder / "villages" / name
    return Box(
        name, village, code, home, home / "boot" / "village.ticket", free_port(8081 + number)
    )


def _devices(box: Box, number: int, voices: Path | None) -> dict[str, Any]:
    """What stands on the desk instead of hardware: a card behind a pty, a sound card in a file."""
    panel = {
        "name": "main",
        "driver": "onbon-k",
        "line": str(box.card / "tty"),
        "baud": 9600,
        **PANELS[number % len(PANELS)],
    }
    zone = {"name": "village", "sink": "file", "relay_pin": 17, "warm_up_s": 0.5, "tail_s": 0.5,
            "minimum_hold_s": 1.0}  # fmt: skip
    # One neural voice a desk is enough: the hub's; two boxes with their own would starve it.
    voices_here = ["espeak", "stock", "siren"]
    audio: dict[str, Any] = {"voices": voices_here, "quiet_hours": "", "airtime_limit_s": 86400}
    if voices is not None:
        audio["voice_folder"] = str(voices)
    return {
        "panel": [panel],
        "zone": [zone],
        "audio": audio,
        "kiosk": {"port": box.kiosk_port},
        "link": {"broker": f"mqtt://127.0.0.1:{free_port(0)}"},
    }
