"""``village-hub``: the county hub's one command. Each subcommand loads only what it needs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from contract.command import BAD_SETTINGS, DONE, ENDING, FAILED, USAGE, Program

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["BAD_SETTINGS", "DONE", "FAILED", "USAGE", "main"]

_COMMANDS = {
    "serve": (
        "hub.commands.running:add_serve",
        "run web site, dispatcher and broker until Ctrl-C",
    ),
    "demo": (
        "hub.commands.running:add_demo",
        "run a county hub, its broker and two villages on this desk",
    ),
    "import": (
        "hub.commands.desk:add_import",
        "take notices in as drafts, for the clerks to check",
    ),
    "privacy": (
        "hub.gate_commands:add_privacy_arguments",
        "say what the privacy gate finds in a file; nothing is stored or sent",
    ),
    "county": (
        "hub.commands.desk:add_county",
        "set up a county from a notices file: places, posts, accounts; prints new passwords",
    ),
    "tickets": (
        "hub.commands.boxes:add_tickets",
        "write a sealed ticket for every box of a checked plan",
    ),
    "cap": (
        "hub.commands.desk:add_cap",
        "take warnings in by CAP 1.2, check and map them; two officers release them",
    ),
    "keys": (
        "hub.commands.desk:add_keys",
        "key ceremonies: roots, rotation, revocation, drills",
    ),
    "relay": (
        "hub.commands.desk:add_relay",
        "the tree of hubs: join the hub above, admit hubs below, see how far a notice came",
    ),
    "backup": (
        "hub.commands.desk:add_backup",
        "write database and uploads into one archive, without keys and other secrets",
    ),
    "broker": (
        "hub.commands.boxes:add_broker",
        "write the bundle with which another machine becomes the second broker",
    ),
    "place": (
        "hub.commands.boxes:add_place",
        "say where in its village a box stands, for clerks who choose among boxes",
    ),
    "restore": (
        "hub.commands.desk:add_restore",
        "put a backup back into an empty hub; its keys come from where they are kept",
    ),
    "revoke": (
        "hub.commands.boxes:add_revoke",
        "shut a box out at once: its session, certificate, password and rights end",
    ),
    "stick": (
        "hub.commands.boxes:add_stick",
        "carry notices to villages without a network, and their receipts back, by USB stick",
    ),
}
_EPILOG = f"""\
{ENDING}
Data lies in --data, or $VILLAGE_HUB_DATA, or var/hub.

  village-hub demo                          county hub and two villages on this desk
  village-hub serve --listen 0.0.0.0:8000   the hub itself: web, dispatcher, broker
  village-hub import notices.json           drafts for the clerks to check
  village-hub privacy table.xlsx            what the privacy gate finds; nothing is stored
"""
_PROGRAM = Program(
    "village-hub",
    "村务公开县级平台 · the county's desk: write, review, sign, send, supervise.",
    _COMMANDS,
    _EPILOG,
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand; returns 0 done, 1 failed, 2 usage, 78 bad settings."""
    return _PROGRAM.main(argv)


if __name__ == "__main__":
    sys.exit(main())
