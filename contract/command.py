"""How every command of ours is chosen and how it ends: an exit code, and one line for a person.

Box, hub and technician's bench each name their subcommands in one table; only the module of the
subcommand that was asked for is loaded, so that ``led`` does not pay for ``kiosk``.
"""

from __future__ import annotations

import argparse
import importlib
import logging
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contract.errors import SettingsError, VillageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DONE, FAILED, USAGE, BAD_SETTINGS = 0, 1, 2, 78
ENDING = (
    "Exit codes: 0 done, 1 failed or something found, 2 usage, 78 bad settings.\n"
    "VILLAGE_LOG=INFO says more, DEBUG=1 shows tracebacks."
)


@dataclass(frozen=True, slots=True)
class Program:
    """One program with subcommands.

    ``commands`` maps each subcommand to the function that adds its arguments, written
    ``module:function``, and to its line of help. That function is handed the subcommand's parser
    and sets ``run``, which is given the parsed arguments and returns the exit code.
    """

    name: str
    about: str
    commands: Mapping[str, tuple[str, str]]
    epilog: str = ENDING

    def main(self, argv: Sequence[str] | None = None) -> int:
        """Run one subcommand; returns 0 done, 1 failed, 2 usage, 78 bad settings."""
        words = list(sys.argv[1:] if argv is None else argv)
        parser = self._parser(words[0] if words else "")
        arguments = parser.parse_args(words)
        if not hasattr(arguments, "run"):
            parser.print_help()
            return USAGE
        level = os.environ.get("VILLAGE_LOG", "WARNING").upper()
        logging.basicConfig(level=level, format="%(levelname)s %(name)s: %(message)s")
        return _ended(arguments)

    def _parser(self, chosen: str) -> argparse.ArgumentParser:
        parser = argparse.ArgumentParser(
            prog=self.name,
            description=self.about,
            epilog=self.epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        commands = parser.add_subparsers(metavar="COMMAND")
        for name, (where, text) in self.commands.items():
            command = commands.add_parser(name, help=text, description=text)
            if name == chosen:
                module, _, function = where.partition(":")
                getattr(importlib.import_module(module), function)(command)
        return parser


def _ended(arguments: argparse.Namespace) -> int:
    """The subcommand's own exit code, or the one of the error that ended it."""
    try:
        return int(arguments.run(arguments))
    except SettingsError as error:
        for problem in error.problems:
            say(f"设置有误 settings: {problem}")
        return BAD_SETTINGS
    except (VillageError, OSError) as error:
        if os.environ.get("DEBUG"):
            raise
        say(f"未完成 failed: {error}")
        return FAILED
    except KeyboardInterrupt:
        return FAILED


def say(line: str) -> None:
    """One line for the person at the terminal, on the standard error."""
    sys.stderr.write(line + "\n")
