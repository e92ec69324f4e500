"""What most commands begin with: where the hub's data lies, and a hub that is open for work."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse


def add_data_argument(parser: argparse.ArgumentParser) -> None:
    """``--data DIR``, the same for every subcommand."""
    default = os.environ.get("VILLAGE_HUB_DATA", "var/hub")
    parser.add_argument(
        "--data",
        type=Path,
        default=Path(default),
        metavar="DIR",
        help=f"folder of database, media, keys and logs (default {default}, or $VILLAGE_HUB_DATA)",
    )


def open_hub(data: Path) -> None:
    """Open the hub whose data lies there, bringing its database up to date."""
    from hub import serve  # noqa: PLC0415 - help must not pay for the hub

    folder = data.resolve()
    addresses = serve.Addresses()
    folder.mkdir(parents=True, exist_ok=True)
    serve.migrate(folder, addresses)
    os.environ.update(serve.environment(folder, addresses))
    set_up_django()


def set_up_django() -> None:
    """Load the hub's apps into this program; on a terminal only what needs a person is said."""
    import django  # noqa: PLC0415 - help must not pay for the hub

    django.setup()
    logging.getLogger().setLevel(os.environ.get("VILLAGE_LOG", "WARNING").upper())


def answer(line: str) -> None:
    """One line of what was asked for, on the standard output."""
    sys.stdout.write(f"{line}\n")
