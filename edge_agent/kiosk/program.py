"""The kiosk part: serves the query screen on the loopback and follows the store.

One event loop does both. The plan is read again at every poke, when it next changes, and every
few seconds in case a poke was lost; each turn feeds the service manager's watchdog.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from ipaddress import ip_address
from typing import TYPE_CHECKING

from aiohttp import web

from edge_agent.errors import SettingsError, StoreError
from edge_agent.kiosk.apology import apologise
from edge_agent.kiosk.app import create_app
from edge_agent.kiosk.screen import Screen
from edge_agent.kiosk.slips import SlipDesk
from edge_agent.kiosk.voice import Voice, say_commands
from edge_agent.part import WATCHDOG_S, notify, open_part

if TYPE_CHECKING:
    from edge_agent.part import Part
    from edge_agent.settings import Settings

_log = logging.getLogger(__name__)


def main(settings: Settings) -> int:
    """Serve until told to stop; returns 0.

    Raises:
        SettingsError: ``kiosk.host`` is not a loopback address.
        StoreError: the store cannot be opened; the screen said so for a while.
        OSError: the port is taken.
    """
    if not _is_loopback(settings.kiosk.host):
        raise SettingsError(["kiosk.host must be a loopback address, e.g. 127.0.0.1"])
    try:
        part = open_part("kiosk", settings)
    except StoreError:
        asyncio.run(apologise(settings))
        raise
    try:
        asyncio.run(serve(part))
    finally:
        part.close()
    return 0


async def serve(part: Part) -> None:
    """Serve the screen of an open part until it is stopped."""
    settings = part.settings
    folder = settings.part_folder("kiosk")
    screen = Screen(part, folder)
    voice = Voice(settings.run / "kiosk-voice", say_commands(settings.audio))
    app = create_app(screen, voice, SlipDesk(part, folder))
    await screen.refresh()
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.kiosk.host, settings.kiosk.port).start()
        notify("READY=1")
        _log.info("query screen at http://%s:%d/", settings.kiosk.host, settings.kiosk.port)
        await follow(part, screen, voice)
    finally:
        await runner.cleanup()


async def follow(part: Part, screen: Screen, voice: Voice) -> None:
    """Keep the screen true to the store until the part is stopped."""
    loop = asyncio.get_running_loop()
    woken = asyncio.Event()
    loop.add_reader(part.poked.fileno(), woken.set)
    for each in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(each, _stop, part, woken)
    try:
        while not part.stopping:
            part.poked.drain()
            woken.clear()
            if await screen.refresh():
                voice.forget()
            notify("WATCHDOG=1")
            part.look_at_disk()
            left_s = part.seconds_until(screen.edition.plan, at_most_s=WATCHDOG_S)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(woken.wait(), max(left_s, 0.05))
    finally:
        loop.remove_reader(part.poked.fileno())


def _stop(part: Part, woken: asyncio.Event) -> None:
    part.stop()
    woken.set()


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
