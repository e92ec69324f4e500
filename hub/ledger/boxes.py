"""Adding a box to the county and taking one out: its row, its credentials, its access list."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from contract.areas import Area
from contract.errors import ContractError
from contract.topics import check_box_id
from hub.broker.elsewhere import write_bundle
from hub.broker.files import HUB_SECRET, TAKERS_SECRET, Account, BrokerFiles
from hub.broker.passwords import hashed, new_password
from hub.dispatch.key_sets import current_key_set
from hub.enrol import broker_tls
from hub.enrol.authority import Authority
from hub.enrol.models import EnrolmentTicket, TicketState
from hub.ledger.models import LONGEST_PLACE, Box
from hub.relay import access

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

DEFAULT_BROKER = "mqtt://127.0.0.1:1883"


@dataclass(frozen=True, slots=True)
class Access:
    """What a new box needs to reach the hub: broker, password, and the key set to pin."""

    box: str
    broker: str
    password: str
    key_set: bytes
    assets: str = ""
    """Base address of large files."""


def add_box(box_id: str, area: str, groups: Sequence[int] = (), place: str = "") -> Access:
    """Register a box, or give an existing one a new password (its old one ends at once).

    Args:
        box_id: lower-case letters, digits and hyphens.
        area: the village's 12-digit code.
        groups: numbers of the village groups whose notices it follows besides.
        place: where in the village it stands; empty leaves what is known of that.

    Raises:
        ContractError: the id cannot stand in a topic, or the area is no village.
    """
    check_box_id(box_id)
    if box_id == "hub" or box_id.startswith("hub-"):
        raise ContractError("names of hubs begin with 'hub'")
    if Area.parse(area).level != "village":
        raise ContractError(f"a box stands in a village, not in {area[:20]!r}")
    password = new_password()
    Box.objects.update_or_create(
        id=box_id,
        defaults={
            "area": area,
            "groups": sorted(set(groups)),
            "password_hash": hashed(password),
            "revoked_at": None,
            **({"place": place} if place else {}),
        },
    )
    transaction.on_commit(write_accounts)
    assets = f"{settings.PUBLIC_URL}/b/"
    return Access(box_id, broker_address(), password, current_key_set().body, assets)


def name_place(box_id: str, place: str) -> bool:
    """Say where a box stands; whether there is such a box, and the place can be kept."""
    if len(place) > LONGEST_PLACE:
        return False
    return bool(Box.objects.filter(id=box_id).update(place=place))


def revoke_box(box_id: str) -> bool:
    """Shut a box out: its session ends, its password, certificates and rights are gone.

    Returns:
        Whether there is such a box.
    """
    tickets = EnrolmentTicket.objects.filter(box=box_id)
    tickets.update(state=TicketState.REVOKED)
    tickets.filter(certificate_ended_at=None).exclude(certificate_pem="").update(
        certificate_ended_at=timezone.now()
    )
    found = Box.objects.filter(id=box_id).update(
        revoked_at=timezone.now(), is_online=False, online_changed_at=timezone.now()
    )
    transaction.on_commit(write_accounts)
    return bool(found)


def write_accounts() -> None:
    """Write passwords, access list and revoked certificates; the broker reads them by itself."""
    accounts = [
        Account(box.id, box.password_hash, box.followed)
        for box in Box.objects.filter(revoked_at=None)
    ]
    accounts += access.accounts()
    takers = hashed(takers_password()) if is_shared() else ""
    broker_files().write_accounts(hashed(hub_password()), accounts, takers)
    ended = EnrolmentTicket.objects.exclude(certificate_ended_at=None)
    broker_tls.write_revoked(
        Authority(settings.DATA.keys / "authority"),
        broker_files().tls,
        [*ended.values_list("certificate_pem", flat=True), *access.ended_certificates()],
    )


def write_broker_bundle(into: Path, names: Sequence[str], port: int, bind: str = "") -> None:
    """Write what makes a broker of another machine, and what lets the hub in there.

    Args:
        into: the folder to carry there; a bundle in it is brought up to date.
        names: host names and addresses by which hub and boxes reach that machine.
        port: of its listener.
        bind: address of the listener; empty for all.
    """
    authority = Authority(settings.DATA.keys / "authority")
    write_accounts()
    broker_tls.prepare(authority, into, names)
    broker_tls.write_revoked(authority, into, _ended())
    broker_tls.let_hub_in(authority, broker_files().tls)
    write_bundle(broker_files(), into, port, bind)


def _ended() -> Iterable[str]:
    """Certificates that are no longer good."""
    ended = EnrolmentTicket.objects.exclude(certificate_ended_at=None)
    return ended.values_list("certificate_pem", flat=True)


def broker_files() -> BrokerFiles:
    """The broker's folder in the hub's data folder."""
    return BrokerFiles(settings.DATA.root / "broker")


def hub_password() -> str:
    """The hub's own password at the broker, made on first use."""
    return str(settings.DATA.secret(HUB_SECRET))


def is_shared() -> bool:
    """Whether several workers may take in: on PostgreSQL. SQLite is one machine's own."""
    return connection.vendor == "postgresql"


def takers_password() -> str:
    """Of the accounts under which workers take in, made on first use."""
    return str(settings.DATA.secret(TAKERS_SECRET))


def broker_address() -> str:
    """``mqtt://host:port`` on this machine, for the hub and a desk's villages."""
    return os.environ.get("VILLAGE_HUB_BROKER", DEFAULT_BROKER)


def standby_address() -> str:
    """The second broker, as the hub reaches it; empty when there is none."""
    return os.environ.get("VILLAGE_HUB_STANDBY", "")


def offered() -> tuple[str, ...]:
    """Every broker that boxes may use, first the usual one; empty when there is but one."""
    if not standby_address():
        return ()
    found = (tls_address(), os.environ.get("VILLAGE_HUB_STANDBY_TLS", ""))
    plain = (broker_address(), standby_address())
    return tuple(dict.fromkeys(each for each in (*found, *plain) if each))


def files_address() -> str:
    """``https://host:port/b/`` for boxes with certificates; empty without such a listener."""
    return os.environ.get("VILLAGE_HUB_FILES", "")


def tls_address() -> str:
    """``mqtts://host:port`` for boxes with certificates; empty without such a listener."""
    return os.environ.get("VILLAGE_HUB_BROKER_TLS", "")
