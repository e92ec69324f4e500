"""``village-agent desk``: villages on this desk, with their page and their switches."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from edge_agent.desk import page
from edge_agent.desk.place import place_of
from edge_agent.desk.villages import DeskVillages

if TYPE_CHECKING:
    import argparse


def add_commands(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``village-agent desk``."""
    parser.add_argument(
        "--folder", type=Path, required=True, help="folder of villages, each with an agent.toml"
    )
    parser.add_argument(
        "--broker", default="mqtt://127.0.0.1:1883", help="the real broker behind the antennas"
    )
    parser.add_argument("--listen", default="127.0.0.1:8090", help="HOST:PORT of the desk page")
    parser.add_argument("--hub", default="", help="address of the hub, for a link on the page")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run until Ctrl-C or SIGTERM; nothing is left behind."""
    villages = DeskVillages(arguments.folder.absolute(), arguments.broker)
    host, _, port = arguments.listen.rpartition(":")
    asyncio.run(_serve(villages, host, int(port), arguments.hub))
    return 0


async def _serve(villages: DeskVillages, host: str, port: int, hub: str) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    places = [place_of(each.settings, each.folder) for each in villages.villages.values()]
    runner = None
    try:
        await villages.start()
        runner = await page.serve(page.create_app(villages, places, hub), port, host)
        sys.stdout.write(f"桌面 desk: http://{host}:{port}\n")
        sys.stdout.flush()
        await stopping.wait()
    finally:
        with contextlib.suppress(OSError):
            if runner is not None:
                await runner.cleanup()
        await villages.stop()
