"""``village-agent``: the box's one command. Each subcommand loads only what it needs."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from contract.command import BAD_SETTINGS, DONE, FAILED, USAGE, Program

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

__all__ = ["BAD_SETTINGS", "DONE", "FAILED", "USAGE", "main"]

PARTS = ("link", "led", "audio", "kiosk")
DEFAULT_SETTINGS = "/etc/village-agent/agent.toml"
_COMMANDS = {
    "run": ("edge_agent.run_commands:add_run", "run all parts of this box, restart what fails"),
    "part": ("edge_agent.run_commands:add_part", "run one part alone, as the systemd units do"),
    "check": ("edge_agent.run_commands:add_check", "check the settings, name every fault in them"),
    "doctor": (
        "edge_agent.doctor:add_commands",
        "look at fonts, line, sound, disk and clock; say what to do",
    ),
    "status": (
        "edge_agent.status:add_commands",
        "what is in force, what waits to be sent, is the clock right",
    ),
    "stick": (
        "edge_agent.stick:add_commands",
        "notices in and receipts out by USB stick, without a network",
    ),
    "desk": (
        "edge_agent.desk.commands:add_commands",
        "run villages on this desk, with a page and switches",
    ),
    "led": ("edge_agent.led.commands:add_commands", "show, decode, emulate and test LED panels"),
    "audio": ("edge_agent.audio.commands:add_commands", "the words to be spoken, and the voice"),
}
_PROGRAM = Program(
    "village-agent",
    "村务公开终端 · the box in the village: panel, loudspeaker, query screen.",
    _COMMANDS,
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand; returns 0 done, 1 failed, 2 usage, 78 bad settings."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words[:2] == ["part", "led"]:
        _do_without_openssl()
    return _PROGRAM.main(words)


def _do_without_openssl() -> None:
    """Leave OpenSSL out of a program that only hashes: 3.6 MB less, `hashlib` has its own SHA-256.

    ``None`` is Python's own way to say that a module is not to be found.
    """
    if "hashlib" not in sys.modules:
        sys.modules["_hashlib"] = None  # type: ignore[assignment] # as Python's own docs say


def add_settings_argument(parser: argparse.ArgumentParser) -> None:
    """``--settings FILE``, the same for every subcommand."""
    parser.add_argument(
        "--settings",
        type=Path,
        default=Path(os.environ.get("VILLAGE_SETTINGS", DEFAULT_SETTINGS)),
        metavar="FILE",
        help=f"settings of this box (default {DEFAULT_SETTINGS}, or $VILLAGE_SETTINGS)",
    )


if __name__ == "__main__":
    sys.exit(main())
