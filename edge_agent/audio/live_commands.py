"""``village-agent audio live``: speak over this village's horns with the box's own microphone."""

from __future__ import annotations

import itertools
import sys
import time
from typing import TYPE_CHECKING, Any

from contract.live import LONGEST_S
from edge_agent import cli, settings
from edge_agent.audio.talk_key import PRESS_EVERY_S, let_go, press, press_file
from edge_agent.errors import SettingsError

if TYPE_CHECKING:
    import argparse


def add_live_command(commands: Any) -> None:  # noqa: ANN401 - argparse does not name its type
    """Hang ``live`` under ``village-agent audio``."""
    live = commands.add_parser(
        "live",
        help="speak over the horns with the box's microphone",
        description="Speak over the horns with the microphone that agent.toml names, until Ctrl-C,"
        " ten minutes at most. The audio part must be running. The speech is recorded.",
    )
    cli.add_settings_argument(live)
    live.add_argument("--seconds", type=float, default=LONGEST_S, metavar="S", help="at most")
    live.add_argument("--zone", action="append", default=[], metavar="NAME", help="only this zone")
    live.set_defaults(run=_live)


def _live(arguments: argparse.Namespace) -> int:
    found = settings.load(arguments.settings)
    if not found.microphone.capture:
        raise SettingsError(
            ["没有话筒,请在 agent.toml 写 [microphone] capture: this box names no microphone"]
        )
    unknown = set(arguments.zone) - {zone.name for zone in found.zone}
    if unknown:
        raise SettingsError([f"没有这个区域 no such zone: {', '.join(sorted(unknown))}"])
    if not (found.run / "audio.poke").exists():
        raise SettingsError(["大喇叭程序没有运行 the audio part is not running"])
    press_file(found.run).parent.mkdir(mode=0o700, exist_ok=True)
    sys.stdout.write("正在喊话,按 Ctrl-C 结束 speaking, Ctrl-C ends it\n")
    sys.stdout.flush()
    until_s = time.monotonic() + min(arguments.seconds, LONGEST_S)
    try:
        for count in itertools.count():
            if time.monotonic() >= until_s:
                break
            press(found.run, tuple(arguments.zone), count)
            time.sleep(PRESS_EVERY_S)
    except KeyboardInterrupt:
        pass
    finally:
        let_go(found.run)
    return cli.DONE
