"""The key that is held to speak: a push button, or ``village-agent audio live``.

The command writes ``run/live/press`` again and again while it runs; when it is killed the file
stands still, and after two seconds counts as let go.
"""

from __future__ import annotations

import importlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edge_agent.poke import poke

if TYPE_CHECKING:
    from pathlib import Path

    from edge_agent.clock import Clock
    from edge_agent.settings import MicrophoneSettings

PRESS_EVERY_S = 0.5
LET_GO_S = 2.0


@dataclass(frozen=True, slots=True)
class Held:
    """Somebody holds the key, to speak to these zones (none: those of the settings)."""

    zones: tuple[str, ...] = ()


class TalkKey:
    """Says whether the key is held.

    Args:
        settings: the microphone with its button.
        run: the folder of sockets, where the command presses and the part is poked.
        clock: the box's clock.
    """

    def __init__(self, settings: MicrophoneSettings, run: Path, clock: Clock) -> None:
        self._run = run
        self._clock = clock
        self._press = press_file(run)
        self._text = ""
        self._changed_s = float("-inf")
        self._button: Any = None
        if settings.button_pin >= 0:
            gpiozero = importlib.import_module("gpiozero")
            self._button = gpiozero.Button(settings.button_pin)
            self._button.when_pressed = lambda: poke(run, "audio")

    def held(self) -> Held | None:
        """Who holds it; None when nobody does."""
        if self._button is not None and self._button.is_pressed:
            return Held()
        try:
            text = self._press.read_text(encoding="utf-8")
        except OSError:
            return None
        now_s = self._clock.monotonic_s()
        if text != self._text:
            self._text, self._changed_s = text, now_s
        if now_s - self._changed_s > LET_GO_S:
            return None
        try:
            return Held(tuple(str(zone) for zone in json.loads(text)["zones"]))
        except (ValueError, KeyError, TypeError):
            return None

    def close(self) -> None:
        """Release the pin."""
        if self._button is not None:
            self._button.close()


def press_file(run: Path) -> Path:
    """What the command writes while it is held."""
    return run / "live" / "press"


def press(run: Path, zones: tuple[str, ...], count: int) -> None:
    """Hold the key for the next two seconds; ``count`` must change each time."""
    path = press_file(run)
    part = path.with_suffix(".part")
    part.write_text(json.dumps({"zones": zones, "count": count}), encoding="utf-8")
    part.replace(path)
    poke(run, "audio")


def let_go(run: Path) -> None:
    """Let the key go."""
    press_file(run).unlink(missing_ok=True)
    poke(run, "audio")
