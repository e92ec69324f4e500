"""What the compositor really shows: a small picture of the screen, taken from outside the page.

The wall's page says which slide begins; the server writes that into a file when it wants proof;
the keeper, who started cage and may look at its screen, takes the picture and hands it over.
The page itself never touches it: a page can say anything, a compositor shows what is lit.
"""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import urllib.request
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_log = logging.getLogger(__name__)
ASK_FILE = "wall.ask"
MAX_PNG_BYTES = 45 * 1024
"""The hub keeps 64 KB of base 64."""
SCALES = ("0.25", "0.18", "0.12")
WITHIN_S = 10.0


class Witness:
    """Looks at the ask file now and then. ``url`` is the kiosk's own address."""

    def __init__(self, run: Path, url: str) -> None:
        self._ask = run / ASK_FILE
        self._url = url.rstrip("/")
        self._answered = ""

    def look(self) -> bool:
        """Take and hand over a picture if one is asked for; True when one was handed over."""
        try:
            token = self._ask.read_text(encoding="utf-8")
        except OSError:
            return False
        if token in ("", self._answered):
            return False
        self._answered = token
        picture = _picture()
        return picture is not None and self._hand_over(token, picture)

    def _hand_over(self, token: str, picture: bytes) -> bool:
        headers = {"Origin": self._url, "Content-Type": "image/png", "X-Slide": token.strip()}
        request = urllib.request.Request(f"{self._url}/wall/snapshot", picture, headers)  # noqa: S310 - our own loopback
        try:
            with urllib.request.urlopen(request, timeout=WITHIN_S) as answer:  # noqa: S310 - as above
                return bool(answer.status == 204)
        except OSError as error:
            _log.warning("the picture of the wall was not taken: %s", error)
            return False


def _picture() -> bytes | None:
    """The screen as a PNG that the hub keeps; None without a compositor to ask."""
    environment = dict(os.environ)
    display = _display()
    if display:
        environment["WAYLAND_DISPLAY"] = display
    for scale in SCALES:
        try:
            shot = subprocess.run(
                ["grim", "-s", scale, "-t", "png", "-l", "9", "-"],
                env=environment, capture_output=True, timeout=WITHIN_S, check=True,
            )  # fmt: skip
        except (OSError, subprocess.SubprocessError) as error:
            _log.warning("no picture of the wall: %s", type(error).__name__)
            return None
        if len(shot.stdout) <= MAX_PNG_BYTES:
            return shot.stdout
    return None


def _display() -> str:
    """The compositor's socket: the newest in the runtime folder."""
    folder = os.environ.get("XDG_RUNTIME_DIR", "")
    names: list[os.DirEntry[str]] = []
    with contextlib.suppress(OSError):
        names = [each for each in os.scandir(folder) if each.name.startswith("wayland-")]
    sockets = [each for each in names if not each.name.endswith(".lock")]
    return max(sockets, key=lambda each: each.stat().st_mtime).name if sockets else ""
