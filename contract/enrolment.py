"""How a new box joins: a one-time ticket, the box's question, the hub's answer.

The ticket travels on the box's boot medium, sealed by the hub. The box makes its keys itself
and proves with the ticket's secret that the question is its own; the hub keeps only the hash
of the secret, and gives the same answer to the same key for as long as the ticket lives.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - the codec resolves hints at run time
from typing import TYPE_CHECKING, Any

from contract import wire
from contract.areas import Area
from contract.topics import check_box_id

if TYPE_CHECKING:
    from contract.keys import KeySet


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a technician carries to the village: who the box is to be, and one secret.

    ``settings`` are the sections of ``agent.toml`` that the county planned (panel, zone,
    audio, kiosk); ``key_set_b64`` is the sealed key set that the box pins.
    """

    box: str
    area: str
    village: str
    groups: tuple[int, ...]
    hub: str
    """Base address of the hub, e.g. ``https://hub.example``."""
    secret_hex: str
    expires_at: datetime
    key_set_b64: str
    settings: dict[str, Any]
    hub_ca_pem: str = ""
    office_line: str = ""
    requires: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_box_id(self.box)
        Area.parse(self.area)

    @property
    def key_set(self) -> bytes:
        """The sealed key set's bytes.

        Raises:
            ContractError: not base64.
        """
        return wire.from_base64(self.key_set_b64, what="the key set")


@dataclass(frozen=True, slots=True)
class EnrolQuestion:
    """Box to hub: my certificate request, and the proof that I hold the ticket."""

    box: str
    csr_pem: str
    proof_hex: str
    facts: dict[str, str]
    """Model, serial number, system, software: for the technician's record."""


@dataclass(frozen=True, slots=True)
class EnrolAnswer:
    """Hub to box: its certificate, the road to the broker, and the key set in force."""

    box: str
    certificate_pem: str
    ca_pem: str
    broker: str
    password: str
    assets: str = ""
    feedback_key_b64: str = ""
    """Public X25519 key to which villagers' feedback is sealed."""


def proof(secret_hex: str, box: str, csr_pem: str) -> str:
    """HMAC-SHA256 over box and request, keyed with the ticket's secret, in hex."""
    message = f"vn1-enrol\n{box}\n{csr_pem}".encode()
    return hmac.new(bytes.fromhex(secret_hex), message, hashlib.sha256).hexdigest()


def fingerprint(keys: KeySet) -> str:
    """What a technician compares by eye: the roots' SHA-256 in six groups of four digits."""
    roots = sorted(key.public_b64 for key in keys.with_role("root").values())
    digits = hashlib.sha256("\n".join(roots).encode()).hexdigest()[:24]
    return "-".join(digits[n : n + 4] for n in range(0, 24, 4))
