"""Reading back from the device side: the card's memory, the sound card's file, the query screen.

Nothing here asks the hub or the box what they think they did. The emulated card writes what
it decoded from the bytes on the line; the emulated sound card keeps every sample it was given.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import urllib.parse
import urllib.request
import wave
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HTTP_TIMEOUT_S = 5
SCREENSHOT_TIMEOUT_S = 60


@dataclass(frozen=True, slots=True)
class CardReader:
    """The emulated controller card in ``folder``."""

    folder: Path

    def state(self) -> dict[str, Any]:
        """Counters and contents, as the card wrote them last; empty before its first frame."""
        try:
            found = json.loads((self.folder / "state.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return dict(found)

    def text(self) -> str:
        """All text that the card holds, as decoded from the wire, without blanks."""
        areas = self.state().get("areas", [])
        return "".join(str(area.get("text", "")) for area in areas).replace(" ", "")

    @property
    def face(self) -> Path:
        """What a villager sees, as a PNG."""
        return self.folder / "face.png"

    def flash(self) -> str:
        """Everything the card keeps through a power cut, as text."""
        path = self.folder / "flash.json"
        return path.read_text(encoding="utf-8") if path.exists() else ""


@dataclass(frozen=True, slots=True)
class Passage:
    """Samples ``start`` to ``end`` of one stream that belong to one label."""

    stream: Path
    label: str
    start: int
    end: int
    at_s: float

    def pcm(self) -> bytes:
        """The samples of this passage: 16-bit mono, little-endian."""
        with wave.open(str(self.stream), "rb") as sound:
            sound.setpos(min(self.start, sound.getnframes()))
            return sound.readframes(self.end - self.start)


@dataclass(frozen=True, slots=True)
class SoundReader:
    """The emulated sound card in ``folder``: numbered streams and who spoke when."""

    folder: Path

    def passages(self) -> Iterator[Passage]:
        """Every passage played so far, in order."""
        for index in sorted(self.folder.glob("[0-9]*.jsonl")):
            marks = [json.loads(line) for line in index.read_text("utf-8").splitlines() if line]
            stream = index.with_suffix(".wav")
            for mark, following in zip(marks, [*marks[1:], None], strict=True):
                end = following["sample"] if following else _samples(stream)
                if mark["label"] != "end" and end > mark["sample"]:
                    yield Passage(
                        stream, mark["label"], mark["sample"], end, float(mark["monotonic_s"])
                    )

    def of(self, words: str) -> list[Passage]:
        """Passages whose label contains ``words``."""
        return [each for each in self.passages() if words in each.label]

    def streams(self) -> list[Path]:
        """The recordings, oldest first."""
        return sorted(self.folder.glob("[0-9]*.wav"))


@dataclass(frozen=True, slots=True)
class ScreenReader:
    """The query screen at ``address``."""

    address: str

    def status(self) -> dict[str, Any]:
        """What the screen says is in force; empty while it does not answer."""
        try:
            return dict(json.loads(self.page("/api/status.json")))
        except ValueError:
            return {}

    def page(self, path: str, **query: str) -> str:
        """A page's text; empty while the screen does not answer."""
        address = f"{self.address}{path}"
        if query:
            address += "?" + urllib.parse.urlencode(query)
        try:
            return _ask(address).decode("utf-8")
        except OSError:
            return ""

    def photograph(self, path: str, target: Path, profile: Path) -> None:
        """A picture of a page as a real browser shows it on a standing screen."""
        subprocess.run(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
             "--disable-background-networking", "--disable-component-update", "--no-first-run",
             f"--user-data-dir={profile}", "--window-size=1080,1920",
             "--timeout=4000", f"--screenshot={target}", self.address + path],
            capture_output=True, timeout=SCREENSHOT_TIMEOUT_S, check=True,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Desk:
    """The switches of the desk page at ``address``."""

    address: str

    def turn(self, village: str, switch: str, **values: object) -> None:
        """Turn a switch: cut_network, cut_power, restore_power, set_clock, heal."""
        _ask(f"{self.address}/api/villages/{village}/{switch}", json.dumps(values).encode("utf-8"))

    def status(self, village: str) -> dict[str, Any]:
        """How a village's switches stand, and what its box says."""
        return dict(json.loads(_ask(f"{self.address}/api/villages/{village}")))


def _ask(address: str, body: bytes | None = None) -> bytes:
    """GET, or POST with a body, on this machine."""
    if not address.startswith("http://127.0.0.1:"):
        raise ValueError(f"not on this machine: {address}")
    headers = {"Content-Type": "application/json", "X-Desk": "1"}
    request = urllib.request.Request(address, data=body, headers=headers)  # noqa: S310 - loopback only, checked above
    with urllib.request.urlopen(request, timeout=HTTP_TIMEOUT_S) as reply:  # noqa: S310 - as above
        return bytes(reply.read())


def traces(folder: Path, words: str) -> list[str]:
    """Files below ``folder`` that hold ``words`` in any of the encodings we write."""
    needles = {words.encode("utf-8"), words.encode("gb18030")}
    needles.add(json.dumps(words)[1:-1].encode("ascii"))
    return [
        str(path.relative_to(folder))
        for path in sorted(folder.rglob("*"))
        if path.is_file() and any(needle in path.read_bytes() for needle in needles)
    ]


def digest(pcm: bytes) -> str:
    """SHA-256 of samples."""
    return hashlib.sha256(pcm).hexdigest()


def _samples(stream: Path) -> int:
    try:
        with wave.open(str(stream), "rb") as sound:
            return sound.getnframes()
    except (OSError, EOFError, wave.Error):
        return 0
