"""Manifests from above: verified, completed, and only then passed on, each as a whole.

Everything is checked by this hub's own key set, and by nothing but the keys in it that belong to
hubs above. A manifest waits until all that it lists is here; what cannot be believed is refused
and told. One bad item does not hold up the others: boxes leave it out by the same rule.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.utils import timezone

from contract import topics
from contract.alert import Alert
from contract.delta import Delta
from contract.errors import ContractError, RefusalReason
from contract.manifest import LARGE_MANIFEST_BYTES, SMALL_ASSET_BYTES, Manifest
from contract.messages import open_message, sha256_hex
from contract.notice import Notice
from hub.dispatch.assertion import body_of
from hub.dispatch.models import Layer
from hub.relay import passing, refusals
from hub.relay.delegation import is_above, own_area, trust_above
from hub.relay.models import HeardLayer
from hub.sealing.models import SealedNotice
from hub.sealing.publishing import present_trust

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Protocol

    from contract.areas import Area
    from contract.keys import Trust
    from contract.manifest import Item

    class Subscriber(Protocol):
        """The one thing that layers ask of the line."""

        def subscribe(self, topics_: Sequence[str]) -> None:
            """Ask for these topics, retained messages included."""
            ...

        def unsubscribe(self, topics_: Sequence[str]) -> None:
            """No longer needed."""
            ...


DELTA_PATIENCE_S = 0.5
"""A delta comes right behind its manifest; a large manifest waits so long for it."""


@dataclass
class _Pending:
    """A verified manifest whose contents are still coming."""

    manifest: Manifest
    body: bytes
    since_s: float
    missing: set[str]
    blobs: dict[str, bytes] = field(default_factory=dict)
    delta: bytes = b""


class Layers:
    """Takes manifests, deltas, contents and alerts in."""

    def __init__(self, subscriber: Subscriber) -> None:
        self._subscriber = subscriber
        self._pending: dict[str, _Pending] = {}
        self._heard: set[str] = set()
        """Hashes of alerts that came on a topic of their own since this program began."""

    def followed(self) -> tuple[Area, ...]:
        """The areas above ours, and ours as the hubs above speak of it."""
        return own_area().path()

    def restart(self) -> None:
        """A new connection: the newest manifests come again."""
        self._pending.clear()

    def take_manifest(self, area: Area, body: bytes) -> None:
        """Verify a manifest and ask for what it lists.

        Raises:
            ContractError: it cannot be believed, or is older than what we have.
        """
        code = str(area)
        heard = HeardLayer.objects.filter(area=code).first()
        pending = self._pending.get(code)
        if (heard is not None and bytes(heard.body) == body) or (pending and pending.body == body):
            return
        manifest = open_message(Manifest, body, _trust())
        if manifest.area != code:
            raise ContractError("a manifest of another area", RefusalReason.WRONG_AREA)
        version = heard.version if heard is not None else (-1, -1)
        is_back = heard is not None and not heard.body and manifest.version == version
        if not is_back and manifest.version <= version:
            raise ContractError("older than what we pass on", RefusalReason.ROLLED_BACK)
        if pending and manifest.version <= pending.manifest.version:
            raise ContractError("older than what is coming", RefusalReason.ROLLED_BACK)
        wanted = {item.sha256 for item in manifest.items} | {
            asset.sha256 for asset in manifest.assets if asset.size_bytes <= SMALL_ASSET_BYTES
        }
        missing = wanted - passing.held(wanted)
        self._pending[code] = _Pending(manifest, body, time.monotonic(), missing)
        self._subscriber.subscribe([topics.area_blob(area, each) for each in sorted(missing)])
        self._settle(code)

    def take_blob(self, area: Area, sha256: str, body: bytes) -> None:
        """Content for a manifest that is coming.

        Raises:
            ContractError: it is not what the manifest names; a sound copy may still come.
        """
        pending = self._pending.get(str(area))
        if not body or pending is None or sha256 not in pending.missing:
            return
        if sha256_hex(body) != sha256:
            raise ContractError("the content is not what was signed", RefusalReason.HASH_MISMATCH)
        pending.missing.discard(sha256)
        pending.blobs[sha256] = body
        self._subscriber.unsubscribe([topics.area_blob(area, sha256)])
        self._settle(str(area))

    def take_delta(self, area: Area, body: bytes) -> None:
        """The way to a manifest that is coming, or that is here.

        Raises:
            ContractError: it cannot be believed.
        """
        delta = open_message(Delta, body, _trust())
        if delta.area != str(area):
            raise ContractError("a delta of another area", RefusalReason.WRONG_AREA)
        pending = self._pending.get(delta.area)
        if pending is not None and sha256_hex(pending.body) == delta.result_sha256:
            pending.delta = body
            self._settle(delta.area)
            return
        layer = Layer.objects.filter(area=delta.area).first()
        is_ours = area == own_area()
        if (
            layer is not None
            and not is_ours
            and sha256_hex(bytes(layer.body)) == delta.result_sha256
        ):
            passing.pass_on_delta(delta.area, body)

    def turn(self) -> None:
        """A large manifest whose delta does not come goes without."""
        for code in list(self._pending):
            self._settle(code)

    def _settle(self, code: str) -> None:
        """Pass a manifest on once nothing is missing."""
        pending = self._pending[code]
        waits = not pending.delta and len(pending.body) > LARGE_MANIFEST_BYTES
        is_above_ours = is_above(code, own_area())
        if pending.missing or (
            waits and is_above_ours and time.monotonic() - pending.since_s < DELTA_PATIENCE_S
        ):
            return
        trust = _trust()
        opened = {}
        for item in pending.manifest.items:
            try:
                opened[item.sha256] = _opened(item, code, pending, trust)
            except ContractError as error:
                refusals.note(f"{item.id}@{item.revision}", error)
        passing.pass_on_layer(pending.manifest, pending.body, opened, pending.blobs)
        if pending.delta and is_above_ours:
            passing.pass_on_delta(code, pending.delta)
        del self._pending[code]

    def take_alert(self, area: Area, body: bytes, *, is_repeated: bool) -> None:
        """An emergency: verified, and handed to the dispatcher at once.

        Raises:
            ContractError: it cannot be believed, is not for this area, over, or was sent before.
        """
        sha256 = sha256_hex(body)
        alert = open_message(Alert, body, _trust())
        if str(area) not in alert.notice.areas:
            raise ContractError("the alert is not for this area", RefusalReason.WRONG_AREA)
        known = SealedNotice.objects.filter(kind="alert", area=str(area), notice_id=alert.id)
        row = known.exclude(sealed_by="").first()
        if row is not None:
            is_first = sha256 == row.sha256 and sha256 not in self._heard
            self._heard.add(sha256)
            if is_first or is_repeated:
                return  # its manifest overtook it, or the broker is not sure that we have it
            raise ContractError("this alert was passed on before", RefusalReason.REPLAYED)
        if alert.expires_at <= timezone.now():
            raise ContractError("it came too late", RefusalReason.EXPIRED)
        _check_name(alert.id, str(area))
        passing.pass_on_alert(str(area), alert, body, sha256)
        self._heard.add(sha256)

    def check_keys(self) -> None:
        """The key set has changed: what no key in it vouches for any more is taken back."""
        trust = _trust()
        for row in HeardLayer.objects.exclude(body=b""):
            try:
                open_message(Manifest, bytes(row.body), trust)
            except ContractError:
                passing.drop_layer(row.area)


def _trust() -> Trust:
    """What may be believed of the hubs above.

    Raises:
        ContractError: this hub has no key set yet.
    """
    present = present_trust()
    if present is None:
        raise ContractError("this hub has no key set yet", RefusalReason.UNKNOWN_KEY)
    return trust_above(present.keys)


def _opened(item: Item, code: str, pending: _Pending, trust: Trust) -> Notice | Alert:
    body = pending.blobs.get(item.sha256) or body_of(item.sha256)
    if body is None:
        raise ContractError("its content is gone", RefusalReason.HASH_MISMATCH)
    _check_name(item.id, code)
    if item.kind == "alert":
        alert = open_message(Alert, body, trust)
        _check(code in alert.notice.areas and alert.id == item.id)
        return alert
    notice = open_message(Notice, body, trust)
    _check(code in notice.areas and (notice.id, notice.revision) == (item.id, item.revision))
    return notice


def _check(is_right: bool) -> None:  # noqa: FBT001 - it has no other meaning
    if not is_right:
        raise ContractError("listed under another name or area", RefusalReason.WRONG_AREA)


def _check_name(item: str, code: str) -> None:
    """In our own layer a name of ours is ours."""
    if SealedNotice.objects.filter(notice_id=item, area=code, sealed_by="").exists():
        raise ContractError("we have given that number ourselves", RefusalReason.REPLAYED)
