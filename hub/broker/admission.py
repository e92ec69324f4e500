"""Who may do what at a broker on another machine: told over the hub's own connection.

Nobody can write that machine's files from here, so Mosquitto's dynamic security plugin holds its
access list, and takes changes as messages on a control topic that the hub alone may write to.
Taking a name out ends its live session at once. What the broker was told is written down; each
change of the hub's access list makes the difference, and only that is sent.
Commands: Mosquitto's manual, "Dynamic Security plugin", 2.0.
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any, Protocol

from hub.broker.files import HUB_USER, write_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    Rights = Mapping[str, list[str]]
    """For each name its lines of the access list, such as ``read vn1/all/#``."""

_log = logging.getLogger(__name__)
CONTROL = "$CONTROL/dynamic-security/v1"
IN_FLIGHT = 20
"""The plugin writes its whole file for each command: more at once would only queue there."""
_KINDS = {
    "read": ("subscribePattern", "publishClientReceive"),
    "write": ("publishClientSend",),
    "readwrite": ("subscribePattern", "publishClientReceive", "publishClientSend"),
}


class Publish(Protocol):
    """How a message goes out; ``done`` is called once the broker has it."""

    def __call__(self, topic: str, payload: bytes, *, done: Callable[[], None]) -> None:
        """Send at QoS 1."""
        ...


def rights_in(access: str) -> dict[str, list[str]]:
    """The access list of `hub.broker.files`, by name."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in access.splitlines():
        word, _, rest = line.partition(" ")
        if word == "user":
            name = rest
            found[name] = []
        elif word == "topic":
            found[name].append(rest)
    return found


def security(rights: Rights) -> dict[str, Any]:
    """What the plugin's own file holds for these names, to begin with."""
    default = {"publishClientSend": False, "publishClientReceive": False, "subscribe": False,
               "unsubscribe": True}  # fmt: skip
    return {
        "defaultACLAccess": default,
        "groups": [],
        "clients": [_client(name) for name in rights],
        "roles": [_role(name, lines) for name, lines in rights.items()],
    }


def _client(name: str) -> dict[str, Any]:
    return {"username": name, "roles": [{"rolename": name}]}


def _role(name: str, lines: list[str]) -> dict[str, Any]:
    rules = [tuple(line.split(" ", 1)) for line in lines]
    acls = [
        {"acltype": kind, "topic": topic, "priority": 0, "allow": True}
        for way, topic in rules
        for kind in _KINDS[way]
    ]
    if name == HUB_USER:
        acls.append(
            {"acltype": "publishClientSend", "topic": CONTROL, "priority": 0, "allow": True}
        )
    return {"rolename": name, "acls": acls}


def admitting(name: str, lines: list[str]) -> dict[str, Any]:
    """The commands that give a name exactly these rights; the same commands again change nothing.

    Creating what is there is refused by the plugin, and then modified.
    """
    role, client = _role(name, lines), _client(name)
    return {
        "commands": [
            {"command": "createRole", **role},
            {"command": "modifyRole", **role},
            {"command": "createClient", **client},
            {"command": "modifyClient", **client},
        ]
    }


def dismissing(name: str) -> dict[str, Any]:
    """The commands that take a name out; its session ends."""
    return {
        "commands": [
            {"command": "deleteClient", "username": name},
            {"command": "deleteRole", "rolename": name},
        ]
    }


class Admission:
    """Keeps one broker's access list like the hub's own. Call `turn` for ever."""

    def __init__(self, access: Path, told: Path, publish: Publish) -> None:
        self._access, self._file, self._publish = access, told, publish
        self._told: dict[str, list[str]] = json.loads(told.read_text(encoding="ascii"))
        self._wanted: dict[str, list[str]] = {}
        self._read_ns = 0
        self._flying: set[str] = set()

    def restart(self) -> None:
        """A connection stands: what was on its way may be lost."""
        self._flying.clear()

    def turn(self) -> None:
        """Send what differs, first who is to go."""
        if not self._look():
            return
        gone = [name for name in self._told if name not in self._wanted]
        new = [name for name, lines in self._wanted.items() if self._told.get(name) != lines]
        for name in (*gone, *new):
            if len(self._flying) >= IN_FLIGHT:
                return
            if name not in self._flying:
                self._send(name)

    def _look(self) -> bool:
        """Read the access list when it has changed; whether there is one."""
        if not self._access.exists():
            return False
        changed_ns = self._access.stat().st_mtime_ns
        if changed_ns != self._read_ns:
            self._read_ns = changed_ns
            self._wanted = rights_in(self._access.read_text(encoding="ascii"))
        return True

    def _send(self, name: str) -> None:
        lines = self._wanted.get(name)
        said = dismissing(name) if lines is None else admitting(name, lines)
        self._flying.add(name)
        self._publish(
            CONTROL, json.dumps(said).encode("ascii"), done=lambda: self._note(name, lines)
        )
        _log.info("the other broker is told: %s", name if lines is None else f"admit {name}")

    def _note(self, name: str, lines: list[str] | None) -> None:
        self._flying.discard(name)
        if lines is None:
            self._told.pop(name, None)
        else:
            self._told[name] = lines
        write_whole(self._file, json.dumps(self._told))
