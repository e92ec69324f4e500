"""How a hub joins the hub above it, and what it reports there.

A hub speaks for one area; the hub above it for an area that holds that one. The lower hub passes
on what the upper one signed, byte for byte, and says up how many of its boxes have it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - the codec resolves hints at run time

from contract import wire
from contract.areas import Area
from contract.topics import check_box_id
from contract.uplink import LayerState  # noqa: TC001 - the codec resolves hints at run time


@dataclass(frozen=True, slots=True)
class HubKeys:
    """The sealed key set of the hub that speaks for ``area``."""

    area: str
    key_set_b64: str

    def __post_init__(self) -> None:
        Area.parse(self.area)

    @property
    def key_set(self) -> bytes:
        """The sealed key set's bytes.

        Raises:
            ContractError: not base64.
        """
        return wire.from_base64(self.key_set_b64, what="the key set")


@dataclass(frozen=True, slots=True)
class JoinRequest:
    """A hub asks to join: who it is, for which area it speaks, and its certificate request."""

    hub: str
    area: str
    name: str
    csr_pem: str

    def __post_init__(self) -> None:
        check_box_id(self.hub)
        Area.parse(self.area)


@dataclass(frozen=True, slots=True)
class JoinAnswer:
    """The upper hub's answer, sealed as a ticket: the road, and whose keys to believe.

    ``keys`` begins with the upper hub's own; then come those of the hubs above it.
    """

    hub: str
    area: str
    name: str
    brokers: tuple[str, ...]
    files: str
    """Base address of large files."""
    ca_pem: str
    certificate_pem: str
    password: str
    """For brokers that are entered without a certificate, on one desk; empty otherwise."""
    keys: tuple[HubKeys, ...]
    requires: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_box_id(self.hub)
        Area.parse(self.area)


@dataclass(frozen=True, slots=True)
class ItemCount:
    """How far one notice or alert from above has come: numbers of boxes."""

    id: str
    revision: int
    boxes: int
    """To how many it is addressed here."""
    stored: int = 0
    shown: int = 0
    spoken: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class HubReport:
    """A lower hub to the upper one, retained; the last will is the same with ``online`` false.

    ``layers`` are the versions it passes on; ``faults`` are reasons for which it refused something
    in the last hour.
    """

    hub: str
    online: bool
    at: datetime
    boxes: int = 0
    boxes_online: int = 0
    keys_version: int = 0
    """Of the upper hub's key set, as far as this hub has walked its chain."""
    layers: dict[str, LayerState] | None = None
    items: tuple[ItemCount, ...] = ()
    faults: tuple[str, ...] = ()
