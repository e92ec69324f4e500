"""``village-agent``: the box's one command. Each subcommand loads only what it needs."""

from __future__ import annotations

import argparse
import importlib
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from contract.errors import VillageError
from edge_agent.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Sequence

DONE, FAILED, USAGE, BAD_SETTINGS = 0, 1, 2, 78
PARTS = ("link", "led", "audio", "kiosk")
DEFAULT_SETTINGS = "/etc/village-agent/agent.toml"
_COMMANDS = {
    "run": ("edge_agent.run_commands", "run all parts of this box and restart what fails"),
    "part": ("edge_agent.run_commands", "run one part alone, as the systemd units do"),
    "check": ("edge_agent.run_commands", "check the settings file and name every fault in it"),
    "doctor": ("edge_agent.doctor", "look at fonts, line, sound, disk and clock; say what to do"),
    "status": ("edge_agent.status", "what is in force, what waits to be sent, is the clock right"),
    "stick": ("edge_agent.stick", "notices in and receipts out by USB stick, without a network"),
    "desk": ("edge_agent.desk.commands", "run villages on this desk, with a page and switches"),
    "led": ("edge_agent.led.commands", "show, decode, emulate and test LED panels"),
    "audio": ("edge_agent.audio.commands", "the words to be spoken, and the voice"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand; returns 0 done, 1 failed, 2 usage, 78 bad settings."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words[:2] == ["part", "led"]:
        _do_without_openssl()
    parser = _parser(words[0] if words else "")
    arguments = parser.parse_args(words)
    if not hasattr(arguments, "run"):
        parser.print_help()
        return USAGE
    level = os.environ.get("VILLAGE_LOG", "WARNING").upper()
    logging.basicConfig(level=level, format="%(levelname)s %(name)s: %(message)s")
    try:
        return int(arguments.run(arguments))
    except SettingsError as error:
        for problem in error.problems:
            _say(f"设置有误 settings: {problem}")
        return BAD_SETTINGS
    except (VillageError, OSError) as error:
        if os.environ.get("DEBUG"):
            raise
        _say(f"未完成 failed: {error}")
        return FAILED
    except KeyboardInterrupt:
        return FAILED


def _do_without_openssl() -> None:
    """Leave OpenSSL out of a program that only hashes: 3.6 MB less, `hashlib` has its own SHA-256.

    ``None`` is Python's own way to say that a module is not to be found.
    """
    if "hashlib" not in sys.modules:
        sys.modules["_hashlib"] = None  # type: ignore[assignment]


def _parser(chosen: str) -> argparse.ArgumentParser:
    """Only the chosen subcommand's module is imported: `led` must not pay for `kiosk`."""
    parser = argparse.ArgumentParser(
        prog="village-agent",
        description="村务公开终端 · the box in the village: panel, loudspeaker, query screen.",
        epilog="Exit codes: 0 done, 1 failed, 2 usage, 78 bad settings. DEBUG=1 shows tracebacks.",
    )
    commands = parser.add_subparsers(metavar="COMMAND")
    for name, (module, text) in _COMMANDS.items():
        command = commands.add_parser(name, help=text, description=text)
        if name == chosen:
            importlib.import_module(module).add_commands(command)
    return parser


def add_settings_argument(parser: argparse.ArgumentParser) -> None:
    """``--settings FILE``, the same for every subcommand."""
    parser.add_argument(
        "--settings",
        type=Path,
        default=Path(os.environ.get("VILLAGE_SETTINGS", DEFAULT_SETTINGS)),
        metavar="FILE",
        help=f"settings of this box (default {DEFAULT_SETTINGS}, or $VILLAGE_SETTINGS)",
    )


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())
