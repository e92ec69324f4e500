"""Publishing a signed key set: into the chain, prepared keys into place, all in force re-sealed.

Boxes take the set first and then what is signed with its keys. Notices keep their id and
revision; only their bytes are new. Alerts are not sealed again: they are short-lived, and a
box that played one under its old signature must not be asked to play it again.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.db import transaction

from contract import codec, envelope, wire
from contract.keys import KeySet, Trust
from contract.messages import sha256_hex
from hub.dispatch.models import KeySetVersion, Layer
from hub.sealing import ceremony
from hub.sealing.models import SealedNotice
from hub.sealing.seal import keyring

if TYPE_CHECKING:
    from contract.keys import PrivateKey
    from hub.sealing.keyring import Keyring

_log = logging.getLogger(__name__)


def present_trust() -> Trust | None:
    """What the county's boxes believe; None before the first set."""
    newest = KeySetVersion.objects.order_by("-version").first()
    if newest is None:
        return None
    sealed = envelope.parse(bytes(newest.body))
    return Trust(codec.decode(KeySet, wire.loads(sealed.content())))


def unknown_to_boxes(names: tuple[str, ...]) -> list[str]:
    """Officers whose keys the published set does not list: boxes would refuse their alarm.

    A hub that holds its roots itself lists everybody before it sends.
    """
    ring, trust = keyring(), present_trust()
    if trust is None or (ring.folder / "offline").exists():
        return []
    listed = {key.key_id for key in trust.keys.keys}
    return [name for name in names if ring.emergency(name).key_id not in listed]


def publish(data: bytes) -> KeySet:
    """Take a signed key set into force; the same bytes again finish what a power cut left.

    Raises:
        CeremonyError: boxes would not believe it, or it lacks a key that the hub signs with.
    """
    ring, present = keyring(), present_trust()
    newest = KeySetVersion.objects.order_by("-version").first()
    if newest is not None and bytes(newest.body) == data:
        following = ceremony.read_proposal(data).keys
    else:
        following = ceremony.check(data, present).keys
        content = _held(ring, following, "content")
        _held(ring, following, "target")
        with transaction.atomic():
            sha256 = sha256_hex(data)
            KeySetVersion.objects.create(version=following.version, content=sha256, body=data)
            if content.key_id != ring.content.key_id:
                _seal_again(content)
            Layer.objects.update(content="")  # the next look round seals every manifest anew
    for key in following.keys:
        if key.holder and "root" not in key.roles:
            ring.activate(key.holder, key.key_id)
    listed = {key.key_id for key in following.keys}
    for key in present.keys.keys if present else ():
        if "emergency" in key.roles and key.key_id not in listed:
            ring.retire(key.holder, key.key_id)
    _log.warning("key set %d is in force", following.version)
    return following


def _held(ring: Keyring, keys: KeySet, holder: str) -> PrivateKey:
    """The private half of what a set lists for the hub itself."""
    listed = {key.key_id for key in keys.keys}
    found = [key for key_id, key in ring.held(holder).items() if key_id in listed]
    if not found:
        raise ceremony.CeremonyError(
            f"新密钥集里没有本机的 {holder} 密钥 / the hub holds no {holder} key of this set"
        )
    return found[-1]


def _seal_again(key: PrivateKey) -> None:
    """Sign every notice in force with the content key of the new set."""
    for row in SealedNotice.objects.filter(in_force=True, kind="notice", sealed_by=""):
        content = envelope.parse(bytes(row.body)).content()
        body = envelope.seal("notice", content, [key])
        SealedNotice.objects.filter(pk=row.pk).update(body=body, sha256=sha256_hex(body))
