"""The sink that a zone's settings name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from edge_agent.audio.sinks.alsa import AlsaSink
from edge_agent.audio.sinks.pacing import Pacer
from edge_agent.audio.sinks.recording import RecordingSink
from edge_agent.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edge_agent.audio.sinks.sink import Sink
    from edge_agent.clock import Clock
    from edge_agent.settings import ZoneSettings

_SERVERS = ("default", "sysdefault", "pulse", "pipewire", "jack")


def check_devices(zones: Iterable[ZoneSettings]) -> None:
    """With several zones each needs a card by name: a sound server would move the stream.

    Raises:
        SettingsError: naming each zone that could wander, or whose sink is unknown.
    """
    rows = tuple(zones)
    problems = [
        f"zone {zone.name}: 未知的 sink {zone.sink!r}: write sink = alsa, alsa-file or file"
        for zone in rows
        if zone.sink not in {"alsa", "alsa-file", "file"}
    ]
    problems += [
        f"zone {zone.name}: 请写声卡名,例如 plughw:CARD=Horn: {zone.device!r} may play in "
        "another zone; name the card"
        for zone in rows
        if len(rows) > 1 and zone.sink == "alsa" and zone.device.split(":")[0] in _SERVERS
    ]
    if problems:
        raise SettingsError(problems)


def make_sink(zone: ZoneSettings, folder: Path, clock: Clock) -> Sink:
    """The sink of one zone.

    ``alsa``: a sound card, ``device`` is its ALSA name. ``alsa-file``: an ALSA device without a
    clock of its own (the ``file`` and ``null`` plug-ins), paced by ours. ``file``: a recording in
    ``device``, a folder (inside the audio folder unless it is absolute).
    """
    if zone.sink == "file":
        name = zone.name if zone.device == "default" else zone.device
        return RecordingSink(folder / Path(name), clock, Pacer(clock))
    return AlsaSink(zone.device, Pacer(clock) if zone.sink == "alsa-file" else None)
