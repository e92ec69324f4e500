"""The WebSocket between page and desk: what moves, as it moves, and nothing while it stands.

Text messages are JSON with ``type`` and ``village``: ``status`` once a second, ``sound`` while a
stream grows. Binary messages are a panel's picture: number of the village, number of the panel,
brightness (0–255), then the light matrix of ``frame.bin`` as the card wrote it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from typing import TYPE_CHECKING

import aiohttp
from aiohttp import web

from edge_agent.desk import sound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge_agent.desk.control import DeskControl
    from edge_agent.desk.place import HornPlace, PanelPlace, Place

_log = logging.getLogger(__name__)
FRAME_S, SOUND_S, STATUS_S, SCREEN_TIMEOUT_S = 0.04, 0.1, 1.0, 0.8
NEWEST = 100


class Feed:
    """One open page: three loops that look at files and tell the page what changed."""

    def __init__(
        self, socket: web.WebSocketResponse, places: Sequence[Place], control: DeskControl
    ) -> None:
        self._socket = socket
        self._places = places
        self._control = control

    async def run(self) -> None:
        """Until the page is closed."""
        async with asyncio.TaskGroup() as group:
            loops = [
                group.create_task(each, name=name)
                for name, each in (
                    ("panels", self._panels()),
                    ("sound", self._sound()),
                    ("status", self._status()),
                )
            ]
            async for _ in self._socket:
                pass
            for loop in loops:
                loop.cancel()

    async def _panels(self) -> None:
        seen: dict[tuple[int, int], tuple[int, int]] = {}
        while not self._socket.closed:
            for v, place in enumerate(self._places):
                for p, panel in enumerate(place.panels):
                    stamp = _stamp(panel)
                    if stamp is not None and stamp != seen.get((v, p)):
                        seen[v, p] = stamp
                        await self._send_frame(v, p, panel)
            await asyncio.sleep(FRAME_S)

    async def _send_frame(self, village: int, number: int, panel: PanelPlace) -> None:
        try:
            matrix = (panel.folder / "frame.bin").read_bytes()
        except OSError:
            return
        head = bytes((village, number, _brightness(panel)))
        with contextlib.suppress(ConnectionError):
            await self._socket.send_bytes(head + matrix)

    async def _sound(self) -> None:
        seen: dict[tuple[int, str], tuple[str, int]] = {}
        playing: set[tuple[int, str]] = set()
        while not self._socket.closed:
            for v, place in enumerate(self._places):
                for horn in place.horns:
                    now, before = sound.growth(horn.folder), seen.get((v, horn.name))
                    grows = before is not None and now != before
                    if grows or before is None or (v, horn.name) in playing:
                        await self._tell_sound(v, horn, playing=grows)
                    seen[v, horn.name] = now
                    (playing.add if grows else playing.discard)((v, horn.name))
            await asyncio.sleep(SOUND_S)

    async def _tell_sound(self, village: int, horn: HornPlace, *, playing: bool) -> None:
        level = await asyncio.to_thread(sound.level_db, horn.folder)
        heard = await asyncio.to_thread(sound.passages, horn.folder)
        await self._tell(
            {
                "type": "sound",
                "village": village,
                "zone": horn.name,
                "playing": playing,
                "level_db": round(level, 1),
                "passages": [each.as_json() for each in heard],
            }
        )

    async def _status(self) -> None:
        timeout = aiohttp.ClientTimeout(total=SCREEN_TIMEOUT_S)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            while not self._socket.closed:
                for v, place in enumerate(self._places):
                    found = await status_of(self._control, place.id)
                    screen = await _screen(session, place.screen)
                    await self._tell({**found, "type": "status", "village": v, "screen": screen})
                await asyncio.sleep(STATUS_S)

    async def _tell(self, message: dict[str, object]) -> None:
        with contextlib.suppress(ConnectionError):
            await self._socket.send_str(json.dumps(message, ensure_ascii=False, default=str))


async def status_of(control: DeskControl, village: str) -> dict[str, object]:
    """A village's status; a box whose files cannot be read now says so and does not stop us."""
    try:
        return await control.status(village)
    except (OSError, ValueError) as error:
        _log.warning("no status of %s: %s", village, error)
        return {"trouble": str(error)}


async def _screen(session: aiohttp.ClientSession, address: str) -> dict[str, object] | None:
    try:
        async with session.get(f"{address}/api/status.json") as answer:
            found = await answer.json()
        newest = {each["id"]: each["title"] for each in found["readable"][:NEWEST]}
        return {
            "alarms": found["alarms_on_screen"],
            "readable": len(found["readable"]),
            "titles": {**newest, **found["alarm_titles"]},
        }
    except (aiohttp.ClientError, TimeoutError, ValueError, KeyError):
        return None


def _stamp(panel: PanelPlace) -> tuple[int, int] | None:
    try:
        return (panel.folder / "frame.bin").stat().st_mtime_ns, _brightness(panel)
    except OSError:
        return None


def _brightness(panel: PanelPlace) -> int:
    try:
        state = json.loads((panel.folder / "state.json").read_text(encoding="utf-8"))
        return round(255 * min(max(float(state["brightness"]), 0.0), 1.0))
    except (OSError, ValueError, KeyError, TypeError):
        return 255
