"""``led decode``, ``led drivers`` and ``led emulate``."""

from __future__ import annotations

import json
import signal
import sys
import threading
from typing import TYPE_CHECKING

from edge_agent.clock import BoxClock
from edge_agent.led.drivers import registry
from edge_agent.led.emulators.card import Matrix
from edge_agent.led.emulators.faults import parse_faults
from edge_agent.led.emulators.live_view import LiveView
from edge_agent.led.emulators.serve import Server
from edge_agent.led.panel import BadFrame, PanelError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable
    from types import FrameType

DONE, FAILED, USAGE = 0, 1, 2


def decode(arguments: argparse.Namespace) -> int:
    """Print one frame as JSON; 1 and the reason when it is not a sound one."""
    try:
        found = registry.driver(arguments.protocol)
    except registry.UnknownDriver as error:
        return fail(str(error), USAGE)
    try:
        told = found.decode(bytes.fromhex("".join(arguments.hex)))
    except BadFrame as error:
        return fail(f"坏帧 / bad frame: {error}")
    except ValueError:
        return fail("这不是十六进制数据 / not hexadecimal: give bytes such as a5a55a")
    sys.stdout.write(json.dumps(told, ensure_ascii=False, indent=1) + "\n")
    return DONE


def drivers(_arguments: argparse.Namespace) -> int:
    """Print name, usual baud rate, colours, title and abilities of every driver."""
    for name in registry.names():
        found = registry.driver(name)
        colours = ",".join(found.colours)
        told = "; ".join([found.title, *_abilities(found)])
        sys.stdout.write(f"{name:<12} {found.baud:>7} baud  {colours:<15} {told}\n")
    return DONE


def _abilities(driver: registry.Driver) -> list[str]:
    """What matters when a box is chosen or dies, in Chinese and English."""
    return [
        "箱体故障时警报自行消失 alarm ends without the box"
        if driver.expires
        else "警报只能由箱体撤下 only the box ends an alarm",
        "可调亮度 dims" if driver.dims else "不可调亮度 does not dim",
        *(["控制卡可接光敏探头 card's own light sensor"] if driver.senses_light else []),
        *([] if driver.answers else ["无应答 never answers"]),
    ]


def emulate(arguments: argparse.Namespace) -> int:
    """Be a card on a pty or a TCP port until a signal comes."""
    clock = BoxClock(arguments.clock_folder)
    try:
        driver = registry.driver(arguments.driver)
        driver.spec(arguments.width, arguments.height, arguments.colours)
        matrix = Matrix(arguments.width, arguments.height, arguments.colours)
        card = driver.card(matrix, clock, parse_faults(arguments.fault))
        card.baud = arguments.baud or card.baud
        view = LiveView(card, arguments.png, arguments.state)
        view.load_flash()
    except (PanelError, ValueError, KeyError) as error:
        return fail(str(error), USAGE)
    server = Server(card, arguments.listen, clock, view)
    stop = _stop_on_signals()
    try:
        server.open()
    except (OSError, ValueError, OverflowError) as error:
        return fail(f"--listen {arguments.listen}: {error}")
    sys.stderr.write(f"模拟控制卡 / emulating {arguments.driver} on {server.where}\n")
    server.run(stop)
    return DONE


def fail(line: str, code: int = FAILED) -> int:
    """Say what is wrong in one line; returns the exit code."""
    sys.stderr.write(line + "\n")
    return code


def _stop_on_signals() -> Callable[[], bool]:
    stopped = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    return stopped.is_set
