"""The line between server and open pages: news as they happen, heartbeats, and the read-back."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from typing import TYPE_CHECKING

from aiohttp import web

from edge_agent.kiosk.state import SCREEN, SLIPS

if TYPE_CHECKING:
    from edge_agent.kiosk.screen import Screen

BREATH_S = 15.0
RETRY_MS = 1000
"""How soon a page whose line broke tries again."""


async def live(request: web.Request) -> web.StreamResponse:
    """Server-sent events: the whole small state at once, then at every change."""
    screen = request.app[SCREEN]
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    told = -1
    with contextlib.suppress(ConnectionResetError):
        await response.write(b"retry: %d\n\n" % RETRY_MS)
        while True:
            told = await _tell(response, screen, told)
    return response


async def _tell(response: web.StreamResponse, screen: Screen, told: int) -> int:
    if told < 0:
        number = screen.number
    else:
        try:
            number = await asyncio.wait_for(screen.news_after(told), BREATH_S)
        except TimeoutError:
            await response.write(b": still here\n\n")
            return told
    state = json.dumps(screen.state(), ensure_ascii=False)
    await response.write(f"data: {state}\n\n".encode())
    return number


async def alive(request: web.Request) -> web.Response:
    """The page draws and runs; the browser's keeper looks at the file's time."""
    screen = request.app[SCREEN]
    screen.heartbeat()
    path = screen.part.settings.run / "kiosk.alive"
    path.touch(mode=0o600)
    os.utime(path)
    return web.Response(status=204)


async def alarm_seen(request: web.Request) -> web.Response:
    """The page shows this alarm, or (empty) none any more."""
    screen = request.app[SCREEN]
    form = await request.post()
    alert_id = str(form.get("alert", ""))
    if alert_id:
        screen.alarm_seen(alert_id)
    else:
        screen.alarm_cleared()
    return web.Response(status=204)


async def status(request: web.Request) -> web.Response:
    """What is in force as the screen sees it: for tests, the desk page and the technician."""
    screen = request.app[SCREEN]
    edition = screen.edition
    unsent = screen.part.outbox.after(0, limit=1000)
    silent_s = screen.silent_s()
    return web.json_response(
        {
            "box": screen.part.settings.box.id,
            "village": screen.part.settings.box.village,
            "edition": edition.number,
            "time": screen.part.clock.read().now.isoformat(),
            "clock_trusted": screen.part.clock.read().trusted,
            "readable": [
                {"id": each.id, "revision": each.revision, "title": each.title}
                for each in edition.notices
            ],
            "on_panel": [held.notice.name for held in edition.plan.panel],
            "wall": [held.notice.name for held in edition.plan.wall],
            "alarms": [alarm.id for alarm in screen.alarms],
            "alarm_titles": {alarm.id: alarm.title for alarm in screen.alarms},
            "alarms_on_screen": list(screen.alarms_on_screen),
            "store_lost": edition.store_lost,
            "offline": screen.offline,
            "damaged": edition.damaged,
            "page_silent_s": None if silent_s is None else round(silent_s, 1),
            "feedback_open": request.app[SLIPS].is_open,
            "feedback_waiting": sum(each.kind == "feedback" for each in unsent),
        }
    )
