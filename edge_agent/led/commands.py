"""``village-agent led``: the words of its subcommands; the deeds are in the modules beside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from edge_agent.led import card_commands, show_commands

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    Run = Callable[[argparse.Namespace], int]


class Commands(Protocol):
    """Where subcommands are hung: what `ArgumentParser.add_subparsers` returns."""

    def add_parser(self, name: str, *, help: str, description: str) -> argparse.ArgumentParser:  # noqa: A002 - argparse's own word
        """A parser for the subcommand ``name``."""
        ...


_COLOURS = ("mono", "dual", "full")


def add_commands(parser: argparse.ArgumentParser) -> None:
    """Hang the subcommands of ``led`` under its parser."""
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _add_show(commands)
    _add_decode(commands)
    _add_emulate(commands)
    _add(commands, "drivers", card_commands.drivers, "list the panel drivers that are installed")
    test = _add(commands, "test", show_commands.test, "show colour bars, a grid and the name")
    _add_line(test, needs_driver=False)
    test.add_argument("--name", default="本村", help="village name to show (default 本村)")
    _add_stay(test, 3.0)
    _add_snapshot(commands)
    _add_maintain(commands)


def _add(commands: Commands, name: str, run: Run, text: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=text, description=text)
    parser.set_defaults(run=run)
    parser.add_argument(
        "--clock-folder",
        type=Path,
        default=Path("/nonexistent"),
        metavar="DIR",
        help="the box's clock files, to follow the time of a box on a desk",
    )
    return parser


def _add_show(commands: Commands) -> None:
    parser = _add(commands, "show", show_commands.show, "show a text or a notice on a panel")
    _add_line(parser, needs_driver=True)
    _add_content(parser)
    parser.add_argument(
        "--standing", action="store_true", help="keep it in the card's flash through power cuts"
    )
    parser.add_argument(
        "--lifetime", type=int, metavar="S", help="seconds until the card itself takes it down"
    )
    _add_stay(parser, 0.0)


def _add_decode(commands: Commands) -> None:
    text = "print one frame as JSON; exit 1 with the reason when it is not sound"
    parser = _add(commands, "decode", card_commands.decode, text)
    parser.add_argument("--protocol", required=True, metavar="P", help="a name of `led drivers`")
    parser.add_argument("hex", nargs="+", metavar="HEX", help="the frame's bytes, e.g. a5a5…5a")


def _add_emulate(commands: Commands) -> None:
    text = "be a controller card on a TCP port or a pty until stopped"
    parser = _add(commands, "emulate", card_commands.emulate, text)
    parser.add_argument("--driver", required=True, metavar="D", help="a name of `led drivers`")
    parser.add_argument(
        "--listen", required=True, metavar="HOST:PORT|pty:PATH", help="where drivers find it"
    )
    parser.add_argument(
        "--png", type=Path, metavar="FILE",
        help="picture of the panel, kept fresh; state.json and frame.bin lie beside it",
    )  # fmt: skip
    _add_size(parser)
    parser.add_argument(
        "--baud", type=int, metavar="BAUD", help="rate of the card (default: the driver's)"
    )
    parser.add_argument(
        "--state", type=Path, metavar="FILE", help="keep the card's flash here between runs"
    )
    parser.add_argument(
        "--fault", default="", metavar="SPEC",
        help="drop=0.001,flip=,dup= (chance a byte), busy=,silent= (commands), late= (s), "
        "unplug_after=,unplug_for= (s), seed=",
    )  # fmt: skip


def _add_snapshot(commands: Commands) -> None:
    text = "write what a card would show as PNG and print its hash; needs no panel"
    parser = _add(commands, "snapshot", show_commands.snapshot, text)
    parser.add_argument("--driver", default="onbon-k", metavar="D", help="default onbon-k")
    _add_size(parser)
    _add_content(parser)
    parser.add_argument("--png", type=Path, required=True, metavar="FILE", help="the picture")
    parser.add_argument(
        "--at", type=float, default=0.5, metavar="S", help="seconds after showing (default 0.5)"
    )
    parser.add_argument(
        "--plain", action="store_true", help="one pixel a light instead of round lights"
    )


def _add_maintain(commands: Commands) -> None:
    text = "technician: status, clear, or erase a card (erasing may take its fonts)"
    parser = _add(commands, "maintain", show_commands.maintain, text)
    _add_line(parser, needs_driver=False)
    parser.add_argument("action", choices=("status", "clear", "on", "off", "reset", "format"))
    parser.add_argument(
        "--i-know-it-erases", action="store_true", help="needed for reset and format"
    )


def _add_line(parser: argparse.ArgumentParser, *, needs_driver: bool) -> None:
    parser.add_argument(
        "--driver", required=needs_driver, default="onbon-k", metavar="D",
        help="a name of `led drivers`" + ("" if needs_driver else " (default onbon-k)"),
    )  # fmt: skip
    parser.add_argument(
        "--line", required=True, metavar="URL",
        help="/dev/ttyUSB0, /dev/ttyUSB*, socket://HOST:PORT or a pty",
    )  # fmt: skip
    parser.add_argument(
        "--baud", type=int, metavar="BAUD", help="bits a second (default: the driver's)"
    )
    parser.add_argument(
        "--address", type=int, metavar="N", help="card number (default: any card on the line)"
    )
    _add_size(parser)


def _add_size(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--width", type=int, default=128, metavar="W", help="pixels (default 128)")
    parser.add_argument("--height", type=int, default=32, metavar="H", help="pixels (default 32)")
    parser.add_argument("--colours", choices=_COLOURS, default="mono", help="default mono")


def _add_content(parser: argparse.ArgumentParser) -> None:
    content = parser.add_mutually_exclusive_group(required=True)
    content.add_argument("--text", metavar="T", help="a text to show")
    content.add_argument("--notice", type=Path, metavar="FILE", help="a notice as JSON")


def _add_stay(parser: argparse.ArgumentParser, default_s: float) -> None:
    parser.add_argument(
        "--stay", type=float, default=default_s, metavar="S",
        help="seconds to go on doing what the card cannot do alone "
        f"(default {default_s:g})",
    )  # fmt: skip
