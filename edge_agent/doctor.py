"""``village-agent doctor``: looks at everything a box needs and says what to do where it lacks."""

from __future__ import annotations

import shutil
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from edge_agent import cli, settings
from edge_agent.clock import BoxClock
from edge_agent.led.line import is_plugged_in

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from edge_agent.settings import Settings

FREE_BYTES_WANTED = 200 * 1024 * 1024
FONTS = {
    "/usr/share/fonts/opentype/unifont/unifont.otf": "fonts-unifont",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc": "fonts-noto-cjk",
}
PROGRAMS = {"aplay": "alsa-utils", "espeak-ng": "espeak-ng", "opusdec": "opus-tools"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; ``advice`` is empty when it is in order."""

    subject: str
    advice: str = ""


def add_commands(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``village-agent doctor``."""
    cli.add_settings_argument(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print every finding; 1 when something needs a hand."""
    findings = list(examine(settings.load(arguments.settings)))
    for each in findings:
        mark = "✗" if each.advice else "✓"
        sys.stdout.write(f"{mark} {each.subject}{': ' + each.advice if each.advice else ''}\n")
    return cli.FAILED if any(each.advice for each in findings) else cli.DONE


def examine(box: Settings) -> Iterator[Finding]:
    """Look at fonts, programs, lines, disk, network and clock, in that order."""
    for path, package in FONTS.items():
        missing = not Path(path).exists()
        yield Finding(f"字体 font {package}", f"apt install {package}" if missing else "")
    for program, package in PROGRAMS.items():
        missing = shutil.which(program) is None
        yield Finding(f"程序 program {program}", f"apt install {package}" if missing else "")
    for panel in box.panel:
        yield _line(panel.name, panel.line)
    yield _disk(box)
    yield _broker(box.link.broker)
    trusted = BoxClock(box.part_folder("clock")).read().trusted
    advice = "" if trusted else "时间未核实,接通网络后自动核实 wait for the hub's signed time"
    yield Finding("时钟 clock", advice)


def _line(name: str, line: str) -> Finding:
    subject = f"屏 panel {name} {line}"
    if is_plugged_in(line):
        return Finding(subject)
    return Finding(subject, "插好串口线,或改 agent.toml 里的 line / plug in the line or correct it")


def _disk(box: Settings) -> Finding:
    free = shutil.disk_usage(box.part_folder("store")).free
    few = free < FREE_BYTES_WANTED
    return Finding(
        f"空间 disk {free // 2**20} MiB free", "清理或换卡 free some space" if few else ""
    )


def _broker(address: str) -> Finding:
    parts = urlsplit(address)
    try:
        with socket.create_connection((parts.hostname or "", parts.port or 1883), timeout=3):
            return Finding(f"网络 hub {address}")
    except OSError as error:
        return Finding(f"网络 hub {address}", f"检查网线和地址 check cable and address ({error})")
