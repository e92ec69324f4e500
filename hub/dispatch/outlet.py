"""One broker: the connection to it, what it is to hold, and what it is known to hold.

A hub may have two brokers that know nothing of each other. Both are given the same signed
state, each at its own pace; a box is right whichever of them it hangs on.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from hub.broker.admission import Admission
from hub.broker.elsewhere import TOLD
from hub.broker.errors import BrokerError
from hub.broker.files import HUB_USER, BrokerFiles
from hub.dispatch.assertion import Assertion
from hub.dispatch.connection import Connection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from hub.dispatch.connection import Incoming


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Where a broker listens. ``tls``: what the hub believes and shows there."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    told: Path | None = None
    """Of a broker on another machine: what it was told of who may do what."""
    tls_of: Callable[[str], ssl.SSLContext] | None = None
    """There: what the holder of a share believes and shows."""


class Owner(Protocol):
    """Who works with the outlets."""

    def connected(self, outlet: Outlet) -> Iterable[str]:
        """A connection stands; returns the areas to assert."""
        ...

    def received(self, outlet: Outlet, messages: Sequence[Incoming]) -> None:
        """Messages from boxes; when this returns they are in the database."""
        ...

    def settled(self) -> None:
        """A broker holds more than before."""
        ...


class Outlet:
    """One broker of the hub."""

    def __init__(self, address: BrokerAddress, password: str, owner: Owner) -> None:
        self.connection = Connection(address.host, address.port, password, self, address.tls)
        self.assertion = Assertion(self.connection, self._acknowledged)
        self._admission: Admission | None = None
        if address.told is not None:
            access = BrokerFiles(address.told.parent).access
            self._admission = Admission(access, address.told, self.connection.publish)
        self._owner = owner
        self._holds: dict[str, tuple[int, int]] = {}

    def connected(self) -> None:
        """The broker may have lost everything: assert everything."""
        self._holds.clear()
        if self._admission is not None:
            self._admission.restart()
        self.assertion.restart(self._owner.connected(self))

    def turn(self) -> None:
        """Tell the broker who may be there, then what is in force."""
        if self._admission is not None and self.connection.has_room:
            self._admission.turn()
        self.assertion.turn()

    def received(self, messages: Sequence[Incoming]) -> None:
        """Hand messages over."""
        self._owner.received(self, messages)

    def _acknowledged(self, area: str, version: tuple[int, int]) -> None:
        self._holds[area] = max(version, self._holds.get(area, (0, 0)))
        self._owner.settled()

    def holds(self, wanted: Mapping[str, tuple[int, int]]) -> bool:
        """Whether the broker acknowledged these versions of these areas, or later ones."""
        return all(self._holds.get(area, (0, 0)) >= version for area, version in wanted.items())


def parse(address: str, tls_folder: Path) -> BrokerAddress:
    """The address in ``mqtt://host:port`` or ``mqtts://host:port``.

    Args:
        address: of the broker.
        tls_folder: in the hub's broker folder; for mqtts holds ``ca.pem``, ``hub.pem`` and
            ``hub.key``.

    Raises:
        BrokerError: nobody has made the bundle of that broker yet.
    """
    parts = urlsplit(address)
    host = parts.hostname or "127.0.0.1"
    if parts.scheme != "mqtts":
        return BrokerAddress(host, parts.port or 1883)
    told = tls_folder.parent / TOLD
    if not told.exists():
        raise BrokerError(f"{host}: 先做 village-hub broker / make its bundle first")

    def context(name: str) -> ssl.SSLContext:
        found = ssl.create_default_context(cafile=str(tls_folder / "ca.pem"))
        found.load_cert_chain(tls_folder / f"{name}.pem", tls_folder / f"{name}.key")
        return found

    return BrokerAddress(host, parts.port or 8883, context(HUB_USER), told, context)
