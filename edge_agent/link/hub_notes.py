"""The hub's word to all its boxes: report anew, and these brokers carry what I say.

The newest note is kept on the disk as it came, so that a box that starts while its usual broker
is away knows the other one.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from contract.areas import Area
from contract.errors import ContractError, RefusalReason
from contract.hub_note import HubNote
from contract.messages import open_message
from edge_agent.errors import SettingsError
from edge_agent.link import address
from edge_agent.link.keyfile import write_whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge_agent.link.address import Address
    from edge_agent.link.holdings import Holdings
    from edge_agent.settings import LinkSettings

_log = logging.getLogger(__name__)
NAME = "hub-note"
MOST_BROKERS = 8


class HubNotes:
    """Takes notes in; `brokers` says where to connect."""

    def __init__(self, held: Holdings) -> None:
        self._held = held
        self._path = held.settings.part_folder("link") / NAME
        self._note = self._kept()

    def _kept(self) -> HubNote | None:
        try:
            return open_message(HubNote, self._path.read_bytes(), self._held.keys.trust)
        except FileNotFoundError:
            return None
        except (OSError, ContractError) as error:  # its key was revoked, or the card has rotted
            _log.warning("the hub's last note is of no use any more: %s", error)
            return None

    def take(self, body: bytes) -> HubNote | None:
        """Believe a note that is newer than the last; None when it says nothing new."""
        held = self._held
        try:
            note = self._opened(body)
        except ContractError as error:
            held.receipts.refuse(body, error, "hub")
            return None
        if self._note is not None and note.issued_at <= self._note.issued_at:
            return None  # the other broker retains an older one, and that is no fault
        write_whole(self._path, body)
        self._note = note
        return note

    def _opened(self, body: bytes) -> HubNote:
        note = open_message(HubNote, body, self._held.keys.trust)
        if not Area.parse(note.area).covers(self._held.settings.area):
            raise ContractError("another county's hub", RefusalReason.WRONG_AREA)
        return note

    def brokers(self) -> list[Address]:
        """The broker of the settings, then the others of the same kind that the hub named.

        Raises:
            SettingsError: the settings' own address or credentials are wrong.
        """
        link = self._held.settings.link
        return [address.parse(link), *named(self._note.brokers if self._note else (), link)]


def named(brokers: Sequence[str], link: LinkSettings) -> list[Address]:
    """Those of the hub's brokers that are addresses of the settings' own kind, and others."""
    kind = link.broker.partition("://")[0]
    found = []
    for each in brokers[:MOST_BROKERS]:
        if each.partition("://")[0] != kind or each == link.broker:
            continue
        try:
            found.append(address.parse(replace(link, broker=each)))
        except SettingsError:
            _log.warning("the hub named a broker that is no address")
    return found
