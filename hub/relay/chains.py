"""The key sets of the hubs above, each walked from the one that was pinned when this hub joined."""

from __future__ import annotations

import logging

from django.db import transaction

from contract.errors import ContractError, RefusalReason
from contract.keys import Trust
from hub.relay import refusals
from hub.relay.delegation import ancestors, opened
from hub.relay.models import AncestorKeys

_log = logging.getLogger(__name__)
MOST_WAITING = 64


class Chains:
    """Takes key sets in whatever order a broker gives them out."""

    def __init__(self) -> None:
        self._waiting: dict[str, dict[int, bytes]] = {}

    def restart(self) -> None:
        """A new connection brings the whole chain again; what never fitted is told."""
        for area, waiting in self._waiting.items():
            for version in waiting:
                error = ContractError(
                    f"key set {version} does not follow from ours", RefusalReason.BAD_SIGNATURE
                )
                refusals.note(f"keys.{area}", error)
        self._waiting.clear()

    def take(self, area: str, body: bytes) -> bool:
        """A key set said to be of the hub of ``area``; whether we now believe a newer one."""
        try:
            version = opened(body).version
        except ContractError as error:
            refusals.note(f"keys.{area}", error)
            return False
        known = AncestorKeys.objects.filter(area=area)
        if not known.exists():
            return False  # nobody we were told to believe
        same = known.filter(version=version).first()
        if same is not None:
            if bytes(same.body) != body:
                refusals.note(f"keys.{area}", _other(version))
            return False
        if version < max(known.values_list("version", flat=True)):
            return False  # from before we joined
        waiting = self._waiting.setdefault(area, {})
        if len(waiting) < MOST_WAITING:
            waiting[version] = body
        return self._walk(area, version)

    def _walk(self, area: str, newest: int) -> bool:
        """Go as far as the sets that have come allow."""
        waiting, trust = self._waiting[area], Trust(ancestors()[area])
        began = trust.keys.version
        for version in sorted(waiting):
            try:
                trust = trust.advance(waiting[version])
            except ContractError as error:
                if version in (newest, trust.keys.version + 1) and version <= began + 1:
                    refusals.note(f"keys.{area}", error)
                    del waiting[version]
                continue  # perhaps one in between is still to come
            with transaction.atomic():
                AncestorKeys.objects.create(area=area, version=version, body=waiting[version])
            del waiting[version]
        if trust.keys.version != began:
            _log.warning("the hub of %s has key set %d", area, trust.keys.version)
        return trust.keys.version != began


def _other(version: int) -> ContractError:
    return ContractError(f"another key set {version} than we know", RefusalReason.ROLLED_BACK)
